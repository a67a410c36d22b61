"""Runs and Compare in a browser with an empty cache, beside a bare Streamlit app with a list and a chart."""

import tempfile
import time
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from statistics import median

import psutil
from playwright.sync_api import Browser, sync_playwright

from cache.store.runner_store import RunnerStore
from tests.benchmarks.pages import comparison
from tests.benchmarks.pages.startup import browser_path, serving
from tests.benchmarks.runs import scale

ROUNDS = 7
LIST, CHART = "[data-testid=stDataFrame] canvas", "[data-testid=stVegaLiteChart] svg"
WHOLE = """() => document.querySelector("[data-testid=stApp][data-test-script-state=notRunning]")
    && !document.querySelector("[data-testid=stSkeleton]")
    && !document.querySelector("[data-testid=stVegaLiteChart]:not(:has(svg))")"""
COMPARE = f"compare?models=Flatten&models=GRU&epochs={comparison.EPOCHS}"
BARE = """
import os
import sqlite3
import altair as alt
import pandas as pd
import streamlit as st

st.set_page_config("Runs", layout="wide")
st.title("Runs")

@st.cache_data
def runs():
    with sqlite3.connect(os.environ["UNROLL_CACHE"] + "/runs.sqlite") as db:
        return pd.read_sql("SELECT id, state, device, epochs, test_accuracy, seconds_per_epoch FROM runs", db)

@st.cache_data
def curves(ids):
    with sqlite3.connect(os.environ["UNROLL_CACHE"] + "/runs.sqlite") as db:
        return pd.read_sql(f"SELECT run_id, epoch, test_accuracy FROM epochs WHERE run_id IN {tuple(ids)}", db)

found = runs()
with st.sidebar:
    device = st.selectbox("Device", sorted(found["device"].unique()))
    text = st.text_input("State", "finished")
shown = found[(found["device"] == device) & (found["state"] == text)].head(500)
st.dataframe(shown, hide_index=True, width="stretch")
lines = alt.Chart(curves(shown["id"].head(12))).mark_line().encode(x="epoch", y="test_accuracy", color="run_id:N")
st.altair_chart(lines)
"""


def measure() -> Iterator[tuple[str, str, str]]:
    for num_runs in (1_000, 10_000):
        yield from _measure(num_runs)


def _measure(num_runs: int) -> Iterator[tuple[str, str, str]]:
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        store = RunnerStore(Path(folder))
        scale.fill(store, num_runs)
        comparison.fill(store, ["flatten", "gru"])
        app = Path(folder) / "bare.py"
        app.write_text(BARE)
        browser = playwright.chromium.launch(executable_path=browser_path(), args=["--no-sandbox"])
        with serving(folder) as (unroll, server, _), serving(folder, str(app)) as (bare, bare_server, _):
            seconds: dict[str, list[float]] = defaultdict(list)
            requests = {}
            for number in range(ROUNDS + 1):
                views = {
                    "bare": _view(browser, bare, [LIST, CHART]),
                    "runs": _view(browser, f"{unroll}runs", [LIST]),
                    "compare": _view(browser, unroll + COMPARE, [LIST, CHART], "6 of 6 runs cached"),
                }
                if number == 0:  # the servers load their packages
                    continue
                for name, (times, again, asked) in views.items():
                    seconds[name].append(times[0])
                    seconds[f"{name} chart"].append(times[-2])
                    seconds[f"{name} whole"].append(times[-1])
                    seconds[f"{name} again"].append(again)
                    requests[name] = asked
            memory = [psutil.Process(each.pid).memory_info().rss / 1e6 for each in (server, bare_server)]
        browser.close()
    typical = {name: median(each) for name, each in seconds.items()}

    def beside(name: str, other: str) -> str:
        ratio = median(a / b for a, b in zip(seconds[name], seconds[other], strict=True))
        return f"{ratio:.2f} times ({typical[name]:.2f} s, {typical[other]:.2f} s)"

    runs = f"{num_runs:,} runs"
    yield f"{runs}: the list is there, beside a bare app's", beside("runs", "bare"), "at most 1.1 times"
    yield f"{runs}: the list after a reload", beside("runs again", "bare again"), "–"
    yield f"{runs}: Compare's leaderboard, beside a bare app's list", beside("compare", "bare"), "–"
    chart = beside("compare chart", "bare chart")
    yield f"{runs}: Compare's first chart, beside a bare app's", chart, "at most 1.3 times"
    yield f"{runs}: all of Compare, beside all of it", beside("compare whole", "bare whole"), "at most 1.6 times"
    yield (
        f"{runs}: requests of Runs, Compare and the bare app",
        ", ".join(str(requests[name]) for name in ("runs", "compare", "bare")),
        "–",
    )
    yield (
        f"{runs}: memory of the server", f"{memory[0] / memory[1]:.2f} times ({memory[0]:.0f} MB, {memory[1]:.0f} MB)",
        "at most 1.2 times",
    )  # fmt: skip


def _view(browser: Browser, url: str, until: list[str], text: str = "") -> tuple[list[float], float, int]:
    """(seconds until each of these was there and then the whole page, of the first after a reload, requests) in a new
    window. ``text`` has to be on the page.
    """
    context = browser.new_context(viewport={"width": 1440, "height": 1200})
    page = context.new_page()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    started = time.perf_counter()
    page.goto(url, wait_until="commit")
    times = []
    for each in until:
        page.locator(each).first.wait_for(timeout=120_000)
        times.append(time.perf_counter() - started)
    page.wait_for_function(WHOLE, timeout=120_000)
    times.append(time.perf_counter() - started)
    number = len(asked)
    if text not in page.inner_text("body"):
        raise RuntimeError(f"The page does not say “{text}”.")
    started = time.perf_counter()
    page.reload(wait_until="commit")
    page.locator(until[0]).first.wait_for(timeout=120_000)
    again = time.perf_counter() - started
    context.close()
    return times, again, number
