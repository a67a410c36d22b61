import shutil
import sqlite3
from collections import namedtuple
from dataclasses import replace

import pytest
from streamlit.testing.v1 import AppTest

from cache.processes import ProcessIdentity
from dashboard import session
from models.comparison import Comparison, Entry
from models.datasets import get_dataset
from models.devices import cpu
from models.encoding import TextEncoding
from models.fitted import fitted_tokenizer, tokenizer_file
from models.spec import Training
from tests.dashboard.app_pages.conftest import APP, at_page  # noqa: F401 (others take APP from here)

LINE_UP = ("flatten", "gru", "lstm", "conv1d")


@pytest.fixture
def open_page(store, monkeypatch):
    """Opens the app on the test's own cache; no runner is started, the labels asked for are recorded."""
    started = []
    monkeypatch.setenv("UNROLL_CACHE", str(store.root))
    monkeypatch.setattr("dashboard.live.ensure_runners", lambda store, engine: started.append(engine))

    def open_it(**query) -> AppTest:
        app = at_page("compare", query)
        app.started = started
        return app.run()

    yield open_it
    session._store_at.clear()


@pytest.fixture
def specs():
    imdb = get_dataset("imdb")
    comparison = Comparison("imdb", None, TextEncoding(), Training(), 5, 3, tuple(Entry(name) for name in LINE_UP))
    return comparison.specs(imdb.fingerprint(None))


def texts(app, kind):
    """All texts of a kind as a reader sees them, without what keeps Markdown from rendering them."""
    return " ".join(element.value.replace("\\", "") for element in app.get(kind))


def test_an_empty_cache_says_what_to_do(open_page):
    app = open_page()
    assert not app.exception
    assert app.title[0].value == "Compare architectures"
    assert "0 of 12 runs cached" in texts(app, "markdown")
    assert "as they are trained" in texts(app, "info")
    assert app.button(key="train").label == "Train 12 runs"
    assert "Training runs on the CPU" in texts(app, "caption") or "GPU" in texts(app, "caption")


def test_parameters_are_there_before_anything_is_trained(open_page):
    app = open_page()
    assert "LSTM 172,941" in app.get("vega_lite_chart")[0].proto.alt
    assert "172,941 parameters" in texts(open_page(details_open="true"), "markdown")
    assert len(app.get("vega_lite_chart")) == 1


def test_cached_runs_are_shown_at_once(open_page, specs, finish):
    for seed, accuracy in enumerate((0.80, 0.82, 0.84)):
        finish(specs["LSTM"][seed], [0.7, accuracy, 0.75, 0.75, 0.75], device=session.devices("tensorflow")[0].name)
    app = open_page()
    assert not app.exception
    assert "3 of 12 runs cached" in texts(app, "markdown")
    table = board(app)
    assert list(table["Architecture"]) == ["LSTM"]
    assert "Ranked apart" not in texts(app, "markdown")
    assert table["Test accuracy"][0] == "81.00 ± 2.00 %"
    assert table["Seeds"][0] == 3
    assert len(app.get("vega_lite_chart")) == 5


def test_train_queues_what_is_missing_and_cancel_takes_it_back(open_page, specs, finish, store):
    finish(specs["LSTM"][0], [0.7] * 5)
    app = open_page()
    assert app.button(key="train").label == "Train 11 runs"
    app.button(key="train").click().run()
    assert not app.exception
    assert len(store.runs(["queued"])) == 11
    assert app.started
    assert "11 in training or waiting" in texts(app, "markdown")
    app.button(key="cancel_all").click().run()
    assert len(store.runs(["cancelled"])) == 11
    assert app.button(key="train").label == "Train 11 runs"


def test_fewer_epochs_are_answered_at_once(open_page, specs, finish):
    finish(specs["LSTM"][0], [0.7, 0.8, 0.9, 0.9, 0.9])
    app = open_page(epochs="2", models="LSTM", seeds="1")
    assert "1 of 1 run cached" in texts(app, "markdown")
    assert board(app)["Best validation"][0] == "80.00 %"


def test_a_running_run_shows_its_progress(open_page, specs, store):
    (run_id,) = store.submit([specs["LSTM"][0]], 5, "cpu")
    store.claim("cpu", ProcessIdentity.current())
    store.set_progress(run_id, epoch=2, batch=30, num_batches=157, seconds=1.5)
    app = open_page(models="LSTM", seeds="1")
    assert not app.exception
    (bar,) = app.get("progress")
    assert "LSTM" in bar.proto.text and "epoch 2 of 5, batch 30 of 157, about" in bar.proto.text
    app.button(key=f"stop_{run_id}").click().run()
    assert store.run(run_id).cancel_requested


def test_a_failed_run_shows_its_reason_and_its_log(open_page, specs, store):
    (run_id,) = store.submit([specs["LSTM"][0]], 5, "cpu")
    store.claim("cpu", ProcessIdentity.current())
    store.log_file(run_id).write_text("the last words")
    store.fail(run_id, "The loss became nan.")
    app = open_page(models="LSTM", seeds="1")
    assert "The loss became nan." in texts(app, "error")
    assert "the last words" in texts(app, "code")
    assert app.button(key="train").label == "Train 1 run"


def test_more_epochs_keep_showing_what_is_cached(open_page, specs, finish, store):
    here = session.devices("tensorflow")[0].name
    run = finish(specs["LSTM"][0], [0.7, 0.8], device=here)
    app = open_page(models="LSTM", seeds="1", epochs="4")
    assert "0 of 1 run cached" in texts(app, "markdown")
    assert "1 of 1 run to train go on from cached epochs" in texts(app, "caption")
    assert len(app.get("vega_lite_chart")) == 4  # parameters, seconds, the first epoch's extra, curves
    app.button(key="train").click().run()
    assert len(app.get("vega_lite_chart")) == 4  # parameters, seconds, the first epoch's extra, curves
    app.button(key="cancel_all").click().run()
    assert len(app.get("vega_lite_chart")) == 4  # parameters, seconds, the first epoch's extra, curves
    assert store.run(run.id) == run


def test_more_epochs_can_be_asked_for_while_fewer_are_queued(open_page, specs, store):
    store.submit([specs["LSTM"][0]], 2, "cpu")
    app = open_page(models="LSTM", seeds="1", epochs="4")
    app.button(key="train").click().run()
    (run,) = store.runs(["queued"])
    assert run.epochs == 4


def test_trainings_of_other_comparisons_are_not_hidden(open_page, specs, store):
    (run_id,) = store.submit([specs["LSTM"][0]], 5, "cpu")
    app = open_page(models="Flatten", seeds="1")
    assert app.started
    assert "1 run of other comparisons in training or waiting (LSTM)" in texts(app, "caption")
    app.button(key="cancel_others").click().run()
    assert store.run(run_id).state == "cancelled"


def test_a_run_that_ends_while_the_page_is_drawn_is_not_missed(open_page, specs, store, finish, monkeypatch):
    """It ends after the page has read it and before its progress is followed."""
    from dashboard import live

    follow = live.follow

    def end_then_follow(store_, active, times, engine):
        finish(specs["LSTM"][0], [0.7] * 5, device=session.devices("tensorflow")[0].name)
        monkeypatch.setattr("dashboard.live.follow", follow)
        follow(store_, active, times, engine)

    monkeypatch.setattr("dashboard.live.follow", end_then_follow)
    store.submit([specs["LSTM"][0]], 5, "cpu")
    app = open_page(models="LSTM", seeds="1")
    assert "1 of 1 run cached" in texts(app, "markdown")


def test_an_unknown_engine_is_explained(open_page, monkeypatch):
    monkeypatch.setenv("KERAS_BACKEND", "openvino")
    app = open_page()
    assert not app.exception
    assert "one of: tensorflow, jax, torch" in texts(app, "error")


def test_an_empty_line_up_says_what_to_do(open_page):
    app = open_page()
    app.get("button_group")[0].set_value([]).run()
    assert "Pick one or more architectures" in texts(app, "info")


def test_hyperparameters_change_the_count_and_the_label(open_page):
    app = open_page(models="LSTM", details_open="true")
    app.number_input(key="lstm.units").set_value(64).run()
    assert not app.exception
    assert "LSTM (units 64)" in texts(app, "markdown")


def test_rates_and_words_are_chosen_too(open_page):
    models = ["LSTM with dropout", "LSTM, directions merged"]
    app = open_page(**{"models": models, "lstm_merged.merge_mode": "mul", "details_open": "true"})
    app.number_input(key="lstm_dropout.dropout").set_value(0.1 + 0.05).run()
    app.number_input(key="lstm_dropout.recurrent_dropout").set_value(0.0).run()
    assert not app.exception and not app.warning
    assert "**LSTM with dropout (dropout 0.15, recurrent dropout 0.0)**" in texts(app, "markdown")
    assert "**LSTM, directions merged (merge mode mul)**" in texts(app, "markdown")
    app.selectbox(key="lstm_merged.merge_mode").select("sum").run()
    assert "**LSTM, directions merged**" in texts(app, "markdown")


def test_variants_of_one_architecture_stand_side_by_side(open_page):
    app = open_page(models="LSTM", seeds="2", details_open="true")
    app.checkbox(key="lstm.and").check().run()
    app.number_input(key="lstm.2.units").set_value(8).run()
    assert not app.exception
    assert app.button(key="train").label == "Train 4 runs"


def test_fields_that_nobody_sees_are_not_drawn_and_what_was_chosen_in_them_stays(open_page):
    app = open_page(models=["LSTM", "GRU"], details_open="true")
    app.number_input(key="lstm.units").set_value(64).run()
    del app.query_params["details_open"]  # as the browser does when it is closed
    app.session_state["details_open"] = False
    app.run()
    assert not app.exception and "parameters" not in texts(app, "markdown")
    assert "LSTM (units 64) " in app.get("vega_lite_chart")[0].proto.alt
    closed = open_page(models=["LSTM", "GRU"], **{"lstm.units": "64"})
    assert "LSTM (units 64) " in closed.get("vega_lite_chart")[0].proto.alt
    fields = {field.key for field in closed.number_input if "." in str(field.key)}
    assert fields == {"lstm.embedding_dim", "lstm.units", "lstm.dense_units"}


def test_an_unknown_value_in_the_link_is_named_and_left_out(open_page):
    app = open_page(models="Transformer", dataset="MNIST", length="9999999")
    assert not app.exception
    assert "“Transformer” as models" in texts(app, "warning")
    assert "“MNIST” as dataset" in texts(app, "warning")
    assert "length, which goes from 5 to 2,000" in texts(app, "warning")


def test_a_stack_that_cannot_work_is_explained(open_page):
    app = open_page(models="Conv1D", length="5", details_open="true")
    app.number_input(key="conv1d.kernel_size").set_value(9).run()
    assert not app.exception
    assert "Left out: Conv1D (kernel size 9): Conv1D's kernel_size 9 is longer than the 5 steps" in texts(app, "error")


def test_one_impossible_entry_does_not_take_the_others_away(open_page):
    app = open_page(models=["Conv1D", "LSTM"], length="20", **{"conv1d.kernel_size": "30"})
    assert not app.exception
    assert "Left out: Conv1D" in texts(app, "error")
    assert app.button(key="train").label == "Train 3 runs"


def test_a_dataset_that_is_not_here_offers_the_download(open_page):
    app = open_page(dataset="IMDB reviews, all 50,000")
    assert not app.exception
    assert "not on this machine yet: about 84 MB" in texts(app, "info")
    assert "Download" in [button.label for button in app.button]


def test_a_full_disk_stops_training_before_it_starts(open_page, monkeypatch):
    usage = namedtuple("usage", "total used free")
    monkeypatch.setattr(shutil, "disk_usage", lambda path: usage(10**9, 10**9, 10**6))
    app = open_page()
    assert "Only 1 MB are free" in texts(app, "error")
    assert app.button(key="train").disabled


def test_a_limit_is_said_before_anything_is_trained_and_a_higher_one_can_be_used(open_page, store, monkeypatch):
    asked = {"models": "Flatten", "seeds": "1", "epochs": "300"}
    app = open_page(**asked)
    assert not app.exception and not app.warning
    assert "300 epochs are asked for, and at most 200 are trained here (UNROLL_MAX_EPOCHS)" in texts(app, "error")
    assert app.button(key="train").disabled
    monkeypatch.setenv("UNROLL_MAX_EPOCHS", "300")
    app = open_page(**asked)
    assert not app.error
    app.button(key="train").click().run()
    assert [run.epochs for run in store.runs()] == [300]


def test_a_read_only_cache_can_be_looked_at_and_not_trained_into(open_page, specs, finish, store, monkeypatch):
    finish(specs["Flatten"][0], [0.8] * 5)
    monkeypatch.setattr("cache.writable.os.access", lambda *_: False)
    app = open_page()
    assert not app.exception
    assert "is read-only: what is in it can be looked at" in texts(app, "info")
    assert "1 of 12 runs cached" in texts(app, "markdown")
    assert app.button(key="train").disabled
    assert "nothing can be trained or changed" in app.button(key="train").help


def test_a_model_too_large_for_the_device_is_not_queued(open_page):
    app = open_page(models="Conv1D", batch="2048", length="2000", **{"conv1d.filters": "1024"})
    assert not app.exception
    assert "Conv1D (filters 1,024) needs at least 34 GB at batch size 2,048" in texts(app, "error")
    assert "Train" not in " ".join(button.label for button in app.button)


def test_a_cache_of_a_newer_version_is_explained(open_page, store):
    with sqlite3.connect(store.root / "runs.sqlite") as db:
        db.execute("PRAGMA user_version = 99")
    db.close()
    app = open_page()
    assert not app.exception
    assert "newer version of Unroll" in texts(app, "error")


def test_a_damaged_cache_is_mended_and_told_of(open_page, specs, finish, store):
    finish(specs["Flatten"][0], [0.8] * 5)
    for file in store.root.glob("runs.sqlite*"):
        file.unlink()
    (store.root / "runs.sqlite").write_bytes(b"no database" * 1_000)
    app = open_page()
    assert not app.exception
    assert "the run cache's database was damaged" in texts(app, "warning")
    assert "1 of 12 runs cached" in texts(app, "markdown")
    next(button for button in app.button if button.label == "Dismiss").click()
    assert "damaged" not in texts(app.run(), "warning")


def test_a_database_that_breaks_while_the_page_is_open_is_mended_by_the_next_look(open_page, specs, finish, store):
    finish(specs["Flatten"][0], [0.8] * 5)
    app = open_page()
    for file in store.root.glob("runs.sqlite*"):
        file.unlink()
    (store.root / "runs.sqlite").write_bytes(b"no database" * 1_000)
    assert "The run cache's database is damaged" in texts(app.run(), "error")
    next(button for button in app.button if button.label == "Recover what can be read").click()
    app.run()
    assert "1 of 12 runs cached" in texts(app, "markdown")


def board(app):
    return next(frame.value for frame in app.dataframe if "Best validation" in frame.value)


def test_seconds_of_a_contended_run_are_left_out_unless_asked_for(open_page, specs, finish, store):
    for seed in range(3):
        finish(specs["Flatten"][seed], [0.8] * 5, device=cpu().name, contended="other programs used 1.5 of 2 cores")
    app = open_page()
    says = texts(app, "caption")
    assert "3 runs measured while the device was not free (other programs used 1.5 of 2 cores)" in says
    assert board(app)["Seconds per epoch"].tolist() == ["–"]
    assert board(app)["Test accuracy"].tolist() != ["–"]
    assert "Nothing of this line-up was timed while the device was free" in texts(app, "info")
    next(toggle for toggle in app.toggle if toggle.key == "contended").set_value(True)
    app.run()
    assert board(app)["Seconds per epoch"].tolist() == ["2.00 ± 0.00 s"]


def test_curves_are_drawn_as_the_link_says(open_page, specs, finish):
    for name in ("LSTM", "GRU"):
        for seed in range(2):
            finish(specs[name][seed], [0.7, 0.8, 0.75, 0.75, 0.75], device=session.devices("tensorflow")[0].name)
    finish(specs["LSTM"][2], [0.7] * 5, device="NVIDIA H200")
    app = open_page(x="Seconds", band="95% interval of the mean", smoothing="0.6", from_epoch="2", only="GRU")
    assert not app.exception and not app.warning
    says = texts(app, "caption")
    assert "Band: 95% interval of the mean over seeds" in says
    assert "Thick: smoothed; thin, with band and diamond: as measured." in says
    assert "1 run left out: measured on another device, or while the device was not free." in says
    assert "Chance: 50%" in says
    app.segmented_control(key="x").set_value("examples").run()
    app.segmented_control(key="metric").set_value("loss").run()
    assert not app.exception
    assert "left out" not in texts(app, "caption") and "Chance" not in texts(app, "caption")


def test_a_link_to_curves_that_cannot_be_is_explained(open_page):
    app = open_page(x="Parsecs", smoothing="2", cost="Money")
    says = texts(app, "warning")
    assert "“Parsecs” as x" in says and "smoothing, which goes from 0 to 0.95" in says and "“Money” as cost" in says


def test_seconds_that_nobody_measured_are_explained(open_page, specs, finish):
    finish(specs["LSTM"][0], [0.7] * 5, device="NVIDIA H200")
    app = open_page(x="Seconds", cost="Seconds per epoch", models="LSTM", seeds="1")
    assert not app.exception
    assert "No seconds to draw" in texts(app, "info")
    assert "No run of this line-up was timed on" in texts(app, "info")


def test_the_front_is_named_with_its_figures(open_page, specs, finish):
    finish(specs["Flatten"][0], [0.71, 0.7, 0.7, 0.7, 0.7], device=session.devices("tensorflow")[0].name)
    finish(specs["GRU"][0], [0.81, 0.7, 0.7, 0.7, 0.7], device=session.devices("tensorflow")[0].name)
    app = open_page(seeds="1")
    assert "both: GRU (80.00%, 169,997 parameters)." in texts(app, "caption")
    app.segmented_control(key="cost").set_value("total_seconds").run()
    assert "GRU (80.00%, 11.00 s)" in texts(app, "caption")


def test_all_cached_variants_are_shown_beside_each_other(open_page, specs, finish):
    here = session.devices("tensorflow")[0].name
    for units in range(8, 14):
        spec = specs["GRU"][0]
        finish(replace(spec, hyperparameters=spec.hyperparameters | {"units": units}), [0.8] * 5, device=here)
    app = open_page(models="GRU", seeds="1")
    assert "One line for each variant appears here once an architecture has two" in texts(app, "info")
    app.toggle(key="all_variants").set_value(True).run()
    assert not app.exception
    assert "One line a variant, means over seeds" in texts(app, "caption")
    assert app.button(key="train").label == "Train 1 run"  # the variants are shown, not asked for
    app.segmented_control(key="sweep_colour").set_value("accuracy").run()
    assert not app.exception


def test_runs_of_another_device_are_shown_but_not_timed(open_page, specs, finish, store):
    finish(specs["LSTM"][0], [0.7] * 5, device="NVIDIA H200")
    app = open_page(models="LSTM", seeds="1")
    assert "1 of 1 run cached" in texts(app, "markdown")
    assert "Note: measured on NVIDIA H200 instead of" in texts(app, "markdown").replace("*", "")
    assert "1 run measured on another device (NVIDIA H200)" in texts(app, "caption")
    assert "seconds of different devices do not compare" in texts(app, "caption")
    app.button(key="measure_here").click().run()
    assert len(store.runs(["queued"])) == 1


def test_the_engine_is_part_of_the_question(open_page, specs, finish, monkeypatch):
    finish(specs["LSTM"][0], [0.7] * 5)
    monkeypatch.setenv("KERAS_BACKEND", "jax")
    app = open_page(models="LSTM", seeds="1")
    assert "0 of 1 run cached" in texts(app, "markdown")


def test_subwords_bring_their_own_vocabulary_and_each_keeps_what_was_typed(open_page):
    app = open_page(models="LSTM", vocabulary="5000")

    def choose(tokenizer):
        next(group for group in app.get("button_group") if group.key == "tokens").set_value(tokenizer).run()

    choose("subwords")
    assert app.number_input(key="subword_vocabulary").value == 8_000
    app.number_input(key="subword_vocabulary").set_value(9_000).run()
    choose("words")
    assert app.number_input(key="vocabulary").value == 5_000
    choose("subwords")
    assert app.number_input(key="subword_vocabulary").value == 9_000


def test_section_b_as_published_and_as_a_fair_pair(open_page):
    models = [f"Bidirectional LSTM, {layers}" for layers in ("1 layer", "2 layers", "2 equal layers")]
    app = open_page(models=models, tokens="subwords", subword_vocabulary="8185", details_open="true")
    assert not app.exception and not app.warning
    shown = texts(app, "markdown")
    assert "**Bidirectional LSTM, 2 layers**: 635,329 parameters" in shown
    assert app.button(key="train").label == "Train 9 runs"
    for name in ("embedding_dim", "units", "dense_units"):
        one, two = (app.number_input(key=f"bidirectional_{pair}.{name}") for pair in ("1_layer", "2_equal_layers"))
        assert one.value == two.value


def test_runs_on_words_and_on_subwords_are_different_questions(open_page, specs, finish, store):
    finish(specs["LSTM"][0], [0.7] * 5)
    app = open_page(models="LSTM", seeds="1", tokens="subwords")
    assert "0 of 1 run cached" in texts(app, "markdown")
    app.button(key="train").click().run()
    (run,) = store.runs(["queued"])
    assert (run.spec.encoding.tokenizer, run.spec.encoding.vocabulary_size) == ("subwords", 8_000)
    assert "1 of 1 run cached" in texts(open_page(models="LSTM", seeds="1"), "markdown")


def test_unknown_tokens_in_the_link_are_named(open_page):
    app = open_page(tokens="syllables", subword_vocabulary="3")
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


def test_a_sentence_is_shown_as_words_and_as_subwords(open_page, vocabularies):
    app = open_page(tokens_open="true", sentence="A goodfilm! <b>日本</b>", length="8")
    assert not app.exception
    words, subwords = token_tables(app)
    assert words["Token"].tolist() == ["a", "<OOV>", "<OOV>", "<OOV>", "<OOV>", "<PAD>", "<PAD>", "<PAD>"]
    assert words["State"].tolist() == ["read"] + ["unknown"] * 4 + ["padding"] * 3
    assert words["Text"].tolist()[:2] == ["a", "goodfilm"]
    assert subwords["State"].tolist()[8:] == ["cut"] * (len(subwords) - 8)
    said = texts(app, "caption")
    assert "5 tokens, 4 unknown, 6 characters dropped, 3 of padding at the end" in said
    assert "cut at the end" in said
    assert "a <OOV> <OOV> <OOV> <OOV>" in texts(app, "code")
    assert "entries only" in said
    assert "<b>" not in texts(app, "markdown")


@pytest.mark.parametrize("sentence", ["", "   ", "👍🏽 עברית", "film " * 900, "**film** $x$ :red[film]"])
def test_any_sentence_will_do(open_page, vocabularies, sentence):
    app = open_page(tokens_open="true", sentence=sentence)
    assert not app.exception
    assert len(token_tables(app)) == 2
    assert "film" not in texts(app, "markdown")


class Making:
    """Stands for the process, which its own tests start."""

    is_running, failure, seconds = True, None, 3.0

    def __init__(self, store, dataset, train_examples, encodings):
        self.asked = [(encoding.tokenizer, encoding.vocabulary_size) for encoding in encodings]
        Making.latest = self


def test_a_vocabulary_that_is_not_there_is_made_when_asked_for(open_page, monkeypatch, vocabularies):
    monkeypatch.setattr("dashboard.sentence.Tokenizing", Making)
    app = open_page(tokens_open="true", tokens="subwords", subword_vocabulary="8185")
    assert "The vocabulary of 8,185 subwords has not been made from 20,000 training texts yet." in texts(
        app, "markdown"
    )
    assert len(token_tables(app)) == 1
    app.button(key="make_vocabulary").click().run()
    assert Making.latest.asked == [("subwords", 8_185)]
    assert "Making the vocabulary of 8,185 subwords … 3 s" in texts(app, "info")
    Making.latest.is_running, Making.latest.failure = False, "No space left on device"
    app.run()
    assert "It could not be made: No space left on device" in texts(app, "error")
    assert app.button(key="make_vocabulary")


def test_a_closed_panel_reads_nothing(open_page, vocabularies):
    app = open_page()
    assert token_tables(app) == []
    assert app.text_area(key="sentence").value


def test_a_sentence_waits_for_the_download_of_its_dataset(open_page):
    app = open_page(tokens_open="true", dataset="IMDB reviews, all 50,000")
    assert not app.exception
    assert "download the dataset first" in texts(app, "caption")


def test_next_words_have_a_line_up_and_metrics_of_their_own(open_page, finish, store):
    imdb = get_dataset("imdb")
    app = open_page(task="Predict the next word", epochs="2", seeds="1")
    assert not app.exception
    assert app.number_input(key="word_length").value == 20
    assert not [control for control in app.get("button_group") if getattr(control, "key", "") == "pad"]
    assert "0 of 4 runs cached" in texts(app, "markdown")
    app.button(key="train").click().run()
    run = store.runs()[0]
    assert run.spec.encoding == TextEncoding(10_000, 20, "pre", "pre")
    store.cancel([each.id for each in store.runs()])
    comparison = Comparison("imdb", None, run.spec.encoding, Training(), 2, 1, (Entry("next_word_gru"),))
    ((spec,),) = comparison.specs(imdb.fingerprint(None)).values()
    finish(spec, [0.1, 0.12])
    app = open_page(task="Predict the next word", epochs="2", seeds="1", word_metric="Perplexity")
    assert not app.exception
    board = next(frame.value for frame in app.dataframe if "Test perplexity" in frame.value)
    assert board["Test top-5 accuracy"].tolist() == ["70.00 %"]
    assert board["Test perplexity"].tolist() == ["1.82"]
