"""Stacks of layers that people write, name and mend."""
