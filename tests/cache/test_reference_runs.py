"""The runs that come with Unroll: whole, all that the studies ask for, undisturbed, and what a training finds again."""

import re
import shlex
from pathlib import Path

import pytest

from cache.__main__ import parser
from cache.reference import TAG, bring_in
from cache.runner_store import RunnerStore
from cache.runs import FINISHED
from models.datasets import get_dataset
from models.encoded import load_encoded
from models.events import EpochFinished
from models.run_files import BEST_WEIGHTS, PREDICTIONS, load_arrays
from models.studies import EPOCHS, STUDIES
from models.training import train

FOLDER = Path(__file__).resolve().parents[2] / "cache" / "reference"
MAX_BYTES = 25_000_000


@pytest.fixture(scope="module")
def fresh(tmp_path_factory):
    store = RunnerStore(tmp_path_factory.mktemp("fresh"))
    assert bring_in(store, FOLDER) == []
    return store


def test_they_answer_the_studies(fresh):
    assert {path.stem for path in FOLDER.rglob("*.zip")} == set(STUDIES)
    for study in STUDIES.values():
        for comparison in study.comparisons:
            fingerprint = comparison.dataset.fingerprint(fresh.root / "tfds")
            identities = [spec.identity for specs in comparison.specs(fingerprint).values() for spec in specs]
            answers = fresh.answers(identities, EPOCHS, "")
            assert set(answers) == set(identities), study.name
            assert all(run.state == FINISHED and run.epochs >= EPOCHS for run in answers.values())


def test_none_of_them_was_disturbed(fresh):
    runs = fresh.runs()
    assert all(run.contended is None and run.device and run.tags == (TAG,) for run in runs)
    assert len({(run.identity, run.device) for run in runs}) == len(runs)


def test_each_architecture_has_its_best_weights_once(fresh):
    asked = (comparison for study in STUDIES.values() for comparison in study.comparisons)
    architectures = {entry.architecture for comparison in asked for entry in comparison.entries}
    for device in {run.device for run in fresh.runs()}:
        kept = [run for run in fresh.runs() if run.device == device and BEST_WEIGHTS in run.files]
        assert sorted(run.spec.architecture for run in kept) == sorted(architectures)
        for run in kept:
            weights, _ = load_arrays(fresh.files_dir(run.id) / BEST_WEIGHTS)
            assert sum(array.size for array in weights) == run.num_params


def test_all_have_what_they_answered(fresh):
    assert all(PREDICTIONS in run.files for run in fresh.runs())


def test_they_are_light_enough_to_come_along():
    assert sum(path.stat().st_size for path in FOLDER.rglob("*") if path.is_file()) < MAX_BYTES


def test_the_command_that_made_them_can_be_given_again():
    (command,) = re.findall(r"python -m cache (.*)\n", (FOLDER / "README.md").read_text())
    options = parser().parse_args(shlex.split(command))
    assert options.command == "study" and not options.studies  # which asks for all of them
    assert (FOLDER / options.to.name).is_dir()


def test_a_training_finds_the_same_curve(fresh, data_root, tmp_path):
    """Sums are taken in another order on another processor, so the last digits may differ there."""
    spec = next(iter(STUDIES["line_up"].comparisons[0].specs(get_dataset("imdb").fingerprint(fresh.root)).values()))[0]
    run = fresh.answers([spec.identity], EPOCHS, "")[spec.identity]
    data = load_encoded(get_dataset(run.spec.dataset), None, run.spec.encoding, data_root)
    curve = [event for event in train(run.spec, data, EPOCHS, tmp_path) if isinstance(event, EpochFinished)]
    for found, kept in zip(curve, fresh.epochs([run.id])[run.id], strict=True):
        assert found.train_accuracy == pytest.approx(kept.train_accuracy, abs=0.005)
        assert found.validation_accuracy == pytest.approx(kept.validation_accuracy, abs=0.01)
        assert found.validation_loss == pytest.approx(kept.validation_loss, rel=0.03)
