import pytest

from dashboard import session, turns
from tests.dashboard.app_pages.conftest import at_page


@pytest.mark.parametrize(
    "query", [{"models": "LSTM"}, {"models": ""}, {"view": "0123456789"}], ids=["whole", "stop", "rerun"]
)
def test_a_page_gives_its_turn_back_however_it_ends(store, monkeypatch, query):
    monkeypatch.setenv("UNROLL_CACHE", str(store.root))
    monkeypatch.setattr("dashboard.live.ensure_runners", lambda store, engine: None)
    app = at_page("compare", query).run()
    session._store_at.clear()
    assert not app.exception
    free = [turns.turn.acquire(blocking=False) for _ in range(turns.AT_ONCE + 1)]
    turns.turn.release(turns.AT_ONCE)
    assert free == [True] * turns.AT_ONCE + [False]
