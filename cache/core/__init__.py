"""The basis of all parts of the cache: files, locks, processes, logs, limits and formatting."""
