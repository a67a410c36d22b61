"""Datasets, text encoding, architectures as data, and training. Knows nothing of the cache or the dashboard."""
