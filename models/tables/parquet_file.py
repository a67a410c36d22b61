"""Parquet files as tables of text and numbers."""

from collections.abc import Mapping
from typing import Any, BinaryIO

from models.tables import file_table
from models.tables.file_table import MAX_UNPACKED_BYTES, BadData, FileTable


def read_parquet(file: BinaryIO, answers: Mapping[str, str]) -> FileTable:
    """Columns of other types are left out, with a note that names the type. Raises BadData."""
    import pyarrow as pa
    from pyarrow import parquet

    try:
        source = parquet.ParquetFile(file)
        groups = [source.metadata.row_group(i) for i in range(source.num_row_groups)]
        if source.metadata.num_rows > file_table.MAX_ROWS:
            raise BadData(
                f"The file has {source.metadata.num_rows:,} rows, and at most {file_table.MAX_ROWS:,} are taken."
            )
        if sum(group.total_byte_size for group in groups) > MAX_UNPACKED_BYTES:
            raise BadData(
                f"The file unpacks to more than {MAX_UNPACKED_BYTES / 1e9:.0f} GB: take a sample of the rows."
            )
        kept = [field.name for field in source.schema_arrow if _is_plain(field.type)]
        # Without pandas' metadata, which would hide the columns that were an index.
        table = source.read(columns=kept).to_pandas(ignore_metadata=True)
    except (pa.ArrowException, OSError) as error:
        raise BadData(f"The file cannot be read as Parquet ({str(error).splitlines()[0][:120]}).") from None
    notes = [
        f"“{field.name}” is left out: its type is {_short(field.type)}. Store it as strings or numbers to use it."
        for field in source.schema_arrow
        if field.name not in kept
    ]
    return FileTable(table, notes=tuple(notes))


def _is_plain(kind: Any) -> bool:
    from pyarrow import types

    if types.is_dictionary(kind):
        kind = kind.value_type
    tests = (
        types.is_string, types.is_large_string, types.is_string_view, types.is_integer, types.is_floating,
        types.is_boolean, types.is_decimal,
    )  # fmt: skip
    return any(test(kind) for test in tests)


def _short(kind: object) -> str:
    """The type as Arrow writes it: e.g. list<element: int64>."""
    return " ".join(str(kind).split())[:80]
