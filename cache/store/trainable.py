"""How many of a run's parameters training changes: computed from its layers, for it is in no column."""

import re
from functools import lru_cache

from models.experiments.spec import RunSpec

SEED = re.compile('"seed":[0-9]+')
"""Runs that differ in it alone have the same layers, which are counted once for all of them."""


def trainable_params(spec_json: str) -> int | None:
    """None for a spec that this version cannot read."""
    try:
        return _counted(SEED.sub('"seed":0', spec_json))
    except (ValueError, TypeError):
        return None


@lru_cache(maxsize=20_000)  # which keeps no errors: what cannot be read today may be known tomorrow
def _counted(spec_json: str) -> int:
    return RunSpec.from_json(spec_json).num_trainable_params()
