"""The parts of the page Claims: which claims hold for the runs in the cache, why, and what would decide the rest."""

from collections.abc import Callable, Sequence
from functools import lru_cache, partial
from pathlib import Path

import numpy as np
import streamlit as st

from cache.claims import CLAIMS, groups
from cache.claims.claim_results import ClaimResult, PartResult, describe_measurement, evaluate_claim, outlook
from cache.claims.costs import SECONDS
from cache.claims.evidence import devices_of, gather, specs_of, version
from cache.claims.measurements import OVER_SEEDS_ALONE
from cache.claims.rules import DOES_NOT_HOLD, HOLDS, NOT_DECIDED, VERDICTS
from cache.core.formatting import count
from cache.results.results import Result
from cache.store.store import RunStore
from dashboard.charts import plots
from dashboard.charts.plots import Plot
from dashboard.claims import claims_frames
from dashboard.claims.claims_plots import plots_of
from dashboard.claims.claims_training import Trainer, offer
from dashboard.disagreement import test_split_view
from dashboard.shell import links, pages
from dashboard.shell.markdown import escape_markdown
from dashboard.widgets import inside_link
from models.data.datasets import get_dataset
from models.experiments.memory_series import SERIES
from models.experiments.studies import MEMORY, STUDIES
from models.machine.devices import Device
from models.statistics.looks import in_words
from models.statistics.paired_difference import MIN_SEEDS

Draw = Callable[[str], list[Plot]]
"""Draws the charts of a claim in a text colour, once for each colour."""
NEEDS_TEST_TEXTS = "imdb"
"""The dataset whose claims also depend on which test texts were classified correctly."""
LOOKS = {
    HOLDS: ("Holds", ":material/check_circle:", "green"),
    DOES_NOT_HOLD: ("Does not hold", ":material/cancel:", "red"),
    NOT_DECIDED: ("Not decided", ":material/help:", "grey"),
}
METHOD = f"""
Each claim is decided by figures, each with an interval over seeds, and each figure by a rule. The rules were fixed
before anything was measured; a rule that was added later says so. With a probability of 95%, all intervals of one claim
contain the true value at every number of seeds at which they are read: {in_words()} (Bonferroni). Seeds in between do
not count until the next of these numbers is reached, because looking after every seed would find differences where
there are none. Differences between architectures use Welch’s test, because runs of two architectures have only the
order of the texts in common. Ratios of seconds are differences of logarithms. Standard
deviations have chi-square intervals. Differences in test accuracy take seeds and test texts into account, as in the
verdict on Compare. Fewer than {MIN_SEEDS} seeds decide nothing. A claim holds if all its parts hold, and does not hold
if one of them does not. The number of seeds needed is computed as if further runs were like these. Seconds are those of
one device, measured while nothing else used it. Accuracies count from all devices; those of this device come first.
"""


def titles() -> list[str]:
    """List the titles of all claims."""
    return [claim.title for claim in CLAIMS.values()]


def devices(store: RunStore, here: Sequence[Device], backend: str) -> tuple[list[str], str]:
    """Find the devices whose seconds may count.

    Args:
        store: The cache.
        here: The devices of this machine.
        backend: The Keras backend.

    Returns:
        (the names of the devices, the default). The default is a device of this machine if no other has more runs, or
        if it has all of them; else the one with the most.
    """
    counts, num_asked = devices_of(store, groups(), backend)
    own = [device.name for device in here]
    names = list(dict.fromkeys([*counts, *own]))
    most = max(counts.values(), default=0)
    return names, next((name for name in own if counts.get(name, 0) in (most, num_asked)), names[0])


def choose_device(names: Sequence[str], default: str) -> str:
    """Ask for the device whose seconds count, if there are several."""
    if len(names) == 1:
        return default
    return st.selectbox(
        "Seconds measured on", names, names.index(default), key="measured_on", bind="query-params", width=420,
        help="Seconds of different devices are never mixed. Accuracies count from all devices; those of this "
             "device come first.",
    )  # fmt: skip


def choose_claim() -> list[str]:
    """Ask which claims to show, and return their names."""
    found = {claim.title: claim.name for claim in CLAIMS.values()}
    picked = st.pills(
        "Show one claim alone", list(found), key="claim", bind="query-params",
        help="Without a choice, all claims are shown.",
    )  # fmt: skip
    return [found[picked]] if picked else list(found.values())


def claim_results(store: RunStore, backend: str, device: str) -> list[tuple[ClaimResult, Draw]]:
    """Evaluate every claim. The results are cached until something in the cache changes.

    Args:
        store: The cache.
        backend: The Keras backend.
        device: The name of the device whose seconds count.

    Returns:
        For each claim its result and the function that draws its charts.
    """
    asked = [
        Result(group.label, specs_of(group, backend, _fingerprint(store))[0], group.epochs)
        for group in groups()
        if group.dataset == NEEDS_TEST_TEXTS
    ]
    classes = test_split_view.classes(store, asked)
    return _claim_results(store.root, version(store), backend, device, classes is not None, store, classes)


@st.cache_resource(show_spinner=False, max_entries=4)
def _claim_results(
    root: Path,
    data: tuple,
    backend: str,
    device: str,
    is_known: bool,
    _store: RunStore,
    _classes: np.ndarray | None,
) -> list[tuple[ClaimResult, Draw]]:
    evidence = gather(_store, groups(), backend, device, {NEEDS_TEST_TEXTS: _classes})
    found = [evaluate_claim(claim, evidence) for claim in CLAIMS.values()]
    return [(claim_result, lru_cache(maxsize=4)(partial(_drawn, claim_result))) for claim_result in found]


def _drawn(claim_result: ClaimResult, text_color: str) -> list[Plot]:
    return [plot.with_text_color(text_color) for plot in plots_of(claim_result)]


def _fingerprint(store: RunStore) -> str:
    return get_dataset(NEEDS_TEST_TEXTS).fingerprint(store.root / "tfds") or ""


def summary(found: Sequence[ClaimResult], device: str) -> None:
    """Show how many claims hold, by how many runs, and a line for each."""
    numbers = {verdict: sum(each.verdict == verdict for each in found) for verdict in VERDICTS}
    runs = {run_id for each in found for run_id in each.run_ids}
    held, not_held, undecided = (numbers[verdict] for verdict in (HOLDS, DOES_NOT_HOLD, NOT_DECIDED))
    by = (
        f"by {count(len(runs), 'run')}; seconds on {escape_markdown(device)}"
        if runs
        else "because nothing is trained yet"
    )
    st.markdown(
        f"**{held} of {count(len(found), 'claim')} {'holds' if held == 1 else 'hold'}, {not_held} "
        f"{'does' if not_held == 1 else 'do'} not, {undecided} {'is' if undecided == 1 else 'are'} not decided**, {by}."
    )
    lines = (
        f"- {badge(each.verdict)} [{each.claim.title}](#claim-{each.claim.name}): {each.claim.sentence}"
        for each in found
    )
    st.markdown("\n".join(lines))


def badge(verdict: str) -> str:
    """A verdict as Markdown: a word and an icon, so that it can be recognised without its colour."""
    word, icon, colour = LOOKS[verdict]
    return f":{colour}-badge[{icon} {word}]"


def offer_to_read(store: RunStore, found: Sequence[ClaimResult]) -> None:
    """Offer to read the test texts if some differences in accuracy were evaluated without them."""
    alone = any(
        each.measurement.remark == OVER_SEEDS_ALONE
        for claim_result in found
        for part_result in claim_result.part_results
        for each in part_result.measurements
    )
    if alone:
        why = (
            "Differences in test accuracy take only seeds into account so far: to include the test texts, these "
            "must be read"
        )
        test_split_view.offer_to_read(store, get_dataset(NEEDS_TEST_TEXTS), "read_for_claims", why)


def card(
    store: RunStore, claim_result: ClaimResult, drawn: Sequence[Plot], device: str, trainer: Trainer, backend: str
) -> None:
    """Draw a claim with its verdict, figures and charts, and a button for the missing runs.

    Args:
        store: The cache.
        claim_result: The result of the claim.
        drawn: Its charts.
        device: The name of the device whose seconds count.
        trainer: The device that trains.
        backend: The Keras backend.
    """
    claim = claim_result.claim
    with st.container(border=True, key=f"claim {claim.name}"):
        st.subheader(claim.title, anchor=f"claim-{claim.name}")
        st.markdown(f"{badge(claim_result.verdict)} :violet-badge[{claim.origin}]  \n**{claim.sentence}**")
        if claim.caveat:
            st.markdown(claim.caveat)
        if claim_result.run_ids:
            by, where = count(len(claim_result.run_ids), "run"), escape_markdown(", ".join(claim_result.devices))
            st.caption(f"By {by}, measured on {where}.")
        _on_which_tests(claim_result)
        shown = ""
        for part_result in claim_result.part_results:
            if part_result.part.on != shown:
                shown = part_result.part.on
                st.markdown(f"##### {shown}")
            _part_result(part_result)
        if claim is SECONDS:
            _published(claim_result, device)
        _evidence(drawn)
        what = "To decide what further seeds can decide:"
        offer(store, claim_result.work, device, trainer, f"decide {claim.name}", what)
        if claim_result.active:
            st.caption(f"{count(len(claim_result.active), 'run')} of this claim in training or waiting: see above.")
        _how(claim_result)
        _leads(store, claim_result, backend)


def _on_which_tests(claim_result: ClaimResult) -> None:
    """For each verdict, a sentence that lists the tests with it."""
    by_verdict = {
        verdict: [test for test, found in claim_result.by_test.items() if found == verdict] for verdict in VERDICTS
    }
    sentences = [f"{LOOKS[verdict][0]} on: {'; '.join(tests)}." for verdict, tests in by_verdict.items() if tests]
    if sentences:
        st.markdown(" ".join(sentences))


def _part_result(part_result: PartResult) -> None:
    """A part of the claim with its figures, and what would decide those that are open."""
    measurements = [
        ("" if len(part_result.measurements) == 1 else f"\n- {LOOKS[each.verdict][1]} ")
        + f"{escape_markdown(describe_measurement(each, part_result.part.unit))} {outlook(each)}"
        for each in part_result.measurements
    ]
    st.markdown(f"{badge(part_result.verdict)} {part_result.part.sentence}. {''.join(measurements)}")
    if stuck := part_result.stuck_sentence:
        st.caption(escape_markdown(stuck))


def _evidence(drawn: Sequence[Plot]) -> None:
    for start in range(0, len(drawn), 2):
        for column, plot in zip(st.columns(2, gap="large"), drawn[start : start + 2], strict=False):
            with column:
                heading = plot.title.partition(": ")[2]
                st.markdown(f"**{heading[0].upper()}{heading[1:]}**")
                plots.show(plot)
    if drawn:
        st.caption(
            "Dots: each seed; line across: their mean, with its 95% interval. Figures: the interval of each, and "
            "in green the zone in which it must lie. Circle: holds; square: does not hold; diamond: not decided."
        )


def _published(claim_result: ClaimResult, device: str) -> None:
    st.markdown("**Seconds per epoch, published and measured**")
    table = claims_frames.seconds_table(claim_result, device)
    st.dataframe(
        table, hide_index=True, width="stretch", height="content", placeholder="–",
        alt="Published seconds per epoch beside measured ones",
    )  # fmt: skip
    st.caption(
        "Published: from other people’s runs on an unknown device, so only the ratios can be compared. For Flatten "
        "only “the cheapest” is published. Measured: mean over seeds of each run’s median epoch after the first."
    )


def _how(claim_result: ClaimResult) -> None:
    with st.expander("How this is decided", icon=":material/balance:", key=f"how {claim_result.claim.name}"):
        rules: dict[str, list[str]] = {}
        for part_result in claim_result.part_results:
            part = part_result.part
            several = len(part_result.measurements) > 1
            all_or_one = " One figure that holds is enough." if part.any_is_enough else " All figures must hold."
            text = f"{part.rule.sentence(part.unit)} {part.why}{all_or_one * several}"
            rules.setdefault(text, []).append(f"*{part.sentence}*")
        listed = {text: "; ".join(dict.fromkeys(parts)) for text, parts in rules.items()}  # several tests have the same
        st.markdown("\n".join(f"- {parts}: {text}" for text, parts in listed.items()))
        st.markdown(
            f"With a probability of 95%, all {claim_result.num_intervals} intervals of this claim contain the true "
            f"value whenever they are read: each has a level of {claim_result.level:.2%}."
            if claim_result.num_intervals > 1
            else "With a probability of 95%, the only interval of this claim contains the true value whenever it is "
            f"read: it has a level of {claim_result.level:.2%}."
        )


def _leads(store: RunStore, claim_result: ClaimResult, backend: str) -> None:
    """Links to the runs, to their line-ups, and to the page Inside for models with weights."""
    with st.container(horizontal=True):
        if ids := claim_result.run_ids:
            pages.link("runs", f"The {count(len(ids), 'run')} used here", {"run": [str(run_id) for run_id in ids]})
        for name in claim_result.claim.studies:
            comparison = STUDIES[name].on(backend)[0]
            if name != MEMORY:
                pages.link("compare", f"Compare: {STUDIES[name].title}", links.comparison_query(comparison))
                continue
            for series in SERIES:
                pages.link("memory", f"Memory: {series.title}", links.memory_query(series, comparison))
        samples = [sample for part_result in claim_result.part_results for sample in part_result.samples]
        inside_link.show(store, [each for sample in samples for each in sample.results], "See inside these models")


def method() -> None:
    """Explain how claims are decided, in an expander."""
    with st.expander("How claims are decided", icon=":material/function:"):
        st.markdown(METHOD)
