"""Compare as a whole, its line-up in detail, and taking it away."""
