"""Everything that touches the disk: atomic writes, lock, journal, checkpoints, run directory, configuration formats."""
