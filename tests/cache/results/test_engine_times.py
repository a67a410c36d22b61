from dataclasses import replace

import pytest

from cache.results.engine_times import MEASURED_EPOCHS, engine_times, fastest
from models.experiments.comparison import Entry
from models.experiments.engines import ENGINES
from tests.conftest import DEVICE

TENSORFLOW, JAX, WHOLE = (ENGINES[title] for title in ("TensorFlow", "JAX", "JAX, whole epochs"))


@pytest.fixture
def asked(comparison):
    """Two architectures, two seeds, ten epochs."""
    entries = (Entry("flatten"), Entry("gru"))
    return replace(comparison, entries=entries, epochs=10, num_seeds=2)


@pytest.fixture
def measure(asked, finish):
    """Finishes a run of an engine: an architecture, a seed, seconds of a steady epoch."""

    def run(engine, label, seconds, seed=0, epochs=MEASURED_EPOCHS, **how):
        specs = replace(asked, training=engine.trains(asked.training)).specs("f")
        return finish(specs[label][seed], [0.6] * epochs, seconds=seconds, **how)

    return run


def test_engines_are_compared_by_the_first_epochs_of_every_architecture(store, asked, measure):
    for engine, flatten, gru in ((TENSORFLOW, 1.0, 8.0), (WHOLE, 0.5, 4.0)):
        measure(engine, "Flatten", flatten)
        measure(engine, "GRU", gru)
    tensorflow, whole = times = engine_times(store, asked, "f", DEVICE, [TENSORFLOW, WHOLE])
    assert tensorflow.per_epoch == {"Flatten": 1.0, "GRU": 8.0} and whole.per_epoch == {"Flatten": 0.5, "GRU": 4.0}
    # Two seeds of ten epochs: each epoch validates for 0.1 s, and the first of a run takes 1 s more.
    assert tensorflow.whole["GRU"] == pytest.approx(2 * (10 * 8.1 + 1))
    assert whole.total == pytest.approx(2 * (10 * 0.6 + 1) + 2 * (10 * 4.1 + 1))
    assert not whole.missing and fastest(times) is whole


def test_compiling_counts_so_a_short_comparison_may_have_another_fastest_engine(store, asked, measure):
    measure(TENSORFLOW, "Flatten", 2.0)
    measure(WHOLE, "Flatten", 1.0)
    flatten = replace(asked, entries=(Entry("flatten"),))
    for epochs, best in ((1, TENSORFLOW), (10, WHOLE)):
        times = engine_times(store, replace(flatten, epochs=epochs), "f", DEVICE, [TENSORFLOW, WHOLE])
        slow_to_compile = replace(times[1], whole={"Flatten": times[1].whole["Flatten"] + 5})
        assert fastest([times[0], slow_to_compile]).engine == best


def test_seeds_are_averaged_and_longer_runs_count_by_their_first_epochs(store, asked, measure):
    measure(JAX, "Flatten", 1.0)
    measure(JAX, "Flatten", 3.0, seed=1, epochs=10)
    (jax,) = engine_times(store, asked, "f", DEVICE, [JAX])
    assert jax.per_epoch == {"Flatten": 2.0}


def test_what_was_not_measured_here_and_undisturbed_is_missing(store, asked, measure):
    measure(JAX, "Flatten", 1.0, device="Another GPU")
    measure(JAX, "GRU", 1.0, contended="another program used 40% of the CPU")
    measure(TENSORFLOW, "GRU", 1.0, epochs=2)
    tensorflow, jax = times = engine_times(store, asked, "f", DEVICE, [TENSORFLOW, JAX])
    assert not jax.per_epoch and jax.total is None and fastest(times) is None
    assert [(each.spec.seed, each.spec.training.backend) for each in jax.missing.values()] == [(0, "jax")] * 2
    assert set(tensorflow.missing) == {"Flatten", "GRU"}, "two epochs are too few"


def test_one_measured_engine_is_not_the_fastest(store, asked, measure):
    measure(TENSORFLOW, "Flatten", 1.0)
    times = engine_times(store, replace(asked, entries=(Entry("flatten"),)), "f", DEVICE, [TENSORFLOW, JAX])
    assert times[0].total is not None and fastest(times) is None
