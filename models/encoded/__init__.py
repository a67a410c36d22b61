"""Datasets as arrays of token numbers on disk, and their statistics."""
