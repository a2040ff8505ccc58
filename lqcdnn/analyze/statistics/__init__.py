"""Errors of mean values of correlated data, and of functions of them."""
