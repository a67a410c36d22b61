"""What is asked: runs with their identity, comparisons, and the studies that answer frequent questions."""
