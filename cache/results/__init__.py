"""What the runs of a comparison say: results, answers to test texts, and verdicts."""
