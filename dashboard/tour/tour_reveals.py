"""The answer to each step of the tour: one chart that fits on the screen."""

from collections.abc import Callable, Mapping
from pathlib import Path

import streamlit as st

from dashboard.charts.colours import label_colours
from dashboard.charts.plots import Plot
from dashboard.costs import cost_frames
from dashboard.disagreement import test_split_view
from dashboard.present import present_charts, present_frames
from dashboard.recall import memory_plot
from dashboard.studies import study_charts, study_frames
from dashboard.tour import tour_steps
from dashboard.tour.tour_answers import Question
from dashboard.tour.tour_questions import StepContext, pair_verdicts
from dashboard.widgets import projector, sentence
from models.encoded.fitted import tokenizer_file
from models.text.tokens import READ, tokens_of

OVER_SEEDS = "Mean over seeds; line: ± 1 standard deviation."
MOST_TOKENS = 24
"""The most tokens that fit on one screen."""


def draw(context: StepContext, question: Question) -> Plot | None:
    """Draws the chart of a step and returns it; None for the step that has none."""
    if context.step.name == tour_steps.NUMBERS:
        _numbers(context)
        return None
    if plot := PLOTS[context.step.name](context, question):
        projector.draw(plot)
    return plot


def vocabulary_file(context: StepContext) -> Path:
    """The vocabulary of the line-up, which may not exist yet."""
    comparison = context.comparison
    return tokenizer_file(comparison.dataset, comparison.vocabulary_examples, comparison.encoding, context.store.root)


def offer_to_read_texts(context: StepContext) -> None:
    """Offer to read the test texts, without which pairs cannot be decided. They are read anyway if nothing trains."""
    if pair_verdicts(context) is None:
        test_split_view.offer_to_read(
            context.store, context.comparison.dataset,
            "To find out which of these really differ, the test texts must be read", "read_tour",
        )  # fmt: skip


def _numbers(context: StepContext) -> None:
    """The numbers of the sentence, as code: text that was typed is never rendered as Markdown."""
    file, encoding = vocabulary_file(context), context.comparison.encoding
    if (tokenizer := sentence.tokenizer_in(file)) is None:
        sentence.make(context.store, context.comparison, {encoding.tokenizer: encoding})
        return
    found = tokens_of(tokenizer, encoding, context.text)
    read = [f"{token.token} → {token.number}" for token in found if token.place == READ]
    more = f"\n… and {len(read) - MOST_TOKENS:,} more" if len(read) > MOST_TOKENS else ""
    if read:
        st.code("   ".join(read[:MOST_TOKENS]) + more, language=None, wrap_lines=True)
    st.caption(
        f"{sentence.summary(context.text, found, encoding)}. A vocabulary of {encoding.vocabulary_size:,} words."
    )


def _parameters(context: StepContext, question: Question) -> Plot | None:
    gate = "Parameters of a gate: m · n + n · n + biases, with m numbers for a word and n units."
    return _bars(context, question, "Parameters", ",d", True, gate)


def _ranking(context: StepContext, question: Question) -> Plot | None:
    return _bars(
        context, question, "Test accuracy", ".1%", False, f"At the best validation epoch of each run. {OVER_SEEDS}"
    )


def _seconds(context: StepContext, question: Question) -> Plot | None:
    return _bars(
        context,
        question,
        "Seconds per epoch",
        ".2f",
        True,
        f"{present_frames.timing(context.results, context.timed_on)} {OVER_SEEDS}",
    )


def _overfitting(context: StepContext, question: Question) -> Plot | None:
    caption = f"The gap: training accuracy minus validation accuracy, after the last epoch. {OVER_SEEDS}"
    return _bars(context, question, "Gap", ".1%", True, caption)


def _layers(context: StepContext, question: Question) -> Plot:
    frame = present_frames.curves(context.results)
    return Plot(
        "Validation accuracy by epoch",
        "Lines: validation accuracy of each architecture by epoch",
        present_charts.curves,
        (frame, _colours(context)),
        frame,
        "Mean over seeds.",
    )


def _memory(context: StepContext, question: Question) -> Plot | None:
    return memory_plot.plot(context.study, large=True)


def _sweep(context: StepContext, question: Question) -> Plot | None:
    runs = context.study.runs
    if (setting := study_frames.swept(runs)) is None:
        return None
    frame = study_frames.sweep_frame(runs, setting)
    return Plot(
        f"Test accuracy by {setting.lower()}",
        f"Lines: test accuracy by {setting.lower()}",
        study_charts.sweep,
        (frame, setting, _colours(context), True),
        frame,
        f"At the best validation epoch of each run. {OVER_SEEDS}",
    )


def _choice(context: StepContext, question: Question) -> Plot:
    frame = cost_frames.trade_off_frame(context.results, context.timed_on)
    return Plot(
        "Test accuracy against seconds per epoch",
        "Dots: test accuracy against seconds per epoch",
        present_charts.trade_off,
        (frame, _colours(context)),
        frame,
        f"{present_frames.timing(context.results, context.timed_on)} Lines: ± 1 standard deviation over seeds.",
    )


def _bars(
    context: StepContext, question: Question, title: str, number: str, from_zero: bool, caption: str
) -> Plot | None:
    if question.bars is None:
        return None
    values_text = "; ".join(f"{row.label} {row.value:{number}}" for row in question.bars.itertuples(index=False))
    values = (question.bars, title, number, _colours(context), from_zero)
    return Plot(title, f"Bars: {title.lower()}. {values_text}", present_charts.bars, values, question.bars, caption)


def _colours(context: StepContext) -> dict[str, str]:
    return label_colours(entry for comparison in context.study.comparisons for entry in comparison.entries)


PLOTS: Mapping[str, Callable[[StepContext, Question], Plot | None]] = {
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
