"""The command that does a task, as pages start it."""

import json
from dataclasses import asdict, fields

import pytest

from cache.tasks.__main__ import TASKS, main
from cache.tasks.dataset_statistics import CountDataset
from cache.tasks.text_tasks import MakeVocabularies
from models.text.encoding import TextEncoding

TWO = (TextEncoding(300), TextEncoding(400, tokenizer="subwords"))


@pytest.mark.parametrize("task", [CountDataset("imdb", 9, TWO[1]), MakeVocabularies("imdb", None, TWO)])
def test_a_task_travels_as_json(task, tmp_path):
    there = type(task).from_json(json.dumps(asdict(task)))
    assert type(there.encodings[0] if isinstance(task, MakeVocabularies) else there.encoding) is TextEncoding
    assert there.status_file(tmp_path) == task.status_file(tmp_path)


def test_every_task_has_fields_that_can_travel():
    for name, task in TASKS.items():
        assert task.name == name and fields(task), name


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["read_test_texts", '{"dataset": "nonsense"}'], "There is no dataset 'nonsense'"),
        (["read_test_texts", '{"data": "imdb"}'], "unexpected keyword argument 'data'"),
        (["read_test_texts", "imdb"], "Expecting value"),
        (
            ["make_vocabularies", '{"dataset": "imdb", "train_examples": 9, "encodings": [{"vocabulary_size": 3}]}'],
            "The vocabulary must have 10 to 500,000 entries, not 3.",
        ),
    ],
)
def test_what_cannot_be_done_is_one_sentence(tmp_path, capsys, words, expected):
    assert main([*words, "--cache", str(tmp_path)]) == 1
    assert expected in capsys.readouterr().err
