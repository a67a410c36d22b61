"""Renders at most two pages at a time. Python runs one thread at a time, so rendering twenty pages at once would finish
all of them late.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from threading import BoundedSemaphore, local

AT_ONCE = 2
"""One slot would not do, because a page may wait for a file."""
turn = BoundedSemaphore(AT_ONCE)
_thread = local()


@contextmanager
def taken() -> Iterator[None]:
    """Wait for a free slot, and release it at the end."""
    with turn:
        _thread.has_turn = True
        try:
            yield
        finally:
            _thread.has_turn = False


@contextmanager
def left() -> Iterator[None]:
    """Release the slot while this page waits for a process or works for long, and take one again afterwards.

    A fragment that is drawn alone has no slot, so nothing changes.
    """
    if not getattr(_thread, "has_turn", False):
        yield
        return
    turn.release()
    _thread.has_turn = False
    try:
        yield
    finally:
        turn.acquire()
        _thread.has_turn = True
