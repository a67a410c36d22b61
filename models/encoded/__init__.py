"""Datasets as arrays of token numbers on disk, and what is counted of them."""
