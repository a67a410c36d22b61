import json

import pytest

from cache.operations.saved_views import FOLDER, MAX_CHARACTERS, ViewMissing, read_view, save_view
from cache.store.store import RunStore

QUERY = {"models": ["LSTM", "GRU"], "epochs": ["4"], "sentence": ["Ünmissable, “100%” & more?"]}


def test_a_view_comes_back_whole(tmp_path):
    code = save_view(RunStore(tmp_path), QUERY)
    assert len(code) == 10
    assert read_view(tmp_path, code) == QUERY


def test_the_same_view_has_the_same_code_however_its_keys_are_ordered(tmp_path):
    assert save_view(RunStore(tmp_path), QUERY) == save_view(RunStore(tmp_path), dict(reversed(QUERY.items())))
    assert save_view(RunStore(tmp_path), QUERY | {"epochs": ["5"]}) != save_view(RunStore(tmp_path), QUERY)
    assert len(list((tmp_path / FOLDER).iterdir())) == 2


def test_a_code_that_another_view_has_is_not_taken_from_it(tmp_path):
    code = save_view(RunStore(tmp_path), QUERY)
    other = json.dumps({"format": 1, "query": {"epochs": ["9"]}})
    (tmp_path / FOLDER / f"{code}.json").write_text(other)
    longer = save_view(RunStore(tmp_path), QUERY)
    assert longer.startswith(code) and len(longer) == 16
    assert read_view(tmp_path, longer) == QUERY
    assert read_view(tmp_path, code) == {"epochs": ["9"]}


def test_too_much_for_a_short_link_is_refused(tmp_path):
    with pytest.raises(ValueError, match="use the full link"):
        save_view(RunStore(tmp_path), {"sentence": [MAX_CHARACTERS * "x"]})
    assert not (tmp_path / FOLDER).exists()


@pytest.mark.parametrize("code", ["", "0123456789", "../runs", "a" * 65, "ABCDEF0123", "queue"])
def test_an_unknown_code_gets_a_sentence(code, tmp_path):
    (tmp_path / "runs.json").write_text("{}")
    with pytest.raises(ViewMissing, match="This cache holds no view"):
        read_view(tmp_path, code)


@pytest.mark.parametrize(
    "text",
    ["", "[]", "{}", '{"format": 2, "query": {}}', '{"format": 1, "query": {"a": "b"}}', '{"format": 1, "query": 3}'],
)
def test_what_is_no_view_is_not_followed(text, tmp_path):
    (tmp_path / FOLDER).mkdir()
    (tmp_path / FOLDER / "0123456789.json").write_text(text)
    with pytest.raises(ViewMissing):
        read_view(tmp_path, "0123456789")
