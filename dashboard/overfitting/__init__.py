"""Overfitting on Compare."""
