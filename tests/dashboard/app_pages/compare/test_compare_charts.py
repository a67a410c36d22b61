import re
from dataclasses import replace

import numpy as np

from dashboard.costs import cost_view
from dashboard.curves import curve_view
from dashboard.shell import session
from models.encoded.encoded import load_encoded
from models.experiments.comparison import Comparison, Entry
from models.experiments.spec import Training
from models.machine.devices import cpu
from models.text.encoding import TextEncoding
from tests.dashboard.pages import texts


def test_curves_are_drawn_as_the_link_says(open_compare, specs, finish):
    for name in ("LSTM", "GRU"):
        for seed in range(2):
            finish(specs[name][seed], [0.7, 0.8, 0.75, 0.75, 0.75], device=session.devices("tensorflow")[0].name)
    finish(specs["LSTM"][2], [0.7] * 5, device="NVIDIA H200")
    app = open_compare(x="Seconds", band="95% interval of the mean", smoothing="0.6", from_epoch="2", only="GRU")
    assert not app.exception and not app.warning
    captions = texts(app, "caption")
    assert "Band: 95% interval of the mean over seeds" in captions
    assert "Thick line: smoothed. Thin line, band and diamond: as measured." in captions
    assert "1 run left out: measured on another device, or while the device was not free." in captions
    assert "Chance: 50%" in captions
    app.segmented_control(key="x").set_value("examples").run()
    app.segmented_control(key="metric").set_value("loss").run()
    assert not app.exception
    assert "left out" not in texts(app, "caption") and "Chance" not in texts(app, "caption")


def test_the_most_frequent_class_is_the_guess_where_classes_are_unequal(store, monkeypatch):
    comparison = Comparison("rotten_tomatoes", None, TextEncoding(50, 5), Training(), 1, 1, (Entry("flatten"),))
    baseline = curve_view.baseline_of(store, comparison)
    assert baseline[:2] == (0.5, "chance"), "nothing is encoded yet"
    load_encoded(comparison.dataset, None, comparison.encoding, store.root)
    assert curve_view.baseline_of(store, comparison) == baseline, "both classes are as frequent"
    monkeypatch.setattr(curve_view, "encoded_classes", lambda *_: np.array([1, 0, 1, 1, 1]))
    unequal = curve_view.baseline_of(store, comparison)
    assert unequal[:2] == (0.8, "always “positive”") and "80.0%" in unequal.explanation


def test_a_metric_that_is_younger_than_the_runs_reports_it(open_compare, specs, finish):
    finish(specs["LSTM"][0], [0.7] * 5, device=cpu().name)
    app = open_compare(metric="F1 (macro)", models="LSTM", seeds="1")
    assert not app.exception
    assert "F1 (macro) was not measured: these runs are older than this metric." in texts(app, "info")


def test_a_link_to_curves_that_cannot_be_is_explained(open_compare):
    app = open_compare(x="Parsecs", smoothing="2", cost="Money")
    warnings = texts(app, "warning")
    assert (
        "“Parsecs” as x" in warnings
        and "smoothing, which goes from 0 to 0.95" in warnings
        and "“Money” as cost" in warnings
    )


def test_runs_whose_seconds_change_are_named_beside_their_bars(open_compare, specs, finish):
    for seed, growth in enumerate((0.05, 0.0)):
        finish(specs["LSTM"][seed], [0.8] * 8, device=cpu().name, growth=growth)
    shown = texts(open_compare(epochs="8"), "caption")
    assert re.search(r"Seconds that are not steady: LSTM, seed 0: they rose by 2\d% over its epochs\.", shown)


def test_seconds_that_were_not_measured_are_explained(open_compare, specs, finish):
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


def test_the_formula_of_jaggedness_is_drawn_when_asked_for(open_compare, specs, finish):
    finish(specs["GRU"][0], [0.81, 0.7, 0.7, 0.7, 0.7], device=session.devices("tensorflow")[0].name)
    closed, opened = (open_compare(models="GRU", seeds="1", jaggedness_open=value) for value in ("false", "true"))
    assert not closed.latex
    assert "(b-v_1)" in opened.latex[0].value and "Jaggedness measures" in texts(opened, "markdown")


def test_all_cached_variants_are_shown_side_by_side(open_compare, specs, finish):
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


def test_the_bars_of_seconds_name_their_epochs_and_seeds(open_compare, specs, finish):
    for label, num_seeds in (("LSTM", 2), ("GRU", 1)):
        for seed in range(num_seeds):
            finish(specs[label][seed], [0.8] * 3, device=cpu().name)
    finish(specs["Flatten"][0], [0.8] * 5, device="NVIDIA H200")
    shown = texts(open_compare(epochs="5"), "caption")
    assert f"Measured on {cpu().name}, training only, 3 epochs a run." in shown
    assert "mean over 1 to 2 seeds; dots: each epoch." in shown
    assert f"Not drawn: runs on NVIDIA H200. The chosen device is {cpu().name}, and seconds of different" in shown


def test_the_cost_of_parameters_names_no_device(open_compare, specs, finish, monkeypatch):
    drawn, show = [], cost_view.show
    monkeypatch.setattr(cost_view, "show", lambda plot: drawn.append(plot) or show(plot))
    finish(specs["Flatten"][0], [0.8] * 5, device=cpu().name)
    for cost, is_named in (("Seconds per epoch", True), ("Parameters", False)):
        app = open_compare(cost=cost, models="Flatten", seeds="1")
        plot = next(plot for plot in reversed(drawn) if plot.title.startswith("Test accuracy against"))
        assert (f"seconds on {cpu().name}" in plot.caption) == is_named
        assert (f"Training alone, on {cpu().name}" in texts(app, "caption")) == is_named
