"""Following links within one session, which has chosen something before."""

from urllib.parse import parse_qs

import pytest

from dashboard.shell import links
from dashboard.shell.defaults import DEFAULTS
from models.data.memory_tests import ONE_CUE, memory_dataset
from models.experiments.studies import STUDIES
from models.tasks import CLASSIFICATION
from tests.dashboard.pages import texts

MINE = {"models": ["LSTM", "SimpleRNN"], "epochs": "7", "seeds": "2", "examples": "2,500", "lstm.units": "64"}


def follow(app, page, **query):
    app.query_params.clear()
    for key, value in query.items():
        app.query_params[key] = value
    app.switch_page(f"app_pages/{page}.py").run()
    assert not app.exception
    return app


@pytest.mark.parametrize("task", DEFAULTS)
def test_a_new_session_is_asked_the_default_comparison(open_page, store, task):
    query = {} if task == CLASSIFICATION else {"task": "Predict the next word"}
    assert_asks(open_page("compare", **query), store, DEFAULTS[task])


def assert_asks(app, store, comparison):
    """What is trained by a click is the comparison."""
    app.button(key="train").click().run()
    wanted = comparison.specs(comparison.dataset.fingerprint(None))
    assert {run.identity for run in store.runs()} == {spec.identity for each in wanted.values() for spec in each}
    assert {run.epochs for run in store.runs()} == {comparison.epochs}


WORDS = {"task": "Predict the next word", "word_models": "Next word by GRU"}


COMPARISONS = [*DEFAULTS.values(), *(STUDIES[name].comparisons[0] for name in ("next_word", "layers"))]
QUICK = [(COMPARISONS[0], WORDS), (COMPARISONS[1], MINE), (COMPARISONS[2], WORDS), (COMPARISONS[3], MINE)]


@pytest.mark.parametrize(
    ("comparison", "mine"),
    [
        pytest.param(*pair, marks=() if pair in QUICK else pytest.mark.slow)
        for pair in ((comparison, mine) for comparison in COMPARISONS for mine in (MINE, WORDS))
    ],
)
def test_url_parameters_win_over_earlier_choices(open_page, store, comparison, mine):
    app = follow(open_page("compare", **mine), "home")
    follow(app, "compare", **links.comparison_query(comparison))
    assert_asks(app, store, comparison)


def test_what_a_link_leaves_open_stays_as_it_was_chosen(open_page):
    app = follow(open_page("compare", **MINE), "home")
    follow(app, "compare", epochs="5")  # which is the default
    assert (app.session_state["models"], app.session_state["epochs"]) == (["lstm", "simple_rnn"], 5)
    follow(follow(app, "home"), "compare")
    assert (app.session_state["models"], app.session_state["epochs"]) == (["lstm", "simple_rnn"], 5)
    assert app.session_state["lstm.units"] == 64


def test_after_a_link_a_choice_of_ones_own_counts(open_page):
    app = follow(open_page("home"), "compare", epochs="7")
    app.number_input(key="epochs").set_value(5).run()
    assert app.number_input(key="epochs").value == 5
    app.number_input(key="seeds").set_value(2).run()
    assert (app.number_input(key="epochs").value, app.number_input(key="seeds").value) == (5, 2)


@pytest.mark.parametrize("asked", [MINE, MINE | {"models": MINE["models"] * 2}])
def test_compare_and_present_show_the_same(open_page, asked):
    app = open_page("compare", **MINE)
    for page in ("present", "compare", "present"):  # the browser sends what both have bound, besides what the link says
        follow(app, page, **asked)
        assert (app.session_state["models"], app.session_state["epochs"]) == (["lstm", "simple_rnn"], 7)
        assert app.session_state["lstm.units"] == 64
        assert {key: app.query_params[key] for key in MINE} == MINE


def test_a_dataset_goes_along_from_data_to_compare_and_to_compose(open_page):
    app = open_page("data", dataset=ONE_CUE.choice, steps="10")
    for page in ("compare", "compose", "data"):
        follow(app, page, dataset=ONE_CUE.choice, steps="10")
        assert (app.session_state["dataset"], app.session_state["steps"]) == ("memory", 10)


def test_what_a_page_between_does_not_draw_is_not_lost(open_page):
    """Data binds the dataset, but not while one's own is added."""
    data = {"dataset": "Rotten Tomatoes sentences", "vocabulary": "3000"}
    app = follow(open_page("data", data_view="Your own data"), "compare", **data)
    follow(app, "data")
    assert app.segmented_control(key="data_view").value == "add"
    follow(app, "compare")
    assert app.selectbox(key="dataset").value == "rotten_tomatoes" and app.number_input(key="vocabulary").value == 3_000


def test_a_memory_test_is_for_classes(open_page):
    app = follow(open_page("compare", task="Predict the next word"), "data")
    follow(app, "compare", **links.dataset_query(memory_dataset(10)))
    assert app.selectbox(key="dataset").value == "memory" and app.slider(key="steps").value == 10


def test_compare_leads_to_present_with_every_architecture_and_all_settings(open_page):
    app = open_page("compare", **MINE, whole="1")
    (query,) = [parse_qs(link.proto.query_string) for link in app.get("page_link") if "Present" in link.proto.label]
    assert query == {key: values if isinstance(values, list) else [values] for key, values in MINE.items()}
    empty = open_page("present", **MINE)
    (query,) = [parse_qs(link.proto.query_string) for link in empty.get("page_link") if "Compare" in link.proto.label]
    assert query["models"] == ["LSTM", "SimpleRNN"]


def test_home_is_left_for_compare_by_a_link_from_outside_alone(open_page):
    app = follow(open_page("compare", **MINE), "home", **MINE)  # as the browser sends what Compare has bound
    assert app.title[0].value != "Compare architectures"
    assert open_page("home", **MINE).title[0].value == "Compare architectures"


def test_a_step_that_the_tour_does_not_have_is_answered(open_page):
    app = open_page("tour", step="77")
    assert "“77” as step" in texts(app, "warning") and "step" not in app.query_params
    follow(follow(app, "home"), "tour", step="78")
    assert "“78” as step" in texts(app, "warning")


@pytest.mark.parametrize(("name", "way"), [("nosuchpage", []), ("comparr", ["Go to Compare"])])
def test_home_says_that_an_address_leads_nowhere(open_page, name, way):
    app = open_page("home", unknown=name)
    assert f"Unroll has no page “{name}”." in texts(app, "warning")
    assert [link.proto.label for link in app.get("page_link") if link.proto.label.startswith("Go to")] == way


def test_the_menu_leads_to_where_the_reader_was_on_a_page(open_page):
    app = follow(open_page("tour", step="3", **{"guess.line_up": "gru"}), "home")
    follow(app, "tour")
    assert app.query_params["step"] in ("3", ["3"])
