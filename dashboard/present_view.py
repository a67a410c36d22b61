"""The slides of Present: guess, then see, one thing at a time."""

from collections.abc import Mapping, Sequence

import pandas as pd
import streamlit as st

from cache.results import Result
from cache.store import RunStore
from cache.wording import count
from dashboard import guess, held_out_view, likeness, present_charts, present_frames
from dashboard.judged import judged
from dashboard.plain import plain
from dashboard.plots import Plot, draw, offer
from models.comparison import Comparison
from models.devices import Device
from models.tasks import NEXT_WORD

GUESS, RANKING, ACCURACY, PARAMETERS, SECONDS, CURVES, VERDICT = SLIDES = (
    "Guess",
    "Ranking",
    "Accuracy",
    "Parameters",
    "Seconds",
    "Curves",
    "Verdict",
)
MOST_LARGE = 8
RANGES = {"slide": (0, len(SLIDES) - 1)}


def step() -> str:
    """The slide that is shown, and the two buttons (or arrow keys) that turn over."""
    number = min(_from_address(), len(SLIDES) - 1)
    back, place, on = st.columns([1, 6, 1], vertical_alignment="center")
    back.button("Back", icon=":material/arrow_back:", key="back", shortcut="Left", on_click=_turn, args=(number - 1,),
                disabled=number == 0, width="stretch")  # fmt: skip
    place.caption(f"{number + 1} of {len(SLIDES)}", text_alignment="center")
    on.button("Next", icon=":material/arrow_forward:", key="next", shortcut="Right", on_click=_turn, args=(number + 1,),
              disabled=number == len(SLIDES) - 1, width="stretch")  # fmt: skip
    return SLIDES[number]


def _from_address() -> int:
    text = st.query_params.get("slide", "0")
    return int(text) if text.isdecimal() and len(text) < 3 else 0


def _turn(number: int) -> None:
    st.query_params["slide"] = str(number)


def show(
    slide: str,
    store: RunStore,
    comparison: Comparison,
    results: Sequence[Result],
    device: Device,
    colours: Mapping[str, str],
    include_contended: bool,
) -> None:
    means = present_frames.accuracies(results).sort_values("value", ascending=False, ignore_index=True)
    labels = [label for label in colours if label in set(means["label"])]
    guessed = _keep_guess(labels)
    if slide == GUESS:
        _guess(comparison, labels)
    elif slide == RANKING:
        _ranking(store, comparison, results, means, guessed)
    elif slide == ACCURACY:
        st.header("Who is right most often?")
        caption = "Mean over seeds at each one's best validation epoch; whisker: ± 1 standard deviation."
        _bars(means, "Test accuracy", ".1%", colours, False, caption)
    elif slide == PARAMETERS:
        st.header("How large are they?")
        _bars(present_frames.parameters(results), "Parameters", ",d", colours, True, "All weights of the model.")
    elif slide == SECONDS:
        st.header("How long does an epoch take?")
        frame = present_frames.seconds(results, device.name, include_contended)
        if frame.empty:
            st.info(f"Nothing of this line-up was timed on {plain(device.name)} while it was free.")
            return
        caption = f"Measured on {device.name}; training alone, without the first epoch."
        _bars(frame, "Seconds per epoch", ".2f", colours, True, caption)
    elif slide == CURVES:
        st.header("How do they get there?")
        frame = present_frames.curves(results)
        _chart(
            Plot(
                "Validation accuracy by epoch",
                "Lines: validation accuracy of each architecture by epoch",
                present_charts.curves,
                (frame, colours),
                frame,
                _mean_over(frame["n"]),
            )
        )
    else:
        _verdict(store, comparison, results)


def _lines(lines: Sequence[str]) -> None:
    """In large type; many of them in smaller type and two columns, so that all are on one screen."""
    if len(lines) <= MOST_LARGE:
        for line in lines:
            st.markdown(f"## {line}")
        return
    half = -(-len(lines) // 2)
    for column, part in zip(st.columns(2), (lines[:half], lines[half:]), strict=True):
        with column:
            for line in part:
                st.markdown(f"#### {line}")


def _keep_guess(labels: Sequence[str]) -> list[str]:
    """The guess outlives the slide on which it was made."""
    if "guess" in st.session_state:
        st.session_state["kept guess"] = st.session_state.guess
    return [label for label in st.session_state.get("kept guess", []) if label in labels]


def _guess(comparison: Comparison, labels: Sequence[str]) -> None:
    st.header("Which will be right most often?")
    what = "the next word of a sentence" if comparison.task == NEXT_WORD else "the class of a text"
    who = f"{count(len(labels), 'architecture')} {'tells' if len(labels) == 1 else 'tell'}"
    st.markdown(f"#### {plain(comparison.dataset.title)}: {who} {what}.")
    _lines([plain(label) for label in labels])
    st.multiselect(
        "Your guess, the best first", labels, default=st.session_state.get("kept guess", None), key="guess",
        placeholder="click the names in the order that you expect",
    )  # fmt: skip


def _ranking(store: RunStore, comparison: Comparison, results: Sequence[Result], means, guessed: Sequence[str]) -> None:
    st.header("The ranking")
    found = judged(store, results, comparison.task)
    by_label = dict(zip(means["label"], means["value"], strict=True))
    lines = []
    for place, label in enumerate(guess.ranking(by_label), start=1):
        told = f", guessed {guessed.index(label) + 1}." if label in guessed else ""
        lines.append(f"{place}. {plain(label)} :gray[{by_label[label]:.1%}{plain(told)}]")
    _lines(lines)
    undecided = {frozenset((each.better, each.other)) for each in found or [] if not each.is_different}
    if len(guessed) > 1:
        st.markdown(f"#### {plain(guess.sentence(guess.judge(guessed, by_label, undecided)))}")
    if undecided:
        st.caption(f"{count(len(undecided), 'pair')} cannot be told apart by these runs; see the last slide.")


def _bars(
    frame: pd.DataFrame, title: str, number: str, colours: Mapping[str, str], from_zero: bool, caption: str
) -> None:
    told = "; ".join(f"{label} {value:{number}}" for label, value in zip(frame["label"], frame["value"], strict=True))
    values = (frame, title, number, colours, from_zero)
    _chart(Plot(title, f"Bars: {title.lower()}. {told}", present_charts.bars, values, frame, caption))


def _chart(plot: Plot) -> None:
    """What is not for the room, to take the chart away, stands last and small."""
    draw(plot)
    st.caption(plain(plot.caption))
    offer(plot)


def _mean_over(seeds: pd.Series) -> str:
    least, most = int(seeds.min()), int(seeds.max())
    return f"Mean over {count(most, 'seed') if least == most else f'{least} to {most} seeds'}."


def _verdict(store: RunStore, comparison: Comparison, results: Sequence[Result]) -> None:
    st.header("What can be said?")
    found = judged(store, results, comparison.task)
    if found is None:
        held_out_view.offer_to_read(
            store,
            comparison.dataset,
            "To judge what these runs predicted, their test texts have to be read",
            "read_present",
        )
        return
    for verdict in found[:6]:
        st.markdown(f"### {plain(verdict.sentence)}")
    if unlike := likeness.sentence_on_tokens(comparison, results):
        st.caption(plain(unlike))
    if not found:
        st.info("Two architectures with kept predictions are the least.")
