import re
import shutil
import sqlite3
from collections import namedtuple
from dataclasses import replace

from cache.core.processes import ProcessIdentity
from dashboard.shell import session
from models.data.datasets import get_dataset
from models.experiments.comparison import Comparison, Entry
from models.experiments.spec import Training
from models.machine.devices import cpu
from models.text.encoding import TextEncoding
from tests.dashboard.pages import texts


def test_an_empty_cache_says_what_to_do(open_compare):
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


def test_trainings_of_other_comparisons_are_not_hidden(open_compare, specs, store, runners):
    (run_id,) = store.submit([specs["LSTM"][0]], 5, "cpu")
    app = open_compare(models="Flatten", seeds="1")
    assert runners
    assert "1 run of other comparisons in training or waiting (LSTM)" in texts(app, "caption")
    app.button(key="cancel_others").click().run()
    assert store.run(run_id).state == "cancelled"


def test_a_run_that_ends_while_the_page_is_drawn_is_not_missed(open_compare, specs, store, finish, monkeypatch):
    """It ends after the page has read it and before its progress is followed."""
    from dashboard.widgets import run_progress

    follow = run_progress.show_progress

    def end_then_follow(store_, active, times, backend):
        finish(specs["LSTM"][0], [0.7] * 5, device=session.devices("tensorflow")[0].name)
        monkeypatch.setattr("dashboard.widgets.run_progress.show_progress", follow)
        follow(store_, active, times, backend)

    monkeypatch.setattr("dashboard.widgets.run_progress.show_progress", end_then_follow)
    store.submit([specs["LSTM"][0]], 5, "cpu")
    app = open_compare(models="LSTM", seeds="1")
    assert "1 of 1 run cached" in texts(app, "markdown")


def test_an_unknown_engine_is_explained(open_compare, monkeypatch):
    monkeypatch.setenv("KERAS_BACKEND", "openvino")
    app = open_compare()
    assert not app.exception
    assert "one of: tensorflow, jax, torch" in texts(app, "error")


def test_an_empty_line_up_says_what_to_do(open_compare):
    app = open_compare()
    app.get("button_group")[0].set_value([]).run()
    assert "Pick one or more architectures" in texts(app, "info")


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


def test_fields_that_nobody_sees_are_not_drawn_and_what_was_chosen_in_them_stays(open_compare):
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


def test_an_unknown_value_in_the_link_is_named_and_left_out(open_compare):
    app = open_compare(models="Transformer", dataset="MNIST", length="9999999")
    assert not app.exception
    assert "“Transformer” as models" in texts(app, "warning")
    assert "“MNIST” as dataset" in texts(app, "warning")
    assert "length, which goes from 5 to 2,000" in texts(app, "warning")


def test_a_stack_that_cannot_work_is_explained(open_compare):
    app = open_compare(models="Conv1D", length="5", details_open="true")
    app.number_input(key="conv1d.kernel_size").set_value(9).run()
    assert not app.exception
    assert "Left out: Conv1D (kernel size 9): Conv1D's kernel_size 9 is longer than the 5 steps" in texts(app, "error")


def test_one_impossible_entry_does_not_take_the_others_away(open_compare):
    app = open_compare(models=["Conv1D", "LSTM"], length="20", **{"conv1d.kernel_size": "30"})
    assert not app.exception
    assert "Left out: Conv1D" in texts(app, "error")
    assert app.button(key="train").label == "Train 3 runs"


def test_a_dataset_that_is_not_here_offers_the_download(open_compare):
    app = open_compare(dataset="IMDB reviews, all 50,000")
    assert not app.exception
    assert "not on this machine yet: about 84 MB" in texts(app, "info")
    assert "Download" in [button.label for button in app.button]


def test_a_full_disk_stops_training_before_it_starts(open_compare, monkeypatch):
    usage = namedtuple("usage", "total used free")
    monkeypatch.setattr(shutil, "disk_usage", lambda path: usage(10**9, 10**9, 10**6))
    app = open_compare()
    assert "Only 1 MB are free" in texts(app, "error")
    assert app.button(key="train").disabled


def test_a_limit_is_said_before_anything_is_trained_and_a_higher_one_can_be_used(open_compare, store, monkeypatch):
    asked = {"models": "Flatten", "seeds": "1", "epochs": "300"}
    app = open_compare(**asked)
    assert not app.exception and not app.warning
    assert "300 epochs are asked for, and at most 200 are trained here (UNROLL_MAX_EPOCHS)" in texts(app, "error")
    assert app.button(key="train").disabled
    monkeypatch.setenv("UNROLL_MAX_EPOCHS", "300")
    app = open_compare(**asked)
    assert not app.error
    app.button(key="train").click().run()
    assert [run.epochs for run in store.runs()] == [300]


def test_a_read_only_cache_can_be_looked_at_and_not_trained_into(open_compare, specs, finish, store, monkeypatch):
    finish(specs["Flatten"][0], [0.8] * 5)
    monkeypatch.setattr("cache.core.access.os.access", lambda *_: False)
    app = open_compare()
    assert not app.exception
    assert "is read-only: what is in it can be looked at" in texts(app, "info")
    assert "1 of 12 runs cached" in texts(app, "markdown")
    assert app.button(key="train").disabled
    assert "nothing can be trained or changed" in app.button(key="train").help


def test_a_model_too_large_for_the_device_is_not_queued(open_compare):
    app = open_compare(models="Conv1D", batch="2048", length="2000", **{"conv1d.filters": "1024"})
    assert not app.exception
    assert "Conv1D (1,024 filters) needs at least 34 GB at batch size 2,048" in texts(app, "error")
    assert "Train" not in " ".join(button.label for button in app.button)


def test_a_cache_of_a_newer_version_is_explained(open_compare, store):
    with sqlite3.connect(store.root / "runs.sqlite") as db:
        db.execute("PRAGMA user_version = 99")
    db.close()
    app = open_compare()
    assert not app.exception
    assert "newer version of Unroll" in texts(app, "error")


def test_a_damaged_cache_is_mended_and_told_of(open_compare, specs, finish, store):
    finish(specs["Flatten"][0], [0.8] * 5)
    for file in store.root.glob("runs.sqlite*"):
        file.unlink()
    (store.root / "runs.sqlite").write_bytes(b"no database" * 1_000)
    app = open_compare()
    assert not app.exception
    assert "the run cache's database was damaged" in texts(app, "warning")
    assert "1 of 12 runs cached" in texts(app, "markdown")
    next(button for button in app.button if button.label == "Dismiss").click()
    assert "damaged" not in texts(app.run(), "warning")


def test_a_database_that_breaks_while_the_page_is_open_is_mended_by_the_next_look(open_compare, specs, finish, store):
    finish(specs["Flatten"][0], [0.8] * 5)
    app = open_compare()
    for file in store.root.glob("runs.sqlite*"):
        file.unlink()
    (store.root / "runs.sqlite").write_bytes(b"no database" * 1_000)
    assert "The run cache's database is damaged" in texts(app.run(), "error")
    next(button for button in app.button if button.label == "Recover what can be read").click()
    app.run()
    assert "1 of 12 runs cached" in texts(app, "markdown")


def board(app):
    return next(frame.value for frame in app.dataframe if "Best validation" in frame.value)


def test_seconds_of_a_contended_run_are_left_out_unless_asked_for(open_compare, specs, finish, store):
    for seed in range(3):
        finish(specs["Flatten"][seed], [0.8] * 5, device=cpu().name, contended="other programs used 1.5 of 2 cores")
    app = open_compare()
    says = texts(app, "caption")
    assert "3 runs measured while another program used the device (other programs used 1.5 of 2 cores)" in says
    assert board(app)["Seconds per epoch"].tolist() == ["–"]
    assert board(app)["Test accuracy"].tolist() != ["–"]
    assert "No run of this line-up was timed while nothing else used the device" in texts(app, "info")
    next(toggle for toggle in app.toggle if toggle.key == "contended").set_value(True)
    app.run()
    assert board(app)["Seconds per epoch"].tolist() == ["2.00 ± 0.00 s"]


def test_curves_are_drawn_as_the_link_says(open_compare, specs, finish):
    for name in ("LSTM", "GRU"):
        for seed in range(2):
            finish(specs[name][seed], [0.7, 0.8, 0.75, 0.75, 0.75], device=session.devices("tensorflow")[0].name)
    finish(specs["LSTM"][2], [0.7] * 5, device="NVIDIA H200")
    app = open_compare(x="Seconds", band="95% interval of the mean", smoothing="0.6", from_epoch="2", only="GRU")
    assert not app.exception and not app.warning
    says = texts(app, "caption")
    assert "Band: 95% interval of the mean over seeds" in says
    assert "Thick line: smoothed. Thin line, band and diamond: as measured." in says
    assert "1 run left out: measured on another device, or while the device was not free." in says
    assert "Chance: 50%" in says
    app.segmented_control(key="x").set_value("examples").run()
    app.segmented_control(key="metric").set_value("loss").run()
    assert not app.exception
    assert "left out" not in texts(app, "caption") and "Chance" not in texts(app, "caption")


def test_a_metric_that_is_younger_than_the_runs_says_so(open_compare, specs, finish):
    finish(specs["LSTM"][0], [0.7] * 5, device=cpu().name)
    app = open_compare(metric="F1 (macro)", models="LSTM", seeds="1")
    assert not app.exception
    assert "F1 (macro) was not measured: these runs are older than this metric." in texts(app, "info")


def test_a_link_to_curves_that_cannot_be_is_explained(open_compare):
    app = open_compare(x="Parsecs", smoothing="2", cost="Money")
    says = texts(app, "warning")
    assert "“Parsecs” as x" in says and "smoothing, which goes from 0 to 0.95" in says and "“Money” as cost" in says


def test_runs_whose_seconds_change_are_named_beside_their_bars(open_compare, specs, finish):
    for seed, growth in enumerate((0.05, 0.0)):
        finish(specs["LSTM"][seed], [0.8] * 8, device=cpu().name, growth=growth)
    said = texts(open_compare(epochs="8"), "caption")
    assert re.search(r"Seconds that are not steady: LSTM, seed 0: they rose by 2\d% over its epochs\.", said)


def test_seconds_that_nobody_measured_are_explained(open_compare, specs, finish):
    finish(specs["LSTM"][0], [0.7] * 5, device="NVIDIA H200")
    app = open_compare(x="Seconds", cost="Seconds per epoch", models="LSTM", seeds="1")
    assert not app.exception
    assert "No seconds to draw" in texts(app, "info")
    assert "No run of this line-up was timed on" in texts(app, "info")


def test_the_front_is_named_with_its_figures(open_compare, specs, finish):
    finish(specs["Flatten"][0], [0.71, 0.7, 0.7, 0.7, 0.7], device=session.devices("tensorflow")[0].name)
    finish(specs["GRU"][0], [0.81, 0.7, 0.7, 0.7, 0.7], device=session.devices("tensorflow")[0].name)
    app = open_compare(seeds="1")
    assert "cheaper and more accurate: GRU (80.00%, 169,997 parameters)." in texts(app, "caption")
    app.segmented_control(key="cost").set_value("total_seconds").run()
    assert "GRU (80.00%, 11.00 s)" in texts(app, "caption")


def test_all_cached_variants_are_shown_beside_each_other(open_compare, specs, finish):
    here = session.devices("tensorflow")[0].name
    for units in range(8, 14):
        spec = specs["GRU"][0]
        finish(replace(spec, hyperparameters=spec.hyperparameters | {"units": units}), [0.8] * 5, device=here)
    app = open_compare(models="GRU", seeds="1")
    assert "This chart needs an architecture with two variants" in texts(app, "info")
    app.toggle(key="all_variants").set_value(True).run()
    assert not app.exception
    assert "One line per variant, means over seeds" in texts(app, "caption")
    assert app.button(key="train").label.startswith("Train 1 run ")  # the variants are shown, not asked for
    app.segmented_control(key="sweep_colour").set_value("accuracy").run()
    assert not app.exception


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
