"""How the runs of each claim have to be for it to hold, not to hold, or to be open."""

import numpy as np

from cache.claims import costs, curves, texts
from cache.claims import memory as claim_memory
from cache.claims.evidence import SeedGroup
from cache.claims.rules import DOES_NOT_HOLD, HOLDS, NOT_DECIDED
from models.experiments.memory_series import SERIES

SMOOTH = (0.70, 0.80, 0.82, 0.83, 0.84, 0.84, 0.83, 0.83, 0.82, 0.82)
JAGGED = (0.70, 0.80, 0.72, 0.83, 0.75, 0.84, 0.74, 0.83, 0.76, 0.82)


def around(value, by=0.002):
    """Three seeds that hardly differ."""
    return [value - by, value, value + by]


def scattered(value, by=0.3):
    return [value * (1 - by), value, value * (1 + by)]


def seconds(invented, lstm, gru, flatten, conv1d, spread=around):
    for name, value in (("lstm", lstm), ("gru", gru), ("flatten", flatten), ("conv1d", conv1d)):
        invented.add(SeedGroup(name), seconds=spread(value))


def gru(invented, seconds_of_gru, ahead, by=0.002):
    invented.add(costs.LSTM, seconds=around(20))
    invented.add(costs.GRU, seconds=around(seconds_of_gru))
    for one, two in zip(costs.SMALL_GRUS, costs.SMALL_LSTMS, strict=True):
        invented.add(one, test=around(0.75 + ahead, by))
        invented.add(two, test=around(0.75, by)[::-1])


def flatten(invented, train, gap, others, by=0.002):
    invented.add(curves.FLATTEN, train=around(train, by), curve=[(0.8, value - gap) for value in around(train, 0.0)])
    for group in curves.OTHERS:
        invented.add(group, train=0.95, curve=[(0.8, 0.95 - value) for value in around(others, by)])


def layers(invented, one, two):
    for group, curve in ((curves.ONE, one), (curves.TWO, two), (curves.TWO_EQUAL, two)):
        invented.add(group, curve=[tuple(np.asarray(curve) + shift) for shift in (0.0, 0.001, 0.002)])


def start(invented, spread, lost, seeds=12):
    test = [0.8 + spread * (-1) ** seed for seed in range(seeds)]
    invented.add(
        curves.LSTM, seeds=seeds, test=test, right=[np.ones(2_452)] * seeds,
        curve=[(0.7, 0.85, 0.85 - lost + 0.001 * (seed % 3)) for seed in range(seeds)],
    )  # fmt: skip


def memory(invented, simple, kept, by=0.002, tests=SERIES):
    """``simple`` is what SimpleRNN gets of the longest distance of each of the ``tests``; all else gets ``kept``."""
    for series in SERIES:
        for steps in series.steps:
            is_lost = steps == series.steps[-1] and series in tests
            invented.add(claim_memory._back(series, "simple_rnn", steps), test=around(simple if is_lost else kept, by))
            for name in ("gru", "lstm"):
                invented.add(claim_memory._back(series, name, steps), test=around(kept, by))


def examples(invented, gaps, by=0.002):
    for name in ("flatten", "gru", "lstm", "conv1d"):
        for (_, group, _), gap in zip(curves._sizes(name), gaps, strict=True):
            invented.add(group, train=0.99, curve=[(0.7, 0.99 - value) for value in around(gap, by)])


def sweep(invented, encodings, accuracies, seconds=(2.0,) * 4, by=0.002):
    for name in texts.READERS:
        settings = zip(texts._swept(name, encodings), accuracies, seconds, strict=False)
        for place, (group, accuracy, each) in enumerate(settings):
            test = around(accuracy, by) if place else around(accuracy, by)[::-1]  # or seeds would go up and down alike
            invented.add(group, test=test, seconds=around(each))


CASES = {
    "seconds": {
        HOLDS: lambda runs: seconds(runs, 43, 20, 4, 4.5),
        DOES_NOT_HOLD: lambda runs: seconds(runs, 20, 20, 4, 4.5),
        NOT_DECIDED: lambda runs: seconds(runs, 43, 20, 4, 4.5, scattered),
    },
    "gru": {
        HOLDS: lambda runs: gru(runs, 10, 0.05),
        DOES_NOT_HOLD: lambda runs: gru(runs, 30, 0.05),
        NOT_DECIDED: lambda runs: gru(runs, 10, 0.02, 0.02),
    },
    "flatten": {
        HOLDS: lambda runs: flatten(runs, 0.99, 0.25, 0.10),
        DOES_NOT_HOLD: lambda runs: flatten(runs, 0.99, 0.10, 0.25),
        NOT_DECIDED: lambda runs: flatten(runs, 0.99, 0.12, 0.10, 0.05),
    },
    "layers": {
        HOLDS: lambda runs: layers(runs, JAGGED, SMOOTH),
        DOES_NOT_HOLD: lambda runs: layers(runs, SMOOTH, SMOOTH),
    },
    "initialisation": {
        HOLDS: lambda runs: start(runs, 0.05, 0.03),
        DOES_NOT_HOLD: lambda runs: start(runs, 0.0002, 0.03),
        NOT_DECIDED: lambda runs: start(runs, 0.05, 0.011, 3),
    },
    "memory": {
        HOLDS: lambda runs: memory(runs, 0.5, 0.99),
        DOES_NOT_HOLD: lambda runs: memory(runs, 0.99, 0.99),
        NOT_DECIDED: lambda runs: memory(runs, 0.7, 0.9, 0.2),
    },
    "examples": {
        HOLDS: lambda runs: examples(runs, (0.30, 0.24, 0.14)),
        DOES_NOT_HOLD: lambda runs: examples(runs, (0.14, 0.20, 0.30)),
        NOT_DECIDED: lambda runs: examples(runs, (0.20, 0.19, 0.18), 0.1),
    },
    "vocabulary": {
        HOLDS: lambda runs: sweep(runs, texts.VOCABULARIES, (0.75, 0.80, 0.85)),
        DOES_NOT_HOLD: lambda runs: sweep(runs, texts.VOCABULARIES, (0.85, 0.85, 0.80)),
        NOT_DECIDED: lambda runs: sweep(runs, texts.VOCABULARIES, (0.80, 0.81, 0.82), by=0.05),
    },
    "length": {
        HOLDS: lambda runs: sweep(runs, texts.LENGTHS, (0.70, 0.75, 0.80, 0.85), (1, 2, 4, 8)),
        DOES_NOT_HOLD: lambda runs: sweep(runs, texts.LENGTHS, (0.70, 0.75, 0.80, 0.85), (2, 2, 2, 2)),
        NOT_DECIDED: lambda runs: sweep(runs, texts.LENGTHS, (0.80, 0.80, 0.81, 0.82), (1, 2, 4, 8), 0.05),
    },
}
