"""Frames and charts of where models disagree, against figures counted by hand."""

import numpy as np
import pytest

from dashboard.disagreement import disagreement_charts, disagreement_frames

TRUTH = np.array([0, 0, 1, 1])
CLASSES = ("negative", "positive")
ANSWERS = {
    "GRU": {0: np.array([0.1, 0.6, 0.9, 0.8]), 1: np.array([0.2, 0.3, 0.7, 0.4])},
    "LSTM": {0: np.array([0.1, 0.9, 0.9, 0.1])},
}
COLOURS = {"GRU": "#111111", "LSTM": "#222222"}


def chosen(answers):
    return {label: {seed: (each > 0.5).astype(int) for seed, each in by.items()} for label, by in answers.items()}


def test_confusion_counts_each_class_and_its_answers():
    frame = disagreement_frames.confusion_frame(ANSWERS, TRUTH, CLASSES).set_index(["label", "truth", "answer"])
    assert frame.loc[("GRU", "negative", "negative"), "examples"] == 1.5
    assert frame.loc[("GRU", "negative", "positive"), "share"] == 0.25
    assert frame.loc[("LSTM", "positive", "negative"), "share"] == 0.5
    assert frame.groupby(["label", "truth"])["share"].sum().eq(1).all()


def test_confusion_of_several_classes_takes_the_likeliest():
    probabilities = np.array([[0.2, 0.5, 0.3], [0.1, 0.1, 0.8], [0.6, 0.3, 0.1]])
    frame = disagreement_frames.confusion_frame({"A": {0: probabilities}}, np.array([1, 2, 2]), ("a", "b", "c"))
    table = frame.pivot(index="truth", columns="answer", values="examples")
    assert table.to_numpy().tolist() == [[0, 0, 0], [0, 1, 0], [1, 0, 1]]


def test_agreement_is_over_pairs_of_runs_and_never_of_a_run_with_itself():
    frame = disagreement_frames.agreement_frame(chosen(ANSWERS)).set_index(["first", "second"])
    assert frame.loc[("GRU", "GRU"), "share"] == 0.5 and frame.loc[("GRU", "GRU"), "pairs"] == 2
    assert frame.loc[("GRU", "LSTM"), "share"] == pytest.approx((0.75 + 0.75) / 2)
    assert frame.loc[("LSTM", "GRU"), "share"] == frame.loc[("GRU", "LSTM"), "share"]
    assert np.isnan(frame.loc[("LSTM", "LSTM"), "share"])


def test_calibration_holds_confidence_against_accuracy():
    frame = disagreement_frames.calibration_frame({"LSTM": ANSWERS["LSTM"]}, TRUTH)
    assert frame["confidence"].tolist() == pytest.approx([0.9])
    assert (frame["accuracy"].tolist(), frame["examples"].tolist()) == ([0.5], [4])
    assert disagreement_frames.calibration_errors(frame) == pytest.approx({"LSTM": 0.4})


def test_a_model_as_sure_as_right_has_no_calibration_error():
    random = np.random.default_rng(0)
    probabilities = random.random(200_000)
    truth = (random.random(200_000) < probabilities).astype(int)
    frame = disagreement_frames.calibration_frame({"A": {0: probabilities}}, truth)
    assert frame["examples"].sum() == 200_000
    assert disagreement_frames.calibration_errors(frame)["A"] < 0.01


def test_the_most_contested_come_first():
    assert 0 not in disagreement_frames.contested(ANSWERS), "all say negative"
    assert set(disagreement_frames.contested(ANSWERS)[:2]) == {1, 3}


def test_texts_on_which_all_seeds_agree_are_not_contested():
    alike = {"A": {seed: np.array([0.9, 0.2, 0.6]) for seed in range(3)}, "B": {0: np.array([0.7, 0.4, 0.4])}}
    assert disagreement_frames.contested(alike).tolist() == [2]
    assert disagreement_frames.contested({"A": alike["A"]}).tolist() == []


def test_the_table_of_contested_texts_tells_the_votes():
    table = disagreement_frames.contested_table(ANSWERS, TRUTH, ["a", "b", "c", "d"], CLASSES, 2)
    assert len(table) == 2
    row = table.loc[1]
    assert (row["Text"], row["Class"], row["LSTM"]) == ("b", "negative", "positive 1 of 1")
    assert row["GRU"] in ("negative 1 of 2", "positive 1 of 2")


@pytest.mark.parametrize("num_models", [0, 1, 8])
def test_charts_of_none_one_and_many(num_models):
    random = np.random.default_rng(1)
    answers = {f"Model {number}": {0: random.random(50), 1: random.random(50)} for number in range(num_models)}
    truth = random.integers(0, 2, 50)
    colours = dict.fromkeys(answers, "#123456")
    agreement = disagreement_charts.agreement(disagreement_frames.agreement_frame(chosen(answers)), "#000000").to_dict()
    assert ("text" in str(agreement["layer"])) or num_models != 1
    calibration = disagreement_frames.calibration_frame(answers, truth)
    assert disagreement_charts.calibration(calibration, colours, "#000000").to_dict()
    confusion = disagreement_frames.confusion_frame(answers, truth, CLASSES)
    assert disagreement_charts.confusion(confusion, "Model 0", "#000000").to_dict()


def test_the_hardest_are_contested_and_then_wrong():
    assert disagreement_frames.hardest(ANSWERS, TRUTH).tolist() == [1, 3, 2, 0]
    alone = {"A": {0: np.array([0.1, 0.9, 0.6])}}
    assert disagreement_frames.hardest(alone, np.array([1, 1, 0])).tolist() == [0, 2, 1]
