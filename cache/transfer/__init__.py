"""Runs leave and arrive: bundles, exports, and the reference runs."""
