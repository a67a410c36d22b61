"""What every part of the cache stands on: files, locks, processes, logs, limits and formatting."""
