"""Training queued runs: the queue, the runner, its worker, and what disturbs a measurement."""
