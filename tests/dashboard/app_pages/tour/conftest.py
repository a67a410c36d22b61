"""Invented runs of the studies that the tour shows."""

import numpy as np
import pytest

from cache.results.study_results import fetch_studies
from dashboard.tour.tour_steps import STEPS
from models.data.datasets import get_dataset
from models.data.memory_tests import is_memory
from models.training.run_files import save_predictions
from tests.dashboard.app_pages.conftest import NUM_TEST
from tests.dashboard.pages import texts

DEVICE = "Reference CPU (2 cores)"
TEST = {"flatten": 0.60, "lstm": 0.85, "gru": 0.86, "conv1d": 0.75, "simple_rnn": 0.52, "lstm_small_vocabulary": 0.8}
SECONDS = {"flatten": 1.0, "lstm": 12.0, "gru": 8.0, "conv1d": 3.0}
GAP = {"flatten": 0.30, "lstm": 0.10, "gru": 0.05, "conv1d": 0.02}


@pytest.fixture
def open_tour(open_page, started_tasks):
    return lambda **query: open_page("tour", **query)


def invented(spec):
    """Ten epochs of (training, validation, test accuracy, seconds); the best is the ninth."""
    test = TEST.get(spec.architecture, 0.8) + 0.001 * (spec.seed % 3)
    if is_memory(spec.dataset):
        dataset = get_dataset(spec.dataset)
        test = 0.99 if spec.architecture != "simple_rnn" or dataset.steps <= 20 else dataset.test.chance
    elif spec.train_examples:
        test -= 0.04 if spec.train_examples == 2_500 else 0.02
    elif spec.architecture == "lstm" and spec.encoding.vocabulary_size < 10_000:
        test -= 0.005 if spec.encoding.vocabulary_size == 3_000 else 0.02
    curve = [0.5 + 0.03 * epoch for epoch in range(9)]
    if spec.architecture == "bidirectional_1_layer":
        curve[4] -= 0.12 + 0.001 * spec.seed
    train = curve[8] + GAP.get(spec.architecture, 0.01)
    seconds = SECONDS.get(spec.architecture, 5.0)
    return [(train, each, test, seconds) for each in curve] + [(train, curve[8], test - 0.01, seconds)]


@pytest.fixture
def runs(store, measured):
    """Every run that the tour shows, measured elsewhere, each once."""
    names = dict.fromkeys(step.study for step in STEPS)
    missing = [result.spec for each in fetch_studies(store, names, "tensorflow", "").values() for result in each.runs]
    measured(((spec, invented(spec)) for spec in {spec.identity: spec for spec in missing}.values()), device=DEVICE)
    return fetch_studies(store, names, "tensorflow", "")


@pytest.fixture
def predicted(store, runs, classes):
    """What the runs of the line-up answered, by label and seed: right or not. All classes are 1."""
    right = {}
    for result in runs["line_up"].runs:
        wobble = 0.03 * (result.spec.seed % 3 - 1) if result.label == "LSTM" else 0.0
        answers = np.arange(NUM_TEST) < (TEST[result.spec.architecture] + wobble) * NUM_TEST
        right.setdefault(result.label, {})[result.spec.seed] = answers
        folder = store.files_dir(result.run.id)
        folder.mkdir(parents=True)
        save_predictions(folder, {9: answers.astype(np.float32)})
    return right


def alts(app):
    return " | ".join(chart.proto.alt for chart in app.get("vega_lite_chart"))


def shown(app):
    return texts(app, "markdown")
