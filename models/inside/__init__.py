"""Internal states of a trained model while it reads one text."""
