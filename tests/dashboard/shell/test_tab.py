"""Names of files that are downloaded."""

import streamlit as st

from dashboard.shell import tab


def test_a_file_is_named_by_what_the_page_shows(monkeypatch):
    monkeypatch.setattr(st, "session_state", {tab.SHOWN: ("Compare", "GRU", "SimpleRNN", "IMDB reviews")})
    assert tab.file_name("Seconds per epoch", "csv") == "compare-gru-simplernn-imdb-reviews-seconds-per-epoch.csv"


def test_a_long_name_keeps_what_the_file_holds(monkeypatch):
    monkeypatch.setattr(st, "session_state", {tab.SHOWN: ("Compare", *["Bidirectional LSTM"] * 20)})
    name = tab.file_name("Parameters", "png")
    assert len(name) <= tab.MAX_FILE + 1 and name.startswith("compare-") and name.endswith("-parameters.png")
