import platform
import subprocess
import sys
from types import SimpleNamespace

import pytest

from dashboard.shell import process
from dashboard.shell.cached import cached

FREE_BETWEEN_WHAT_IS_HELD = """
import ctypes, sys, threading
from dashboard.shell.process import trim_memory

libc = ctypes.CDLL(None)
libc.malloc.restype = ctypes.c_void_p
held = []

def work():
    blocks = [libc.malloc(1000) for _ in range(40_000)]
    for block in blocks:
        ctypes.memset(block, 1, 1000)
    for place, block in enumerate(blocks):
        held.append(block) if place % 100 == 99 else libc.free(ctypes.c_void_p(block))

thread = threading.Thread(target=work)
thread.start()
thread.join()
if sys.argv[1] == "settled":
    trim_memory()
print(next(line.split()[1] for line in open("/proc/self/status") if line.startswith("VmRSS")))
"""


@pytest.mark.skipif(
    sys.platform != "linux" or platform.libc_ver()[0] != "glibc",
    reason="other libraries give memory back by themselves",
)
def test_what_threads_leave_free_is_given_back():
    kept, given_back = (
        int(subprocess.check_output([sys.executable, "-c", FREE_BETWEEN_WHAT_IS_HELD, how]))
        for how in ("as it is", "settled")
    )
    assert kept - given_back > 20_000, "kB, of about 40,000 that are free"


def test_what_is_kept_is_let_go_of_now_and_then(monkeypatch):
    """With it go the locks of all values that were ever kept."""
    made = []

    def make(value):
        made.append(value)

    for seconds in (0, 1, process.SECONDS_BETWEEN_CLEARINGS - 1, process.SECONDS_BETWEEN_CLEARINGS):
        monkeypatch.setattr(process, "time", SimpleNamespace(monotonic=lambda seconds=seconds: seconds))
        process.trim_memory()
        cached(make, "kept")
    assert made == ["kept"] * 2
