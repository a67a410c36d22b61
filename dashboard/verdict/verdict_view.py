"""The verdict of Compare: which of each pair is better, by how much and with what certainty, and what would decide the
rest.
"""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import streamlit as st

from cache.claims.evidence import version
from cache.core.formatting import count, points
from cache.execution.queue import RunRequest
from cache.results.results import Result, fetch, missing_work
from cache.results.verdicts import Verdict
from cache.store.store import RunStore
from dashboard.charts.compared import Compared
from dashboard.charts.plots import Plot
from dashboard.charts.plots import show as show_plot
from dashboard.disagreement import test_split_view
from dashboard.leaderboard import comparability
from dashboard.shell.markdown import escape_markdown
from dashboard.verdict import verdict_charts
from dashboard.verdict.pair_verdicts import verdicts_for
from dashboard.widgets import at_once, queueing, sidebar
from models.experiments.comparison import Comparison
from models.experiments.spec import RunSpec
from models.machine.devices import Device
from models.statistics.looks import in_words
from models.statistics.win_rate import MIN_SEEDS

SHOWN, LISTED, DRAWN = 6, 10, 30
METHOD = (
    "The answers of every run to the test examples are kept, at its best validation epoch. For each pair of "
    "architectures and each seed, an answer is correct or not; the differences form a table of seeds by test "
    "texts, in which all next words of a text count as one value. The mean of this table is the difference in test "
    "accuracy. Other seeds or other test texts would give another mean. A two-way analysis of variance combines both "
    "kinds of variation; in the interval, each has Student’s quantile for its own degrees of freedom (Banerjee). With "
    "a probability of 95%, all intervals of this line-up contain the true difference, at every number of seeds at "
    "which a verdict is read: {looks} (Bonferroni: each of {pairs} has a level of {level:.2%}). Seeds in between do "
    "not count until the next of these numbers is reached. A pair is called different if its interval does not "
    "contain 0, and equal within {margin} if the whole interval lies within that margin (two one-sided tests). The "
    "number of seeds needed is computed as if further runs were like these. How often a new training of one beats a "
    "new training of the other is counted over all pairs of their trainings, with Newcombe’s interval, from {least} "
    "seeds on."
)
SECONDS = (
    " Seconds are those of {device}, training only. Their ratio is that of the geometric means, over as many "
    "timed seeds of each, and has Welch’s interval for the logarithms."
)
STEPS = f"Seeds come in steps ({in_words()}): looking after every seed would find differences where there are none."


def show(store: RunStore, compared: Compared, margin: float) -> tuple[list[str], list[Plot]]:
    """Draw the verdict on each pair.

    Args:
        store: The cache.
        compared: The comparison.
        margin: A difference of accuracies, 0 to 1, within which two count as equal.

    Returns:
        (sentences on pairs and method, the chart of all pairs). Both are empty if nothing can be decided.
    """
    comparison, results, device = compared.comparison, compared.results, compared.device
    if len({result.label for result in results if result.is_cached}) < 2:
        return [], []
    st.subheader("Verdict")
    found = verdicts_for(store, results, comparison.task, device.name, margin, compared.include_contended)
    if found is None:
        test_split_view.offer_to_read(store, comparison.dataset, "read_test")
        return [], []
    if not found:
        st.caption("No pair has predictions for the same seed in this cache.")
        return [], []
    st.caption(f"{_tally(found)} {STEPS}")
    unlike = comparability.sentence_on_tokens(comparison, results)
    has_seconds = any(verdict.seconds for verdict in found)
    if unlike:
        st.caption(escape_markdown(unlike))
    # The page says the second beside the toggle and below the charts; a report has no toggle.
    notes = [*filter(None, [unlike, compared.note_on_disturbed if has_seconds else ""])]
    missing = _missing(store, comparison, found[:SHOWN], device)
    for verdict in found[:SHOWN]:
        _say(store, comparison, verdict, device, missing.get((verdict.better, verdict.other), []))
    plot = Plot(
        "Differences in test accuracy",
        "Points with intervals: by how many points of test accuracy each is better than the other",
        verdict_charts.intervals,
        (found[:DRAWN], compared.colours),
        verdict_charts.intervals_frame(found[:DRAWN], compared.colours),
        "Simultaneous 95% intervals." + (f" The {DRAWN} clearest pairs." if len(found) > DRAWN else ""),
    )
    method = METHOD.format(
        pairs=len(found), level=found[0].level, looks=in_words(), margin=points(margin), least=MIN_SEEDS,
    )  # fmt: skip
    if has_seconds:
        method += SECONDS.format(device=device.name)
    what = f"All {len(found)} pairs, and the method" if len(found) > 1 else "The method"
    with st.expander(what, icon=":material/balance:", key="pairs_open", bind="query-params") as expander:
        if expander.open:
            show_plot(plot)
            if len(found) > DRAWN:
                st.caption(f"The {DRAWN} clearest pairs are drawn; all are in the list.")
            st.caption(escape_markdown(method))
            with st.container(height=400 if len(found) > LISTED else "content", border=len(found) > LISTED):
                st.markdown("\n".join(f"- {escape_markdown(_whole(verdict))}" for verdict in found))
    return [*map(_whole, found), *notes, method], [plot]


def _tally(found: Sequence[Verdict]) -> str:
    """Such as "Differences in test accuracy, …: 2 of 6 pairs can be told apart, 1 is equal within 1 point."."""
    different = sum(verdict.is_different for verdict in found)
    equal = sum(verdict.is_equal and not verdict.is_different for verdict in found)
    within = points(found[0].margin)
    more = f", {equal} {'is' if equal == 1 else 'are'} equal within {within}" if equal else ""
    return (
        f"Differences in test accuracy, with simultaneous 95% intervals: {different} of {count(len(found), 'pair')} "
        f"can be told apart{more}."
    )


def _whole(verdict: Verdict) -> str:
    return f"{verdict.sentence} {verdict.details}".strip()


def _say(
    store: RunStore, comparison: Comparison, verdict: Verdict, device: Device, missing: Sequence[RunRequest]
) -> None:
    """The sentence on a pair, with a button that trains the seeds of the next look."""
    icon = ":material/trophy:" if verdict.is_different else ":material/balance:"
    key, needed = f"settle {verdict.better} {verdict.other}", verdict.next_seeds
    text = f"{icon} {escape_markdown(verdict.sentence)}"
    if verdict.details:
        text += f"  \n:small[:gray[{escape_markdown(verdict.details)}]]"
    if not needed or needed <= comparison.num_seeds:
        st.markdown(text)
        queueing.offer(store, [], key)
        return
    place = queueing.row_with_button(text)
    if not missing:
        place.button(f"Show {needed} seeds", key=f"show {key}", on_click=st.session_state.update,
                     args=({"seeds": needed},))  # fmt: skip
    queueing.offer(store, missing, key, f"Train {{}} to {needed} seeds", place=place, settings={"seeds": needed})


def _missing(
    store: RunStore, comparison: Comparison, verdicts: Sequence[Verdict], device: Device
) -> dict[tuple[str, str], list[RunRequest]]:
    """For each pair, by its two names, the runs that the next look needs."""
    wanted = {
        (each.better, each.other): each.next_seeds
        for each in verdicts
        if each.next_seeds and each.next_seeds > comparison.num_seeds
    }
    if not wanted:
        return {}
    fingerprint = comparison.dataset.fingerprint(store.root / "tfds") or ""
    how, num_seeds = (sidebar.keeps_weights(), at_once.is_chosen(device)), max(wanted.values())
    found = _work(store.root, version(store), comparison, num_seeds, fingerprint, device.name, how, store)
    return {
        pair: [
            RunRequest(
                spec, comparison.epochs, device.device_id, epochs_left=epochs, keep_weights=how[0], together=how[1]
            )
            for label in pair
            for spec, epochs in found[label]
            if spec.seed < num_seeds
        ]
        for pair, num_seeds in wanted.items()
    }


@st.cache_resource(show_spinner=False, max_entries=20)
def _work(
    root: Path,
    data: tuple,
    comparison: Comparison,
    num_seeds: int,
    fingerprint: str,
    device: str,
    how: tuple[bool, bool],
    _store: RunStore,
) -> dict[str, list[tuple[RunSpec, int]]]:
    """The missing runs of each entry for so many seeds; ``how`` says whether they keep weights and are trained together
    with others. Cached, since it takes a tenth of a second.
    """
    results = fetch(_store, replace(comparison, num_seeds=num_seeds), fingerprint, device)
    by_label: dict[str, list[Result]] = {}
    for result in results:
        by_label.setdefault(result.label, []).append(result)
    return {label: missing_work(each, device, *how) for label, each in by_label.items()}
