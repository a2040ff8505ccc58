"""Ready-made inputs, a file for each family."""
