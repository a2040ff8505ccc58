"""What is printed: progress, status, tables, one line for each thing."""
