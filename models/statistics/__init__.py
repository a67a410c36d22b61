"""How certain a figure is: intervals, differences, and at which numbers of seeds they are read."""
