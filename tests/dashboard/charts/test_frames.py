import re
from dataclasses import replace

import pytest

from cache.results.results import fetch, missing_work
from dashboard.charts import frames, tables
from models.architectures import ARCHITECTURES
from models.experiments.comparison import Entry
from models.layers import Dense, Embedding, Flatten
from models.layers.stack import summarize
from models.text.tokens import CUT, PADDING, READ, Token
from tests.conftest import DEVICE


@pytest.fixture
def results(store, comparison, finish):
    specs = comparison.specs("f" * 16)
    finish(specs["Flatten"][0], [0.70, 0.80, 0.90], seconds=1.0)
    finish(specs["Flatten"][1], [0.84, 0.82], seconds=3.0)
    finish(specs["LSTM"][0], [0.60, 0.88], seconds=7.0)
    return fetch(store, comparison, "f" * 16, DEVICE)


def test_results_cover_the_line_up_in_order(results):
    assert [(result.label, result.spec.seed, result.is_cached) for result in results] == [
        ("Flatten", 0, True),
        ("Flatten", 1, True),
        ("LSTM", 0, True),
        ("LSTM", 1, False),
        ("LSTM (64 units)", 0, False),
        ("LSTM (64 units)", 1, False),
    ]


def test_only_missing_epochs_are_work(store, comparison, results):
    more = replace(comparison, epochs=6)
    work = missing_work(fetch(store, more, "f" * 16, DEVICE), DEVICE)
    assert [epochs for _, epochs in work] == [3, 4, 4, 6, 6, 6]
    elsewhere = missing_work(fetch(store, more, "f" * 16, "Another"), "Another")
    assert [epochs for _, epochs in elsewhere] == [6] * 6


def test_layers_with_weights_and_formulas(comparison):
    table = frames.layers_frame({entry.label: comparison.layers(entry) for entry in comparison.entries[:2]})
    assert list(table[table["label"] == "LSTM"]["num_params"]) == [160_000, 12_544, 390, 7]
    row = table[(table["label"] == "LSTM") & (table["position"] == 2)].iloc[0]
    assert row["layer"] == "Bidirectional(LSTM(32))"
    assert row["formula"] == "2 × 4(mn + n² + n)"
    assert row["gates"] == "8 × 1,568"
    assert row["total"] == 172_941


def test_letters_of_the_formulas_that_occur_are_explained(comparison):
    table = frames.layers_frame({"LSTM": comparison.layers(comparison.entries[1])})
    assert table["layer"][0] == "Embedding(10000, 16)"  # digits as the fields of the page write them
    assert tables.formula_letters(table["formula"]) == (
        "Letters in the formulas: v = words or subwords in the vocabulary; d = numbers in each embedding vector; "
        "m = inputs of the layer (for each step, if it reads steps); n = units."
    )


def test_every_letter_of_a_formula_has_a_meaning():
    for architecture in ARCHITECTURES.values():
        formulas = "".join(layer.layer.formula for layer in summarize(architecture.layers(9), (50,)))
        assert set(re.findall("[a-z]", formulas.replace("then", ""))) <= set(tables.LETTERS)


def test_nothing_gives_empty_frames():
    assert frames.layers_frame({}).empty


def test_what_is_trainable_stands_apart_only_where_it_differs(comparison):
    plain = frames.layers_frame({entry.label: comparison.layers(entry) for entry in comparison.entries[:1]})
    assert "Trainable" not in tables.layers_table(plain)
    frozen = frames.layers_frame({"Frozen": summarize([Embedding(100, 8, trainable=False), Flatten(), Dense(1)], (4,))})
    assert list(tables.layers_table(frozen)["Parameters"]) == [800, 0, 33]
    assert list(tables.layers_table(frozen)["Trainable"]) == [0, 0, 33]


def test_shortcuts_are_one_layer_with_all_their_weights(comparison):
    table = frames.layers_frame({"Self-attention": comparison.layers(Entry("self_attention"))})
    row = table.iloc[1]
    assert row["layer"] == "Residual(MultiHeadAttention(2, 16), Dropout(0.1))"
    assert row["num_params"] == 3 * (32 * 32 + 32) + 32 * 32 + 32
    assert row["weights"].startswith("MultiHeadAttention query kernel 32 × 2 × 16; ")


def test_tokens_that_are_cut_have_no_position():
    tokens = [
        Token("a", "a", 2, CUT),
        Token("?", "<OOV>", 1, CUT),
        Token("b", "<OOV>", 1, READ),
        Token("c", "c", 3, READ),
        Token("", "<PAD>", 0, PADDING),
    ]
    frame = frames.tokens_frame(tokens)
    assert frame["Position"].fillna(0).tolist() == [0, 0, 1, 2, 3]
    assert frame["State"].tolist() == ["cut", "cut", "unknown", "read", "padding"]
    assert frames.tokens_frame([]).empty
