"""What a test writes is read again without being on the disk: a test may kill processes, but not the machine."""

import os
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from cache.store.database import Database


@contextmanager
def never_waiting_for_the_disk() -> Iterator[None]:
    connect = Database._connect

    @contextmanager
    def at_once(database):
        with connect(database) as db:
            db.execute("PRAGMA synchronous = OFF")
            yield db

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Database, "_connect", at_once)
        patch.setattr(os, "fsync", lambda descriptor: None)
        yield
