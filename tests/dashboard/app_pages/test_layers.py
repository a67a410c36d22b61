from urllib.parse import parse_qs

import pytest

from dashboard.layers import layers_view
from models.architectures import ARCHITECTURES
from models.experiments.comparison import Entry
from models.stacks import named_stacks
from models.stacks.named_stacks import save_stack
from models.stacks.stack_parser import parse_stack
from tests.dashboard.pages import texts

STACK = "Embedding(42) → LSTM(32)"


@pytest.fixture
def open_layers(open_page):
    yield lambda page="layers", **query: open_page(page, **query)
    named_stacks._known.contents = {}, ()


def tables(app):
    return [element.value for element in app.dataframe]


def link_to_layers(app):
    return [parse_qs(each.proto.query_string) for each in app.get("page_link") if each.proto.label == "See the layers"]


def test_it_opens_with_lstm_beside_gru(open_layers):
    app = open_layers()
    assert not app.error and not app.warning
    both, layers, weights = tables(app)
    assert both.columns.tolist() == ["Layer", "Same in all", "LSTM", "GRU"]
    assert layers["With numbers"][1] == "2 × 4 × (16 × 32 + 32² + 32) = 12,544"
    assert weights["Parameters"].sum() == 172_941
    summary, code = app.code
    assert "│ bidirectional (Bidirectional)" in summary.value and "Bidirectional(LSTM(32))" in code.value
    assert len(app.get("vega_lite_chart")) == 3 and len(app.get("download_button")) == 6


@pytest.mark.parametrize("name", ["self_attention", "transfer", "next_word_gru"])
def test_an_architecture_alone_has_nothing_that_differs(open_layers, name):
    app = open_layers(layers_models=ARCHITECTURES[name].title)
    assert not app.error and "≠" not in texts(app, "caption") and "Same in all" not in tables(app)[0]


def test_vocabulary_length_and_hyperparameters_count(open_layers):
    app = open_layers(layers_models="LSTM", layers_vocabulary="1000", layers_length="30", layers_classes="3")
    assert tables(app)[1]["Output shape"].tolist() == ["(30, 16)", "(64,)", "(6,)", "(3,)"]
    app.number_input(key="lstm.units").set_value(8).run()
    assert tables(app)[1]["Output shape"][1] == "(16,)" and not app.exception


def test_a_stack_is_typed_and_its_mistakes_are_explained(open_layers):
    app = open_layers(layers_models=["LSTM"])
    next(button for button in app.button if button.label == "Type a stack of your own").click().run()
    app.text_input(key="composed.stack").set_value(STACK).run()
    app.selectbox(key="layers_of").select("Composed").run()
    assert "4 × (42 × 32 + 32² + 32) = 9,600" in tables(app)[1]["With numbers"].tolist()
    app.text_input(key="composed.stack").set_value("Embedding(8) → LSTMM(3)").run()
    assert "did you mean LSTM?" in texts(app, "error") and len(tables(app)) == 3
    app.text_input(key="composed.stack").set_value("Embedding(8) → LSTM(3) → LSTM(3)").run()
    assert "Layer 3, LSTM(3): LSTM reads a sequence" in texts(app, "error") and not app.exception


def test_two_stacks_and_variants_stand_side_by_side(open_layers, store):
    save_stack(store.root, "two GRUs", parse_stack("Embedding(8) → GRU(4, return_sequences=True) → GRU(4)"))
    query = {"layers_models": ["Composed", "Composed: two GRUs", "GRU", "LSTM"], "gru.and": "true", "gru.2.units": "8"}
    app = open_layers(**query, layers_of="GRU, variant 2")
    assert "The first 4 of 5 are shown." in texts(app, "caption")
    assert len(tables(app)[0].columns) == 2 + 4 and app.selectbox(key="layers_of").value == "GRU, variant 2"


def test_a_link_that_asks_for_what_there_is_not_reports_it(open_layers):
    app = open_layers(layers_models=["BERT", "GRU"], layers_length="1")
    assert "“BERT” as layers_models" in texts(app, "warning") and "“1” as layers_length" in texts(app, "warning")
    app = open_layers(layers_models="")
    assert "Choose one to four" in texts(app, "info")
    assert not open_layers(layers_models=[entry.title for entry in ARCHITECTURES.values()]).exception


COMPARE = {"models": "GRU", "gru.units": "8", "length": "50", "details_open": "true"}


@pytest.mark.parametrize(("page", "query"), [("compose", {"stack": STACK, "length": "50"}), ("compare", COMPARE)])
def test_other_pages_lead_to_their_layers(open_layers, page, query):
    (asked,) = link_to_layers(open_layers(page, **query))
    assert asked["layers_length"] == ["50"]
    app = open_layers(**asked)
    assert not app.exception and not app.warning
    shown = tables(app)[1]["Layer"].tolist()
    assert ("LSTM(32)" in shown) if page == "compose" else ("Bidirectional(GRU(8))" in shown)


def test_no_colour_is_used_twice():
    entries = {"GRU": Entry("gru", {}), "Next word by GRU (32 units)": Entry("next_word_gru", {})}
    colours = layers_view.colours_of(entries)
    assert len(set(colours.values())) == 2
