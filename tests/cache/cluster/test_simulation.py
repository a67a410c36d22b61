"""Many runs on many devices, with every failure that a cluster knows: none is lost, and none is trained twice."""

import pytest

from cache.cluster.runner import ClusterRunner
from cache.core.access import CacheReadOnly
from tests.cache.cluster.simulation import simulate

KINDS = {"nodes lost", "runners that died", "trainings killed", "trainings failed"}


def test_runs_survive_what_happens_to_devices_and_runners(tmp_path):
    world, _ = simulate(tmp_path, num_runs=50, num_devices=16)
    assert set(world.failures) == KINDS
    assert max(world.starts.values()) > 1, "some were interrupted, and trained again"


@pytest.mark.slow
@pytest.mark.timeout(7_200)
@pytest.mark.parametrize("num_devices", [64, 512])
def test_ten_thousand_runs_survive_it_too(tmp_path, num_devices):
    world, _ = simulate(tmp_path, num_runs=10_000, num_devices=num_devices)
    assert set(world.failures) == KINDS


def test_a_cache_that_may_not_be_changed_is_refused_before_anybody_connects(store):
    with pytest.raises(CacheReadOnly, match="for looking only"):
        ClusterRunner(store.view("for looking only"), pytest.fail, pytest.fail).work("tensorflow")
