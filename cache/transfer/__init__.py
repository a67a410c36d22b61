"""Import and export of runs: bundles, tables, and the reference runs."""
