import pandas as pd
import pytest

from dashboard.charts.charts import with_seeds
from dashboard.curves import curve_charts
from dashboard.curves.curve_charts import Baseline
from dashboard.curves.curve_frames import CURVE_COLUMNS, bands_frame, drawn
from dashboard.curves.curve_options import EPOCH, EXAMPLES, INTERVAL, SECONDS, CurveOptions

LABELS = [f"LSTM ({units} units)" for units in range(1, 21)]
COLOURS = dict.fromkeys(LABELS, "#2F7ED8")


def bands(labels, options, seeds=(0, 1), epochs=(1, 2, 3)):
    rows = [
        (label, seed, split, epoch, 2.0 * epoch + place, 0.5 + seed / 100 + epoch / 10, 0.9, 0.8, 1.5, 1 / epoch)
        for place, label in enumerate(labels)
        for seed in seeds
        for split in ("train", "validation")
        for epoch in epochs
    ]
    return bands_frame(pd.DataFrame(rows, columns=list(CURVE_COLUMNS)), options, 100)


def groups(spec):
    """Every layer that has layers."""
    return [group for layer in spec["layer"] if "layer" in layer for group in (layer, *groups(layer))]


def units(spec):
    return [unit for layer in spec["layer"] for unit in (units(layer) if "layer" in layer else [layer])]


@pytest.mark.parametrize(("metric", "axis"), [("accuracy", EPOCH), ("perplexity", EXAMPLES), ("loss", SECONDS)])
@pytest.mark.parametrize("labels", [[], LABELS[:1], LABELS], ids=["none", "one", "twenty"])
def test_none_one_and_many(labels, metric, axis):
    options = CurveOptions(metric, axis, INTERVAL, 0.3)
    table = bands(labels, options)
    spec = curve_charts.curves(table, options, COLOURS, Baseline(0.5, "chance", ""), "#000000").to_dict()
    of_lines = [group["encoding"] for group in groups(spec) if "encoding" in group]
    assert len(of_lines) == 2 and of_lines[0] == of_lines[1]  # so that there is one legend for both
    assert of_lines[0]["color"]["scale"] == {"domain": LABELS, "range": list(COLOURS.values())}
    assert of_lines[0]["color"]["legend"]["values"] == labels
    titles = [
        unit["encoding"]["y"]["title"].split()[0] for unit in units(spec) if "title" in unit["encoding"].get("y", {})
    ]
    assert set(titles) == {"Validation", "Training"}
    assert curve_charts.described(table, options).count("at epoch") == len(labels)


def marks(chart):
    return marks_of(chart.to_dict())


def marks_of(spec):
    return [unit["mark"] for unit in units(spec)]


def test_no_band_goes_beyond_the_values_of_its_metric():
    options = CurveOptions(band=INTERVAL)
    wide = bands(LABELS[:1], options, seeds=(0, 30))
    assert wide["low"].min() == 0 and wide["high"].max() == 1
    pointer = curve_charts.pointer_frame(wide, LABELS[:1], options)["value0"]
    assert pointer.str.contains(r"\(0\.\d*% to 100\.").all()
    assert curve_charts.scale_domain(wide)[1] < 1.1


def test_smoothing_leaves_the_raw_line_visible():
    def widths(smoothing):
        options = CurveOptions(smoothing=smoothing)
        drawn_marks = marks(curve_charts.curves(bands(LABELS[:1], options), options, COLOURS, None, "#000000"))
        return sorted(mark["strokeWidth"] for mark in drawn_marks if mark["type"] == "line")

    assert widths(0.0) == [2.5, 2.5]
    assert widths(0.5) == [1, 1, 2.5, 2.5]


def test_the_best_epoch_has_a_diamond_on_each_line():
    options = CurveOptions()
    drawn_marks = marks(curve_charts.curves(bands(LABELS[:2], options), options, COLOURS, None, "#000000"))
    assert sum(mark.get("shape") == "diamond" for mark in drawn_marks) == 2


def test_the_legend_says_of_how_many_seeds_each_line_and_band_is():
    options = CurveOptions()
    table = bands(LABELS[:2], options, seeds=(0, 1, 2))
    assert with_seeds(table) == {label: f"{label} (n = 3)" for label in LABELS[:2]}
    table.loc[(table["label"] == LABELS[1]) & (table["epoch"] == 3), "n"] = 2
    assert with_seeds(table)[LABELS[1]] == f"{LABELS[1]} (n = 2 to 3)"
    spec = curve_charts.curves(table, options, COLOURS, None, "#000000").to_dict()
    legends = [unit["encoding"]["strokeDash"]["legend"] for unit in units(spec) if "strokeDash" in unit["encoding"]]
    legends += [group["encoding"]["color"]["legend"] for group in groups(spec) if "encoding" in group]
    assert len(legends) == 4 and all(legend == legends[0] for legend in legends), "one legend for colour and dash"
    assert f'"{LABELS[1]} (n = 2 to 3)"' in legends[0]["labelExpr"]
    alone = bands(LABELS[:2], options, seeds=(0,))
    assert with_seeds(alone) == with_seeds(alone[:0]) == {}


def test_each_panel_is_zoomed_for_itself_up_and_down_and_both_along_the_axis():
    options = CurveOptions()
    baseline = Baseline(0.7, "chance", "")
    spec = curve_charts.curves(bands(LABELS[:1], options), options, COLOURS, baseline, "#000000").to_dict()
    owned = [(mark, each) for mark in units(spec) for each in mark.get("params", ()) if each.get("bind") == "scales"]
    zooms = {each["name"]: each for _, each in owned}
    channels = {name: zoom["select"]["encodings"] for name, zoom in zooms.items()}
    assert channels == {"zoom": ["x"], "zoom_validation": ["y"], "zoom_train": ["y"]}
    for name, zoom in zooms.items():
        assert zoom["select"]["zoom"].startswith("wheel![event.ctrlKey"), "a plain wheel scrolls the page"
        assert ("group().height" in zoom["select"]["translate"]) == (name != "zoom")
    scales = {each["name"]: mark["encoding"]["y"]["scale"]["range"] for mark, each in owned}
    assert scales["zoom_validation"] == scales["zoom"] != scales["zoom_train"]
    drawn_marks = [mark for mark in marks_of(spec) if mark["type"] != "rule" or "strokeDash" in mark]
    assert all("pathShape" in mark["clip"]["expr"] for mark in drawn_marks), "nothing sticks out of a zoomed panel"


@pytest.mark.parametrize(("chance", "num_rules"), [(0.7, 1), (0.5, 0), (None, 0)])
def test_a_guess_is_drawn_where_it_lies_within_the_scale(chance, num_rules):
    options = CurveOptions()
    baseline = chance and Baseline(chance, "chance", "")
    drawn_marks = marks(curve_charts.curves(bands(LABELS[:1], options), options, COLOURS, baseline, "#000000"))
    assert sum(mark["type"] == "rule" and "strokeDash" in mark for mark in drawn_marks) == num_rules


def test_the_pointer_tells_every_label_at_that_epoch():
    options = CurveOptions()
    table = bands(LABELS[:2], options)
    pointer = curve_charts.pointer_frame(table, LABELS[:2], options)
    assert pointer["at"].tolist() == ["1", "2", "3"]
    assert pointer["value1"][0] == "60.50% (59.79% to 61.21%), training 60.50%, 2 seeds"
    fewer = table[(table["label"] != LABELS[1]) | (table["epoch"] < 3)]
    assert curve_charts.pointer_frame(fewer, LABELS[:2], options)["value1"][2] == "–"


def test_against_seconds_the_pointer_tells_the_last_epoch_that_was_finished_by_then():
    options = CurveOptions(axis=SECONDS)
    pointer = curve_charts.pointer_frame(drawn(bands(LABELS[:2], options), options), LABELS[:2], options)
    assert pointer["x"].tolist() == [2.0, 3.0, 4.0, 5.0, 6.0, 7.0]
    assert pointer["value1"][0] == "–"
    assert [text[-7:] for text in pointer["value1"][1:]] == ["epoch 1", "epoch 1", "epoch 2", "epoch 2", "epoch 3"]


def test_a_wide_band_does_not_set_the_scale_alone():
    table = bands(LABELS[:1], CurveOptions(band=INTERVAL))
    low, high = curve_charts.scale_domain(table.assign(low=-9.0, high=9.0))
    means = table["mean"]
    span = means.max() - means.min()
    assert (low, high) == pytest.approx((means.min() - 1.04 * span, means.max() + 1.04 * span))
    assert curve_charts.scale_domain(table[:0]) == (0.0, 1.0)


def test_a_constant_line_has_an_axis_of_a_readable_width():
    table = bands(LABELS[:1], CurveOptions(band=INTERVAL))
    for mean in (0.1733, 0.0):
        low, high = curve_charts.scale_domain(table.assign(mean=mean, low=mean, high=mean))
        assert low < mean < high and high - low == pytest.approx(1.08 * (0.01 * mean or 0.01))


def test_a_metric_that_is_not_measured_while_training_has_one_panel():
    options = CurveOptions("f1")
    seen = bands(LABELS[:1], options).query("split == 'validation'")
    spec = curve_charts.curves(seen, options, COLOURS, None, "#000000").to_dict()
    titled = [unit["encoding"]["y"] for unit in units(spec) if unit["encoding"].get("y", {}).get("title")]
    assert {y["title"] for y in titled} == {"Validation F1 (macro)"}
    assert all(y["scale"]["range"] == [{"expr": "height"}, {"expr": "0"}] for y in titled)
    assert curve_charts.pointer_frame(seen, LABELS[:1], options)["value0"][0] == "80.00% (80.00% to 80.00%), 2 seeds"
    assert curve_charts.described(seen, options).startswith("Lines: validation F1 (macro) by epoch. Best")


@pytest.mark.parametrize(("metric", "number"), [("accuracy", "%"), ("f1", "%"), ("loss", ",f"), ("perplexity", ",f")])
def test_ticks_take_the_decimals_that_the_zoom_asks_for(metric, number):
    options = CurveOptions(metric)
    spec = curve_charts.curves(bands(LABELS[:1], options), options, COLOURS, None, "#000000").to_dict()
    assert units(spec)[0]["encoding"]["y"]["axis"]["format"] == number  # no precision: Vega finds one for each step
