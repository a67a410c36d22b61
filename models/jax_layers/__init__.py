"""Layers of a Keras model as JAX computes them fast inside a loop over batches, where Keras's own way is slow."""
