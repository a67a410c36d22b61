"""The runs that come with Unroll: whole, all that the studies ask for, undisturbed, and what a training finds again."""

import re
import shlex
from collections import Counter
from dataclasses import replace
from pathlib import Path
from statistics import fmean

import pytest

from cache.browsing import annotations
from cache.browsing.listing import list_runs
from cache.browsing.query import parse
from cache.browsing.query_help import EXAMPLES
from cache.cli.parser import parser
from cache.cli.study_command import WITHOUT_WEIGHTS
from cache.results.results import fetch, seconds_by_seed
from cache.store.runner_store import RunnerStore
from cache.store.runs import CANCELLED, FINISHED
from cache.transfer.reference import TAG, bring_in
from models.data.datasets import get_dataset
from models.encoded.encoded import load_encoded
from models.experiments.studies import EPOCHS, STUDIES, study_comparison
from models.statistics.paired_difference import MIN_SEEDS
from models.text.encoding import TextEncoding
from models.training.events import EpochFinished
from models.training.run_files import BEST_WEIGHTS, PREDICTIONS, load_arrays
from models.training.training import train

FOLDER = Path(__file__).resolve().parents[3] / "cache" / "reference"
ON_THE_CPU = FOLDER / "amd-epyc-2-cores"
README = FOLDER.parent / "README.md"
MAX_BYTES = 25_000_000
CPU, GPU = "AMD EPYC (2 cores)", "NVIDIA H100 80GB HBM3"
GPU_SEEDS = 10


@pytest.fixture(scope="module")
def fresh(tmp_path_factory):
    store = RunnerStore(tmp_path_factory.mktemp("fresh"))
    assert bring_in(store, FOLDER) == []
    return store


def test_they_answer_the_studies(fresh):
    assert {path.stem for path in ON_THE_CPU.glob("*.zip")} == set(STUDIES)
    for study in STUDIES.values():
        for comparison in study.comparisons:
            fingerprint = comparison.dataset.fingerprint(fresh.root / "tfds")
            identities = [spec.identity for specs in comparison.specs(fingerprint).values() for spec in specs]
            answers = fresh.best_runs(identities, EPOCHS, "")
            assert set(answers) == set(identities), study.name
            assert all(run.state == FINISHED and run.epochs >= EPOCHS for run in answers.values())


@pytest.mark.parametrize(
    ("names", "encoding", "num_seeds"),
    [
        (("flatten", "lstm", "gru", "conv1d", "no_recurrence", "simple_rnn"), None, GPU_SEEDS),
        (
            ("bidirectional_1_layer", "bidirectional_2_layers", "bidirectional_2_equal_layers"),
            TextEncoding(vocabulary_size=8_185, tokenizer="subwords"),
            MIN_SEEDS,
        ),
    ],
)
def test_some_were_measured_on_a_gpu_too(fresh, names, encoding, num_seeds):
    asked = study_comparison(*names, encoding=encoding, num_seeds=num_seeds)
    asked = replace(asked, training=replace(asked.training, backend="jax"))
    results = fetch(fresh, asked, asked.dataset.fingerprint(fresh.root / "tfds"), GPU)
    assert all(result.is_cached and result.device == GPU for result in results)
    for environment in (result.run.environment for result in results):
        assert environment["cudnn"] and environment["driver"] and environment["load_at_end"]["gpu_mhz"] > 0
    by_cudnn = {
        result.label: any(layers.values())
        for result in results
        if (layers := result.run.environment.get("cudnn_layers"))
    }
    assert by_cudnn == {label: "LSTM" in label for label in by_cudnn}


@pytest.mark.parametrize(("device", "backend"), [(CPU, "tensorflow"), (GPU, "jax")])
def test_the_readme_gives_their_seconds(fresh, device, backend):
    asked = study_comparison("flatten", "conv1d", "gru", "lstm", num_seeds=GPU_SEEDS)
    asked = replace(asked, training=replace(asked.training, backend=backend))
    results = fetch(fresh, asked, asked.dataset.fingerprint(fresh.root / "tfds"), device)
    measured = {label: [*by_seed.values()] for label, by_seed in seconds_by_seed(results, device).items()}
    assert all(len(seconds) >= MIN_SEEDS for seconds in measured.values())
    (row,) = re.findall(rf"^\| {re.escape(device)} \| (.*) \|$", README.read_text(), re.MULTILINE)
    assert row == " | ".join(f"{fmean(seconds):.2f} s" for seconds in measured.values())


def test_the_readmes_count_them(fresh):
    devices = Counter(run.device for run in fresh.runs())
    whole = (FOLDER.parents[1] / "README.md").read_text()
    assert f"A fresh clone already shows {devices.total()} finished runs" in whole
    each = f"{devices[CPU]} from an AMD EPYC with 2 cores and {devices[GPU]} from an {GPU.split(' 80GB')[0]}"
    assert f"holds {devices.total()} finished runs of ten epochs: {each}." in README.read_text()
    assert f"has {devices[GPU]} runs of a GPU" in (FOLDER / "README.md").read_text()


def test_enough_of_each_were_not_disturbed(fresh):
    runs = fresh.runs()
    assert all(run.device and run.tags == (TAG,) for run in runs)
    assert len({(run.identity, run.device) for run in runs}) == len(runs)
    undisturbed = Counter()
    for run in runs:
        undisturbed[run.device, replace(run.spec, seed=0).identity] += run.contended is None
    assert min(undisturbed.values()) >= MIN_SEEDS


def test_nearly_every_architecture_has_its_best_weights_once(fresh):
    asked = (comparison for study in STUDIES.values() for comparison in study.comparisons)
    architectures = {entry.architecture for comparison in asked for entry in comparison.entries}
    kept = [run for run in fresh.runs() if BEST_WEIGHTS in run.files]
    assert sorted(run.spec.architecture for run in kept) == sorted(architectures.difference(WITHOUT_WEIGHTS))
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
    assert options.to.name == ON_THE_CPU.name


def test_every_example_finds_some_of_the_reference_runs(fresh):
    """And one that was cancelled before its twin was brought in."""
    twin = next(run for run in fresh.runs() if run.label == "LSTM")
    (other,) = fresh.submit([twin.spec], twin.epochs, "cpu", "Another device")
    fresh.cancel([other])
    with fresh.db.transaction() as db:
        db.execute("UPDATE runs SET ended_at = 0 WHERE id = ?", (other,))
    assert fresh.run(other).state == CANCELLED
    found = {query: list_runs(fresh, parse(query)).total for query, _ in EXAMPLES}
    assert all(found.values()), found
    annotations.delete(fresh, [other])
    annotations.purge(fresh, [other])


@pytest.mark.slow
def test_a_training_finds_the_same_curve(fresh, data_root, tmp_path):
    """Sums are taken in another order on another processor, so the last digits may differ there."""
    spec = next(iter(STUDIES["line_up"].comparisons[0].specs(get_dataset("imdb").fingerprint(fresh.root)).values()))[0]
    run = fresh.best_runs([spec.identity], EPOCHS, "")[spec.identity]
    data = load_encoded(get_dataset(run.spec.dataset), None, run.spec.encoding, data_root)
    curve = [event for event in train(run.spec, data, EPOCHS, tmp_path) if isinstance(event, EpochFinished)]
    for found, kept in zip(curve, fresh.epochs([run.id])[run.id], strict=True):
        assert found.train_accuracy == pytest.approx(kept.train_accuracy, abs=0.005)
        assert found.validation_accuracy == pytest.approx(kept.validation_accuracy, abs=0.01)
        assert found.validation_loss == pytest.approx(kept.validation_loss, rel=0.03)
