"""Pasting a model in a real browser: many lines at once, the questions, the buttons, a notebook, a reload."""

import json
import re

import pytest
from playwright.sync_api import expect

CODE = """from keras import layers

# a model of two layers
model = keras.Sequential([
    layers.Embedding(1000, 16, input_length=50),
    layers.LSTM(units),
    layers.Dense(1, activation="sigmoid"),
])
model.fit(x, y, batch_size=50, epochs=4)
"""
NOTEBOOK = {
    "cells": [
        {"cell_type": "markdown", "source": "# Two models"},
        {"cell_type": "code", "source": ["a = Sequential([Embedding(9, 4), GRU(3)])\n"]},
        {"cell_type": "code", "source": ["b = Sequential([Embedding(9, 5), LSTM(3), Dense(8)])\n"]},
    ]
}


@pytest.mark.slow
def test_a_model_is_pasted_completed_and_taken_over(page, server):
    page.goto(f"{server.url}/compose")
    page.get_by_text("Paste a Keras model").click()
    code = page.get_by_label("Code", exact=True)
    code.focus()
    page.keyboard.insert_text(CODE)  # as a paste does: all at once, with its line ends
    code.press("Control+Enter")
    units = page.get_by_label(re.compile("Layer 2, LSTM, units"))
    units.fill("7")
    units.press("Enter")
    expect(page.get_by_text("is the answer, which Unroll adds itself")).to_be_visible()
    expect(code).to_have_value(CODE)
    page.get_by_role("button", name="Take this model").click()
    stack = page.get_by_role("textbox", name="The stack as text")
    expect(stack).to_have_value("Embedding(16) → LSTM(7)")
    page.get_by_role("button", name="Set a vocabulary of 1,000, 50 tokens, batch 50, 4 epochs").click()
    expect(page.get_by_role("spinbutton", name="Length in tokens")).to_have_value("50")
    expect(page.get_by_text("Set as in the text")).to_be_visible()
    page.get_by_role("button", name="Undo").click()
    expect(stack).not_to_have_value("Embedding(16) → LSTM(7)")
    notebook = {"name": "two.ipynb", "mimeType": "application/json", "buffer": json.dumps(NOTEBOOK).encode()}
    page.locator("[data-testid=stFileUploaderDropzoneInput]").set_input_files(notebook)
    expect(page.get_by_text("The text has 2 models")).to_be_visible()
    expect(page.get_by_text("The model ends with Dense(8)")).to_be_visible()
    page.get_by_role("button", name='Put Dense(1, activation="sigmoid") in its place').click()
    expect(stack).to_have_value("Embedding(5) → LSTM(3)")
    page.reload()
    expect(page.get_by_role("textbox", name="The stack as text")).to_have_value("Embedding(5) → LSTM(3)")
