"""The tasks of a model: classification of a text, or prediction of the next word."""

CLASSIFICATION, NEXT_WORD = TASKS = ("classification", "next_word")
DEFAULT_LENGTHS = {CLASSIFICATION: 120, NEXT_WORD: 20}
"""Tokens read from a text, or before a word."""
TITLES = {CLASSIFICATION: "Classify texts", NEXT_WORD: "Predict the next word"}
