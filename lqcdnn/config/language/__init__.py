"""The language of input files, whatever their tables: TOML text and its lines, keys and values, requests, problems."""
