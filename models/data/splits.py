"""The three splits of a dataset, and the one file that keeps them. It is read in a second; TFDS takes a minute."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from models.atomic_files import atomic_write

SPLITS = ("train", "validation", "test")


@dataclass(frozen=True)
class Split:
    """``texts`` and their integer ``labels``, in the same order."""

    texts: list[str]
    labels: list[int]


def write_splits(path: Path, splits: Mapping[str, Split]) -> None:
    """Write splits as one Parquet file, which ``read_splits`` reads.

    Args:
        path: The file.
        splits: By name, among "train", "validation" and "test"; others are left out.
    """
    import pyarrow as pa
    from pyarrow import parquet

    columns: dict[str, list] = {"split": [], "text": [], "label": []}
    for name in (name for name in SPLITS if name in splits):
        columns["split"] += [name] * len(splits[name].texts)
        columns["text"] += splits[name].texts
        columns["label"] += splits[name].labels
    sink = pa.BufferOutputStream()
    parquet.write_table(pa.table(columns), sink, compression="zstd")
    atomic_write(path, sink.getvalue())


def read_splits(path: Path) -> dict[str, Split]:
    """Read splits. Raises OSError, ValueError or KeyError if the file is missing or incomplete."""
    from pyarrow import parquet

    table = parquet.read_table(path, columns=["split", "text", "label"])
    splits = {name: Split([], []) for name in SPLITS}
    columns = (column.to_pylist() for column in table.columns)
    for split, text, label in zip(*columns, strict=True):
        splits[split].texts.append(text)
        splits[split].labels.append(label)
    return splits
