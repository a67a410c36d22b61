from dataclasses import replace

import pandas as pd
import pytest

from cache.results.results import Result
from dashboard.shell.cached import cached


@pytest.fixture
def results(finish, small_spec):
    runs = [finish(small_spec(seed=seed), [0.6, 0.7]) for seed in (0, 1)]
    return [Result("Flatten", run.spec, 2, run, (), run.device) for run in runs]


def test_the_same_results_are_not_counted_twice(results):
    asked = []

    def seeds(results, factor):
        asked.append(factor)
        return pd.DataFrame({"seed": [factor * result.spec.seed for result in results]})

    first = cached(seeds, results, 3)
    first["seed"] = 7  # each caller has its own
    assert list(cached(seeds, [replace(result) for result in results], 3)["seed"]) == [0, 3]
    assert asked == [3]
    assert list(cached(seeds, results, 4)["seed"]) == [0, 4]
    assert list(cached(seeds, results[1:], 3)["seed"]) == [3]


def test_what_has_grown_or_was_measured_elsewhere_is_another_result(results):
    result = results[0]
    changed = [
        replace(result, label="Flatten (3 units)"),
        replace(result, wanted_epochs=3),
        replace(result, device="another device"),
        replace(result, contended="another program"),
        replace(result, run=replace(result.run, state="running")),
        replace(result, run=replace(result.run, created_at=1.0)),
        replace(result, run=None),
    ]
    assert len({each.key for each in [result, *changed]}) == 8
