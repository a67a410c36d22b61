"""Equal architectures, looked at again and again as people do it, by the code of the verdict itself.

With 95% no line-up calls any two of them different, for any number of architectures and any spread over seeds.
"""

import math
from itertools import pairwise

import numpy as np
import pytest

from cache.results.predictions import correct_mask, right_by_text
from cache.results.verdicts import verdicts
from models.statistics.looks import LOOKS, latest_look, next_look
from models.tasks import NEXT_WORD

NUM_EXAMPLES = 2_452
SPREADS = {"0.1 points": (0.0, 0.02), "1.1 points": (0.045, 0.02)}
"""(luck of a seed, luck of each of its answers), beside test examples of difficulty 1."""


def equal_architectures(random, number, spread):
    """Gives the answers of a seed of each: draws it when it is first asked for."""
    luck, noise = SPREADS[spread]
    difficulty = random.normal(1, 1, NUM_EXAMPLES)
    trained = {f"architecture {each}": {} for each in range(number)}

    def up_to(num_seeds):
        for seeds in trained.values():
            for seed in range(len(seeds), num_seeds):
                odds = difficulty + random.normal(0, luck) + random.normal(0, noise, NUM_EXAMPLES)
                seeds[seed] = odds > 0
        return trained

    return up_to


def by_the_button(up_to):
    """Trains what the verdicts ask for until none does; whether any pair was called different on the way."""
    num_seeds = LOOKS[0]
    while True:
        found = verdicts(up_to(num_seeds))
        if any(each.is_different for each in found):
            return True
        asked = [each.next_seeds for each in found if each.next_seeds]
        if not asked:
            return False
        num_seeds = max(asked)


def at_each_of(up_to, numbers):
    return any(any(each.is_different for each in verdicts(up_to(number))) for number in numbers)


def at_most_5_percent(called):
    return sum(called) <= 0.05 * len(called) + 2 * math.sqrt(len(called) * 0.05 * 0.95)


@pytest.mark.parametrize("spread", SPREADS)
def test_the_spreads_are_as_named(spread):
    right = equal_architectures(np.random.default_rng(0), 1, spread)(200)["architecture 0"]
    points = 100 * np.std([each.mean() for each in right.values()])
    assert points == pytest.approx(float(spread.split()[0]), rel=0.3)


@pytest.mark.parametrize("spread", SPREADS)
@pytest.mark.parametrize(("number", "trials"), [(2, 120), (4, 30), pytest.param(8, 10, marks=pytest.mark.slow)])
def test_the_button_calls_equal_architectures_different_at_most_5_percent_of_the_time(number, trials, spread):
    """The slow lane tries 400 line-ups of each kind."""
    random = np.random.default_rng(number)
    assert at_most_5_percent([by_the_button(equal_architectures(random, number, spread)) for _ in range(trials)])


@pytest.mark.parametrize("spread", SPREADS)
def test_looking_after_every_seed_calls_equal_architectures_different_at_most_5_percent_of_the_time(spread):
    random = np.random.default_rng(1)
    called = [at_each_of(equal_architectures(random, 2, spread), range(2, 21)) for _ in range(80)]
    assert at_most_5_percent(called)


@pytest.mark.slow
@pytest.mark.timeout(7_200)
@pytest.mark.parametrize("spread", SPREADS)
@pytest.mark.parametrize("number", [2, 4, 8])
@pytest.mark.parametrize("way", ["button", "every look"])
def test_looking_again_keeps_the_5_percent(way, number, spread, capsys):
    """400 line-ups of each kind, up to the last look. Between two looks nothing changes, see below."""
    random, called = np.random.default_rng([number, len(way)]), []
    for _ in range(400):
        up_to = equal_architectures(random, number, spread)
        called.append(by_the_button(up_to) if way == "button" else at_each_of(up_to, LOOKS))
    with capsys.disabled():
        print(f"{way}, {number} architectures, {spread}: {np.mean(called):.1%} called different")
    assert at_most_5_percent(called)


def test_without_looks_the_button_would_not_keep_them():
    """The simulation can fail: read at the plain level of 95% after each seed, equal architectures soon differ."""
    from models.statistics.paired_difference import paired_difference

    random, called = np.random.default_rng(2), 0
    for _ in range(60):
        first, second = equal_architectures(random, 2, "1.1 points")(20).values()
        tables = [np.stack(list(each.values())) for each in (first, second)]
        called += any(paired_difference(*(table[:n] for table in tables)).is_different() for n in range(3, 21))
    assert called / 60 > 0.08


def test_between_two_looks_nothing_changes():
    random = np.random.default_rng(3)
    up_to = equal_architectures(random, 3, "1.1 points")
    up_to(LOOKS[-1])

    def read(number):
        return [
            (each.better, each.difference) for each in verdicts({label: dict(list(seeds.items())[:number])
                                                                 for label, seeds in up_to(number).items()})
        ]  # fmt: skip

    assert all(read(number) == read(latest_look(number)) for number in range(LOOKS[0], LOOKS[-1]))


def equal_next_words(random, num_texts=46, words_of_each=50):
    """Outcomes of three seeds of two architectures, each of which finds more words in some texts than in others."""
    begins_text = np.tile(np.arange(words_of_each) == 0, num_texts)
    difficulty = random.normal(1, 1, len(begins_text))
    found = {}
    for label in ("first", "second"):
        liking = np.repeat(random.normal(0, 1, num_texts), words_of_each)
        odds = difficulty + liking + random.normal(0, 0.3, (3, len(begins_text)))
        ranks = np.where(odds > 0, 1, 7)
        outcomes = [np.stack([np.full(each.shape, 0.1), 1 / each, begins_text], axis=1) for each in ranks]
        found[label] = dict(enumerate(outcomes))
    return found


def test_equal_architectures_are_called_different_at_most_5_percent_of_the_time_by_texts_but_not_by_next_words():
    random = np.random.default_rng(3)
    trials = [equal_next_words(random) for _ in range(150)]
    by_text, by_word = (
        [verdicts(read(predicted, NEXT_WORD, None))[0].is_different for predicted in trials]
        for read in (right_by_text, correct_mask)
    )
    assert at_most_5_percent(by_text)
    assert not at_most_5_percent(by_word)


def test_looks_are_read_by_the_seeds_that_are_there():
    assert [latest_look(number) for number in (0, 2, 3, 4, 5, 39, 40, 200)] == [0, 0, 3, 3, 5, 20, 40, 40]
    assert [next_look(number) for number in (0, 3, 4, 5, 40)] == [3, 5, 5, 10, None]
    assert all(next_look(look) == following for look, following in pairwise(LOOKS))
