"""Texts as token numbers, and next-word examples made of them."""
