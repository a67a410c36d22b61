"""What is settled once for the process that serves the pages."""

import ctypes
import gc
import sys
from functools import cache

OBJECTS_BETWEEN_LOOKS = 2_000
MOST_ARENAS = 2
M_ARENA_MAX = -8
"""What malloc.h calls it."""


@cache
def settle() -> None:
    """Garbage is looked for less often: a full search holds everybody up for a quarter of a second, and at Python's own
    threshold a busy server makes eight of them a minute. And threads share their free memory: each click is a thread,
    and with arenas of their own what one leaves free no other takes, so that the server grows from hour to hour."""
    gc.set_threshold(OBJECTS_BETWEEN_LOOKS, *gc.get_threshold()[1:])
    if sys.platform == "linux" and (mallopt := getattr(ctypes.CDLL(None), "mallopt", None)):  # glibc has it
        mallopt(M_ARENA_MAX, MOST_ARENAS)
