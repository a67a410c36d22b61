"""The run cache: store, queue, and the processes that train. Knows nothing of the dashboard."""
