"""Word vectors that people brought."""
