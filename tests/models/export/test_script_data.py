import numpy as np
import pytest

from models.data.datasets import add_user_dataset, delete_user_dataset, get_dataset, load_user_datasets
from models.data.labelled import Labelled
from models.encoded.encoded import load_encoded
from models.experiments.spec import RunSpec
from models.export.script_data import encoded, texts
from models.export.source import imports_for
from models.text.encoding import TextEncoding

SMALL = TextEncoding(vocabulary_size=500, length=12)
CASES = {
    "words": ("rotten_tomatoes", "flatten", 300, SMALL),
    "all of them, at the start": ("rotten_tomatoes", "flatten", None, TextEncoding(500, 12, "pre", "pre")),
    "subwords": ("rotten_tomatoes", "flatten", 300, TextEncoding(200, 12, tokenizer="subwords")),
    "next words": ("rotten_tomatoes", "next_word_gru", 300, SMALL),
    "one cue": ("memory_3", "flatten", 300, SMALL),
    "recall": ("memory_recall_3", "flatten", 300, SMALL),
    "order": ("memory_order_3", "flatten", 300, SMALL),
}


@pytest.mark.parametrize(("dataset", "architecture", "examples", "encoding"), CASES.values(), ids=CASES)
def test_the_written_out_code_makes_the_very_same_numbers(dataset, architecture, examples, encoding, data_root):
    spec = RunSpec.create(
        dataset=dataset,
        fingerprint=get_dataset(dataset).fingerprint(None),
        train_examples=examples,
        encoding=encoding,
        architecture=architecture,
    )
    parts = [texts(spec), encoded(spec)]
    assert not any(part.imports for part in parts)
    code = "".join(part.definitions for part in parts) + "".join(part.statements for part in parts)
    namespace = {"np": np}
    exec("\n".join([*imports_for(code)[0], *imports_for(code)[1], code]), namespace)
    real = load_encoded(get_dataset(dataset), examples, spec.encoding, data_root, task=spec.task)
    for name, (x, y) in namespace["encoded"].items():
        split = getattr(real, name)
        np.testing.assert_array_equal(x, split.x)
        np.testing.assert_array_equal(y, split.y)
        assert x.dtype == split.x.dtype and y.dtype == split.y.dtype


def test_texts_of_another_version_cannot_be_repeated(small_spec):
    with pytest.raises(ValueError, match="another version of Rotten Tomatoes sentences"):
        texts(small_spec(fingerprint="of old"))


def test_ones_own_texts_are_read_by_unroll_while_they_are_there(tmp_path, small_spec):
    rows = [(f"text number {number}", number % 2) for number in range(200)]
    labelled = Labelled(*map(list, zip(*rows, strict=True)), ("a", "b"), ())
    dataset = add_user_dataset(tmp_path, "Mine", labelled, "mine.csv")
    spec = small_spec(dataset=dataset.name, fingerprint=dataset.fingerprint(tmp_path), train_examples=None)
    source = texts(spec)
    assert "from models.data.datasets import get_dataset, load_user_datasets" in source.imports
    assert f'get_dataset("{dataset.name}")' in source.statements
    delete_user_dataset(tmp_path, dataset.name)
    with pytest.raises(ValueError, match="Mine was deleted"):
        texts(spec)
    load_user_datasets(tmp_path / "elsewhere")
