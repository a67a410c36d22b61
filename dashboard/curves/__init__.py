"""The curves of Compare."""
