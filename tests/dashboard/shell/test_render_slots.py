import pytest

from dashboard.shell import render_slots


@pytest.mark.parametrize(
    "query", [{"models": "LSTM"}, {"models": ""}, {"view": "0123456789"}], ids=["whole", "stop", "rerun"]
)
def test_a_page_gives_its_turn_back_however_it_ends(open_page, query):
    app = open_page("compare", **query)
    assert not app.exception
    free = [render_slots.slots.acquire(blocking=False) for _ in range(render_slots.NUM_SLOTS + 1)]
    render_slots.slots.release(render_slots.NUM_SLOTS)
    assert free == [True] * render_slots.NUM_SLOTS + [False]
