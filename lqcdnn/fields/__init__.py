"""Arrays with meaning: links, algebra fields, colour vectors, and the random numbers that fill them."""
