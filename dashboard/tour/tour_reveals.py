"""What is drawn at each step of the tour once the room has guessed: one chart, whole on the screen."""

from collections.abc import Callable, Mapping
from pathlib import Path

import streamlit as st

from dashboard.charts.colours import label_colours
from dashboard.charts.plots import Plot
from dashboard.costs import cost_frames
from dashboard.disagreement import held_out_view
from dashboard.present import present_charts, present_frames
from dashboard.recall import memory_plot
from dashboard.studies import study_charts, study_frames
from dashboard.tour import tour_steps
from dashboard.tour.tour_answers import Poll
from dashboard.tour.tour_polls import Stop, told_apart
from dashboard.widgets import projector, sentence
from models.encoded.fitted import tokenizer_file
from models.text.tokens import READ, tokens_of

OVER_SEEDS = "Mean over seeds; line: ± 1 standard deviation."
MOST_TOKENS = 24
"""So many are shown, so that all are on one screen."""


def draw(stop: Stop, poll: Poll) -> Plot | None:
    """Draws the chart of a step and returns it; None for the step that has none."""
    if stop.step.name == tour_steps.NUMBERS:
        _numbers(stop)
        return None
    if plot := PLOTS[stop.step.name](stop, poll):
        projector.draw(plot)
    return plot


def vocabulary_file(stop: Stop) -> Path:
    """Of the words of the line-up, as soon as anybody has made it."""
    comparison = stop.comparison
    return tokenizer_file(comparison.dataset, comparison.vocabulary_examples, comparison.encoding, stop.store.root)


def offer_to_judge(stop: Stop) -> None:
    """Which can be told apart is known once the test texts are read, which is under way if nothing trains."""
    if told_apart(stop) is None:
        held_out_view.offer_to_read(
            stop.store, stop.comparison.dataset,
            "To find out which of these really differ, the test texts must be read", "read_tour",
        )  # fmt: skip


def _numbers(stop: Stop) -> None:
    """The numbers of the sentence, as code: what is typed is never taken for Markdown."""
    file, encoding = vocabulary_file(stop), stop.comparison.encoding
    if (tokenizer := sentence.tokenizer_in(file)) is None:
        sentence.make(stop.store, stop.comparison, {encoding.tokenizer: encoding})
        return
    found = tokens_of(tokenizer, encoding, stop.text)
    read = [f"{token.token} → {token.number}" for token in found if token.place == READ]
    more = f"\n… and {len(read) - MOST_TOKENS:,} more" if len(read) > MOST_TOKENS else ""
    if read:
        st.code("   ".join(read[:MOST_TOKENS]) + more, language=None, wrap_lines=True)
    st.caption(f"{sentence.summary(stop.text, found, encoding)}. A vocabulary of {encoding.vocabulary_size:,} words.")


def _parameters(stop: Stop, poll: Poll) -> Plot | None:
    gate = "Parameters of a gate: m · n + n · n + biases, with m numbers for a word and n units."
    return _bars(stop, poll, "Parameters", ",d", True, gate)


def _ranking(stop: Stop, poll: Poll) -> Plot | None:
    return _bars(stop, poll, "Test accuracy", ".1%", False, f"At the best validation epoch of each run. {OVER_SEEDS}")


def _seconds(stop: Stop, poll: Poll) -> Plot | None:
    return _bars(
        stop,
        poll,
        "Seconds per epoch",
        ".2f",
        True,
        f"{present_frames.timing(stop.results, stop.timed_on)} {OVER_SEEDS}",
    )


def _overfitting(stop: Stop, poll: Poll) -> Plot | None:
    caption = f"The gap: training accuracy minus validation accuracy, after the last epoch. {OVER_SEEDS}"
    return _bars(stop, poll, "Gap", ".1%", True, caption)


def _layers(stop: Stop, poll: Poll) -> Plot:
    frame = present_frames.curves(stop.results)
    return Plot(
        "Validation accuracy by epoch",
        "Lines: validation accuracy of each architecture by epoch",
        present_charts.curves,
        (frame, _colours(stop)),
        frame,
        "Mean over seeds.",
    )


def _memory(stop: Stop, poll: Poll) -> Plot | None:
    return memory_plot.plot(stop.studied, large=True)


def _sweep(stop: Stop, poll: Poll) -> Plot | None:
    runs = stop.studied.runs
    if (setting := study_frames.swept(runs)) is None:
        return None
    frame = study_frames.sweep_frame(runs, setting)
    return Plot(
        f"Test accuracy by {setting.lower()}",
        f"Lines: test accuracy by {setting.lower()}",
        study_charts.sweep,
        (frame, setting, _colours(stop), True),
        frame,
        f"At the best validation epoch of each run. {OVER_SEEDS}",
    )


def _choice(stop: Stop, poll: Poll) -> Plot:
    frame = cost_frames.trade_off_frame(stop.results, stop.timed_on)
    return Plot(
        "Test accuracy against seconds per epoch",
        "Dots: test accuracy against seconds per epoch",
        present_charts.trade_off,
        (frame, _colours(stop)),
        frame,
        f"{present_frames.timing(stop.results, stop.timed_on)} Lines: ± 1 standard deviation over seeds.",
    )


def _bars(stop: Stop, poll: Poll, title: str, number: str, from_zero: bool, caption: str) -> Plot | None:
    if poll.bars is None:
        return None
    values_text = "; ".join(f"{row.label} {row.value:{number}}" for row in poll.bars.itertuples(index=False))
    values = (poll.bars, title, number, _colours(stop), from_zero)
    return Plot(title, f"Bars: {title.lower()}. {values_text}", present_charts.bars, values, poll.bars, caption)


def _colours(stop: Stop) -> dict[str, str]:
    return label_colours(entry for comparison in stop.studied.comparisons for entry in comparison.entries)


PLOTS: Mapping[str, Callable[[Stop, Poll], Plot | None]] = {
    tour_steps.PARAMETERS: _parameters,
    tour_steps.RANKING: _ranking,
    tour_steps.SECONDS: _seconds,
    tour_steps.OVERFITTING: _overfitting,
    tour_steps.LAYERS: _layers,
    tour_steps.MEMORY: _memory,
    tour_steps.VOCABULARY: _sweep,
    tour_steps.EXAMPLES: _sweep,
    tour_steps.CHOICE: _choice,
}
