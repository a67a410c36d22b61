"""Seconds per epoch as they were published, of what ``cache.claims.costs`` measures: an embedding of 10,000 words in 16
dimensions, texts of 120 tokens. On which device is not known: only how they compare says something.
"""

SECONDS = {"conv1d": 6.0, "gru": 20.0, "lstm": 43.0}
"""About so many, by architecture. For Flatten no figure is published, only that it is the cheapest."""
