import re
from dataclasses import replace
from datetime import date
from html.parser import HTMLParser

import pandas as pd
import pytest

from cache.results.results import fetch
from dashboard.charts.report_section import ReportSection
from dashboard.comparison.report import Report, make_report
from dashboard.comparison.report_html import html
from dashboard.comparison.report_markdown import escaped, markdown
from models.data.datasets import get_dataset
from models.experiments.comparison import Comparison, Entry
from models.experiments.spec import Training
from models.text.encoding import TextEncoding
from tests.dashboard.charts.test_plots import plot

DEVICE = "Test CPU (2 cores)"
EVIL = "</script><img src=x onerror=alert(1)> | `*_[a](javascript:b)\n# ="


@pytest.fixture
def report(store, finish, comparison):
    """Makes the report of the line-up of which ``count`` runs are finished."""

    def make(count):
        fingerprint = get_dataset("imdb").fingerprint(None)
        specs = [spec for each in comparison.specs(fingerprint).values() for spec in each]
        for place, spec in enumerate(specs[:count]):
            finish(spec, [0.5, 0.75 + place / 100])
        results = fetch(store, comparison, fingerprint, DEVICE)
        board = pd.DataFrame({"Architecture": ["LSTM"], "Test accuracy": ["81.00 ± 2.00%"]})
        boards = [("", board), ("Ranked apart: another vocabulary.", board)] if count else []
        signs = pd.DataFrame({"Architecture": ["LSTM"], "Gap at best": ["4.00 ± 1.00"]})
        sections = (
            [ReportSection("Overfitting", ("LSTM overfits: after epoch 2.",), signs, ("In points.",))] if count else []
        )
        verdict = ["LSTM beats Flatten."]
        return make_report(
            comparison, results, "Take LSTM: it is best.", boards, verdict, sections, [plot("LSTM")], "http://here/?a=1"
        )

    return make


@pytest.mark.parametrize("count", [0, 1, 6], ids=["none", "one", "all"])
def test_it_shows_what_was_asked_and_what_came_of_it(count, report):
    made = report(count)
    assert made.title == "Flatten, LSTM and LSTM (64 units) on IMDB reviews"
    settings = " ".join(made.settings)
    assert "20,000 texts for training" in settings and "from a vocabulary of 10,000, 120 tokens" in settings
    assert f"{count} of 6 runs finished" in settings
    assert "3 architectures, each trained for 2 epochs with 2 seeds" in settings
    assert len(made.models) == 3 and made.models[0].parameters == "171,533 parameters"
    assert made.measured.get("Device") == (DEVICE if count else None)


def test_next_words_are_described_as_such(store):
    comparison = Comparison("imdb", 1_000, TextEncoding(length=20), Training(), 1, 1, (Entry("next_word_gru"),))
    made = make_report(comparison, [], "", [], [], [], [])
    assert made.title == "GRU (64 units) on IMDB reviews"
    assert "1,000 words to be predicted" in made.settings[0]
    assert "20 tokens before a word." in made.settings[1] and "padded" not in made.settings[1]


@pytest.mark.parametrize(("loop", "says"), [("batches", "Keras on jax."), ("epochs", "Keras on jax, whole epochs.")])
def test_it_says_how_jax_trains_an_epoch(comparison, loop, says):
    by_jax = replace(comparison, training=Training(backend="jax", loop=loop))
    assert says in " ".join(make_report(by_jax, [], "", [], [], [], []).settings)


def test_only_a_web_address_is_a_link(comparison):
    assert make_report(comparison, [], "", [], [], [], [], "javascript:alert(1)").link == ""


@pytest.mark.parametrize("count", [0, 6])
def test_markdown_has_the_same_in_text_and_tables(count, report):
    text = markdown(report(count))
    assert text.startswith("# Flatten, LSTM and LSTM (64 units) on IMDB reviews\n")
    rows = [line for line in text.splitlines() if line.startswith("| ")]
    assert all(re.fullmatch(r"\|( [^|]* \|)+", row) for row in rows)
    assert "| Embedding(10000, 16) | (120, 16) | 160,000 |" in text
    assert "- LSTM beats Flatten." in text and "[Open this view in Unroll](http://here/?a=1)" in text
    assert ("No run has an epoch yet." in text) == (count == 0)
    assert text.count("| LSTM | 81.00 ± 2.00% |") == (2 if count else 0)
    assert ("Ranked apart: another vocabulary." in text) == (count > 0)
    read = "## Overfitting\n\n- LSTM overfits: after epoch 2.\n\n| Architecture | Gap at best |\n"
    assert (read in text) == ("\n\nIn points.\n" in text) == (count > 0)


def test_typed_text_does_not_break_out_of_markdown():
    assert "\n" not in escaped(EVIL)
    assert escaped("a|b <i> [x](y)") == r"a\|b \<i\> \[x\](y)"


def evil() -> Report:
    table = pd.DataFrame({"Architecture": [EVIL], "Seeds": [3]})
    drawn = replace(plot(EVIL), title=EVIL, description=f'"{EVIL}', caption=EVIL)
    section = ReportSection(EVIL, (EVIL,), table, (EVIL,))
    return Report(
        EVIL, date(2026, 1, 2), "http://x/?a=%22", EVIL, (EVIL,), ((EVIL, table),), (EVIL,), (section,), (drawn,), (),
        {EVIL: EVIL},
    )  # fmt: skip


class Tags(HTMLParser):
    def __init__(self):
        super().__init__()
        self.tags = []

    def handle_starttag(self, tag, attributes):
        self.tags.append((tag, dict(attributes)))


@pytest.mark.parametrize("count", [0, 6])
def test_html_has_what_is_read_from_the_runs_with_its_table(count, report):
    page = html(report(count), "")
    assert ("<h2>Overfitting</h2>\n<ul><li>LSTM overfits: after epoch 2.</li></ul>" in page) == (count > 0)
    assert ("<td>4.00 ± 1.00</td>" in page) == ("<p>In points.</p>" in page) == (count > 0)


def test_html_shows_typed_text_as_it_was_typed():
    parser = Tags()
    parser.feed(html(evil(), "window.vegaEmbed = 1 // </script> <!-- <script>"))
    assert not any(tag == "img" or "onerror" in attributes for tag, attributes in parser.tags)
    assert [tag for tag, _ in parser.tags].count("script") == 2
    assert [attributes["href"] for tag, attributes in parser.tags if tag == "a"] == ["http://x/?a=%22"]


def test_it_begins_with_what_to_take(report):
    made = report(6)
    page = html(made, "")
    assert page.index("Take LSTM: it is best.") < page.index("for training") < page.index("<h2>")
    text = markdown(made)
    assert text.index("**Take LSTM: it is best.**") < text.index("for training")
    assert "<strong>" not in html(replace(made, recommendation=""), "")
