"""This machine and its software: devices, processor, and what a run is measured in."""
