"""Pages are drawn two at a time. Python runs one thread at a time anyway: of twenty pages that are drawn at once, all
are done at the end; in turns, the first is done at once."""

from collections.abc import Iterator
from contextlib import contextmanager
from threading import BoundedSemaphore, local

AT_ONCE = 2
"""Not one, for a page may wait for a file."""
turn = BoundedSemaphore(AT_ONCE)
_thread = local()


@contextmanager
def taken() -> Iterator[None]:
    """Waits for a turn, and gives it back at the end."""
    with turn:
        _thread.has_turn = True
        try:
            yield
        finally:
            _thread.has_turn = False


@contextmanager
def left() -> Iterator[None]:
    """Gives the turn to others while this page works for long or waits for a process, and takes one again afterwards.
    A fragment that is drawn alone has no turn: then nothing changes."""
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
