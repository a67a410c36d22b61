"""Words and subwords on Compare: as a setting, and side by side for a sentence."""

import pytest

from cache.core.processes import ProcessIdentity
from cache.tasks.task_status import FAILED, RUNNING, TaskStatus
from cache.tasks.text_tasks import MakeVocabularies
from models.data.datasets import get_dataset
from models.encoded.fitted import tokenizer_file
from models.text.encoding import TextEncoding
from tests.dashboard.pages import texts
from tests.fitted import fitted_tokenizer


def test_subwords_bring_their_own_vocabulary_and_each_keeps_what_was_typed(open_compare):
    app = open_compare(models="LSTM", vocabulary="5000")

    def choose(tokenizer):
        next(group for group in app.get("button_group") if group.key == "tokens").set_value(tokenizer).run()

    choose("subwords")
    assert app.number_input(key="subword_vocabulary").value == 8_000
    app.number_input(key="subword_vocabulary").set_value(9_000).run()
    choose("words")
    assert app.number_input(key="vocabulary").value == 5_000
    choose("subwords")
    assert app.number_input(key="subword_vocabulary").value == 9_000


def test_section_b_as_published_and_as_a_fair_pair(open_compare):
    models = [f"Bidirectional LSTM, {layers}" for layers in ("1 layer", "2 layers", "2 equal layers")]
    app = open_compare(models=models, tokens="subwords", subword_vocabulary="8185", details_open="true")
    assert not app.exception and not app.warning
    shown = texts(app, "markdown")
    assert "**Bidirectional LSTM, 2 layers**: 635,329 parameters" in shown
    assert app.button(key="train").label == "Train 9 runs"
    for name in ("embedding_dim", "units", "dense_units"):
        one, two = (app.number_input(key=f"bidirectional_{pair}.{name}") for pair in ("1_layer", "2_equal_layers"))
        assert one.value == two.value


def test_runs_on_words_and_on_subwords_are_different_questions(open_compare, specs, finish, store):
    finish(specs["LSTM"][0], [0.7] * 5)
    app = open_compare(models="LSTM", seeds="1", tokens="subwords")
    assert "0 of 1 run cached" in texts(app, "markdown")
    app.button(key="train").click().run()
    (run,) = store.runs(["queued"])
    assert (run.spec.encoding.tokenizer, run.spec.encoding.vocabulary_size) == ("subwords", 8_000)
    assert "1 of 1 run cached" in texts(open_compare(models="LSTM", seeds="1"), "markdown")


def test_unknown_tokens_in_the_link_are_named(open_compare):
    app = open_compare(tokens="syllables", subword_vocabulary="3")
    assert not app.exception
    assert "“syllables” as tokens" in texts(app, "warning")
    assert "subword_vocabulary, which goes from 10 to 100,000" in texts(app, "warning")


@pytest.fixture
def vocabularies(store):
    """Small ones under the names of those that the page asks for."""
    train = ["The film was good, the film was bad.", "It wasn't a good film!"] * 3
    for tokenizer in ("words", "subwords"):
        encoding = TextEncoding(tokenizer=tokenizer)
        fitted_tokenizer(tokenizer_file(get_dataset("imdb"), None, encoding, store.root), encoding, train)


def token_tables(app):
    return [frame.value for frame in app.dataframe if "Token" in frame.value]


def test_a_sentence_is_shown_as_words_and_as_subwords(open_compare, vocabularies):
    app = open_compare(tokens_open="true", sentence="A goodfilm! <b>日本</b>", length="8")
    assert not app.exception
    words, subwords = token_tables(app)
    assert words["Token"].tolist() == ["<PAD>"] * 3 + ["a", "<OOV>", "<OOV>", "<OOV>", "<OOV>"]
    assert words["State"].tolist() == ["padding"] * 3 + ["read"] + ["unknown"] * 4
    assert words["Text"].tolist()[3:5] == ["a", "goodfilm"]
    assert subwords["State"].tolist()[8:] == ["cut"] * (len(subwords) - 8)
    captions = texts(app, "caption")
    assert "5 tokens, 4 unknown, 6 characters dropped, 3 of padding at the start" in captions
    assert "cut at the end" in captions
    assert "a <OOV> <OOV> <OOV> <OOV>" in texts(app, "code")
    assert "The training texts give only" in captions
    assert "<b>" not in texts(app, "markdown")


@pytest.mark.parametrize("sentence", ["", "   ", "👍🏽 עברית", "film " * 900, "**film** $x$ :red[film]"])
def test_any_sentence_will_do(open_compare, vocabularies, sentence):
    app = open_compare(tokens_open="true", sentence=sentence)
    assert not app.exception
    assert len(token_tables(app)) == 2
    assert "film" not in texts(app, "markdown")


def test_a_vocabulary_that_is_not_there_is_made_when_asked_for(open_compare, store, vocabularies, started_tasks):
    query = {"tokens_open": "true", "tokens": "subwords", "subword_vocabulary": "8185"}
    app = open_compare(**query)
    assert "The vocabulary of 8,185 subwords has not been made from 20,000 training texts yet." in texts(
        app, "markdown"
    )
    assert len(token_tables(app)) == 1
    app.button(key="make_vocabulary").click().run()
    task = MakeVocabularies("imdb", None, (TextEncoding(8_185, tokenizer="subwords"),))
    assert started_tasks == [(store.root, task)]
    me = ProcessIdentity.current().to_json()
    TaskStatus(RUNNING, "Making it", me, 1.0).write(task.status_file(store.root))
    assert "Making it …" in texts(open_compare(**query), "info")
    TaskStatus(FAILED, "No space left on device", me, 1.0).write(task.status_file(store.root))
    app = open_compare(**query)
    assert "Making it failed: No space left on device" in texts(app, "error")
    assert app.button(key="make_vocabulary")


def test_a_closed_panel_reads_nothing(open_compare, vocabularies):
    app = open_compare()
    assert token_tables(app) == []
    assert app.text_area(key="sentence").value


def test_a_sentence_waits_for_the_download_of_its_dataset(open_compare):
    app = open_compare(tokens_open="true", dataset="IMDB reviews, all 50,000")
    assert not app.exception
    assert "download the dataset first" in texts(app, "caption")
