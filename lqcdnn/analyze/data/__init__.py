"""What is analysed: series of numbers and where they come from."""
