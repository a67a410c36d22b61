import json

from cache.core.formatting import flatten


def test_names_are_dotted_and_in_order(small_spec):
    flat = flatten(json.loads(small_spec("lstm", hyperparameters={"units": 16}).to_json()))
    assert flat["hyperparameters.units"] == 16
    assert flat["training.optimizer"] == "adam"
    assert flat["encoding.length"] == 20
    assert flat["dataset"] == "rotten_tomatoes"
    assert list(flatten({"b": {"d": 1, "c": {"x": 2}}, "a": 3})) == ["b.d", "b.c.x", "a"]


def test_what_is_not_a_mapping_stays_as_it_is():
    values = {"list": [1, {"a": 2}], "none": None, "text": "x", "true": True}
    assert flatten(values) == values


def test_a_prefix_stands_before_every_name():
    assert flatten({"a": 1, "b": {"c": 2}}, "spec.") == {"spec.a": 1, "spec.b.c": 2}


def test_nothing_gives_nothing():
    assert flatten({}) == flatten({"a": {}, "b": {"c": {}}}) == {}


def test_values_of_a_stranger_may_be_nested_deep():
    values = {}
    for _ in range(200):
        values = {"a": values}
    assert flatten(values | {"b": 1}) == {"b": 1}
