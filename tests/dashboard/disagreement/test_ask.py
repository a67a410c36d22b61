"""What models say to a sentence, against figures counted by hand."""

from types import SimpleNamespace

import pytest

from dashboard.disagreement import ask_charts, ask_frames
from models.training.generation import Candidate, Step

COLOURS = {"GRU": "#111111", "LSTM": "#222222"}


def step(positive):
    candidates = (Candidate("positive", positive, positive), Candidate("negative", 1 - positive, 1 - positive))
    return (Step("positive" if positive > 0.5 else "negative", max(positive, 1 - positive), 1.0, candidates),)


def results(**seeds):
    return [
        SimpleNamespace(label=label, spec=SimpleNamespace(seed=seed), run=SimpleNamespace(id=run))
        for label, runs in seeds.items()
        for seed, run in enumerate(runs)
    ]


RESULTS = results(GRU=(1, 2, 3), LSTM=(4,))
STEPS = {1: step(0.9), 2: step(0.7), 3: step(0.2), 4: ()}


def test_every_seed_has_its_say():
    frame = ask_frames.answers_frame(RESULTS, STEPS)
    assert len(frame) == 6
    assert set(frame["label"]) == {"GRU"}, "a model that could not answer has none"
    table = ask_frames.answers_table(frame)
    assert table.iloc[0].tolist() == ["GRU", "positive", "2 of 3", pytest.approx(60.0)]
    assert table.columns[-1] == "Mean probability of this answer"
    of_class = ask_frames.answers_table(frame, "negative")
    assert of_class.iloc[0].tolist() == ["GRU", "positive", "2 of 3", pytest.approx(40.0)]
    assert of_class.columns[-1] == "Mean probability of “negative”"


@pytest.mark.parametrize("steps", [{}, {1: step(0.9)}, STEPS], ids=["none", "one", "many"])
def test_charts_of_none_one_and_many(steps):
    frame = ask_frames.answers_frame(RESULTS, steps)
    assert len(ask_frames.answers_table(frame)) == (1 if steps else 0)
    spec = ask_charts.one_class(frame, "positive", COLOURS, "#000000").to_dict()
    assert spec["layer"][1]["encoding"]["x"]["title"] == "Probability of “positive”"
