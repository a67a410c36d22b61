"""Maintenance of the process that serves the pages."""

import ctypes
import sys
import time
from functools import lru_cache

import streamlit as st

SECONDS_BETWEEN_TRIMS = 60
SECONDS_BETWEEN_CLEARINGS = 600


def trim_memory() -> None:
    """Limit the server's memory. Call it whenever a page is drawn.

    Streamlit never frees the locks of cached values, and glibc keeps the memory that the threads of clicks free.
    """
    _clear(int(time.monotonic() // SECONDS_BETWEEN_CLEARINGS))
    _trim(int(time.monotonic() // SECONDS_BETWEEN_TRIMS))


@lru_cache(maxsize=1)
def _clear(period: int) -> None:
    """Once a ``period``. Drawing anew what was kept takes a tenth of a second."""
    st.cache_data.clear()


@lru_cache(maxsize=1)
def _trim(period: int) -> None:
    """Once a ``period``."""
    if sys.platform == "linux" and (trim := getattr(ctypes.CDLL(None), "malloc_trim", None)):  # glibc has it
        trim(0)
