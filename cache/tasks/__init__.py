"""Background tasks: each runs in its own process, started by a page or a command."""
