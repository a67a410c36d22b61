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
    session,
    study_charts,
    study_frames,
    tour_steps,
)
from dashboard.chart_cache import cached_spec
from dashboard.colours import label_colours
from dashboard.curve_options import CurveOptions
from dashboard.plain import plain
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
    _bars(stop, poll, "Parameters", ",d")
    st.caption("m · n + n · n + biases for each gate: m numbers for a word, n units. Counted, not trained.")


def _ranking(stop: Stop, poll: Poll) -> None:
    _bars(stop, poll, "Test accuracy", ".1%", from_zero=False)
    st.caption(f"At each one’s best validation epoch. {OVER_SEEDS}")
    _judge(stop)


def _seconds(stop: Stop, poll: Poll) -> None:
    _bars(stop, poll, "Seconds per epoch", ".2f")
    st.caption(f"Measured on {plain(stop.timed_on)}; training alone, without the first epoch. {OVER_SEEDS}")


def _overfitting(stop: Stop, poll: Poll) -> None:
    _bars(stop, poll, "Training above validation accuracy", ".1%")
    st.caption(f"At the last epoch. {OVER_SEEDS}")
    options = CurveOptions(same_scale=True)
    bands = curve_frames.bands_frame(curve_frames.curves_frame(stop.results), options)
    drawn = cached_spec(curve_charts.curves, bands, options, _colours(stop), None, session.ink())
    st.vega_lite_chart(drawn, width="stretch", alt=curve_charts.described(bands, options))
    st.caption(
        "Above what they get right of texts they have not seen, below of those they have. Diamonds: the best epoch."
    )


def _layers(stop: Stop, poll: Poll) -> None:
    drawn = cached_spec(present_charts.curves, present_frames.curves(stop.results), _colours(stop), session.ink())
    st.vega_lite_chart(drawn, width="stretch", alt="Lines: validation accuracy of each architecture by epoch")
    _bars(stop, poll, "Up and down an epoch", ".2%")
    st.caption(f"Beyond one rise to the best and one fall to the end. {OVER_SEEDS}")


def _memory(stop: Stop, poll: Poll) -> None:
    frame = memory_frames.accuracy_frame(memory_results(stop))
    drawn = cached_spec(
        memory_charts.accuracy_by_steps, frame, memory_frames.means_frame(frame), _colours(stop), session.ink()
    )
    st.vega_lite_chart(drawn, width="stretch", alt="Lines: test accuracy by steps back, and chance")
    st.caption("Generated data. Lines: means over seeds; band: ± 1 standard deviation; dots: each seed.")


def _sweep(stop: Stop, poll: Poll) -> None:
    runs = stop.studied.runs
    setting = study_frames.swept(runs)
    drawn = (study_frames.sweep_frame(runs, setting), setting, _colours(stop), session.ink(), True)
    st.vega_lite_chart(
        cached_spec(study_charts.sweep, *drawn), width="stretch", alt=f"Lines: test accuracy by {setting.lower()}"
    )
    st.caption(f"At each run’s best validation epoch. {OVER_SEEDS}")


def _choice(stop: Stop, poll: Poll) -> None:
    points = cost_frames.trade_off_frame(stop.results, stop.timed_on)
    drawn = cached_spec(cost_charts.trade_off, points, "seconds_per_epoch", _colours(stop), session.ink())
    st.vega_lite_chart(drawn, width="stretch", alt="Dots: test accuracy against seconds per epoch")
    st.caption(
        f"Measured on {plain(stop.timed_on)}. Diamonds and dashes: those that nothing beats in both. Bars: ± 1 "
        "standard deviation over seeds."
    )
    _judge(stop)


def _bars(stop: Stop, poll: Poll, title: str, number: str, *, from_zero: bool = True) -> None:
    told = "; ".join(f"{row.label} {row.value:{number}}" for row in poll.bars.itertuples(index=False))
    chart = present_charts.bars(poll.bars, title, number, _colours(stop), session.ink(), from_zero=from_zero)
    st.altair_chart(chart, width="stretch", alt=f"Bars: {title.lower()}. {told}")


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
