"""The input file: what may stand in it, how it is read, checked and written."""
