import numpy as np
import pytest

from models.text.encoding import OOV_ID, PAD_ID, TextEncoding, fit_tokenizer
from models.training.generation import NUM_CANDIDATES, chances, continue_text, written

PROBABILITIES = np.array([0.3, 0.2, 0.1, 0.25, 0.15], dtype=np.float32)


@pytest.fixture
def tokenizer():
    tokenizer = fit_tokenizer(TextEncoding(20, 5), ["one two three four", "one two three", "one two", "one"])
    tokenizer.no_truncation()
    tokenizer.no_padding()
    return tokenizer


def test_at_temperature_one_the_chances_are_the_models_without_what_is_never_written():
    found = chances(PROBABILITIES, 1.0, 0)
    assert found[PAD_ID] == found[OOV_ID] == 0
    np.testing.assert_allclose(found[2:], PROBABILITIES[2:] / 0.5, rtol=1e-6)


def test_a_low_temperature_favours_the_likeliest_and_a_high_one_evens_out():
    cold, plain, hot = (chances(PROBABILITIES, temperature, 0) for temperature in (0.1, 1.0, 2.0))
    assert cold[3] > plain[3] > hot[3] > hot[4] > plain[4] - 0.5
    assert cold[3] > 0.98
    np.testing.assert_allclose(hot[3] / hot[2], np.sqrt(PROBABILITIES[3] / PROBABILITIES[2]), rtol=1e-6)


@pytest.mark.parametrize(("top_k", "drawn"), [(1, [3]), (2, [3, 4]), (3, [2, 3, 4]), (50, [2, 3, 4]), (0, [2, 3, 4])])
def test_only_the_likeliest_are_drawn_from(top_k, drawn):
    found = chances(PROBABILITIES, 1.0, top_k)
    assert np.flatnonzero(found).tolist() == drawn
    assert found.sum() == pytest.approx(1)


def follower(x):
    """Sure that the next number comes next."""
    probabilities = np.full((1, 6), 0.01)
    probabilities[0, min(5, x[0, -1] + 1)] = 0.95
    return probabilities


def test_each_word_is_read_before_the_next_is_written(tokenizer):
    seen = []

    def predict(x):
        seen.append(x[0].tolist())
        return follower(x)

    steps = list(continue_text(predict, tokenizer, 3, "One", 3, temperature=1.0, top_k=1, seed=0))
    assert [step.token for step in steps] == ["two", "three", "four"]
    one, two, three = map(tokenizer.token_to_id, ("one", "two", "three"))
    assert seen == [[0, 0, one], [0, one, two], [one, two, three]]
    assert steps[0].candidates[0].token == "two"
    assert len(steps[0].candidates) == min(NUM_CANDIDATES, 6)
    assert steps[0].probability == steps[0].candidates[0].probability == pytest.approx(0.95)
    assert steps[0].chance == 1.0


def test_the_same_seed_writes_the_same(tokenizer):
    def words(seed):
        uniform = lambda x: np.full((1, 6), 1 / 6)  # noqa: E731
        return [step.token for step in
                continue_text(uniform, tokenizer, 3, "one", 12, temperature=1.0, top_k=0, seed=seed)]  # fmt: skip

    assert words(1) == words(1) != words(2)


@pytest.mark.parametrize("text", ["", "  ", "!!"])
def test_a_text_without_a_word_is_nothing_to_go_on_from(tokenizer, text):
    with pytest.raises(ValueError, match="at least one word"):
        next(continue_text(follower, tokenizer, 3, text, 1, temperature=1.0, top_k=0, seed=0))


def test_numbers_beyond_a_small_vocabulary_stand_for_nothing(tokenizer):
    probabilities = np.zeros((1, 20))
    probabilities[0, 19] = 1.0
    (step,) = continue_text(lambda x: probabilities, tokenizer, 3, "one", 1, temperature=1.0, top_k=1, seed=0)
    assert step.token == "∅"


def test_pieces_of_a_word_are_written_together_and_marks_close_to_their_word():
    assert written(["un", "##roll", ",", "please", "!"]) == "unroll, please!"
    assert written([]) == ""
