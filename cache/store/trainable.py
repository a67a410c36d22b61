"""The number of a run's trainable parameters, computed from its layers, since no column contains it."""

import re
from functools import lru_cache

from models.experiments.spec import RunSpec

SEED = re.compile('"seed":[0-9]+')
"""Runs that differ only in the seed have the same layers, which are counted once for all of them."""


def trainable_params(spec_json: str) -> int | None:
    """Count the trainable parameters of a spec; None if this version cannot read it."""
    try:
        return _counted(SEED.sub('"seed":0', spec_json))
    except (ValueError, TypeError):
        return None


@lru_cache(maxsize=20_000)  # which keeps no errors: what cannot be read today may be known tomorrow
def _counted(spec_json: str) -> int:
    return RunSpec.from_json(spec_json).num_trainable_params()
