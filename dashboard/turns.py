"""Pages are drawn two at a time. Python runs one thread at a time anyway: drawn at once, twenty are done at the end; in
turns, the first is done at once."""

from threading import BoundedSemaphore

AT_ONCE = 2
"""Not one, for a page may wait for a file."""
turn = BoundedSemaphore(AT_ONCE)
