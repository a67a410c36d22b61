"""Finding, listing, tagging and describing runs."""
