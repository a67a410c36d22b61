"""The guided tour for a room: a question in large type, a guess, the measurement, and the room's score. Each step fits
on a projector's screen.
"""

from collections.abc import Callable, Sequence
from zlib import crc32

import streamlit as st

from cache.core.formatting import count, too_long
from cache.store.runs import QUEUED, RUNNING
from cache.tasks.text_tasks import ReadTestTexts
from dashboard.charts.plots import Plot, offer
from dashboard.disagreement import test_split_view
from dashboard.present import guess
from dashboard.shell import links, pages, render_slots, session
from dashboard.shell.markdown import escape_markdown
from dashboard.studies import study_frames
from dashboard.tour import tour_reveals, tour_state, tour_training
from dashboard.tour.tour_answers import Question
from dashboard.tour.tour_questions import StepContext
from dashboard.tour.tour_steps import CHOICE, MEMORY, NUMBERS, PARAMETERS, RANKING, STEPS, TRAIN, Step, minutes_left
from dashboard.widgets import inside_link, projector, sentence
from models.experiments.memory_series import SERIES

MAX_CHARACTERS = 300
ICON = {True: ":green[:material/check_circle:]", False: ":red[:material/cancel:]", None: ":material/balance:"}
"""The mark of a guess: right, wrong, or undecided."""
KEYS = "Keys: 1 to 6 guess. → or Page Down shows the answer, then the next step. ← or Page Up goes back."


def navigation(step: Step, is_waiting: bool) -> None:
    """Draw the progress of the lesson and the buttons to other steps.

    Args:
        step: The step.
        is_waiting: Whether its answer is hidden. Then the keys for the next step show the answer instead.
    """
    number = STEPS.index(step)
    is_last = number == len(STEPS) - 1
    left = count(minutes_left(number), "minute")
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.button("Back", icon=":material/arrow_back:", key="back", shortcut="Left", on_click=tour_state.go,
                  args=(number - 1,), disabled=number == 0)  # fmt: skip
        st.caption(
            f"**{number + 1} of {len(STEPS)}**, {'optional, ' * step.optional}about {left} left",
            width="stretch", text_alignment="center",
        )  # fmt: skip
        with st.popover("Steps", icon=":material/list:", type="tertiary"):
            for place, each in enumerate(STEPS):
                st.button(f"{place + 1}. {each.title} ({each.minutes} min)", key=f"step {each.name}", type="tertiary",
                          on_click=tour_state.go, args=(place,), disabled=each == step)  # fmt: skip
            st.button("Start over", icon=":material/replay:", key="start_over", on_click=tour_state.start_over)
        st.button("Next", icon=":material/arrow_forward:", key="next", shortcut=None if is_waiting else "Right",
                  on_click=tour_state.go, args=(number + 1,), disabled=is_last)  # fmt: skip
    on = (tour_state.reveal, (step,)) if is_waiting else None if is_last else (tour_state.go, (number + 1,))
    projector.remote((tour_state.go, (number - 1,)) if number else None, on)
    if number == 0 and not tour_state.is_seen(step):
        st.caption(
            f"A lesson of about {minutes_left(0)} minutes. First you guess, then you see what was measured. {KEYS}"
        )


def sentence_of_the_room(step: Step) -> str:
    """Ask for a sentence and return it; the default if it is too long."""
    # A container of another name makes the field anew, so that after Enter the keys belong to the lesson again.
    with st.container(key=f"sentence_{crc32(st.session_state.get('sentence', '').encode())}"):
        text = st.text_input(
            "Your sentence", sentence.SENTENCE, key="sentence", bind="query-params", disabled=tour_state.is_seen(step)
        )
    if problem := too_long(text, MAX_CHARACTERS):
        st.info(f"{problem} Until then this step uses the sentence it began with.", icon=":material/segment:")
        return sentence.SENTENCE
    return text


def prepare(context: StepContext) -> None:
    """Start tasks that later steps need: a vocabulary and the classes of the test texts.

    It happens once a visit, and only while no training could be disturbed.
    """
    if (
        st.session_state.get("tour prepared")
        or session.training_problem(context.store)
        or context.store.runs([QUEUED, RUNNING])
        or context.step.study != "line_up"
        or context.step.name == TRAIN
    ):
        return
    st.session_state["tour prepared"] = True
    file, comparison = tour_reveals.vocabulary_file(context), context.comparison
    with render_slots.release():
        if not file.exists():
            sentence.task_for(comparison, [comparison.encoding]).start(context.store)
        if (
            any(result.is_cached for result in context.results)
            and test_split_view.classes(context.store, context.results) is None
        ):
            ReadTestTexts(comparison.dataset_name).start(context.store)


def show(context: StepContext, question: Question | None) -> Plot | None:
    """Draw a step, and return its chart if it has one.

    Args:
        context: The step with its data.
        question: Its question; None if too few runs are cached.
    """
    if question is None:
        _missing(context)
    elif tour_state.is_seen(context.step):
        words, shows = st.columns([2, 3], gap="medium")
        with words:
            _answer(context, question)
        with shows:
            return tour_reveals.draw(context, question)
    else:
        _choices(context.step, question)
        st.button("Show the answer", type=session.primary_button_type(), icon=":material/visibility:", key="reveal",
                  shortcut="Right", on_click=tour_state.reveal, args=(context.step,))  # fmt: skip
    return None


def _missing(context: StepContext) -> None:
    runs = context.study.runs
    num_cached = sum(result.is_cached for result in runs)
    st.info(
        f"There are not enough runs for an answer: {num_cached:,} of {count(len(runs), 'run')} cached. Train the "
        "missing ones, or go to the next step.",
        icon=":material/model_training:",
    )
    if context.step.name == MEMORY:
        return  # its page has them all
    with st.container(horizontal=True):
        named = zip(context.study.comparisons, context.study.results, study_frames.line_ups(context.study), strict=True)
        for comparison, results, name in named:
            if any(result.is_missing for result in results):
                pages.link(
                    "compare", f"Train: {name}", links.comparison_query(comparison), icon=":material/play_arrow:"
                )


def _choices(step: Step, question: Question) -> None:
    """The answers, each with a button that a key presses, too."""
    guessed = tour_state.guess(step, list(question.choices))
    is_ranking = question.means is not None
    if question.given:
        st.markdown(f"#### {question.given}")
    if is_ranking:
        st.caption("Choose them in the order that you expect, the best first. Choose one again to remove it.")
    put = tour_state.put if is_ranking else tour_state.choose
    more = (list(question.choices),) if is_ranking else ()
    projector.choices(
        step.name, question.choices, guessed, is_ranking, {key: (put, (step, key, *more)) for key in question.choices}
    )


def _answer(context: StepContext, question: Question) -> None:
    """The answer, the guess and the measurement, in words."""
    guessed = tour_state.guess(context.step, list(question.choices))
    words = " or ".join(escape_markdown(choice) for key, choice in question.choices.items() if key in question.right)
    if words:
        st.markdown(f"### {words}")
    elif question.is_open:
        st.markdown("### These runs cannot tell")
    if guessed:
        choice = ", ".join(escape_markdown(question.choices[key]) for key in guessed)
        st.markdown(f"#### {ICON[question.is_right(guessed)]} Our guess: {choice}{_score_text(question, guessed)}")
    for found in question.found:
        st.markdown(found)
    if len(question.right) > 1 and context.step.name not in (CHOICE, NUMBERS):
        st.markdown("More than one answer counts as right: the runs of different seeds differ too much to decide.")
    if context.step.name in (RANKING, CHOICE):
        tour_reveals.offer_to_read_texts(context)
    runs = context.study.runs if context.step.study != "line_up" else context.results
    num_cached = sum(result.is_cached for result in runs)
    if num_cached < len(runs) and context.step.name not in (NUMBERS, PARAMETERS):
        st.caption(f"From the {num_cached:,} of {count(len(runs), 'run')} that are cached.")


def _score_text(question: Question, guessed: Sequence[str]) -> str:
    if question.means is None or len(guessed) < 2:
        return ""
    return f". {escape_markdown(guess.sentence(guess.score_ranking(guessed, question.means, question.undecided)))}"


def bottom(context: StepContext, plot: Plot | None, is_shown: bool, score: Callable[[], None] | None) -> None:
    """Draw the buttons below a step.

    Args:
        context: The step with its data.
        plot: The chart that can be downloaded.
        is_shown: Whether the answer is shown and can be hidden.
        score: Draws the room's score, at the last step.
    """
    step = context.step
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        if is_shown:
            st.button("Hide it again", icon=":material/visibility_off:", key="hide", type="tertiary",
                      on_click=tour_state.hide, args=(step,))  # fmt: skip
        if plot:
            offer(plot)
        if score:
            score()
        pages.link(step.page, f"See more: {step.more}", _query(context), width="content")
        if step.name not in (NUMBERS, PARAMETERS, TRAIN):
            inside_link.show(context.store, context.results, "See inside these models")
        st.link_button("Teacher’s notes", tour_state.notes_address(step), icon=":material/school:", type="tertiary",
                       help="Opens a second window, which you do not project")  # fmt: skip


def _query(context: StepContext) -> dict[str, str | list[str]]:
    """The URL parameters of the page that shows more."""
    step = context.step
    if step.name == MEMORY:
        return links.memory_query(SERIES[0], context.comparison)
    comparison = tour_training.comparison_of(context) if step.name == TRAIN else context.comparison
    query = links.comparison_query(comparison) | step.query
    return query | {"sentence": context.text} if step.name == NUMBERS else query


def summary(contexts: Sequence[StepContext]) -> None:
    """Show how many guesses were right, among the steps whose answers were shown."""
    rows = []
    for context in contexts:
        question = context.question if tour_state.is_seen(context.step) else None
        if question and (guessed := tour_state.guess(context.step, list(question.choices))):
            rows.append((context.step, question.is_right(guessed)))
    scored = [is_right for _, is_right in rows if is_right is not None]
    score = f"{sum(scored)} of {len(scored)} guesses were right" if scored else "These runs cannot tell"
    if not rows:
        score = "Nothing was guessed this time"
    with st.popover(f"Our score: {score}", icon=":material/emoji_events:"):
        if not rows:
            st.markdown("Start over, and guess before you show the answer.")
        words = {True: "right", False: "wrong", None: "these runs cannot tell"}
        st.markdown("\n".join(f"- {ICON[is_right]} {step.title} ({words[is_right]})" for step, is_right in rows))
        st.button("Start over", icon=":material/replay:", key="again", on_click=tour_state.start_over)
