import math

import pandas as pd
import pytest

from dashboard.overfitting.overfitting import MEASURES
from dashboard.overfitting.overfitting_view import section_of
from dashboard.overfitting.overfitting_words import (
    DROP,
    GAP,
    JAGGED,
    PERPLEXITY_RISE,
    TRAINING_RISE,
    thresholds,
    verdict,
    verdicts,
)
from models.tasks import CLASSIFICATION, NEXT_WORD

CALM = {
    "seeds": 3, "gap_at_last": 0.01, "last_epoch": 5.0, "drop": 0.0, "training_rise": 0.0, "jaggedness": 0.0,
    "perplexity_rise": 0.0, "earliest_best": 4.0, "latest_best": 4.0, "unfinished": 0,
    "stuck": 0, "has_learnt": True,
}  # fmt: skip


def verdict_of(task=CLASSIFICATION, **changes):
    return verdict(CALM | changes, task)


def test_overfitting_is_reported_with_its_numbers():
    text = verdict_of(drop=0.013, training_rise=0.06, earliest_best=2.0, latest_best=2.0)
    assert text == "overfits: after epoch 2 validation falls by 1.3 points while training rises by 6.0 points."
    assert "after the best epoch (2 to 4) validation" in verdict_of(drop=0.013, training_rise=0.06, earliest_best=2.0)


@pytest.mark.parametrize(
    ("changes", "begins"),
    [
        ({"drop": DROP, "training_rise": TRAINING_RISE}, "overfits"),
        ({"drop": DROP - 1e-6, "training_rise": 0.1}, "does not overfit so far"),
        ({"drop": DROP, "training_rise": TRAINING_RISE - 1e-6}, "is unsteady"),
        ({"gap_at_last": GAP}, "has a wide gap"),
        ({"gap_at_last": GAP - 1e-6}, "does not overfit so far"),
        ({"gap_at_last": -0.02}, "does not overfit so far: at the last epoch training is 2.0 points below validation."),
    ],
)
def test_thresholds_decide(changes, begins):
    assert verdict_of(**changes).startswith(begins)


def test_a_wide_gap_shows_how_validation_fared():
    assert verdict_of(gap_at_last=0.08).endswith("training is 8.0 points above validation, which has not fallen.")
    assert verdict_of(gap_at_last=0.08, drop=0.004).endswith("which ends only 0.4 points below its best.")


def test_what_is_best_at_its_last_epoch_may_not_be_done():
    assert "The best epoch is the last (5): train longer, it may not be finished." in verdict_of(unfinished=3)
    assert "In 2 of 3 seeds the best epoch is the last" in verdict_of(unfinished=2)
    assert "done" not in verdict_of()


def test_jagged_curves_are_called_so():
    assert "is jagged: it moves up and down by 0.5 points per epoch" in verdict_of(jaggedness=JAGGED)
    assert "jagged" not in verdict_of(jaggedness=JAGGED - 1e-6)
    assert "jagged" not in verdict_of(jaggedness=math.nan)


def test_next_words_overfit_by_perplexity_too():
    text = verdict_of(NEXT_WORD, perplexity_rise=0.35)
    assert (
        text == "overfits: validation perplexity ends 35% above its lowest, though validation accuracy has not fallen."
    )
    assert verdict_of(NEXT_WORD, perplexity_rise=0.35, drop=0.004).endswith(
        "accuracy ends only 0.4 points below its best."
    )
    assert not verdict_of(NEXT_WORD, perplexity_rise=PERPLEXITY_RISE - 1e-6).startswith("overfits")
    assert not verdict_of(CLASSIFICATION, perplexity_rise=0.35).startswith("overfits")


def test_seeds_that_learnt_nothing_are_named():
    assert verdict_of(seeds=1, stuck=2).endswith(
        " points above validation. Without 2 of 3 seeds, which learnt nothing."
    )
    assert verdict_of(stuck=3, has_learnt=False) == "learnt nothing (3 seeds): every text gets the same answer."


def test_one_epoch_says_nothing():
    assert verdict_of(last_epoch=1.0) == "has only one epoch: overfitting shows from two epochs on."


def test_every_threshold_is_stated():
    text = thresholds(NEXT_WORD)
    for threshold in (DROP, TRAINING_RISE, GAP, JAGGED):
        assert f"{100 * threshold:.1f} points" in text
    assert f"{PERPLEXITY_RISE:.0%}" in text and "perplexity" not in thresholds(CLASSIFICATION)


def test_what_is_shown_is_what_is_taken_away():
    summary = pd.DataFrame([CALM | {"label": "GRU"}, CALM | {"label": "LSTM", "drop": 0.02, "training_rise": 0.1}])
    for key in MEASURES:
        summary[f"{key}_std"], summary[f"{key}_n"], summary[f"{key}_never"] = 0.0, 3, 0
        summary[key] = summary.get(key, 4.0)
    found = verdicts(summary, CLASSIFICATION)
    section = section_of(summary, found, CLASSIFICATION)
    assert section.sentences == tuple(f"{label} {text}" for label, text in found)
    assert section.sentences[1].startswith("LSTM overfits: after epoch 4")
    assert section.table["Architecture"].tolist() == ["GRU", "LSTM"]
    assert thresholds(CLASSIFICATION) in section.notes[0] and len(section.notes) == 1
    assert "chance" in section_of(summary.assign(seeds=1), found, CLASSIFICATION).notes[1]
