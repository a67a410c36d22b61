"""This machine and its software: devices, processor, and the environment of a run."""
