"""Many runs as one: making them, analysing and verifying all of them."""
