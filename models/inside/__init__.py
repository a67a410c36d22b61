"""What a trained model does inside while it reads one text."""
