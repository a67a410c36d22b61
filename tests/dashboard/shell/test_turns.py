import pytest

from dashboard.shell import turns


@pytest.mark.parametrize(
    "query", [{"models": "LSTM"}, {"models": ""}, {"view": "0123456789"}], ids=["whole", "stop", "rerun"]
)
def test_a_page_gives_its_turn_back_however_it_ends(open_page, query):
    app = open_page("compare", **query)
    assert not app.exception
    free = [turns.turn.acquire(blocking=False) for _ in range(turns.AT_ONCE + 1)]
    turns.turn.release(turns.AT_ONCE)
    assert free == [True] * turns.AT_ONCE + [False]
