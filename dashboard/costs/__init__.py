"""Costs, sweeps and fair budgets on Compare."""
