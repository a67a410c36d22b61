"""Training, scoring and what a trained model answers. Only worker processes and tests import Keras."""
