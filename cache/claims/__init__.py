"""Common statements on sequence architectures, evaluated automatically from the runs in the cache."""

from functools import cache

from cache.claims.claim_results import Claim
from cache.claims.costs import GRU_AGAINST_LSTM, SECONDS
from cache.claims.curves import FLATTEN_OVERFITS, INITIALISATION, LAYERS, SMALL_SETS
from cache.claims.evidence import SeedGroup
from cache.claims.memory import MEMORY
from cache.claims.texts import LENGTH, VOCABULARY

CLAIMS: dict[str, Claim] = {
    claim.name: claim
    for claim in (
        SECONDS,
        GRU_AGAINST_LSTM,
        FLATTEN_OVERFITS,
        LAYERS,
        INITIALISATION,
        MEMORY,
        SMALL_SETS,
        VOCABULARY,
        LENGTH,
    )
}


@cache
def groups() -> tuple[SeedGroup, ...]:
    """Return all groups of runs that the claims use."""
    return tuple(dict.fromkeys(group for claim in CLAIMS.values() for group in claim.groups))
