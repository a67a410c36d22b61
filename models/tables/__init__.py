"""People's own files read as tables of text and numbers."""
