"""What is drawn at each step of the tour once the room has guessed."""

from collections.abc import Callable, Mapping
from pathlib import Path

import streamlit as st

from dashboard import (
    cost_charts,
    cost_frames,
    curve_charts,
    curve_frames,
    held_out_view,
    memory_charts,
    memory_frames,
    present_charts,
    present_frames,
    sentence,
    study_charts,
    study_frames,
    tour_steps,
)
from dashboard.colours import label_colours
from dashboard.curve_options import CurveOptions
from dashboard.plain import plain
from dashboard.plots import Plot, offer
from dashboard.plots import draw as draw_plot
from dashboard.tour_answers import Poll
from dashboard.tour_polls import Stop, memory_results, told_apart
from models.fitted import tokenizer_file

OVER_SEEDS = "Mean over seeds; whisker: ± 1 standard deviation."


def draw(stop: Stop, poll: Poll) -> None:
    DRAWN[stop.step.name](stop, poll)


def vocabulary_file(stop: Stop) -> Path:
    """Of the words of the line-up, as soon as anybody has made it."""
    comparison = stop.comparison
    return tokenizer_file(comparison.dataset, comparison.vocabulary_examples, comparison.encoding, stop.store.root)


def _numbers(stop: Stop, poll: Poll) -> None:
    file, encoding = vocabulary_file(stop), stop.comparison.encoding
    if (tokenizer := sentence.tokenizer_in(file)) is None:
        sentence.make(stop.store, stop.comparison, {encoding.tokenizer: encoding}, (file,))
    else:
        sentence.tokens(tokenizer, encoding, stop.text)


def _parameters(stop: Stop, poll: Poll) -> None:
    _bars(
        stop, poll, "Parameters", ",d", True, "A gate: m · n + n · n + biases, with m numbers for a word and n units."
    )


def _ranking(stop: Stop, poll: Poll) -> None:
    _bars(stop, poll, "Test accuracy", ".1%", False, f"At each one’s best validation epoch. {OVER_SEEDS}")
    _judge(stop)


def _seconds(stop: Stop, poll: Poll) -> None:
    measured = f"Measured on {stop.timed_on}; training alone, without the first epoch."
    _bars(stop, poll, "Seconds per epoch", ".2f", True, f"{measured} {OVER_SEEDS}")


def _overfitting(stop: Stop, poll: Poll) -> None:
    _bars(stop, poll, "Training above validation", ".1%", True, f"At the last epoch. {OVER_SEEDS}")
    options = CurveOptions(same_scale=True)
    bands = curve_frames.bands_frame(curve_frames.curves_frame(stop.results), options)
    _show(
        Plot(
            "Accuracy by epoch",
            curve_charts.described(bands, options),
            curve_charts.curves,
            (bands, options, _colours(stop), None),
            bands,
            "Above: texts that were not seen in training; below: those that were. Band: ± 1 standard deviation over "
            "seeds; diamonds: the best epoch.",
        )
    )


def _layers(stop: Stop, poll: Poll) -> None:
    frame = present_frames.curves(stop.results)
    _show(
        Plot(
            "Validation accuracy by epoch",
            "Lines: validation accuracy of each architecture by epoch",
            present_charts.curves,
            (frame, _colours(stop)),
            frame,
            "Mean over seeds.",
        )
    )
    note = f"Beyond one rise to the best and one fall to the end. {OVER_SEEDS}"
    _bars(stop, poll, "Up and down an epoch", ".2%", True, note)


def _memory(stop: Stop, poll: Poll) -> None:
    frame = memory_frames.accuracy_frame(memory_results(stop))
    _show(
        Plot(
            "Memory test",
            "Lines: test accuracy of each architecture by steps back; a dashed line at chance",
            memory_charts.accuracy_by_steps,
            (frame, memory_frames.means_frame(frame), _colours(stop)),
            frame,
            "Generated data. Lines: means over seeds; band: ± 1 standard deviation; dots: each seed.",
        )
    )


def _sweep(stop: Stop, poll: Poll) -> None:
    runs = stop.studied.runs
    setting = study_frames.swept(runs)
    frame = study_frames.sweep_frame(runs, setting)
    _show(
        Plot(
            f"Test accuracy by {setting.lower()}",
            f"Lines: test accuracy by {setting.lower()}",
            study_charts.sweep,
            (frame, setting, _colours(stop), True),
            frame,
            f"At each run’s best validation epoch. {OVER_SEEDS}",
        )
    )


def _choice(stop: Stop, poll: Poll) -> None:
    frame = cost_frames.trade_off_frame(stop.results, stop.timed_on)
    _show(
        Plot(
            "Test accuracy against seconds per epoch",
            "Dots: test accuracy against seconds per epoch",
            cost_charts.trade_off,
            (frame, "seconds_per_epoch", _colours(stop)),
            frame,
            f"Measured on {stop.timed_on}. Ringed: those that nothing beats in both. Bars: ± 1 standard deviation.",
        )
    )
    _judge(stop)


def _bars(stop: Stop, poll: Poll, title: str, number: str, from_zero: bool, caption: str) -> None:
    told = "; ".join(f"{row.label} {row.value:{number}}" for row in poll.bars.itertuples(index=False))
    values = (poll.bars, title, number, _colours(stop), from_zero)
    _show(Plot(title, f"Bars: {title.lower()}. {told}", present_charts.bars, values, poll.bars, caption))


def _show(plot: Plot) -> None:
    draw_plot(plot)
    st.caption(plain(plot.caption))
    offer(plot)


def _judge(stop: Stop) -> None:
    """Which can be told apart is known once the test texts are read, which is under way if nothing trains."""
    if told_apart(stop) is None:
        held_out_view.offer_to_read(
            stop.store, stop.comparison.dataset,
            "To tell which of these differ for sure, the test texts have to be read", "read_tour",
        )  # fmt: skip


def _colours(stop: Stop) -> dict[str, str]:
    return label_colours(entry for comparison in stop.studied.comparisons for entry in comparison.entries)


DRAWN: Mapping[str, Callable[[Stop, Poll], None]] = {
    tour_steps.NUMBERS: _numbers,
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
