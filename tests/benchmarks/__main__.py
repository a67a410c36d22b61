"""Prints the figures that Unroll promises: ``python -m tests.benchmarks [name …]``.

Every benchmark is a function that yields (what, figure, promise). Run them with nothing else going on.
"""

import argparse
import os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("TF_DETERMINISTIC_OPS", "1")
os.environ.setdefault("UNROLL_REFERENCE", "")  # what is timed begins with an empty cache

from models.machine.devices import cpu
from tests.benchmarks.pages import browser, claims, comparison, home, idle, inside, load, startup
from tests.benchmarks.runs import cluster, encoding, from_click, running, scale, together, training

BENCHMARKS = {
    "startup": startup.measure,
    "browser": browser.measure,
    "from_click": from_click.measure,
    "comparison": comparison.measure,
    "claims": claims.measure,
    "home": home.measure,
    "encoding": encoding.measure,
    "running": running.measure,
    "together": together.measure,
    "scale": scale.measure,
    "idle": idle.measure,
    "inside": inside.measure,
    "load": load.measure,
    "training": training.measure,
    "cluster": cluster.measure,
}


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="name", help=f"of {', '.join(BENCHMARKS)}; default: all")
    names = parser.parse_args().names or list(BENCHMARKS)
    print(f"on {cpu().name}")
    for name in names:
        for what, figure, promise in BENCHMARKS[name]():
            print(f"{name:<12} {what:<72} {figure:>12}   {promise}", flush=True)


if __name__ == "__main__":
    main()
