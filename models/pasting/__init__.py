"""Reads Keras models that people paste. Nothing of their text is run."""
