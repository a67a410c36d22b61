import io
import json

import pytest

from models.vectors import word_vectors
from models.vectors.vector_file import BadVectors
from models.vectors.word_vectors import (
    FOLDER,
    WORD2VEC,
    VectorsMissing,
    add_vectors,
    delete_vectors,
    dimension_problem,
    find_vectors,
    get_vectors,
    load_vectors,
    registered,
    title_of,
    titles,
)

FILE = b"good 1 2\nbad 3 4\n"


@pytest.fixture(autouse=True)
def forget():
    yield
    word_vectors._known.contents = {}


def add(root, contents=FILE, title="Small", file_name="small.txt"):
    return add_vectors(root, io.BytesIO(contents), file_name, title)[0]


def test_what_was_added_is_found_by_its_contents(tmp_path):
    added = add(tmp_path)
    assert (added.count, added.dimension, added.title, added.file) == (2, 2, "Small", "small.txt")
    assert added.words() == ["good", "bad"] and added.vectors().tolist() == [[1, 2], [3, 4]]
    assert registered() == [added] and titles() == {WORD2VEC: titles()[WORD2VEC], added.name: "Small"}
    load_vectors(tmp_path / "another")
    assert not registered() and title_of(added.name) == added.name
    load_vectors(tmp_path)
    assert get_vectors(added.name) == added and added.size_bytes > 20
    assert add(tmp_path, b"2 2\ngood 1.0 2.0\nbad 3 4", "Other title") == added  # the same vectors, otherwise written
    assert add(tmp_path, b"good 1 2\nbad 3 5\n", "Third").name != added.name
    assert len(list((tmp_path / FOLDER).iterdir())) == 2


def test_deleted_ones_are_still_called_by_their_title(tmp_path):
    added = add(tmp_path)
    delete_vectors(tmp_path, added.name)
    assert registered() == [] and title_of(added.name) == "Small" and find_vectors(added.name).is_deleted
    with pytest.raises(VectorsMissing, match="“Small” are not in this cache: add small.txt on the page Data"):
        get_vectors(added.name)
    with pytest.raises(ValueError, match="no word vectors"):
        delete_vectors(tmp_path, added.name)
    assert add(tmp_path, title="Again").title == "Again"
    assert get_vectors(added.name).vectors().shape == (2, 2)


def test_nothing_is_half_there(tmp_path):
    (tmp_path / FOLDER / ".part-killed").mkdir(parents=True)
    with pytest.raises(BadVectors, match="Line 3"):
        add(tmp_path, FILE + b"ugly 5\n")
    assert list((tmp_path / FOLDER).iterdir()) == [] and registered() == []


@pytest.mark.parametrize("title", ["", " a", "<b>", "a" * 61, "small", "word2vec of the dataset"])
def test_a_title_is_free_and_plain(tmp_path, title):
    add(tmp_path)
    with pytest.raises(ValueError, match="A name has|choose another name"):
        add(tmp_path, b"x 1 2\n", title)


@pytest.mark.parametrize("part", ["words.txt", "vectors.npy"])
def test_what_was_changed_on_the_disk_is_not_used(tmp_path, part):
    added = add(tmp_path)
    data = bytearray((added.folder / part).read_bytes())
    data[-2] ^= 1
    (added.folder / part).write_bytes(data)
    with pytest.raises(VectorsMissing, match="no longer what was added"):
        get_vectors(added.name)


def test_a_damaged_description_describes_nothing(tmp_path):
    added = add(tmp_path)
    for text in ("", "[]", "{}", json.dumps({"format": 2}), json.dumps({"format": 1, "name": added.name})):
        (added.folder / "vectors.json").write_text(text)
        load_vectors(tmp_path)
        assert registered() == []
    assert add(tmp_path) == get_vectors(added.name)  # which repairs it


def test_another_dimension_shows_what_to_set(tmp_path):
    name = add(tmp_path).name
    assert dimension_problem(name, 2) is None and dimension_problem(WORD2VEC, 7) is None
    assert dimension_problem(name, 100) == (
        "The word vectors “Small” have 2 dimensions and embedding_dim is 100: set embedding_dim to 2."
    )


def test_what_never_was_here_shows_what_to_do():
    with pytest.raises(VectorsMissing, match="'vectors_0' are not in this cache: add the same file on the page Data"):
        get_vectors("vectors_0")
