"""What a model is asked for: the class of a text, or the next word."""

CLASSIFICATION, NEXT_WORD = TASKS = ("classification", "next_word")
DEFAULT_LENGTHS = {CLASSIFICATION: 120, NEXT_WORD: 20}
"""Tokens that are read of a text, or before a word."""
TITLES = {CLASSIFICATION: "Classify texts", NEXT_WORD: "Predict the next word"}
