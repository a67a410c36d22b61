import subprocess
import sys
from contextlib import ExitStack

import pytest

from cache.core.processes import PROJECT_ROOT

OPENER = """
import sys
from pathlib import Path
from cache.store.store import RunStore
for line in sys.stdin:
    print(len(RunStore(Path(line.strip())).runs()), flush=True)
"""


@pytest.fixture(scope="module")
def open_at_once():
    """Has three processes open a cache at the same moment, once they are ready; returns how many runs each finds."""
    command = [sys.executable, "-c", OPENER]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    with ExitStack() as stack:
        processes = [stack.enter_context(subprocess.Popen(command, cwd=PROJECT_ROOT, **pipes)) for _ in range(3)]

        def found_in(root):
            for process in processes:
                print(root, file=process.stdin, flush=True)
            return [int(process.stdout.readline()) for process in processes]

        yield found_in
