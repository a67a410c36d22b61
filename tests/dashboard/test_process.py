import gc
import platform
import subprocess
import sys

import pytest

from dashboard import process

COUNT_ARENAS = """
import ctypes, threading
from dashboard.process import settle
settle()
libc = ctypes.CDLL(None)
barrier = threading.Barrier(6)

def work():
    libc.free(ctypes.c_void_p(libc.malloc(64)))
    barrier.wait()

libc.malloc.restype = ctypes.c_void_p
threads = [threading.Thread(target=work) for _ in range(6)]
[thread.start() for thread in threads]
[thread.join() for thread in threads]
libc.malloc_stats()
"""


def test_garbage_is_looked_for_less_often_and_still_looked_for(monkeypatch):
    before = gc.get_threshold()
    gc.set_threshold(700, *before[1:])
    process.settle.__wrapped__()
    try:
        assert gc.isenabled() and gc.get_threshold() == (process.OBJECTS_BETWEEN_LOOKS, *before[1:])
    finally:
        gc.set_threshold(*before)


@pytest.mark.skipif(sys.platform != "linux" or platform.libc_ver()[0] != "glibc", reason="arenas are glibc's")
def test_threads_share_their_memory():
    done = subprocess.run([sys.executable, "-c", COUNT_ARENAS], capture_output=True, text=True, check=True)
    assert 1 <= done.stderr.count("Arena ") <= process.MOST_ARENAS
    many = subprocess.run(
        [sys.executable, "-c", COUNT_ARENAS.replace("settle()\nlibc", "libc")],
        capture_output=True,
        text=True,
        check=True,
    )
    assert many.stderr.count("Arena ") > process.MOST_ARENAS, "the count tells nothing"
