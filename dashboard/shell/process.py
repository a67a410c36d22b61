"""What the process that serves the pages sees to, besides the pages."""

import ctypes
import sys
import time
from functools import lru_cache

import streamlit as st

SECONDS_BETWEEN_TRIMS = 60
SECONDS_BETWEEN_CLEARINGS = 600


def settle() -> None:
    """Call it whenever a page is drawn: it keeps the server from growing on and on. Streamlit keeps a lock for every
    value that was ever cached, long after the value. And each click is a thread: what one leaves free among what others
    hold glibc keeps."""
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
