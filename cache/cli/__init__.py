"""The commands of ``python -m cache``."""
