"""The slides of Present: guess, then see one result at a time. The URL contains the slide and the guess."""

from collections.abc import Sequence
from math import comb

import streamlit as st

from cache.core.formatting import count
from cache.results.results import Result
from cache.results.verdicts import undecided
from cache.store.store import RunStore
from dashboard.charts.compared import Compared
from dashboard.charts.figures import seeds_in_words
from dashboard.charts.plots import Plot, offer
from dashboard.disagreement import test_split_view
from dashboard.leaderboard import comparability
from dashboard.present import guess, present_frames, present_plots
from dashboard.shell.markdown import escape_markdown
from dashboard.verdict import recommendation_view
from dashboard.verdict.pair_verdicts import verdicts_for
from dashboard.widgets import projector
from models.experiments.comparison import Comparison
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
SLIDE, OURS = "slide", "guess"
RANGES = {SLIDE: (0, len(SLIDES) - 1)}
MOST_LARGE, MOST_VERDICTS = 8, 6
"""The most lines, and the most sentences, that fit on a screen in large type."""


def step() -> str:
    """Draw the buttons and keys that change the slide, and return its name."""
    number = _from_address()
    back = (_go, (number - 1,)) if number else None
    on = (_go, (number + 1,)) if number < len(SLIDES) - 1 else None
    with st.container(horizontal=True, vertical_alignment="center"):
        st.button("Back", icon=":material/arrow_back:", key="back", shortcut="Left", on_click=_go, args=(number - 1,),
                  disabled=back is None)  # fmt: skip
        st.caption(f"{number + 1} of {len(SLIDES)}", width="stretch", text_alignment="center")
        st.button("Next", icon=":material/arrow_forward:", key="next", shortcut="Right", on_click=_go,
                  args=(number + 1,), disabled=on is None)  # fmt: skip
    projector.remote(back, on)
    return SLIDES[number]


def _from_address() -> int:
    """The slide in the URL; the first one if it names none, or one that does not exist."""
    text = st.query_params.get(SLIDE, "0")
    number = int(text) if text.isdecimal() and len(text) < 3 else 0
    return number if number < len(SLIDES) else 0


def _go(to: int) -> None:
    st.query_params[SLIDE] = str(to)


def show(slide: str, store: RunStore, compared: Compared, margin: float) -> None:
    """Draw a slide.

    Args:
        slide: Its name.
        store: The cache.
        compared: The comparison.
        margin: A difference of accuracies, 0 to 1, within which two count as equal.
    """
    comparison, results, device, colours = compared.comparison, compared.results, compared.device, compared.colours
    means = present_frames.accuracies(results).sort_values("value", ascending=False, ignore_index=True)
    labels = [label for label in colours if label in set(means["label"])]
    guessed = [label for label in dict.fromkeys(st.query_params.get_all(OURS)) if label in labels]
    if slide == GUESS:
        _guess(comparison, labels, guessed)
    elif slide == RANKING:
        _ranking(store, comparison, results, means, guessed)
    elif slide == ACCURACY:
        st.header("Which is right most often?", anchor=False)
        caption = "Mean over seeds at the best validation epoch of each run; line: ± 1 standard deviation."
        _chart(present_plots.bars(means, "Test accuracy", ".1%", colours, False, caption))
    elif slide == PARAMETERS:
        st.header("How large are they?", anchor=False)
        frame, caption = present_frames.parameters(results), "All weights of the model."
        _chart(present_plots.bars(frame, "Parameters", ",d", colours, True, caption))
    elif slide == SECONDS:
        st.header("How long does an epoch take?", anchor=False)
        frame = present_frames.seconds(results, device.name, compared.include_contended)
        if frame.empty:
            st.info(f"No run of this line-up was timed on {escape_markdown(device.name)} while nothing else used it.")
            return
        caption = f"{present_frames.timing(results, device.name, frame['n'])} {compared.note_on_disturbed}".strip()
        _chart(present_plots.bars(frame, "Seconds per epoch", ".2f", colours, True, caption))
    elif slide == CURVES:
        st.header("How do they learn?", anchor=False)
        frame = present_frames.curves(results)
        _chart(present_plots.curves(frame, colours, f"Mean over {seeds_in_words(frame['n'])}."))
    else:
        _verdict(store, compared, margin)


def _lines(lines: Sequence[str]) -> None:
    """Lines in large type; many of them in smaller type and two columns, so that all fit on the screen."""
    if len(lines) <= MOST_LARGE:
        for line in lines:
            st.markdown(f"### {line}")
        return
    half = -(-len(lines) // 2)
    for column, part in zip(st.columns(2), (lines[:half], lines[half:]), strict=True):
        with column:
            for line in part:
                st.markdown(f"#### {line}")


def _guess(comparison: Comparison, labels: Sequence[str], guessed: Sequence[str]) -> None:
    st.header("Which will be right most often?", anchor=False)
    what = "the next word of a sentence" if comparison.task == NEXT_WORD else "the class of a text"
    who = f"{count(len(labels), 'architecture')} {'predicts' if len(labels) == 1 else 'predict'}"
    st.markdown(f"#### {escape_markdown(comparison.dataset.title)}: {who} {what}.")
    st.caption("Choose them in the order that you expect, the best first. Choose one again to remove it.")
    puts = {label: (_put, (label, guessed)) for label in labels}
    projector.choices("order", {label: label for label in labels}, guessed, True, puts)


def _put(label: str, guessed: Sequence[str]) -> None:
    """Add a label to the guess; choosing it again removes it."""
    st.query_params[OURS] = [each for each in guessed if each != label] if label in guessed else [*guessed, label]


def _ranking(store: RunStore, comparison: Comparison, results: Sequence[Result], means, guessed: Sequence[str]) -> None:
    found = verdicts_for(store, results, comparison.task) or []
    open_pairs = [each for each in found if not each.is_different]
    by_label = dict(zip(means["label"], means["value"], strict=True))
    beaten = [(each.better, each.other) for each in found if each.is_different]
    is_open = not beaten
    st.header("These runs cannot rank them" if is_open else "The ranking", anchor=False)
    lines = []
    as_chosen = [entry.label for entry in comparison.entries if entry.label in by_label]
    for label in as_chosen if is_open else guess.ranking(by_label):
        values_text = f", guessed as number {guessed.index(label) + 1}" if label in guessed else ""
        number = "" if is_open else f"{guess.places(label, by_label, beaten)}. "
        lines.append(f"{number}{escape_markdown(label)} :gray[{by_label[label]:.1%}{escape_markdown(values_text)}]")
    _lines(lines)
    if len(guessed) > 1 and not is_open:  # else the sentence below contains it
        pairs = {frozenset((each.better, each.other)) for each in open_pairs}
        st.markdown(f"#### {escape_markdown(guess.sentence(guess.score_ranking(guessed, by_label, pairs)))}")
    if open_pairs:
        st.markdown(f"#### {escape_markdown(undecided(open_pairs, comb(len(by_label), 2)))}")


def _chart(plot: Plot) -> None:
    """Draw a chart, and the button that downloads it at the end, since the room does not need it."""
    projector.draw(plot)
    offer(plot)


def _verdict(store: RunStore, compared: Compared, margin: float) -> None:
    comparison, results, device = compared.comparison, compared.results, compared.device.name
    st.header("Which one to take?", anchor=False)
    found = verdicts_for(store, results, comparison.task, device, margin, compared.include_contended)
    if found is None:
        test_split_view.offer_to_read(store, comparison.dataset, "read_present")
        return
    if advice := recommendation_view.sentence(store, compared, margin):
        st.markdown(f"### {escape_markdown(advice)}")
    decided = [each for each in found if each.is_decided]
    for verdict in decided[:MOST_VERDICTS]:
        st.markdown(f"#### {escape_markdown(verdict.sentence)}")
    if len(decided) > MOST_VERDICTS:
        st.markdown(f"#### {len(decided) - MOST_VERDICTS:,} more pairs are decided: see Compare.")
    if open_pairs := [each for each in found if not each.is_decided]:
        st.markdown(f"#### {escape_markdown(undecided(open_pairs, len(found)))}")
    if unlike := comparability.sentence_on_tokens(comparison, results):
        st.caption(escape_markdown(unlike))
    if not found:
        st.info("At least two architectures with saved predictions are needed.")
