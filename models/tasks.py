"""What a model is asked for: the class of a text, or the next word."""

CLASSIFICATION, NEXT_WORD = TASKS = ("classification", "next_word")
TITLES = {CLASSIFICATION: "Classify texts", NEXT_WORD: "Predict the next word"}
