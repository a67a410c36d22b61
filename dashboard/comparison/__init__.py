"""The page Compare as a whole: its line-up in detail, and its export."""
