import pytest

from dashboard.present.guess import RankingScore, places, ranking, score_ranking, sentence

MEANS = {"Flatten": 0.80, "GRU": 0.90, "LSTM": 0.85}


def test_the_ranking_is_by_the_mean():
    assert ranking(MEANS) == ["GRU", "LSTM", "Flatten"]
    assert ranking({}) == []


@pytest.mark.parametrize(
    ("guess", "undecided", "expected"),
    [
        (["GRU", "LSTM", "Flatten"], [], RankingScore(3, 0, 0)),
        (["Flatten", "LSTM", "GRU"], [], RankingScore(0, 3, 0)),
        (["GRU", "Flatten", "LSTM"], [frozenset(("LSTM", "Flatten"))], RankingScore(2, 0, 1)),
        (["GRU", "Conv1D", "LSTM"], [], RankingScore(1, 0, 0)),
        (["GRU"], [], RankingScore(0, 0, 0)),
        ([], [], RankingScore(0, 0, 0)),
    ],
)
def test_pairs_are_judged(guess, undecided, expected):
    assert score_ranking(guess, MEANS, undecided) == expected


def test_a_guess_is_scored_in_a_sentence():
    assert sentence(RankingScore(2, 1, 0)) == "2 of 3 pairs in the right order."
    assert sentence(RankingScore(1, 0, 0)) == "1 of 1 pair in the right order."
    assert sentence(RankingScore(2, 0, 1)) == "2 of 2 pairs in the right order; 1 more pair cannot be told apart."
    assert sentence(RankingScore(0, 0, 1)) == "These two cannot be told apart by these runs."
    assert sentence(RankingScore(0, 0, 3)) == "None of the 3 pairs can be told apart by these runs."
    assert sentence(RankingScore(0, 0, 0)) == "Guess two or more to make a ranking."


def test_a_place_is_as_exact_as_the_decided_pairs():
    every = [("GRU", "LSTM"), ("GRU", "Flatten"), ("LSTM", "Flatten")]
    assert [places(label, MEANS, every) for label in ranking(MEANS)] == ["1", "2", "3"]
    assert [places(label, MEANS, every[:2]) for label in ranking(MEANS)] == ["1", "2–3", "2–3"]
    assert [places(label, MEANS, every[1:]) for label in ranking(MEANS)] == ["1–2", "1–2", "3"]
    assert {places(label, MEANS, []) for label in MEANS} == {"1–3"}
