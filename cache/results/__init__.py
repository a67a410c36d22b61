"""Evaluation of a comparison's runs: results, predictions for test texts, and verdicts."""
