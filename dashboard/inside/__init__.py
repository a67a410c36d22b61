"""The page Inside: the internal states of trained models while they read one text."""
