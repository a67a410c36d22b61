import pytest

from models.export.source import imports_for, source_of
from models.text.encoding import lowered


def test_a_function_is_copied_as_it_is_and_its_constants_too():
    namespace = {}
    code = source_of("text.encoding", "PAD", "lowered")
    exec(code, namespace)
    assert namespace["lowered"]("A<br />B") == lowered("A<br />B") == "a b"
    assert (namespace["PAD"], namespace["OOV"]) == ("<PAD>", "<OOV>")


def test_nothing_runs_that_pulls_in_a_framework_and_no_notes_to_our_tools_are_left():
    assert "default_rng([seed, epoch])" in source_of("training.training", "shuffled_rows")
    assert "fmt:" not in source_of("text.encoding", "_fit_subwords") + source_of("data.memory_texts", "OTHERS")


def test_what_is_not_there_is_refused():
    with pytest.raises(KeyError):
        source_of("text.encoding", "nothing")


def test_only_what_is_used_is_imported():
    standard, packages = imports_for("x: Sequence[int] = [re, Counter()]\nTokenizer(Regex('a'))")
    assert standard == [
        "import os",
        "import re",
        "from collections import Counter",
        "from collections.abc import Sequence",
    ]
    assert packages == ["from tokenizers import Regex, Tokenizer"]
