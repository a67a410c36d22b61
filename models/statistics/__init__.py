"""Uncertainty of figures: intervals, differences, and the numbers of seeds at which they are read."""
