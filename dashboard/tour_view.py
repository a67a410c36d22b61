"""The guided tour as a room sees it: a question in large type, a guess, what was measured, and how the room did."""

from collections.abc import Sequence

import streamlit as st

from cache.reading import start_reading
from cache.runs import QUEUED, RUNNING
from cache.tokenizing import Tokenizing
from cache.wording import count
from dashboard import guess, held_out_view, links, sentence, session, study_frames, tour_reveals, tour_state
from dashboard.plain import plain
from dashboard.tour_answers import Poll
from dashboard.tour_polls import Stop
from dashboard.tour_steps import CHOICE, MEMORY, NUMBERS, PARAMETERS, STEPS, Step, minutes_left

MAX_CHARACTERS = 300
MOST_LARGE = 4
"""Sentences in large type; more of them would not fit on a screen."""
ICONS = {"compare": ":material/compare_arrows:", "memory": ":material/psychology:", "present": ":material/co_present:"}
ICON = {True: ":green[:material/check_circle:]", False: ":red[:material/cancel:]", None: ":material/balance:"}
"""Of a guess: right, wrong, or not to be judged."""
KEYS = "Keys: 1 to 6 guess, → reveals and goes on, ← goes back."


def turn(step: Step, is_waiting: bool) -> None:
    """Where the lesson stands, and the ways through it. While the answer is waiting to be revealed, the key that goes
    on belongs to the button that does it."""
    number = STEPS.index(step)
    left = count(minutes_left(number), "minute")
    with st.container(horizontal=True, vertical_alignment="center"):
        st.button("Back", icon=":material/arrow_back:", key="back", shortcut="Left", on_click=tour_state.go,
                  args=(number - 1,), disabled=number == 0)  # fmt: skip
        st.caption(f"**{number + 1} of {len(STEPS)}**, about {left} left", width="stretch", text_alignment="center")
        with st.popover("Steps", icon=":material/list:", type="tertiary"):
            for place, each in enumerate(STEPS):
                st.button(f"{place + 1}. {each.title} ({each.minutes} min)", key=f"step {each.name}", type="tertiary",
                          on_click=tour_state.go, args=(place,), disabled=each == step)  # fmt: skip
            st.button("Start over", icon=":material/replay:", key="start_over", on_click=tour_state.start_over)
        st.button("Next", icon=":material/arrow_forward:", key="next", shortcut=None if is_waiting else "Right",
                  on_click=tour_state.go, args=(number + 1,), disabled=number == len(STEPS) - 1)  # fmt: skip
    if number == 0:
        minutes = sum(each.minutes for each in STEPS)
        st.markdown(f"A lesson of about {minutes} minutes: guess first, then see what was measured. {KEYS}")


def sentence_of_the_room(step: Step) -> str:
    return st.text_input(
        "A sentence of yours", sentence.SENTENCE, max_chars=MAX_CHARACTERS, key="sentence", bind="query-params",
        disabled=tour_state.is_seen(step),
    )  # fmt: skip


def prepare(stop: Stop) -> None:
    """Has made, while the room still guesses, what later steps need besides runs: a vocabulary, and the classes of the
    test texts. Once a visit, and only where no training is disturbed by it."""
    if (
        st.session_state.get("tour prepared")
        or session.training_problem(stop.store)
        or stop.store.runs([QUEUED, RUNNING])
        or stop.step.study != "line_up"
    ):
        return
    st.session_state["tour prepared"] = True
    file, comparison = tour_reveals.vocabulary_file(stop), stop.comparison
    if not file.exists():
        making = st.session_state.setdefault("tokenizing", {})
        making[(file,)] = Tokenizing(
            stop.store, comparison.dataset_name, comparison.vocabulary_examples, [comparison.encoding]
        )
    if any(result.is_cached for result in stop.results) and held_out_view.classes(stop.store, stop.results) is None:
        start_reading(stop.store, comparison.dataset_name)


def show(stop: Stop, poll: Poll | None) -> None:
    if poll is None:
        _missing(stop)
    elif tour_state.is_seen(stop.step):
        _revealed(stop, poll)
    else:
        _choices(stop.step, poll)
        st.button("Reveal", type=session.prominent(), icon=":material/visibility:", key="reveal", shortcut="Right",
                  on_click=tour_state.reveal, args=(stop.step,))  # fmt: skip
    with st.expander("For the teacher", icon=":material/school:"):
        st.markdown(stop.step.say)
    _deeper(stop)


def _missing(stop: Stop) -> None:
    runs = stop.studied.runs
    num_cached = sum(result.is_cached for result in runs)
    st.info(
        f"Too little is cached to reveal anything here: {num_cached:,} of {count(len(runs), 'run')}. Train what is "
        "missing, or go on; the other steps do without.",
        icon=":material/model_training:",
    )
    if stop.step.name == MEMORY:
        return  # its page has them all
    with st.container(horizontal=True):
        named = zip(stop.studied.comparisons, stop.studied.results, study_frames.line_ups(stop.studied), strict=True)
        for comparison, results, name in named:
            if any(result.is_missing for result in results):
                st.page_link("app_pages/compare.py", label=f"Train: {name}", icon=":material/play_arrow:",
                             query_params=links.comparison_query(comparison))  # fmt: skip


def _choices(step: Step, poll: Poll) -> None:
    """Each in type that can be read from the last row, with a button that a key presses, too."""
    guessed = tour_state.guess(step, list(poll.choices))
    is_ranking = poll.means is not None
    if poll.given:
        st.markdown(f"#### {poll.given}")
    if is_ranking:
        st.caption("Guess in the order that you expect, the best first; once more takes one out.")
    for place, (key, words) in enumerate(poll.choices.items(), start=1):
        with st.container(horizontal=True, vertical_alignment="center"):
            st.button(
                "Guess", key=f"choice {step.name} {key}", shortcut=str(place), help=f"Guess: {plain(words)}",
                type=session.prominent() if key in guessed else "secondary",
                on_click=tour_state.put if is_ranking else tour_state.choose,
                args=(step, key, list(poll.choices)) if is_ranking else (step, key),
            )  # fmt: skip
            st.markdown(f"### {plain(words)}{_mark(guessed, key, is_ranking)}", width="stretch")


def _mark(guessed: Sequence[str], key: str, is_ranking: bool) -> str:
    if key not in guessed:
        return ""
    return f" :blue[our number {guessed.index(key) + 1}]" if is_ranking else " :blue[:material/check: our guess]"


def _revealed(stop: Stop, poll: Poll) -> None:
    guessed = tour_state.guess(stop.step, list(poll.choices))
    words = " or ".join(plain(said) for key, said in poll.choices.items() if key in poll.right)
    if words:
        st.markdown(f"## {words}")
    elif poll.means is None:
        st.markdown("## These runs cannot tell")
    if len(poll.right) > 1 and stop.step.name not in (CHOICE, NUMBERS):
        st.caption("More than one counts as right, because the spread over seeds leaves it open.")
    if guessed:
        said = ", ".join(plain(poll.choices[key]) for key in guessed)
        st.markdown(f"#### {ICON[poll.is_right(guessed)]} Our guess: {said}{_judged(poll, guessed)}")
    tour_reveals.draw(stop, poll)
    is_short = len(poll.found) <= MOST_LARGE
    st.markdown("\n".join(f"{'#### ' if is_short else '- '}{each}" for each in poll.found))
    runs = stop.studied.runs if stop.step.study != "line_up" else stop.results
    num_cached = sum(result.is_cached for result in runs)
    if num_cached < len(runs) and stop.step.name not in (NUMBERS, PARAMETERS):
        st.caption(f"From the {num_cached:,} of {count(len(runs), 'run')} that are cached.")
    st.button("Hide it again", icon=":material/visibility_off:", key="hide", type="tertiary",
              on_click=tour_state.hide, args=(stop.step,))  # fmt: skip


def _judged(poll: Poll, guessed: Sequence[str]) -> str:
    if poll.means is None or len(guessed) < 2:
        return ""
    return f". {plain(guess.sentence(guess.judge(guessed, poll.means, poll.undecided)))}"


def _deeper(stop: Stop) -> None:
    step = stop.step
    if step.name == MEMORY:
        query = links.memory_query(stop.studied.comparisons)
    else:
        query = links.comparison_query(stop.comparison) | step.query
    if step.name == NUMBERS:
        query["sentence"] = stop.text
    st.page_link(f"app_pages/{step.page}.py", label=f"Deeper: {step.deeper}", icon=ICONS[step.page], query_params=query)


def summary(stops: Sequence[Stop]) -> None:
    """How the room did, of what it guessed and has seen the answer to."""
    st.header("How the room did")
    rows = []
    for stop in stops:
        if tour_state.is_seen(stop.step) and (poll := stop.poll):
            if guessed := tour_state.guess(stop.step, list(poll.choices)):
                rows.append((stop.step, poll.is_right(guessed)))
    judged = [is_right for _, is_right in rows if is_right is not None]
    if not rows:
        st.markdown("Nothing was guessed this time. Start over, and guess before you reveal.")
    else:
        st.markdown(f"## {sum(judged)} of {len(judged)} guessed right")
        says = {True: "right", False: "wrong", None: "these runs cannot tell"}
        st.markdown("\n".join(f"- {ICON[is_right]} {step.title} ({says[is_right]})" for step, is_right in rows))
    st.button("Start over", icon=":material/replay:", key="again", on_click=tour_state.start_over)
