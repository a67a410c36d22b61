"""The recommendation against cases made by hand, and against equal and nearly equal architectures by simulation."""

import math

import numpy as np
import pytest

from cache.results.recommendation import Costs, recommend
from cache.results.verdicts import verdicts
from models.statistics.looks import LOOKS
from tests.cache.results.test_looks import equal_architectures

NUM_EXAMPLES = 20_000
WHICH = "which is the cheapest within 1 point of the best"
SECONDS = {"Flatten": 1.0, "Conv1D": 2.0, "GRU": 8.0}


def answers(num_seeds=5, **shares):
    """By label and seed, so many answers right that the share of each seed is as said, give or take very little."""
    return {
        label: {
            seed: np.arange(NUM_EXAMPLES) < round(NUM_EXAMPLES * (share + 0.0002 * (seed % 3 - 1)))
            for seed in range(num_seeds)
        }
        for label, share in shares.items()
    }


def recommended(found, costs=SECONDS, device="Test CPU", margin=0.01, swing=0.01):
    """Seconds swing by that share from seed to seed."""
    seconds = {
        label: {seed: costs[label] * (1 + swing * (seed % 3 - 1)) for seed in by_seed}
        for label, by_seed in found.items()
    }
    return recommend(verdicts(found, margin, seconds), Costs(costs, device))


def test_the_cheapest_is_taken_where_none_is_better_by_more_than_the_margin():
    found = recommended(answers(Flatten=0.840, Conv1D=0.840, GRU=0.840))
    assert found.label == "Flatten" and found.next_seeds is None and found.compares_seconds
    assert found.sentence == (
        "Take Flatten: none of the others is better by more than 1 point, and an epoch on Test CPU takes an eighth of "
        "the seconds of GRU (over 5 seeds of each). The same holds for Conv1D and GRU, at a higher cost."
    )


def test_what_higher_costs_gain_is_reported():
    found = recommended(answers(Flatten=0.840, Conv1D=0.840, GRU=0.846))
    assert found.label == "Flatten"
    assert (
        "GRU is better by 0.6 points, and an epoch takes 8 times the seconds of Flatten (over 5 seeds of each)."
        in found.sentence
    )
    assert "The same holds for Conv1D, at a higher cost." in found.sentence


def test_the_cheapest_is_not_taken_where_another_is_better_by_more():
    found = recommended(answers(Flatten=0.80, Conv1D=0.84, GRU=0.84))
    assert found.label == "Conv1D"
    assert "Flatten, which is cheaper, is worse by more than 1 point." in found.sentence
    assert "a quarter of the seconds of GRU" in found.sentence


def test_the_costliest_is_taken_where_it_alone_is_best():
    found = recommended(answers(Flatten=0.80, Conv1D=0.81, GRU=0.84))
    assert not found.compares_seconds
    assert found.sentence == (
        "Take GRU: none of the others is better by more than 1 point. Flatten and Conv1D, which are cheaper, are worse "
        "by more than 1 point."
    )


def test_nothing_is_called_cheaper_whose_seconds_cannot_be_distinguished():
    found = recommended(answers(Flatten=0.84, Conv1D=0.84, GRU=0.84), dict(SECONDS, GRU=1.1), swing=0.5)
    assert found.sentence == (
        "Take Flatten: none of the others is better by more than 1 point. The same holds for GRU and Conv1D."
    )


def test_the_margin_is_the_readers():
    found = answers(Flatten=0.82, Conv1D=0.82, GRU=0.84)
    assert recommended(found).label == "GRU"
    assert recommended(found, margin=0.03).label == "Flatten"
    assert "more than 3 points" in recommended(found, margin=0.03).sentence


def test_without_seconds_parameters_are_the_cost():
    found = recommended(answers(Flatten=0.84, Conv1D=0.84, GRU=0.84), {"Flatten": 200, "Conv1D": 150, "GRU": 160}, None)
    assert found.label == "Conv1D" and not found.compares_seconds
    assert "and it has 0.75 times the parameters of Flatten" in found.sentence


@pytest.mark.parametrize("num_seeds", [1, 2])
def test_with_too_few_seeds_nothing_is_taken(num_seeds):
    found = recommended(answers(num_seeds, Flatten=0.84, Conv1D=0.84, GRU=0.84))
    assert found.label is None and found.next_seeds == LOOKS[0]
    assert found.sentence == "Not decided: at least 3 seeds of each are needed."


def noisy(spread, num_seeds, **shares):
    """As ``answers``, with seeds that differ much."""
    random = np.random.default_rng(0)
    lucks = {label: random.normal(0, spread, num_seeds) for label in shares}
    return {
        label: {
            seed: np.arange(NUM_EXAMPLES) < NUM_EXAMPLES * (share + lucks[label][seed]) for seed in range(num_seeds)
        }
        for label, share in shares.items()
    }


def test_what_is_open_names_the_next_look():
    found = recommended(noisy(0.004, 3, Flatten=0.84, Conv1D=0.80, GRU=0.84))
    assert found.label is None and found.next_seeds == 5
    assert "points better than Flatten, which costs least; if further runs are like these, " in found.sentence
    assert found.sentence.endswith(f"seeds of each may be enough to decide {WHICH}.")


@pytest.mark.parametrize(("spread", "needed"), [(0.002, 5), (0.004, 10), (0.006, 20), (0.008, 40), (0.012, None)])
def test_the_number_of_seeds_is_that_of_the_first_look_that_decides_as_for_the_pair(spread, needed):
    found = noisy(spread, 3, Flatten=0.84, Conv1D=0.80, GRU=0.84)
    (pair,) = [each for each in verdicts(found) if {each.better, each.other} == {"Flatten", "GRU"}]
    assert pair.seeds_needed == needed
    seeds = f"{needed} seeds of each may be enough to decide {WHICH}" if needed else f"not even 40 seeds decide {WHICH}"
    assert recommended(found).sentence.endswith(f"if further runs are like these, {seeds}.")


def test_costs_least_is_certain_or_on_average():
    found = noisy(0.004, 3, Flatten=0.84, Conv1D=0.80, GRU=0.84)
    assert "better than Flatten, which costs least; " in recommended(found).sentence
    close = dict(SECONDS, GRU=1.01)
    assert "better than Flatten, which costs least on average; " in recommended(found, close, swing=0.5).sentence
    found = noisy(0.004, 3, Flatten=0.60, Conv1D=0.84, GRU=0.84)
    assert "better than Conv1D, the cheapest that is not yet ruled out; " in recommended(found).sentence
    sentence = recommended(found, dict(SECONDS, GRU=2.01), swing=0.5).sentence
    assert "better than Conv1D, the cheapest on average that is not yet ruled out; " in sentence


def test_costs_before_the_first_look_at_the_seconds_are_left_out():
    found = answers(Flatten=0.840, Conv1D=0.840, GRU=0.846)
    seconds = {label: {0: value} for label, value in SECONDS.items()}
    sentence = recommend(verdicts(found, seconds=seconds), Costs(SECONDS, "Test CPU")).sentence
    assert "GRU is better by 0.6 points. " in sentence and "an epoch" not in sentence


def test_a_lead_just_above_the_margin_is_not_rounded_to_it():
    found = noisy(0.01, 10, Flatten=0.84, Conv1D=0.84, GRU=0.84)
    by_margin = {margin: recommended(found, margin=margin / 10_000) for margin in range(100, 200, 2)}
    largest_open = max(margin for margin, each in by_margin.items() if each.label is None)
    start = "Not decided: the best of the others may be"
    assert by_margin[100].sentence.startswith(f"{start} up to 1.6 points better")
    assert by_margin[largest_open].sentence.startswith(f"{start} a little more than")
    assert by_margin[largest_open + 2].label == "Flatten"


def test_where_no_look_would_decide_it_reports_it():
    found = recommended(noisy(0.05, 3, Flatten=0.84, Conv1D=0.84, GRU=0.84))
    assert found.sentence.endswith(f"if further runs are like these, not even 40 seeds decide {WHICH}.")


def test_after_the_last_look_it_reports_it():
    found = recommended(noisy(0.05, LOOKS[-1], Flatten=0.84, Conv1D=0.84, GRU=0.84))
    assert found.next_seeds is None
    assert found.sentence.endswith(f"even 40 seeds of each, the most that are compared, did not decide {WHICH}.")


def test_a_cheaper_one_that_is_open_is_named_beside_what_is_taken():
    sure, wide = answers(10, Conv1D=0.84, GRU=0.84), noisy(0.012, 10, Flatten=0.83)
    found = recommended(sure | wide)
    assert found.label == "Conv1D"
    assert "Whether Flatten, which is cheaper, is as good is not decided: if further runs are like" in found.sentence
    assert "decide it." in found.sentence


def test_without_a_verdict_on_every_pair_there_is_none():
    found = answers(Flatten=0.84, Conv1D=0.84, GRU=0.84)
    found["GRU"] = {}
    assert recommended(found) is None
    assert recommend([], Costs({})) is None
    assert recommended(answers(Flatten=0.8), {"Flatten": 1.0}) is None


def run_by_look(random, number, spread, lead):
    """The recommendation at every look, of equal architectures, of which the cheapest is worse by ``lead``."""
    up_to = equal_architectures(random, number, spread)
    costs = {f"architecture {each}": float(each + 1) for each in range(number)}
    for look in LOOKS:
        found = {label: dict(list(by_seed.items())[:look]) for label, by_seed in up_to(look).items()}
        worse = {
            seed: right & (random_mask(seed, lead) if lead else True) for seed, right in found["architecture 0"].items()
        }
        yield recommend(verdicts(found | {"architecture 0": worse}), Costs(costs))


def random_mask(seed, lead):
    return np.random.default_rng(seed + 1_000).random(2_452) >= lead


@pytest.mark.parametrize(("number", "trials"), [(2, 100), (4, 40)])
def test_of_equal_architectures_none_is_reported_to_gain_more(number, trials):
    random, wrong = np.random.default_rng(number), 0
    for _ in range(trials):
        sentences = [each.sentence for each in run_by_look(random, number, "1.1 points", 0.0)]
        wrong += any("better by 0" in each or "worse by" in each for each in sentences)
    assert wrong <= 0.05 * trials + 2 * math.sqrt(trials * 0.05 * 0.95)


def test_a_cheap_one_that_is_clearly_worse_is_hardly_ever_taken():
    """It is right 3% less often, which of answers of which 84% are right are 2.5 points."""
    random, wrong, trials = np.random.default_rng(5), 0, 60
    for _ in range(trials):
        wrong += any(each.label == "architecture 0" for each in run_by_look(random, 2, "0.1 points", 0.03))
    assert wrong <= 0.05 * trials + 2 * math.sqrt(trials * 0.05 * 0.95)


def test_a_meaningless_number_is_left_out():
    found = recommended(noisy(0.05, 3, Flatten=0.84, Conv1D=0.84, GRU=0.84))
    assert found.sentence.startswith("Not decided with 3 seeds: the intervals are still wide; ")
