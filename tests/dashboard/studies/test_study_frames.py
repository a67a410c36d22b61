"""The frames and charts of studies, against figures counted by hand."""

from types import SimpleNamespace

import pytest

from dashboard.studies import study_charts, study_frames
from models.experiments.spec import RunSpec
from models.experiments.studies import STUDIES
from models.training.events import EpochFinished

COLOURS = {"GRU": "#111111", "LSTM": "#222222"}


def result(label, examples, seed, test, is_cached=True):
    spec = RunSpec.create(
        dataset="imdb", fingerprint="0" * 16, architecture=label.lower(), train_examples=examples, seed=seed
    )
    epochs = (EpochFinished(1, 0.4, 0.9, 0.5, 0.8, 0.6, test, 2.0, 0.1, True),)
    return SimpleNamespace(label=label, spec=spec, epochs=epochs, is_cached=is_cached)


SWEEP = [
    result("GRU", 2_500, 0, 0.70),
    result("GRU", 2_500, 1, 0.74),
    result("GRU", None, 0, 0.85),
    result("LSTM", 5_000, 0, 0.80),
    result("LSTM", None, 0, 0.99, is_cached=False),
]


@pytest.mark.parametrize("study", STUDIES.values(), ids=STUDIES)
def test_a_study_is_about_what_it_varies(study):
    specs = [
        SimpleNamespace(spec=spec)
        for comparison in study.comparisons
        for each in comparison.specs("0" * 16).values()
        for spec in each
    ]
    expected = {
        "vocabulary": "Words in the vocabulary",
        "length": "Words read of a text",
        "examples": "Training texts",
    }
    assert study_frames.swept(specs) == expected.get(study.name)


def test_a_sweep_has_a_mean_for_each_label_and_value():
    frame = study_frames.sweep_frame(SWEEP, "Training texts").set_index(["label", "x"])
    assert list(frame.index) == [("GRU", 2_500), ("LSTM", 5_000), ("GRU", 20_000)]
    gru = frame.loc[("GRU", 2_500)]
    assert gru["value"] == pytest.approx(0.72) and gru["n"] == 2
    assert gru["high"] - gru["value"] == pytest.approx(0.04 / 2**0.5)  # of two seeds 0.04 apart
    assert frame.loc[("LSTM", 5_000), "low"] == frame.loc[("LSTM", 5_000), "high"] == pytest.approx(0.80)


def test_a_label_at_one_value_only_makes_no_line():
    alone = result("Conv1D", 2_500, 0, 0.60)
    assert "Conv1D" not in set(study_frames.sweep_frame([*SWEEP, alone], "Training texts")["label"])


def test_a_ranking_begins_with_the_best_and_names_shortly():
    frame = study_frames.ranking_frame(SWEEP[:4], {"GRU": "Gated", "LSTM": "Long"})
    assert frame["label"].tolist() == ["Long", "Gated"]
    assert frame["value"].tolist() == pytest.approx([0.80, (0.70 + 0.74 + 0.85) / 3])


def test_names_are_short_where_nothing_is_lost():
    names = study_frames.short_names(STUDIES["next_word"].comparisons)
    assert list(names.items())[1] == ("GRU (32 units)", "GRU")
    assert set(study_frames.short_names(STUDIES["line_up"].comparisons)) == {"Flatten", "LSTM", "GRU", "Conv1D"}
    layers = "Bi(GRU 16), GlobalMaxPooling, …"
    assert layers in study_frames.short_names(STUDIES["refinements"].comparisons).values()


@pytest.mark.parametrize("results", [[], SWEEP[:1], SWEEP], ids=["none", "one", "many"])
def test_charts_of_none_one_and_many(results):
    names = {"GRU": "GRU", "LSTM": "LSTM"}
    ranking = study_charts.ranking(study_frames.ranking_frame(results, names), COLOURS, "#000000").to_dict()
    assert "bar" not in [layer["mark"]["type"] for layer in ranking["layer"]], "a bar has to begin at zero"
    frame = study_frames.sweep_frame(results, "Training texts")
    small, large = (study_charts.sweep(frame, "Training texts", COLOURS, size, "#000000") for size in (False, True))
    assert small.to_dict()["config"]["axis"]["labelFontSize"] < large.to_dict()["config"]["axis"]["labelFontSize"]
    assert sum(map(len, small.to_dict()["datasets"].values())) == len(frame)
