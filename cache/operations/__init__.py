"""Keeping a cache: backup, health, disk space and saved views."""
