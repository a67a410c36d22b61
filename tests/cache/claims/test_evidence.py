import pytest

from cache.browsing.annotations import delete, restore
from cache.claims import groups
from cache.claims.evidence import (
    MAX_SEEDS,
    SECONDS_PER_EPOCH,
    TEST_ACCURACY,
    SeedGroup,
    devices_of,
    gather,
    specs_of,
    version,
)
from models.data.datasets import get_dataset
from models.text.encoding import TextEncoding
from tests.conftest import DEVICE

FLATTEN = SeedGroup("flatten")
TEN = [0.7, 0.8] + [0.75] * 8


def specs(group):
    return specs_of(group, "tensorflow", get_dataset("imdb").fingerprint(None))


def evidence(store, *asked):
    return gather(store, asked or [FLATTEN], "tensorflow", DEVICE, {})


def test_what_is_cached_is_found_with_its_figures(store, finish):
    for seed in range(3):
        finish(specs(FLATTEN)[seed], TEN, seconds=2.0 + seed)
    sample = evidence(store).sample(FLATTEN, SECONDS_PER_EPOCH)
    assert sample.values == pytest.approx((2, 3, 4)) and sample.work(3) == [] and sample.missing_reason == ""
    assert evidence(store).sample(FLATTEN, TEST_ACCURACY).values == pytest.approx((0.79,) * 3)


def test_runs_of_fewer_epochs_do_not_count(store, finish):
    finish(specs(FLATTEN)[0], TEN[:5])
    sample = evidence(store).sample(FLATTEN, TEST_ACCURACY)
    assert sample.values == () and len(sample.work(3)) == 3


def test_further_seeds_are_found_wherever_they_come_from(store, finish):
    for seed in (0, 1, 2, 7):
        finish(specs(FLATTEN)[seed], TEN)
    sample = evidence(store).sample(FLATTEN, TEST_ACCURACY)
    assert [result.spec.seed for result in sample.results] == [0, 1, 2, 7]
    assert [work.spec.seed for work in sample.work(8)] == [3, 4, 5, 6]
    assert len(sample.work(MAX_SEEDS)) == MAX_SEEDS - 4 and sample.work(3) == []


def test_groups_of_one_setting_and_other_epochs_are_distinguished(store, finish):
    short, long = (SeedGroup("flatten", examples=2_500, epochs=epochs, setting=str(epochs)) for epochs in (10, 80))
    finish(specs(short)[0], TEN)
    found = evidence(store, short, long)
    assert len(found.sample(short, TEST_ACCURACY).values) == 1
    assert found.sample(long, TEST_ACCURACY).values == ()
    assert [work.epochs for work in found.sample(long, TEST_ACCURACY).work(3)] == [80] * 3


def test_what_trains_or_waits_is_known(store):
    spec = specs(FLATTEN)[4]
    (run_id,) = store.submit([spec], 10, "cpu")
    found = evidence(store)
    assert [run.id for run in found.active[spec.identity]] == [run_id]
    assert spec not in [work.spec for work in found.sample(FLATTEN, TEST_ACCURACY).wanted]


def test_labels_say_what_sets_a_group_apart():
    assert FLATTEN.label == "Flatten"
    assert SeedGroup("lstm", examples=2_500, setting="2,500 examples").label == "LSTM, 2,500 examples"
    assert SeedGroup("lstm", setting="all") == SeedGroup("lstm", encoding=TextEncoding(length=120))


def test_devices_are_counted_by_the_runs_that_claims_ask_for(store, finish):
    asked = specs(FLATTEN)
    for seed, device in ((0, "A"), (1, "B"), (2, "B"), (3, "A")):
        finish(asked[seed], TEN, device=device)
    finish(specs(SeedGroup("lstm"))[0], TEN[:2], device="C")  # not whole
    counts, num_asked = devices_of(store, groups(), "tensorflow")
    assert list(counts.items()) == [("B", 2), ("A", 1)]  # no study asks for the fourth seed
    different = {spec.identity for group in groups() for spec in specs_of(group, "tensorflow", _print(group))[:3]}
    assert num_asked == len(different)


def _print(group):
    return get_dataset(group.dataset).fingerprint(None)


def test_the_version_changes_with_whatever_a_verdict_may_change_with(store, finish):
    seen = [version(store)]
    runs = [finish(specs(FLATTEN)[seed], TEN) for seed in range(2)]
    seen.append(version(store))
    delete(store, [runs[0].id])
    seen.append(version(store))
    restore(store, [runs[0].id])
    delete(store, [runs[1].id])
    seen.append(version(store))
    store.submit([specs(FLATTEN)[2]], 10, "cpu")
    seen.append(version(store))
    assert len(set(seen)) == len(seen)
    assert version(store) == seen[-1]
