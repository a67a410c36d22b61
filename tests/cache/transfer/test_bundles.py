import json
import shutil
from dataclasses import replace

import pytest

from cache.browsing import annotations
from cache.store.manifest import MANIFEST, RunManifest
from cache.transfer.bundle_check import check_arrays
from cache.transfer.bundles import Imported
from models.architectures import ARCHITECTURES
from models.training.events import EpochFinished
from models.training.run_files import BEST_WEIGHTS, PREDICTIONS, save_arrays
from tests.cache.transfer.made_bundles import (
    ENVIRONMENT,
    exported,
    finish,
    imported,
    measured,
    snapshot,
    tiny_spec,
    two_runs,
    unpacked,
)


@pytest.mark.parametrize("weights", [False, True])
def test_runs_arrive_as_they_left(here, there, small_spec, weights):
    ids = [finish(here, small_spec(seed=0)), finish(here, small_spec("lstm"), contended="Another program")]
    annotations.rename(here, ids[0], "The best")
    annotations.annotate(here, ids[0], "Two lines\nof “notes” with 🙂.")
    annotations.tag(here, ids, ["paper", "naïve"])
    finish(there, tiny_spec(9))
    result = imported(there, exported(here, ids, weights=weights))
    assert result == Imported(new=[2, 3], known=[])
    for old, new in zip(ids, result.new, strict=True):
        run, epochs = measured(here, old)
        assert measured(there, new) == (run if weights else replace(run, files=without_weights(run)), epochs)
        arrived = there.run(new)
        assert (arrived.imported_at, arrived.device_id, arrived.device) == (2_000.0, "elsewhere", "Test CPU")
        expected = {PREDICTIONS, MANIFEST} | ({BEST_WEIGHTS} if weights else set())
        assert set(arrived.files) == expected == {path.name for path in there.files_dir(new).iterdir()}
        assert there.damaged_files(arrived) == []
        assert RunManifest.from_json((there.files_dir(new) / MANIFEST).read_bytes()).device == "Test CPU"
    assert list(there.staging_dir.iterdir()) == []
    assert there.resume_source(there.run(2).identity, 9, "Test CPU") is None


def without_weights(run):
    return {name: digest for name, digest in run.files.items() if name != BEST_WEIGHTS}


@pytest.mark.parametrize("name", ["flatten", pytest.param("lstm_dropout", marks=pytest.mark.slow)])
def test_a_real_training_makes_the_round_trip(name, here, there, small_spec, small_data, tmp_path):
    """With dropout, too: its random state is not one of the weights."""
    from models.training.training import train

    (tmp_path / "trained").mkdir()
    events = list(train(small_spec(name), small_data, 2, tmp_path / "trained"))
    epochs = [event for event in events if isinstance(event, EpochFinished)]

    def write(folder, spec, epochs):
        shutil.copytree(tmp_path / "trained", folder, dirs_exist_ok=True)

    run_id = finish(here, small_spec(name), epochs, write)
    (arrived,) = imported(there, exported(here, [run_id], weights=True)).new
    assert measured(there, arrived) == measured(here, run_id)


QUICK = ("flatten", "lstm_merged", "self_attention", "next_word_gru")


@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=() if name in QUICK else pytest.mark.slow) for name in ARCHITECTURES]
)
def test_the_expected_weights_are_those_of_keras(name, small_spec, tmp_path):
    from models.training.keras_model import build_model

    spec = small_spec(name)
    save_arrays(tmp_path / BEST_WEIGHTS, build_model(spec.layers(), spec.encoding.length).get_weights())
    record = RunManifest(spec, (), ENVIRONMENT, None, 0.0, None, None, {})
    assert check_arrays(tmp_path / BEST_WEIGHTS, "it", record) > 4 * spec.num_params()


def test_importing_again_adds_nothing(here, there):
    bundle = two_runs(here)
    assert imported(there, bundle).new == [1, 2]
    before = snapshot(there)
    assert imported(there, bundle) == Imported(new=[], known=[1, 2])
    assert snapshot(there) == before
    assert imported(here, bundle) == Imported(new=[], known=[1, 2])
    more = exported(here, [2, finish(here, tiny_spec(5))])
    assert imported(there, more) == Imported(new=[3], known=[2])


def test_another_measurement_of_the_same_spec_is_another_run(there, bundle):
    epochs = [EpochFinished(number, 0.5, 0.7, 0.6, 0.6, 0.6, 0.7, 9.0, 0.1, number == 1) for number in (1, 2, 3)]
    finish(there, tiny_spec(0), epochs)
    assert imported(there, bundle) == Imported(new=[2, 3], known=[])


def test_a_run_in_the_bin_does_not_count_as_known(there, bundle):
    imported(there, bundle)
    annotations.delete(there, [1])
    assert imported(there, bundle) == Imported(new=[3], known=[2])


def test_what_was_imported_can_be_exported_again(there, bundle):
    again = exported(there, imported(there, bundle).new, weights=True)
    first, second = unpacked(bundle), unpacked(again)
    assert {name: text for name, text in first.items() if name.startswith("runs")} == {
        name: text for name, text in second.items() if name.startswith("runs")
    }


def test_a_run_from_before_there_were_records_gets_one(here, there):
    run_id = finish(here, tiny_spec())
    (here.files_dir(run_id) / MANIFEST).unlink()
    with here.db.transaction() as db:
        files = {name: digest for name, digest in here.run(run_id).files.items() if name != MANIFEST}
        db.execute("UPDATE runs SET files = ?", (json.dumps(files),))
    (arrived,) = imported(there, exported(here, [run_id])).new
    assert measured(there, arrived)[1] == measured(here, run_id)[1]
    assert MANIFEST in there.run(arrived).files


def test_a_damaged_record_is_made_anew_from_the_row(here, there):
    run_id = finish(here, tiny_spec())
    (here.files_dir(run_id) / MANIFEST).write_text("{}")
    assert measured(there, *imported(there, exported(here, [run_id])).new)[1] == measured(here, run_id)[1]
