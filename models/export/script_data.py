"""The texts of a run and their encoding as Python source, which stands alone if the texts can be obtained without
Unroll.
"""

from dataclasses import dataclass
from pathlib import Path

from models.data.datasets import get_dataset
from models.data.memory_tests import MemoryDataset
from models.data.movie_reviews import MovieReviews
from models.data.user_datasets import UserDataset
from models.experiments.spec import RunSpec
from models.export.source import source_of
from models.tasks import NEXT_WORD
from models.text.encoding import TextEncoding
from models.text.next_word import MAX_EXAMPLES

ENDS = {"pre": "left", "post": "right"}


@dataclass(frozen=True)
class Source:
    """Python source. ``definitions`` come before all ``statements``; ``imports`` are those from this repository."""

    definitions: str
    statements: str
    imports: tuple[str, ...] = ()


def texts(spec: RunSpec) -> Source:
    """Write code that makes ``splits``: (text, label) of each split, in the order in which the run read them.

    Raises ValueError with a sentence if the texts are no longer here.
    """
    dataset = get_dataset(spec.dataset)
    if (
        not dataset.download_mb
        and not isinstance(dataset, UserDataset)
        and spec.fingerprint != dataset.fingerprint(Path())  # which a packaged one does not look into
    ):
        raise ValueError(f"This run read another version of {dataset.title} than is here, so it cannot be repeated.")
    if isinstance(dataset, MemoryDataset):
        test = dataset.test
        write, arguments = test.write.__name__, ", ".join(map(str, test.arguments(dataset.steps)))
        return Source(
            source_of("data.memory_texts", "CUES", "OTHERS", *test.uses, write, "distinct_texts"),
            f"found = distinct_texts({write}, {arguments})\n"
            f"sizes = {test.sizes}\n"
            "splits = {split: [next(found) for _ in range(size)] for split, size in sizes.items()}\n",
        )
    if isinstance(dataset, MovieReviews):
        return Source(
            source_of("data.movie_reviews", "VERSION", "HELD_OUT", "csv_file", "read_reviews", "split_reviews")
            + source_of("data.splitting", "split_by_label", "_spread"),
            f'splits = split_reviews("{dataset.name}")\n',
        )
    if isinstance(dataset, UserDataset) and dataset.is_deleted:
        raise ValueError(dataset.how_to_get)
    know = "load_user_datasets(cache_root())\n" if isinstance(dataset, UserDataset) else ""
    return Source(
        "",
        f'{know}texts = get_dataset("{dataset.name}").load(cache_root() / "tfds")\n'
        "splits = {split: list(zip(rows.texts, rows.labels)) for split, rows in texts.items()}\n",
        (
            "from cache.core.paths import cache_root",
            f"from models.data.datasets import get_dataset{', load_user_datasets' if know else ''}",
        ),
    )


def encoded(spec: RunSpec) -> Source:
    """Write code that makes ``encoded``, (token numbers, labels) of each of the ``splits``."""
    cut = "" if spec.train_examples is None else f"[:{spec.train_examples}]"
    tokenizer = _tokenizer(spec.encoding, "" if spec.task == NEXT_WORD else cut)
    making = _next_words(spec) if spec.task == NEXT_WORD else _classes(spec.encoding, cut)
    return Source(tokenizer.definitions + making.definitions, tokenizer.statements + making.statements)


def _tokenizer(encoding: TextEncoding, cut: str) -> Source:
    is_words = encoding.tokenizer == "words"
    constants = source_of("text.encoding", "PAD", "PAD_ID", *([] if is_words else ["CONTINUES"]))
    functions = ["_fit_words"] if is_words else ["_fit_subwords", "_alphabet"]
    return Source(
        constants + source_of("text.encoding", "lowered", *functions),
        f'train_texts = [lowered(text) for text, _ in splits["train"]{cut}]\n'
        f"tokenizer = _fit_{encoding.tokenizer}({encoding.vocabulary_size}, train_texts)\n",
    )


def _classes(encoding: TextEncoding, cut: str) -> Source:
    return Source(
        source_of("text.encoding", "beginning", "_rows", "encode"),
        f'tokenizer.enable_truncation({encoding.length}, direction="{ENDS[encoding.truncating]}")\n'
        f'tokenizer.enable_padding(direction="{ENDS[encoding.padding]}", length={encoding.length}, pad_id=PAD_ID, '
        "pad_token=PAD)\n" + (f'splits["train"] = splits["train"]{cut}\n' if cut else "") + "encoded = {\n"
        "    split: (encode(tokenizer, [text for text, _ in rows]), np.array([label for _, label in rows], np.int32))\n"
        "    for split, rows in splits.items()\n"
        "}\n",
    )


def _next_words(spec: RunSpec) -> Source:
    most = MAX_EXAMPLES | {"train": spec.num_train}
    return Source(
        source_of("text.next_word", "TEXTS_AT_ONCE", "SENTENCE_END", "DRAW_SEED")
        + source_of("text.next_word", "sentences", "examples", "tokenized", "draw", "prefixes"),
        f"most = {most}\n"
        "encoded = {\n"
        f"    split: examples(tokenizer, [text for text, _ in rows], {spec.encoding.length}, most[split])[:2]\n"
        "    for split, rows in splits.items()\n"
        "}\n",
    )
