"""Published seconds per epoch of what ``cache.claims.costs`` measures: an embedding of 10,000 words in 16 dimensions,
texts of 120 tokens. The device is unknown, so only the ratios can be compared.
"""

SECONDS = {"conv1d": 6.0, "gru": 20.0, "lstm": 43.0}
"""Approximate, by architecture. No figure is published for Flatten, only that it is the cheapest."""
