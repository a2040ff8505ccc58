"""What each command does, as a function of a RunConfig."""
