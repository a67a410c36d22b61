"""The leaderboard as DataFrames: runs, architectures in comparable groups, and both with headings. Pure."""

from collections.abc import Iterable, Sequence
from dataclasses import asdict

import pandas as pd

from cache.results.results import Result, has_seconds
from cache.transfer.exports import cell
from dashboard.charts.aggregate import aggregate_over_seeds
from dashboard.charts.figures import FIGURE_SPACE, plus_minus
from dashboard.leaderboard.board_catalogue import WHERE_FROZEN
from dashboard.leaderboard.board_columns import Column, Measured, num_frozen
from dashboard.leaderboard.comparability import Comparability, differences

RUN = ("group", "label", "seed")


def telling(results: Iterable[Result], columns: Sequence[Column]) -> list[Column]:
    """The columns, without those on frozen parameters if there are none."""
    has_frozen = any(num_frozen(result.run) for result in results if result.run)
    return [column for column in columns if has_frozen or column.key not in WHERE_FROZEN]


def runs_frame(
    results: Iterable[Result], columns: Sequence[Column], target: float, include_contended: bool = False
) -> pd.DataFrame:
    """A row for each run with epochs: its Comparability as ``group``, label, seed, and each column's value by its key.

    The scores are those of the best validation epoch. Disturbed seconds are missing unless they are included.
    """
    rows = []
    for result in results:
        if result.run is None or not result.epochs:
            continue
        measured = Measured(result, target, has_seconds(result, include_contended))
        values = (column.value(measured) for column in columns)
        rows.append((Comparability.of(result), result.label, result.spec.seed, *values))
    frame = pd.DataFrame(rows, columns=[*RUN, *(column.key for column in columns)])
    return frame.astype({column.key: float for column in columns})


def groups(
    runs: pd.DataFrame, columns: Sequence[Column], asked: Comparability
) -> list[tuple[Comparability, pd.DataFrame]]:
    """Architectures that may be ranked together, as from ``aggregate_over_seeds``.

    First the group that was asked for, then those that differ from it in the fewest ways.
    """
    summary = aggregate_over_seeds(runs, ("group", "label"), [column.key for column in columns])
    found = [
        (group, summary[summary["group"] == group].drop(columns="group").reset_index(drop=True))
        for group in dict.fromkeys(summary["group"])
    ]
    return sorted(found, key=lambda pair: (len(differences(pair[0], asked)), -pair[0].epochs))


def ranked(group: pd.DataFrame, by: Column | None, worst_first: bool = False) -> pd.DataFrame:
    """The rows, the best mean first and missing ones last; in the order of the line-up if ``by`` is None."""
    if by is None:
        return group
    return group.sort_values(by.key, ascending=by.lower_is_better != worst_first, kind="stable", ignore_index=True)


def board_table(group: pd.DataFrame, columns: Sequence[Column], target: float) -> pd.DataFrame:
    """The board with readable headings; "mean ± standard deviation" as text, exact figures as numbers."""
    shown: dict[str, pd.Series | list[str]] = {"Architecture": group["label"], "Seeds": group["seeds"]}
    for column in columns:
        is_number = column.is_exact and group[column.key].notna().all()
        shown[column.heading(target)] = (
            group[column.key].astype(int) if is_number else plus_minus(group, column.key, column.number_format)
        )
    return pd.DataFrame(shown)


def csv_frame(
    found: Sequence[tuple[Comparability, pd.DataFrame]], columns: Sequence[Column], target: float
) -> pd.DataFrame:
    """All groups below each other, unrounded.

    The columns: what the runs of a row share, then for each figure its mean, standard deviation and number of seeds. If
    there are any, the number of seeds for which it never happened follows.
    """
    parts = []
    for group, frame in found:
        shared = asdict(group)
        shared |= {f"encoding_{name}": value for name, value in shared.pop("encoding").items()}
        figures = {"architecture": frame["label"], **shared, "target": target, "seeds": frame["seeds"]}
        for column in columns:
            kinds = {"mean": "", "std": "_std", "n": "_n", "never": "_never"} if not column.is_exact else {"": ""}
            for kind, suffix in kinds.items():
                figure = frame[f"{column.key}{suffix}"]
                figures[f"{column.key}_{kind}".rstrip("_")] = figure.astype("Int64") if column.is_exact else figure
        parts.append(pd.DataFrame(figures))
    table = pd.concat(parts, ignore_index=True) if parts else pd.DataFrame()
    return table.drop(columns=[name for name in map(str, table) if name.endswith("_never") and not table[name].any()])


def csv_text(table: pd.DataFrame, separator: str = ",") -> str:
    """CSV that can be opened in a spreadsheet, where no text becomes a formula."""
    return table.map(cell).to_csv(index=False, sep=separator)


def copied_text(table: pd.DataFrame) -> str:
    """The table for pasting, separated by tabs."""
    return csv_text(table, "\t").replace(FIGURE_SPACE, "").strip()
