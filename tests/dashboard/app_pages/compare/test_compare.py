from dataclasses import replace

import pytest

from cache.core.processes import ProcessIdentity
from dashboard.shell import links, session
from dashboard.widgets import run_progress
from models.data.datasets import get_dataset
from models.experiments import engines
from models.experiments.comparison import Comparison, Entry
from models.experiments.spec import Training
from models.machine.devices import cpu
from models.text.encoding import TextEncoding
from tests.dashboard.pages import texts


def test_an_empty_cache_shows_what_to_do(open_compare):
    app = open_compare()
    assert not app.exception
    assert app.title[0].value == "Compare architectures"
    assert "0 of 12 runs cached" in texts(app, "markdown")
    assert "Results appear here after the first epoch" in texts(app, "info")
    assert app.button(key="train").label == "Train 12 runs"
    assert "Training runs on the CPU" in texts(app, "caption") or "GPU" in texts(app, "caption")


def test_parameters_are_there_before_anything_is_trained(open_compare):
    app = open_compare()
    assert "LSTM 172,941" in app.get("vega_lite_chart")[0].proto.alt
    assert "172,941 parameters" in texts(open_compare(details_open="true"), "markdown")
    assert len(app.get("vega_lite_chart")) == 1


def test_cached_runs_are_shown_at_once(open_compare, specs, finish):
    for seed, accuracy in enumerate((0.80, 0.82, 0.84)):
        finish(specs["LSTM"][seed], [0.7, accuracy, 0.75, 0.75, 0.75], device=session.devices("tensorflow")[0].name)
    app = open_compare()
    assert not app.exception
    assert "3 of 12 runs cached" in texts(app, "markdown")
    table = board(app)
    assert list(table["Architecture"]) == ["LSTM"]
    assert "Ranked apart" not in texts(app, "markdown")
    assert table["Test accuracy"][0] == "81.00 ± 2.00%"
    assert table["Seeds"][0] == 3
    assert len(app.get("vega_lite_chart")) == 5


def test_train_queues_what_is_missing_and_cancel_takes_it_back(open_compare, specs, finish, store, runners):
    finish(specs["LSTM"][0], [0.7] * 5)
    app = open_compare()
    assert app.button(key="train").label == "Train 11 runs"
    app.button(key="train").click().run()
    assert not app.exception
    assert len(store.runs(["queued"])) == 11
    assert runners
    assert "11 in training or waiting" in texts(app, "markdown")
    app.button(key="cancel_all").click().run()
    assert len(store.runs(["cancelled"])) == 11
    assert app.button(key="train").label == "Train 11 runs"


def test_fewer_epochs_are_answered_at_once(open_compare, specs, finish):
    finish(specs["LSTM"][0], [0.7, 0.8, 0.9, 0.9, 0.9])
    app = open_compare(epochs="2", models="LSTM", seeds="1")
    assert "1 of 1 run cached" in texts(app, "markdown")
    assert board(app)["Best validation"][0] == "80.00%"


def test_a_running_run_shows_its_progress(open_compare, specs, store):
    (run_id,) = store.submit([specs["LSTM"][0]], 5, "cpu")
    store.claim("cpu", ProcessIdentity.current())
    pace = {"batches": 180, "seconds": 9.0, "evaluation_batches": 40, "evaluation_seconds": 1.0}
    store.set_progress(run_id, epoch=2, batch=30, num_batches=157, seconds=1.5, pace=pace, at=store.clock())
    app = open_compare(models="LSTM", seeds="1")
    assert not app.exception
    (bar,) = app.get("progress")
    assert "LSTM" in bar.proto.text and "epoch 2 of 5, batch 30 of 157, about" in bar.proto.text
    app.button(key=f"stop_{run_id}").click().run()
    assert store.run(run_id).cancel_requested


def test_a_failed_run_shows_its_reason_and_its_log(open_compare, specs, store):
    (run_id,) = store.submit([specs["LSTM"][0]], 5, "cpu")
    store.claim("cpu", ProcessIdentity.current())
    store.log_file(run_id).write_text("the last words")
    store.fail(run_id, "The loss became nan.")
    app = open_compare(models="LSTM", seeds="1")
    assert "The loss became nan." in texts(app, "error")
    assert "the last words" in texts(app, "code")
    assert app.button(key="train").label == "Train 1 run"


def test_weights_after_chosen_epochs_are_kept_by_runs_that_are_trained_now(open_compare, specs, finish, store):
    here = session.devices("tensorflow")[0].name
    finish(specs["LSTM"][0], [0.7, 0.8], device=here)
    app = open_compare(models="LSTM", seeds="1", epochs="4", keep_weights="true")
    assert "Weights are kept after epochs 1, 2 and 3: about 2.1 MB on the disk." in texts(app, "caption")
    assert "continue from cached" not in texts(app, "caption"), "the cached run has kept none"
    app.button(key="train").click().run()
    (waiting,) = store.runs(["queued"])
    assert waiting.keeps_weights
    app.toggle(key="keep_weights").set_value(False).run()
    assert "Weights are kept" not in texts(app, "caption")


def test_more_epochs_keep_showing_what_is_cached(open_compare, specs, finish, store):
    here = session.devices("tensorflow")[0].name
    run = finish(specs["LSTM"][0], [0.7, 0.8], device=here)
    app = open_compare(models="LSTM", seeds="1", epochs="4")
    assert "0 of 1 run cached" in texts(app, "markdown")
    assert "1 of 1 run to train continue from cached epochs" in texts(app, "caption")
    assert len(app.get("vega_lite_chart")) == 4  # parameters, seconds, the first epoch's extra, curves
    app.button(key="train").click().run()
    assert len(app.get("vega_lite_chart")) == 4  # parameters, seconds, the first epoch's extra, curves
    app.button(key="cancel_all").click().run()
    assert len(app.get("vega_lite_chart")) == 4  # parameters, seconds, the first epoch's extra, curves
    assert store.run(run.id) == run


def test_more_epochs_can_be_asked_for_while_fewer_are_queued(open_compare, specs, store):
    store.submit([specs["LSTM"][0]], 2, "cpu")
    app = open_compare(models="LSTM", seeds="1", epochs="4")
    app.button(key="train").click().run()
    (run,) = store.runs(["queued"])
    assert run.epochs == 4


def test_trainings_of_other_comparisons_are_not_hidden(open_compare, specs, store, runners, monkeypatch):
    drawn_every, fragment = {}, run_progress.st.fragment

    def recording(draw=None, *, run_every=None):
        if draw is None:
            return lambda draw: drawn_every.update({draw.__qualname__: run_every}) or fragment(draw)
        return fragment(draw)

    monkeypatch.setattr(run_progress.st, "fragment", recording)
    (run_id,) = store.submit([specs["LSTM"][0]], 5, "cpu")
    app = open_compare(models="Flatten", seeds="1")
    assert runners
    assert "1 run of other comparisons in training or waiting (LSTM)" in texts(app, "caption")
    assert drawn_every["show_other_runs.<locals>.line"] == 2.0, "it follows them"
    app.button(key="cancel_others").click().run()
    assert store.run(run_id).state == "cancelled"
    drawn_every.clear()
    open_compare(models="Flatten", seeds="1")
    assert "show_other_runs.<locals>.line" not in drawn_every, "an idle page asks nothing"


def test_a_run_that_ends_while_the_page_is_drawn_is_not_missed(open_compare, specs, store, finish, monkeypatch):
    """It ends after the page has read it and before its progress is followed."""
    follow = run_progress.show_progress

    def end_then_follow(store_, active, times):
        finish(specs["LSTM"][0], [0.7] * 5, device=session.devices("tensorflow")[0].name)
        monkeypatch.setattr("dashboard.widgets.run_progress.show_progress", follow)
        follow(store_, active, times)

    monkeypatch.setattr("dashboard.widgets.run_progress.show_progress", end_then_follow)
    store.submit([specs["LSTM"][0]], 5, "cpu")
    app = open_compare(models="LSTM", seeds="1")
    assert "1 of 1 run cached" in texts(app, "markdown")


def test_hyperparameters_change_the_count_and_the_label(open_compare):
    app = open_compare(models="LSTM", details_open="true")
    app.number_input(key="lstm.units").set_value(64).run()
    assert not app.exception
    assert "LSTM (64 units)" in texts(app, "markdown")


def test_rates_and_words_are_chosen_too(open_compare):
    models = ["LSTM with dropout", "LSTM, directions merged"]
    app = open_compare(**{"models": models, "lstm_merged.merge_mode": "mul", "details_open": "true"})
    app.number_input(key="lstm_dropout.dropout").set_value(0.1 + 0.05).run()
    app.number_input(key="lstm_dropout.recurrent_dropout").set_value(0.0).run()
    assert not app.exception and not app.warning
    assert "**LSTM with dropout (dropout 0.15, recurrent dropout 0.0)**" in texts(app, "markdown")
    assert "**LSTM, directions merged (merge mode mul)**" in texts(app, "markdown")
    app.selectbox(key="lstm_merged.merge_mode").select("sum").run()
    assert "**LSTM, directions merged**" in texts(app, "markdown")


def test_variants_of_one_architecture_stand_side_by_side(open_compare):
    app = open_compare(models="LSTM", seeds="2", details_open="true")
    app.checkbox(key="lstm.and").check().run()
    app.number_input(key="lstm.2.units").set_value(8).run()
    assert not app.exception
    assert app.button(key="train").label == "Train 4 runs"


def test_fields_that_are_hidden_are_not_drawn_and_what_was_chosen_in_them_stays(open_compare):
    app = open_compare(models=["LSTM", "GRU"], details_open="true")
    app.number_input(key="lstm.units").set_value(64).run()
    del app.query_params["details_open"]  # as the browser does when it is closed
    app.session_state["details_open"] = False
    app.run()
    assert not app.exception and "parameters" not in texts(app, "markdown")
    assert "LSTM (64 units) " in app.get("vega_lite_chart")[0].proto.alt
    closed = open_compare(models=["LSTM", "GRU"], **{"lstm.units": "64"})
    assert "LSTM (64 units) " in closed.get("vega_lite_chart")[0].proto.alt
    fields = {field.key for field in closed.number_input if "." in str(field.key)}
    assert fields == {"lstm.embedding_dim", "lstm.units", "lstm.dense_units", "lstm.directions"}


def board(app):
    return next(frame.value for frame in app.dataframe if "Best validation" in frame.value)


def test_seconds_of_a_contended_run_are_left_out_unless_asked_for(open_compare, specs, finish, store):
    for seed in range(3):
        reason = f"other programs used {seed + 0.5} of 2 cores"
        finish(specs["Flatten"][seed], [0.8] * 5, device=cpu().name, contended=reason)
    app = open_compare()
    captions = texts(app, "caption")
    assert (
        "3 runs measured while another program used the device (other programs used 0.5 to 2.5 of 2 cores)" in captions
    )
    assert board(app)["Seconds per epoch"].tolist() == ["–"]
    assert board(app)["Test accuracy"].tolist() != ["–"]
    assert "No run of this line-up was timed while nothing else used the device" in texts(app, "info")
    next(toggle for toggle in app.toggle if toggle.key == "contended").set_value(True)
    app.run()
    assert board(app)["Seconds per epoch"].tolist() == ["2.00 ± 0.00 s"]


def test_runs_of_another_device_are_shown_but_not_timed(open_compare, specs, finish, store):
    finish(specs["LSTM"][0], [0.7] * 5, device="NVIDIA H200")
    app = open_compare(models="LSTM", seeds="1")
    assert "1 of 1 run cached" in texts(app, "markdown")
    assert "Note: measured on NVIDIA H200 instead of" in texts(app, "markdown").replace("*", "")
    assert "1 run measured on another device (NVIDIA H200)" in texts(app, "caption")
    assert "seconds of different devices cannot be compared" in texts(app, "caption")
    app.button(key="measure_here").click().run()
    assert len(store.runs(["queued"])) == 1


def test_the_engine_is_part_of_the_question(open_compare, specs, finish, monkeypatch):
    finish(specs["LSTM"][0], [0.7] * 5)
    monkeypatch.setenv("KERAS_BACKEND", "jax")
    app = open_compare(models="LSTM", seeds="1")
    assert "0 of 1 run cached" in texts(app, "markdown")


@pytest.fixture
def jax_is_installed(monkeypatch):
    """As far as the page can see; nothing is trained."""
    monkeypatch.setattr(engines, "find_spec", lambda name: name if name in ("tensorflow", "jax") else None)


def test_one_installed_engine_is_no_choice(open_compare):
    app = open_compare(models="LSTM", seeds="1")
    assert "engine" not in {box.key for box in app.selectbox}
    assert "Engines:" not in " ".join(each.label for each in app.expander)


def test_an_engine_is_chosen_and_named_in_links(open_compare, store, jax_is_installed):
    app = open_compare(models="LSTM", seeds="1")
    assert app.selectbox(key="engine").options == ["TensorFlow", "JAX", "JAX, whole epochs"]
    app.selectbox(key="engine").set_value("JAX, whole epochs").run()
    app.button(key="train").click().run()
    (run,) = store.runs()
    assert run.spec.training == Training(backend="jax", loop="epochs")
    query = links.compare_query(run)
    assert query["engine"] == "JAX, whole epochs"
    assert open_compare(**query).selectbox(key="engine").value == "JAX, whole epochs"


def test_a_link_from_before_engines_were_chosen_still_shows_whole_epochs(open_compare, jax_is_installed):
    app = open_compare(models="LSTM", loop="whole epochs")
    assert app.selectbox(key="engine").value == "JAX, whole epochs"
    app.selectbox(key="engine").set_value("TensorFlow").run()
    assert app.selectbox(key="engine").value == "TensorFlow"
    assert open_compare(models="LSTM", loop="batch by batch").selectbox(key="engine").value == "TensorFlow"


def test_cached_runs_of_an_engine_that_is_not_installed_are_shown(open_compare, specs, finish, monkeypatch):
    monkeypatch.setattr(engines, "find_spec", lambda name: name if name == "tensorflow" else None)
    finish(replace(specs["LSTM"][0], training=Training(backend="jax")), [0.7] * 5)
    assert open_compare(models="LSTM").selectbox(key="engine").options == ["TensorFlow", "JAX"]
    assert open_compare(engine="PyTorch").selectbox(key="engine").options == ["TensorFlow", "JAX", "PyTorch"]
    app = open_compare(models="LSTM", seeds="2", engine="JAX")
    assert "1 of 2 runs cached" in texts(app, "markdown")
    assert app.button(key="train").disabled and "JAX is not installed here" in app.button(key="train").help
    assert "“no engine” as engine" in texts(open_compare(models="LSTM", engine="no engine"), "warning")


def test_a_link_on_a_server_of_another_backend_names_the_engine(specs, finish, monkeypatch):
    run = finish(specs["LSTM"][0], [0.7] * 5)
    assert "engine" not in links.compare_query(run)
    monkeypatch.setenv("KERAS_BACKEND", "jax")
    assert links.compare_query(run)["engine"] == "TensorFlow"


def test_engines_are_measured_and_the_fastest_is_used(open_compare, specs, finish, store, jax_is_installed):
    here, (spec, *_) = session.devices("tensorflow")[0].name, specs["LSTM"]
    finish(spec, [0.7] * 5, seconds=4.0, device=here)
    elsewhere = {"device": "another device", "contended": "another program"}
    finish(replace(spec, training=Training(backend="jax")), [0.7] * 5, seconds=1.0, **elsewhere)
    app = open_compare(models="LSTM", engines_open="true")
    assert [*app.dataframe[0].value["Engine"]] == ["TensorFlow (chosen)", "JAX", "JAX, whole epochs"]
    assert [*app.dataframe[0].value["LSTM"]] == ["4.00 s", "–", "–"]
    app.button(key="measure_engines").click().run()
    asked = {(run.spec.training.backend, run.spec.training.loop): run.epochs for run in store.runs(["queued"])}
    assert asked == {("jax", "batches"): 3, ("jax", "epochs"): 3}
    assert [*app.dataframe[0].value["LSTM"]] == ["4.00 s", "in the queue", "in the queue"]
    assert "2 runs waiting" in texts(app, "caption") and "of other comparisons" not in texts(app, "caption")
    assert "Measure 2 runs" not in " ".join(button.label for button in app.button)
    store.fail(store.claim("cpu", ProcessIdentity.current()).id, "It broke.")
    app.run()
    assert [*app.dataframe[0].value["LSTM"]] == ["4.00 s", "failed", "in the queue"]
    assert "LSTM, JAX, seed 0: It broke." in texts(app, "error").replace("*", "")
    app.button(key="cancel_engines").click().run()
    assert not store.runs(["queued"])
    finish(replace(spec, training=Training(backend="jax")), [0.7] * 3, device=here, contended="another program")
    app = open_compare(models="LSTM", engines_open="true")
    assert [*app.dataframe[0].value["LSTM"]][1] == "disturbed"
    app.button(key="measure_engines").click().run()
    assert [*app.dataframe[0].value["LSTM"]][1] == "in the queue"
    app.button(key="cancel_engines").click().run()
    for loop, seconds in (("batches", 2.0), ("epochs", 0.5)):
        finish(replace(spec, training=Training(backend="jax", loop=loop)), [0.7] * 3, seconds=seconds, device=here)
    app = open_compare(models="LSTM", engines_open="true")
    assert [*app.dataframe[0].value["Engine"]] == ["TensorFlow (chosen)", "JAX", "JAX, whole epochs (fastest)"]
    app.button(key="use_fastest").click().run()
    assert app.selectbox(key="engine").value == "JAX, whole epochs"
    assert [*app.dataframe[0].value["Engine"]][2] == "JAX, whole epochs (chosen, fastest)"
    assert "use_fastest" not in {button.key for button in app.button}


def test_next_words_have_a_line_up_and_metrics_of_their_own(open_compare, finish, store):
    imdb = get_dataset("imdb")
    app = open_compare(task="Predict the next word", epochs="2", seeds="1")
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
    app = open_compare(task="Predict the next word", epochs="2", seeds="1", word_metric="Perplexity")
    assert not app.exception
    board = next(frame.value for frame in app.dataframe if "Test perplexity" in frame.value)
    assert board["Test top-5 accuracy"].tolist() == ["70.00%"]
    assert board["Test perplexity"].tolist() == ["1.82"]
