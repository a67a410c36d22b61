import os
import subprocess
import sys
import time
from itertools import chain, repeat

import pytest

from cache.execution import contention
from cache.execution.contention import Watch, reasons_in_words
from models.machine.devices import Device, busy_seconds, cpu, usable_cores

GPU = Device("gpu:0", "NVIDIA H200", 10**9)


@pytest.fixture
def watch(monkeypatch):
    """A watch over ``seconds`` in which others used the processor for ``others`` seconds."""

    def make(seconds, others):
        clock, busy = chain([0.0], repeat(seconds)), chain([0.0], repeat(others))
        monkeypatch.setattr(contention.time, "monotonic", lambda: next(clock))
        monkeypatch.setattr(Watch, "_others", lambda self: next(busy))
        monkeypatch.setattr(contention, "usable_cores", lambda: 4)
        return Watch(cpu(), os.getpid())

    return make


@pytest.mark.parametrize(
    ("seconds", "others", "verdict"),
    [
        (10.0, 0.0, None),
        (10.0, 4.0, None),
        (10.0, 8.0, "other programs used 0.8 of 4 cores"),
        (0.5, 2.0, None),
    ],
)
def test_others_on_the_processor(watch, seconds, others, verdict):
    assert watch(seconds, others).verdict() == verdict


def test_a_program_beside_is_noticed_and_our_own_work_is_not():
    script = "import time\nuntil = time.monotonic() + 30\nwhile time.monotonic() < until: pass"
    with subprocess.Popen([sys.executable, "-c", script]) as beside:
        watch = Watch(cpu(), os.getpid())
        time.sleep(1.5)
        both = watch._others() - watch._others_began
        beside.kill()
    assert both > 0.3
    ours = Watch(cpu(), os.getpid())
    before = busy_seconds()
    until = time.process_time() + 1.5
    while time.process_time() < until:
        pass
    others = ours._others() - ours._others_began
    assert others < busy_seconds() - before - 0.5, "our own seconds are not among the others'"


@pytest.mark.parametrize(
    ("seen", "verdict"), [([1, 1], None), ([0, 0], None), ([1, 3], "2 other processes computed on the GPU")]
)
def test_others_on_the_gpu(monkeypatch, seen, verdict):
    answers = iter(seen)
    monkeypatch.setattr(contention, "busy_gpu_processes", lambda device: next(answers))
    watch = Watch(GPU, os.getpid())
    watch.sample()
    assert watch.verdict() == verdict


def test_there_are_cores_and_they_have_worked():
    assert 1 <= usable_cores() <= os.cpu_count()
    assert busy_seconds() > 0


@pytest.mark.parametrize(
    ("reasons", "words"),
    [
        (["other programs used 0.5 of 2 cores"] * 2, "other programs used 0.5 of 2 cores"),
        (
            [f"other programs used {cores} of 2 cores" for cores in ("0.5", "1.7", "0.3")],
            "other programs used 0.3 to 1.7 of 2 cores",
        ),
        (
            ["2 other processes computed on the GPU", "10 other processes computed on the GPU"],
            "2 to 10 other processes computed on the GPU",
        ),
        (["a game", "other programs used 0.5 of 2 cores", "a game"], "a game; other programs used 0.5 of 2 cores"),
        ([], ""),
    ],
)
def test_reasons_of_several_runs_have_the_range_of_their_numbers(reasons, words):
    assert reasons_in_words(reasons) == words
