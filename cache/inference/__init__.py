"""The process in which trained models answer sentences and continue texts."""
