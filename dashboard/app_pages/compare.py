"""Compare: choose a line-up, train what is not cached, and see what each architecture costs and buys."""

import streamlit as st

from cache.results import fetch
from dashboard import (
    address,
    arrival,
    ask_view,
    board_options,
    board_view,
    budget_view,
    cost_view,
    curve_view,
    disagreement_view,
    line_up,
    live,
    overfitting_view,
    sentence,
    session,
    sidebar,
    takeaway,
    verdict_view,
    views,
)
from dashboard.colours import label_colours
from dashboard.cost_options import ACCURACY, choose_all_variants, choose_cost, choose_line_colours
from dashboard.curve_options import choose_curves
from dashboard.takeaway import Shown
from models.datasets import get_dataset

store, engine = session.store(), session.engine()
st.title("Compare architectures")
takeaway.restore(store)
notice = st.container()
address.show_problems("compare", address.choices(), address.ranges())
task = sidebar.choose_task()
shared = sidebar.choose_settings(task)
device = sidebar.choose_device(session.devices(engine))
with notice:
    st.caption(session.notice(device, engine))
    views.mark_generated(get_dataset(shared["dataset_name"]))
away = st.container(horizontal=True, vertical_alignment="center")
with away:
    takeaway.share_button(store)
architectures = line_up.choose_architectures(task)
if not architectures:
    st.info(
        "Pick one or more architectures above. Try Flatten, GRU and LSTM to begin with.", icon=":material/touch_app:"
    )
    live.others(store, set(), engine)
    st.stop()
with st.expander(
    "Hyperparameters, layers and sources", icon=":material/tune:", key="details_open", bind="query-params"
) as details:
    tabs = st.tabs([architecture.title for architecture in architectures])
    entries, before = [], line_up.chosen_before()
    is_seen = details.open or budget_view.is_open()
    for tab, architecture in zip(tabs, architectures, strict=True):
        with tab:
            if details.open:
                views.explanation(architecture)
            fields = is_seen or line_up.needs_fields(architecture, before)
            chosen = line_up.choose_variants(architecture) if fields else [line_up.plain_entry(architecture)]
            if details.open:
                views.layer_tables(line_up.make_comparison(shared, chosen, engine))
            entries += chosen

comparison = views.possible(line_up.make_comparison(shared, entries, engine), device)
if not comparison.entries:
    live.others(store, set(), engine)
    st.stop()
colours = label_colours(comparison.entries)
fingerprint = comparison.dataset.fingerprint(store.root / "tfds")
views.drawing(comparison, colours)
sentence.panel(store, comparison, fingerprint)
# What is left to train stands first and is drawn last, for it may ask for a rerun, and a widget that a rerun passes by
# loses its place in the URL.
training = st.container()
results = fetch(store, comparison, fingerprint, device.name) if fingerprint else []
with st.container():  # whatever it says, what is below keeps its place
    include_contended = views.contention(store, comparison, results, device)
wider, found, shown = comparison, results, Shown()


# What has settings of its own is drawn alone when one of them is changed, of what was read for the whole page.
@st.fragment
def leaderboard() -> None:
    st.subheader("Leaderboard")
    options = board_options.choose(task)
    shown.boards = board_view.show(comparison, fingerprint, results, device, include_contended, options)
    shown.link = takeaway.full_link()


@st.fragment
def curves() -> None:
    st.subheader("Curves")
    options = choose_curves(task, list(colours))
    shown.plots["curves"] = curve_view.curves(comparison, results, colours, options, device, include_contended)
    shown.link = takeaway.full_link()


@st.fragment
def costs() -> None:
    cost, tones = choose_cost(), label_colours(wider.entries)
    shown.plots["costs"] = cost_view.trade_off(found, tones, cost, device, include_contended)
    st.subheader("Variants")
    tones = None if choose_line_colours() == ACCURACY else tones
    shown.plots["variants"] = cost_view.variants(wider.entries, found, tones, device, include_contended)
    shown.link = takeaway.full_link()


leaderboard()
with st.container():
    shown.verdict, intervals = verdict_view.show(store, comparison, results, device, colours)
left, right = st.columns(2, gap="large")
with left:
    shown.plots["parameters"] = cost_view.parameters(comparison, colours)
with right:
    shown.plots["seconds"] = cost_view.seconds(results, colours, device, include_contended)
curves()
shown.reading = overfitting_view.show(results, task)
st.subheader("Accuracy against cost")
if choose_all_variants() and fingerprint:
    wider, found = cost_view.with_cached_variants(store, comparison, fingerprint, device)
costs()
if fingerprint:
    shown.budgets = budget_view.show(store, comparison, results, device, include_contended)
    shown.plots["verdict"] = intervals
    shown.plots["disagreement"] = disagreement_view.show(store, comparison, results, colours)
    ask_view.show(store, comparison, results, colours)
with training:
    if fingerprint:
        views.training(store, comparison, results, device, engine)
    else:
        views.download(store, comparison.dataset)
    live.others(store, {result.run.id for result in results if result.run}, engine)
with away:
    st.page_link("app_pages/present.py", label="Present to a room", icon=":material/co_present:",
                 query_params=arrival.address())  # fmt: skip
    if fingerprint:
        takeaway.files(comparison, results, shown, device)
