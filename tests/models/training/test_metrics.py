"""One table: whatever is made of it names the same metrics."""

from dataclasses import fields

import pytest

from cache.browsing.query_fields import fields as query_fields
from cache.transfer.event_files import SCALARS
from dashboard.curves.curve_options import METRIC_NAMES
from dashboard.leaderboard.board_catalogue import columns
from models.tasks import CLASSIFICATION, NEXT_WORD, TASKS
from models.training.events import EpochFinished
from models.training.metrics import METRICS, SHARES, STORED, TEST, TRAIN, VALIDATION, columns_of, metrics_of


def test_an_epoch_has_a_field_for_each_metric_and_split_and_no_other_figures():
    names = {metric.column(split) for metric in STORED for split in metric.splits}
    others = {"epoch", "train_seconds", "validation_seconds", "is_first"}
    assert {field.name for field in fields(EpochFinished)} == names | others
    assert set(columns_of({})) == names and set(columns_of({}).values()) == {None}


@pytest.mark.parametrize("metric", METRICS, ids=lambda metric: metric.key)
def test_every_metric_is_found_everywhere(metric):
    tasks = [task for task in TASKS if metric.is_measured(task)]
    assert tasks and metric.help.endswith(".")
    for task in tasks:
        board = {column.key for column in columns(task)}
        assert metric.column(TEST) in board and f"{metric.column(VALIDATION)}_best" in board
    assert METRIC_NAMES[metric.key] == metric.title
    if metric in STORED:
        assert {metric.column(split) for split in metric.splits} <= set(SCALARS.values())
        assert metric.column(TEST) in query_fields()


def test_titles():
    said = {metric.key: [metric.title_on(split) for split in (TRAIN, TEST)] for metric in METRICS}
    assert said["f1"] == ["Training F1 (macro)", "Test F1 (macro)"]
    assert said["loss"] == ["Training loss", "Test negative log-likelihood"]
    assert [metric.key for metric in metrics_of(CLASSIFICATION)] == ["accuracy", "f1", "loss"]
    assert [metric.key for metric in metrics_of(NEXT_WORD)] == ["accuracy", "top5_accuracy", "perplexity", "loss"]
    assert {"test_accuracy", "validation_f1"} <= SHARES and "test_loss" not in SHARES
