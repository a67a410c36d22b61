"""Training on a Ray cluster: its nodes and devices, the executor that hands runs to them, and the runner of all."""
