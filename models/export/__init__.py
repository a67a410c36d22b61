"""Runs as Python scripts that stand alone."""
