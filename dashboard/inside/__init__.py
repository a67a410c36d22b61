"""The page Inside: what trained models do while they read one text."""
