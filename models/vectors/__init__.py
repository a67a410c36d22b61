"""Word vectors that users added."""
