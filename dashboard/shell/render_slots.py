"""Renders at most two pages at a time. Python runs one thread at a time, so rendering twenty pages at once would finish
all of them late.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from threading import BoundedSemaphore, local

NUM_SLOTS = 2
"""One slot would not do, because a page may wait for a file."""
slots = BoundedSemaphore(NUM_SLOTS)
_thread = local()


@contextmanager
def hold() -> Iterator[None]:
    """Wait for a free slot, and release it at the end."""
    with slots:
        _thread.has_slot = True
        try:
            yield
        finally:
            _thread.has_slot = False


@contextmanager
def release() -> Iterator[None]:
    """Release the slot while this page waits for a process or works for long, and take one again afterwards.

    A fragment that is drawn alone has no slot, so nothing changes.
    """
    if not getattr(_thread, "has_slot", False):
        yield
        return
    slots.release()
    _thread.has_slot = False
    try:
        yield
    finally:
        slots.acquire()
        _thread.has_slot = True
