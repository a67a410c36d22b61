"""The page Compose."""
