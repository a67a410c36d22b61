"""Texts as token numbers, and next-word examples from them."""
