"""Twenty people at one server, sixty at three: real sessions, on the reference runs that come with Unroll.

``python -m tests.benchmarks load`` takes seven minutes; ``python -m tests.benchmarks.pages.load --minutes 60`` shows
whether memory grows. Every answer is held to what its own visitor asked for, so that no one sees another's view.
"""

import argparse
import asyncio
import os
import random
import re
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field

import numpy as np
import psutil

from cache.core.formatting import count
from cache.core.paths import cache_root, reference_folder
from cache.store.store import RunStore
from cache.transfer.reference import bring_in
from models.experiments.studies import STUDIES
from models.machine.devices import cpu
from tests.benchmarks.pages.startup import serving
from tests.benchmarks.pages.visitor import Visitor, WentWrong

PEOPLE, MINUTES, PAUSE_SECONDS = 20, 3.0, 5.0
SERVERS = (1, 3)
"""Each with so many people, who stay at the server to which they came."""
BUSY = 2
"""So many of the people check all files and export runs, one after the other, all the time. Their own answers are not
timed: that work takes as long as it takes. They begin at half of the time, so that both halves can be compared."""
WARM_UP_SECONDS = 30.0
"""Until then everybody comes, modules are loaded and charts are made for the first time, which is told apart."""
LONG_SECONDS = 1_800.0
"""Before that a slope says nothing of an hour."""
PARAMETERS = "Bars: parameters, stacked by layer. "
"""How the chart begins that names everything in the line-up."""
CURVES, LINE = "Best on validation: ", re.compile(r"(.+) [\d.]+% at epoch \d+$")
ASKED = [entry for name in ("line_up", "recurrence", "convolutions") for entry in STUDIES[name].comparisons[0].entries]
TITLES = list(dict.fromkeys(entry.definition.title for entry in ASKED))[:8]
"""Of architectures whose reference runs ask what Compare asks by default."""
OTHER_PAGES = ("", "runs", "claims", "memory", "data")


@dataclass
class Measured:
    answers: list[tuple[float, float]] = field(default_factory=list)
    """When each ended, in seconds since its visitor came, and how long it took."""
    problems: list[str] = field(default_factory=list)
    memory_mb: list[tuple[float, float]] = field(default_factory=list)

    half: float = 0.0
    """When the busy ones began, in seconds."""

    def within(self, percent: float, *, busy: bool) -> float:
        """Of the answers after the warm-up, beside the busy ones or before they began, so many per cent take at most so
        many seconds."""
        counting = [each for at, each in self.answers if at >= WARM_UP_SECONDS and (at >= self.half) == busy]
        return float(np.percentile(counting, percent))

    @property
    def quarters_mb(self) -> list[float]:
        """The server's memory at the end of each quarter of the time: the median of a minute or so."""
        return [float(np.median(part[-30:])) for part in np.array_split([mb for _, mb in self.memory_mb], 4)]

    @property
    def growth_mb_per_hour(self) -> float:
        """The slope of a line through the server's memory after the first quarter, in which the caches fill."""
        fitted = self.memory_mb[len(self.memory_mb) // 4 :]
        return float(np.polyfit(*np.array(fitted).T, 1)[0] * 3_600)


def measure() -> Iterator[tuple[str, str, str]]:
    for servers in SERVERS:
        found = asyncio.run(load(servers * PEOPLE, MINUTES, PAUSE_SECONDS, servers))
        yield from figures(found, servers * PEOPLE, PAUSE_SECONDS, servers)


def figures(found: Measured, people: int, pause: float, servers: int) -> Iterator[tuple[str, str, str]]:
    cold = [seconds for at, seconds in found.answers if at < WARM_UP_SECONDS]
    num_warm = len(found.answers) - len(cold)
    each = f"a click every {pause:g} to {2 * pause:g} s each, {num_warm:,} answers"
    what = f"{people - BUSY} people at {count(servers, 'server')}, {each}"
    yield f"{what}: half of them within", f"{found.within(50, busy=False):.2f} s", ""
    yield f"{what}: 95% of them within", f"{found.within(95, busy=False):.2f} s", "under 1 s"
    times = found.within(95, busy=True) / found.within(95, busy=False)
    yield f"the same 95% with {BUSY} more who check files and export", f"{times:.2f} times", "at most 1.5 times"
    yield f"before that, all come to a cold server, {len(cold)} answers: 95%", f"{np.percentile(cold, 95):.2f} s", ""
    yield f"{what}: errors, and views that are another's", str(len(found.problems)), "none"
    quarters = ", ".join(f"{mb:.0f}" for mb in found.quarters_mb)
    yield f"memory of {count(servers, 'server')} at the end of each quarter of that time", f"{quarters} MB", ""
    if found.memory_mb[-1][0] > LONG_SECONDS:
        yield "growth of the server's memory after the first quarter", f"{found.growth_mb_per_hour:+.1f} MB/h", "none"
    for problem in found.problems[:10]:
        print(problem[:500])


async def load(people: int, minutes: float, pause: float, servers: int = 1) -> Measured:
    """``people`` visitors, each clicking ``pause`` to twice as many seconds after the last answer; but the busy ones
    work all the time from the middle of what follows the warm-up on. The servers share a cache."""
    found = Measured(half=(WARM_UP_SECONDS + 60 * minutes) / 2)
    with tempfile.TemporaryDirectory() as folder:
        os.environ |= {"UNROLL_CACHE": folder}
        os.environ.pop("UNROLL_REFERENCE", None)
        bring_in(RunStore(cache_root()), reference_folder())
        with ExitStack() as stack:
            started = [stack.enter_context(serving(folder)) for _ in range(servers)]
            until = time.monotonic() + 60 * minutes
            async with asyncio.TaskGroup() as group:
                group.create_task(_watch(found, [psutil.Process(process.pid) for _, process, _ in started], until))
                for number in range(people):
                    visit, url = _work if number < BUSY else _visit, started[number % servers][0]
                    group.create_task(visit(found, Visitor(url), random.Random(number), until, pause))
    return found


async def _watch(found: Measured, servers: list[psutil.Process], until: float) -> None:
    began = time.monotonic()
    while time.monotonic() < until:
        found.memory_mb.append((time.monotonic() - began, sum(each.memory_info().rss for each in servers) / 1e6))
        await asyncio.sleep(2)


async def _visit(found: Measured, visitor: Visitor, chance: random.Random, until: float, pause: float) -> None:
    came, line_up = time.monotonic(), chance.sample(TITLES, 4)
    try:
        await visitor.enter()
        await visitor.open("", {})  # learns where the pages are
        await visitor.open("compare", {"models": line_up, "epochs": ["10"]})
        while time.monotonic() < until:
            await asyncio.sleep(pause * (1 + chance.random()))
            visitor.seconds.clear()
            line_up, is_told = await _click(visitor, chance, line_up)
            found.answers += [(time.monotonic() - came, seconds) for seconds in visitor.seconds]
            if is_told(visitor) != set(line_up):
                found.problems.append(f"asked for {line_up}, saw {visitor.texts}")
    except (WentWrong, OSError, TimeoutError) as error:
        found.problems.append(f"{type(error).__name__}: {error}")
    finally:
        await visitor.leave()


async def _work(found: Measured, visitor: Visitor, chance: random.Random, until: float, pause: float) -> None:
    """Checks the files of all runs, then makes a bundle of some of them, and begins again."""
    await asyncio.sleep(found.half)
    try:
        await visitor.enter()
        await visitor.open("", {})
        while time.monotonic() < until:
            await visitor.open("runs", {"view": ["Storage"]})
            await visitor.press("check_files")
            if not any("are intact" in text for text in visitor.texts):
                found.problems.append(f"checked all files, saw {visitor.texts}")
            runs = [str(run) for run in chance.sample(range(1, 181), 40)]
            await visitor.leave()  # as in a new tab
            await visitor.enter()
            await visitor.open("")
            await visitor.open("runs", {"run": runs})
            await visitor.press("make_export")
            await asyncio.sleep(pause)
    except (WentWrong, OSError, TimeoutError) as error:
        found.problems.append(f"{type(error).__name__}: {error}")
    finally:
        await visitor.leave()


async def _click(visitor: Visitor, chance: random.Random, line_up: list[str]) -> tuple[list[str], Callable]:
    """Mostly a click on Compare, sometimes a look at another page and back. Returns the line-up that is asked for, and
    what finds in the answer of whom it speaks."""
    kind = chance.randrange(10)
    if kind < 3:
        line_up = chance.sample(TITLES, chance.randint(2, 6))
        await visitor.choose("models", line_up)
    elif kind < 5:
        await visitor.pick("band", chance.choice(["95% interval of the mean", "minimum to maximum"]))
    elif kind < 6:
        await visitor.choose("x", [chance.choice(["Epochs", "Seconds"])])
    elif kind < 8:
        await visitor.enter_number("epochs", chance.randint(2, 10))
    else:
        await visitor.open(chance.choice(OTHER_PAGES))
        line_up = chance.sample(TITLES, 4)
        await visitor.open("compare", {"models": line_up, "epochs": ["10"]})
    return line_up, _drawn_lines if 3 <= kind < 6 else _drawn_bars


def _drawn_bars(visitor: Visitor) -> set[str]:
    """Whom the page's chart of parameters shows."""
    told = [text.removeprefix(PARAMETERS) for text in visitor.texts if text.startswith(PARAMETERS)]
    return {part.rpartition(" ")[0] for part in told[0].split("; ")} if len(told) == 1 else set()


def _drawn_lines(visitor: Visitor) -> set[str]:
    """Whom the curves show; they alone are drawn when one of their settings is changed."""
    told = [text.partition(CURVES)[2] for text in visitor.texts if CURVES in text]
    return {LINE.match(part)[1] for part in told[0].rstrip(".").split("; ")} if len(told) == 1 else set()


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.pages.load", description=__doc__)
    parser.add_argument("--people", type=int, default=PEOPLE)
    parser.add_argument("--servers", type=int, default=1)
    parser.add_argument("--minutes", type=float, default=MINUTES)
    parser.add_argument("--pause", type=float, default=PAUSE_SECONDS, help="least seconds from an answer to a click")
    options = parser.parse_args()
    print(f"on {cpu().name}")
    found = asyncio.run(load(options.people, options.minutes, options.pause, options.servers))
    for what, figure, promise in figures(found, options.people, options.pause, options.servers):
        print(f"{what:<88} {figure:>14}   {promise}")


if __name__ == "__main__":
    main()
