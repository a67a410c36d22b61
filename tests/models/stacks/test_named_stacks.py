import json

import pytest

from models.experiments.comparison import Entry
from models.stacks import named_stacks
from models.stacks.named_stacks import MAX_NAMED, broken_stacks, delete_stack, load_stacks, read_stacks, save_stack
from models.stacks.stack_parser import parse_stack

GRUS = parse_stack("Embedding(16) → GRU(8, return_sequences=True) → GRU(8)")


@pytest.fixture(autouse=True)
def forget():
    yield
    named_stacks._known.contents = {}, ()


def test_a_saved_stack_is_called_by_its_name_until_it_is_deleted(tmp_path):
    entry = Entry("composed", {"stack": "Embedding(16), GRU(8, return_sequences=True), GRU(8)"})
    nameless = entry.label
    assert nameless.startswith("Composed #") and nameless.endswith(": GRU 8, GRU 8")
    assert save_stack(tmp_path, "two GRUs", GRUS).title == "Composed: two GRUs" == entry.label
    load_stacks(tmp_path / "another")
    assert entry.label == nameless
    load_stacks(tmp_path)
    assert [each.name for each in named_stacks.named_stacks()] == ["two GRUs"]
    delete_stack(tmp_path, "two GRUs")
    assert entry.label == nameless
    with pytest.raises(KeyError, match="no stack called “two GRUs”"):
        delete_stack(tmp_path, "two GRUs")


@pytest.mark.parametrize("name", ["", " a", "a ", "a" * 31, "_a_", "a*b", "a\nb", "<b>", "[a](b)", ":red[a]", "../a"])
def test_a_name_that_cannot_be_shown_is_refused(tmp_path, name):
    with pytest.raises(ValueError, match="A name has 1 to 30 letters"):
        save_stack(tmp_path, name, GRUS)


@pytest.mark.parametrize("name", ["a", "Größe 2", "x" * 30, "a, b & c's - d+e.", "堆叠"])
def test_any_other_name_comes_back(tmp_path, name):
    save_stack(tmp_path, name, GRUS)
    assert list(read_stacks(tmp_path)[0]) == [name]


def test_a_name_and_a_stack_are_there_once(tmp_path):
    save_stack(tmp_path, "Two", GRUS)
    with pytest.raises(ValueError, match="saved as “Two” already"):
        save_stack(tmp_path, "another", GRUS)
    with pytest.raises(ValueError, match="another stack called “Two”: choose another name"):
        save_stack(tmp_path, "TWO", parse_stack("Embedding(16) → Flatten()"))


def test_there_are_only_so_many(tmp_path):
    for number in range(MAX_NAMED):
        save_stack(tmp_path, f"s{number}", parse_stack(f"Embedding({number + 1}) → Flatten()"))
    with pytest.raises(ValueError, match="30 stacks are saved"):
        save_stack(tmp_path, "one more", GRUS)


@pytest.mark.parametrize(
    "spoil",
    [
        lambda text: text[:-5],
        lambda text: "[]",
        lambda text: "null",
        lambda text: text.replace("GRU", "GRUU"),
        lambda text: text.replace('"format": 1', '"format": 2'),
        lambda text: text.replace("two", "<b>"),
        lambda text: text.replace("two", "2"),
        lambda text: json.dumps(json.loads(text) | {"name": 3}),
        lambda text: json.dumps(json.loads(text) | {"stack": 3}),
        lambda text: json.dumps({"format": 1, "name": "two"}),
        lambda text: text + " " * 30_000,
        lambda text: "[" * 15_000,
    ],
)
def test_a_broken_file_is_skipped_with_a_sentence(tmp_path, spoil):
    save_stack(tmp_path, "one", parse_stack("Embedding(16) → Flatten()"))
    save_stack(tmp_path, "two", GRUS)
    (file,) = (each for each in (tmp_path / "stacks").iterdir() if "GRU" in each.read_text())
    file.write_text(spoil(file.read_text()))
    load_stacks(tmp_path)
    assert [each.name for each in named_stacks.named_stacks()] == ["one"]
    (sentence,) = broken_stacks()
    assert sentence.startswith(f"stacks/{file.name} holds no stack and was skipped: ") and len(sentence) < 300
