"""Datasets: labelled texts in three splits."""
