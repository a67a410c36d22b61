"""The answers of each step of the tour: which are right, and what was measured. Pure: everything is computed from
layers and cached runs. None means that runs are missing.

Every answer within ± one standard deviation over seeds counts as right.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import comb, inf
from typing import Any

import numpy as np
import pandas as pd

from cache.core.formatting import count
from cache.results.results import Result
from cache.results.verdicts import Verdict, undecided
from cache.store.runs import best_epoch
from dashboard.charts.figures import MINUS
from dashboard.costs.cost_frames import pareto_front
from dashboard.overfitting.overfitting import that_learnt
from dashboard.overfitting.overfitting_words import learnt_nothing_of_each, left_out, points
from dashboard.present import guess, present_frames
from dashboard.recall import memory_frames
from dashboard.shell.markdown import escape_markdown
from dashboard.studies.study_frames import SETTINGS
from models.experiments.comparison import Comparison, Entry
from models.experiments.memory_series import MemorySeries
from models.layers import Bidirectional, Recurrent
from models.layers.stack import LayerSummary
from models.text.encoding import TextEncoding, lowered

WORD = re.compile(r"[\w']+")
TIMES, LOST = (2, 5, 10, 20), (1, 3, 6)
"""The limits between answers: how many times as long, and points of accuracy."""
MOST_VERDICTS = 2
"""The most verdicts that are named, so that all fit on one screen."""
UNITS = {"Training texts": "training texts", "Words in the vocabulary": "words", "Words read of a text": "words read"}
"""What each setting of ``SETTINGS`` counts."""
SAME = "same"
FORGETTER = "simple_rnn"
"""The architecture that forgets, according to textbooks."""
SHORTEST = 1e-6
"""Seconds. If the spread of two very different seeds is wide, an epoch could seem to take no time."""


@dataclass(frozen=True)
class Question:
    """A question with its answers.

    ``choices`` are the texts of the answers by key, and ``right`` the keys that count as right, empty if the runs
    cannot decide. ``found`` are sentences on the result, as Markdown; ``given`` is shown before the guess.

    Answers with ``means`` are to be put in order, the highest first; ``undecided`` are the pairs that the runs cannot
    decide. ``bars`` are the figures: label, value, low, high and n.
    """

    choices: dict[str, str]
    right: frozenset[str]
    found: tuple[str, ...]
    given: str = ""
    means: dict[str, float] | None = None
    undecided: frozenset[frozenset[str]] = frozenset()
    bars: pd.DataFrame | None = None

    @property
    def is_open(self) -> bool:
        """Whether the runs decide nothing."""
        if self.means is None:
            return not self.right
        return len(self.undecided) == comb(len(self.means), 2)

    def is_right(self, guessed: Sequence[str]) -> bool | None:
        """None if nothing was guessed, or the guess cannot be scored."""
        if self.means is None:
            return guessed[0] in self.right if guessed and self.right else None
        score = guess.score_ranking(guessed, self.means, self.undecided)
        return score.wrong == 0 if score.right + score.wrong else None


def numbers(text: str, encoding: TextEncoding) -> Question:
    words, length = len(WORD.findall(lowered(text))), encoding.length
    sizes = {"words": words, "letters": len("".join(text.split())), "length": length}
    texts = {
        "words": "one for each word",
        "letters": "one for each character without spaces",
        "length": "as many for every text",
    }
    filled = length - words
    if filled >= 0:
        rest = f"{filled:,} of them only {'fills' if filled == 1 else 'fill'} up the text"
    else:
        rest = f"{count(-filled, 'word')} at the end {'is' if filled == -1 else 'are'} never read"
    return Question(
        {key: f"{sizes[key]:,}: {texts[key]}" for key in sizes},
        frozenset(key for key in sizes if sizes[key] == length),
        (f"The text has {count(words, 'word')}. The model reads **{length:,} numbers** for every text: {rest}.",),
    )


def parameters(comparison: Comparison) -> Question:
    """The parameters of the recurrent layers of LSTM and GRU, which are computed without runs."""
    entries = {entry.label: entry for entry in comparison.entries if entry.architecture in ("lstm", "gru")}
    layers = {label: comparison.layers(entry) for label, entry in entries.items()}
    recurrent = {label: next(each for each in own if each.layer.gates) for label, own in layers.items()}
    sizes = {label: summary.num_params for label, summary in recurrent.items()}
    found = [f"**{label}**: {_gates(summary)} = **{summary.num_params:,}**." for label, summary in recurrent.items()]
    for label, own in layers.items():
        embedding, total = own[0].num_params, sum(each.num_params for each in own)
        found.append(f"The whole {label} model has {total:,} parameters; {embedding:,} of them are in the embedding.")
    most = max(sizes.values())
    largest = [label for label, size in sizes.items() if size == most]
    return Question(
        {label: label for label in sizes} | {SAME: "Both have the same number"},
        frozenset(largest if len(largest) == 1 else [SAME]),
        tuple(found),
        bars=present_frames.exact(sizes),
    )


def _gates(summary: LayerSummary) -> str:
    """Such as "2 directions × 4 gates × (16 · 32 + 32 · 32 + 32)"."""
    layer, directions = summary.layer, ""
    if isinstance(layer, Bidirectional):
        layer, directions = layer.layer, "2 directions × "
    if not isinstance(layer, Recurrent):
        raise TypeError(f"{layer} has no gates.")
    m, n, gates = summary.input_shape[-1], layer.units, layer.gates
    biases = next(iter(summary.params_per_gate.values())) - m * n - n * n
    return f"{directions}{len(gates)} gates × ({m} · {n} + {n} · {n} + {biases})"


def ranking(accuracies: pd.DataFrame, verdicts: Iterable[Verdict] | None) -> Question | None:
    """The order of accuracies.

    Args:
        accuracies: A result of ``present_frames.accuracies``.
        verdicts: The verdict on each pair; None if predictions are missing.
    """
    if len(accuracies) < 2:
        return None
    means = dict(zip(accuracies["label"], accuracies["value"], strict=True))
    open_pairs = [each for each in verdicts or () if not each.is_different]
    found = [undecided(open_pairs, comb(len(means), 2))] if open_pairs else []
    return Question(
        {label: label for label in means},
        frozenset(),
        tuple(found),
        means=means,
        undecided=frozenset(frozenset((each.better, each.other)) for each in open_pairs),
        bars=accuracies.sort_values("value", ascending=False, ignore_index=True),
    )


def seconds(timed: pd.DataFrame, device: str) -> Question | None:
    """How many times as long an epoch takes; ``timed`` is a result of ``present_frames.seconds``."""
    rows = {each["label"]: each for each in timed.to_dict("records")}
    quick, slow = Entry("flatten").label, Entry("lstm").label
    if not {quick, slow} <= set(rows):
        return None
    ratio = rows[slow]["value"] / rows[quick]["value"]
    low = rows[slow]["low"] / rows[quick]["high"]
    high = rows[slow]["high"] / max(rows[quick]["low"], SHORTEST)
    words = ["Less than twice as long", *(f"{a} to {b} times as long" for a, b in pairwise(TIMES))]
    words.append(f"More than {TIMES[-1]} times as long")
    return Question(
        dict(zip(_keys(TIMES), words, strict=True)),
        _touched(TIMES, low, high),
        (
            f"An epoch of {slow} takes **{ratio:.1f} times** as long as one of {quick}: "
            f"{rows[slow]['value']:.2f} s and {rows[quick]['value']:.2f} s (means over {rows[slow]['n']} and "
            f"{count(rows[quick]['n'], 'seed')}).",
        ),
        f"{quick}: {rows[quick]['value']:.2f} s per epoch on {escape_markdown(device)}.",
        bars=timed,
    )


def overfitting(summary: pd.DataFrame) -> Question | None:
    """Which architecture overfits; ``summary`` is a result of ``overfitting.summary_frame``."""
    if len(summary) < 2:
        return None
    bars = _bars(that_learnt(summary), "gap_at_last")
    found = [
        f"**{row['label']}**: gap of {points(row['gap_at_last'])}; validation accuracy ended {points(row['drop'])} "
        f"below its best.{left_out(row)}"
        for row in sorted(summary.to_dict("records"), key=lambda row: -row["gap_at_last"])
        if row["has_learnt"]
    ]
    found += learnt_nothing_of_each(summary)
    return Question({label: label for label in summary["label"]}, _leaders(bars), tuple(found), bars=bars)


def layers(
    summary: pd.DataFrame, accuracies: pd.DataFrame, timed: pd.DataFrame, sizes: pd.DataFrame
) -> Question | None:
    """What a second layer changes; ``summary`` comes from ``overfitting.summary_frame``, the others from
    ``present_frames``.
    """
    if len(summary) < 2 or summary["jaggedness"].isna().any():
        return None
    bars, learnt = _bars(that_learnt(summary), "jaggedness"), set(summary.loc[summary["has_learnt"], "label"])
    rows: list[Any] = list(bars.itertuples(index=False))
    right, cost, size = (dict(zip(each["label"], each["value"], strict=True)) for each in (accuracies, timed, sizes))
    found = [
        f"**{row.label}**: {points(row.value)} up and down per epoch; test accuracy {right[row.label]:.1%}, "
        f"{size[row.label]:,} parameters" + (f", {cost[row.label]:.1f} s per epoch." if row.label in cost else ".")
        for row in rows
        if row.label in learnt
    ]
    found += learnt_nothing_of_each(summary)
    return Question({label: label for label in summary["label"]}, _leaders(bars), tuple(found), bars=bars)


def memory(accuracy: Mapping[MemorySeries, pd.DataFrame]) -> Question | None:
    """How far back SimpleRNN remembers in the first series; ``accuracy`` comes from ``memory_frames.accuracy_frame``.

    A distance that some seeds learnt and others only guess counts as right, and so does the one before.
    """
    asked, frame = next(iter(accuracy.items()))
    chance = asked.test.chance
    remembered = memory_frames.memories(memory_frames.means_frame(frame, chance), chance)
    if (own := remembered.get(asked.entry(FORGETTER).label)) is None or len(own.steps) < 2:
        return None
    words = {"0": f"Less than {own.steps[0]} steps"} | {str(steps): f"{steps} steps" for steps in own.steps}
    words[str(own.steps[-1])] += ", the longest distance tested"
    found = [memory_frames.sentence(label, memory) for label, memory in remembered.items()]
    right = [str(steps) for steps in (max(own.held, default=0), *own.in_groups)]
    given = f"{asked.title}: guessing gives {chance:.0%}."
    return Question(words, frozenset(right), tuple(found), given=given)


def lost(results: Sequence[Result], setting: str, architecture: str) -> Question | None:
    """How much accuracy is lost with the smallest value of a setting instead of the largest, paired by seed."""
    label = Entry(architecture).label
    by_value: dict[int, dict[int, Result]] = {}
    for result in results:
        if result.is_cached and result.label == label:
            by_value.setdefault(SETTINGS[setting](result.spec), {})[result.spec.seed] = result
    if len(by_value) < 2:
        return None
    few, many = min(by_value), max(by_value)
    seeds = sorted(set(by_value[few]) & set(by_value[many]))
    if not seeds:
        return None
    less, more = (np.array([_accuracy(by_value[value][seed]) for seed in seeds]) for value in (few, many))
    loss, spread = (more - less).mean(), (more - less).std(ddof=1) if len(seeds) > 1 else 0.0
    shown = [round(100 * part.mean(), 2) for part in (less, more)]
    with_spread = f"{shown[1] - shown[0]:.2f}".replace("-", MINUS)
    with_spread += (f" ± {100 * spread:.2f}" if len(seeds) > 1 else "") + " points"
    unit = UNITS[setting]
    found = [
        f"Test accuracy of **{label}**: {shown[0]:.2f}% with {few:,} {unit}, and {shown[1]:.2f}% with {many:,} "
        f"{unit}. It loses **{with_spread}** ({count(len(seeds), 'seed')})."
    ]
    small, large = (next(iter(by_value[value].values())).asked_run.num_params for value in (few, many))
    if small != large:
        found.append(f"With {few:,} {unit} it has {small:,} parameters, with {many:,} {unit} it has {large:,}.")
    words = ["Nothing, or less than 1 point", *(f"{a} to {b} points" for a, b in pairwise(LOST))]
    words.append(f"More than {LOST[-1]} points")
    return Question(
        dict(zip(_keys(LOST), words, strict=True)),
        _touched(LOST, 100 * (loss - spread), 100 * (loss + spread)),
        tuple(found),
        f"{setting}: {few:,} instead of {many:,}.",
    )


def choice(trade_off: pd.DataFrame, verdicts: Sequence[Verdict] | None, recommendation: str = "") -> Question | None:
    """Which architecture to take. Wrong are those that a quicker one equals or beats, which the runs have to decide.

    Args:
        trade_off: A result of ``cost_frames.trade_off_frame``.
        verdicts: The verdict on each pair; None if predictions are missing.
        recommendation: The sentence on the recommended one; empty if there is none.
    """
    known = trade_off[trade_off["seconds_per_epoch"].notna()]
    if len(known) < 2:
        return None
    front = known[pareto_front(known["seconds_per_epoch"].tolist(), known["test_accuracy"].tolist())]
    named = [
        f"**{row.label}** ({row.test_accuracy:.1%}, {row.seconds_per_epoch:.2f} s per epoch)"
        for row in front.sort_values("seconds_per_epoch").itertuples(index=False)
    ]
    found = [f"On average over seeds, no other model is both as quick and as accurate as {' or '.join(named)}."]
    if recommendation:
        found.insert(0, recommendation)
    else:
        decided = [each.sentence for each in verdicts or () if each.is_decided]
        found += decided[:MOST_VERDICTS]
        if (more := len(decided) - MOST_VERDICTS) > 0:
            found.append(f"{count(more, 'more pair')} {'is' if more == 1 else 'are'} decided.")
    if verdicts and (open_pairs := [each for each in verdicts if not each.is_decided]):
        found.append(undecided(open_pairs, len(verdicts)))
    right = frozenset(front["label"] if verdicts is None else _unbeaten(known, verdicts))
    return Question(
        {label: label for label in known["label"]}, right if len(right) < len(known) else frozenset(), tuple(found)
    )


def _unbeaten(trade_off: pd.DataFrame, verdicts: Sequence[Verdict]) -> list[str]:
    """The labels that no quicker one equals or beats for certain."""
    labels: list[str] = trade_off.sort_values("seconds_per_epoch")["label"].tolist()
    decided = {(each.better, each.other) for each in verdicts if each.is_decided}
    decided |= {(each.other, each.better) for each in verdicts if each.is_equal}
    return [
        label
        for place, label in enumerate(labels)
        if not any((quicker, label) in decided for quicker in labels[:place])
    ]


def _accuracy(result: Result) -> float:
    accuracy = best_epoch(result.epochs).test_accuracy
    if accuracy is None:
        raise ValueError(f"{result.label} was not scored on the test split.")
    return accuracy


def _keys(bounds: Sequence[int]) -> list[str]:
    return [str(bound) for bound in (0, *bounds)]


def _touched(bounds: Sequence[int], low: float, high: float) -> frozenset[str]:
    """The keys of the answers, each from one limit to the next, that overlap the range from ``low`` to ``high``."""
    starts, ends = (-inf, *bounds), (*bounds, inf)
    return frozenset(
        key for key, start, end in zip(_keys(bounds), starts, ends, strict=True) if low < end and high >= start
    )


def _bars(summary: pd.DataFrame, key: str) -> pd.DataFrame:
    """The rows, the largest first."""
    spread = summary[f"{key}_std"].fillna(0.0)
    ends = {"low": summary[key] - spread, "high": summary[key] + spread}
    frame = summary[["label"]].assign(value=summary[key], **ends, n=summary[f"{key}_n"])
    return frame.sort_values("value", ascending=False, ignore_index=True)


def _leaders(bars: pd.DataFrame) -> frozenset[str]:
    """The label with the highest value and those within two standard deviations; empty if these are all."""
    first = bars.iloc[0]
    leaders = frozenset(bars.loc[bars["high"] >= first["low"], "label"])
    return leaders if len(leaders) < len(bars) else frozenset()
