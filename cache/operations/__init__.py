"""Maintenance of a cache: backup, health, disk space and saved views."""
