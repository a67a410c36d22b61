"""The answer to each step of the tour: one chart that fits on the screen."""

from collections.abc import Callable, Mapping
from pathlib import Path

import streamlit as st

from dashboard.charts.colours import label_colours
from dashboard.charts.plots import Plot
from dashboard.costs import cost_frames
from dashboard.disagreement import test_split_view
from dashboard.present import present_charts, present_frames, present_plots
from dashboard.recall import memory_plot
from dashboard.studies import study_charts, study_frames
from dashboard.tour import tour_steps
from dashboard.tour.tour_answers import Question
from dashboard.tour.tour_questions import StepContext, pair_verdicts
from dashboard.widgets import projector, sentence
from models.encoded.fitted import tokenizer_file
from models.text.tokens import READ, tokens_of

GATE = "Parameters of a gate: m · n + n · n + biases, with m numbers for a word and n units."
GAP = "The gap: training accuracy minus validation accuracy, after the last epoch."
AT_THE_BEST = "At the best validation epoch of each run."
WHISKERS = "Line: ± 1 standard deviation over seeds."
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
        why = "To find out which of these really differ, the test texts must be read"
        test_split_view.offer_to_read(context.store, context.comparison.dataset, "read_tour", why)


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


def _bars(context: StepContext, question: Question) -> Plot | None:
    title, number, from_zero, caption = BARS[context.step.name]
    if question.bars is None:
        return None
    if context.step.name == tour_steps.SECONDS:
        caption = f"{present_frames.timing(context.results, context.timed_on, question.bars['n'])} {WHISKERS}"
    frame = question.bars
    if context.step.name == tour_steps.OVERFITTING:
        frame = frame.assign(**{name: 100 * frame[name] for name in ("value", "low", "high")})  # in points
    return present_plots.bars(frame, title, number, _colours(context), from_zero, caption)


def _layers(context: StepContext, question: Question) -> Plot:
    return present_plots.curves(present_frames.curves(context.results), _colours(context), "Mean over seeds.")


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
        f"{AT_THE_BEST} {OVER_SEEDS}",
    )


def _choice(context: StepContext, question: Question) -> Plot:
    frame = cost_frames.trade_off_frame(context.results, context.timed_on)
    timed_seeds = frame["num_timed"][frame["num_timed"] > 0]
    timing = present_frames.timing(context.results, context.timed_on, timed_seeds)
    return Plot(
        "Test accuracy against seconds per epoch",
        "Dots: test accuracy against seconds per epoch",
        present_charts.trade_off,
        (frame, _colours(context)),
        frame,
        f"{timing} Lines: ± 1 standard deviation over seeds.",
    )


def _colours(context: StepContext) -> dict[str, str]:
    return label_colours(entry for comparison in context.study.comparisons for entry in comparison.entries)


BARS = {
    tour_steps.PARAMETERS: ("Parameters", ",d", True, GATE),
    tour_steps.RANKING: ("Test accuracy", ".1%", False, f"{AT_THE_BEST} {OVER_SEEDS}"),
    tour_steps.SECONDS: ("Seconds per epoch", ".2f", True, OVER_SEEDS),
    tour_steps.OVERFITTING: ("Gap in points", ".1f", True, f"{GAP} {OVER_SEEDS}"),
}
"""The title of each bar chart, the format of its figures, whether it begins at zero, and its caption."""
PLOTS: Mapping[str, Callable[[StepContext, Question], Plot | None]] = {
    **dict.fromkeys(BARS, _bars),
    tour_steps.LAYERS: _layers,
    tour_steps.MEMORY: _memory,
    tour_steps.VOCABULARY: _sweep,
    tour_steps.EXAMPLES: _sweep,
    tour_steps.CHOICE: _choice,
}
