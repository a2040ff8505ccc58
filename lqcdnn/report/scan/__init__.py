"""Reports on a scan: status, table, curves, page, files."""
