import pandas as pd
import pytest

from dashboard.charts import frames
from dashboard.costs import cost_charts, cost_frames

LABELS = [f"LSTM with dropout (dropout 0.15, units {units})" for units in range(1, 21)]
COLOURS = {label: f"#2F7E{place:02X}" for place, label in enumerate(LABELS)}


def layers(labels):
    rows = [(label, 1, "Dense(1)", "(1,)", 3, 3, "mn + n", "", "kernel 2 × 1", 3) for label in labels]
    return pd.DataFrame(rows, columns=list(frames.LAYER_COLUMNS))


def epochs(labels):
    rows = [(label, 0, "CPU", number, number == 1, 2.0) for label in labels for number in (1, 2)]
    return pd.DataFrame(rows, columns=list(cost_frames.MEASUREMENT_COLUMNS))


def points(labels, cost=100):
    rows = [
        (label, 10 * cost**place, 2, 1, 0.8 + place / 100, 0.01, 2.0 + place, None, 9.0 + place, 0.5)
        for place, label in enumerate(labels)
    ]
    columns = ["label", "num_params", "n", "num_timed", "test_accuracy", "test_accuracy_std", "seconds_per_epoch"]
    columns += ["seconds_per_epoch_std", "total_seconds", "total_seconds_std"]
    return pd.DataFrame(rows, columns=columns)


@pytest.mark.parametrize("labels", [[], LABELS[:1], LABELS], ids=["none", "one", "twenty"])
def test_charts_of_none_one_and_many(labels):
    extra = pd.DataFrame([(label, 0, "CPU", 1.0) for label in labels], columns=list(cost_frames.EXTRA_COLUMNS))
    drawn = {
        "Parameters": cost_charts.parameter_bars(layers(labels), COLOURS, "#000000"),
        "Seconds per epoch": cost_charts.seconds_bars(
            cost_frames.seconds_frame(epochs(labels)), epochs(labels), COLOURS, "#000000"
        ),
        "Extra seconds of the first epoch": cost_charts.extra_bars(extra, COLOURS, "#000000"),
        "Seconds in all 5 epochs": cost_charts.trade_off(points(labels, 2), "total_seconds", 5, COLOURS, "#000000"),
    }
    for title, chart in drawn.items():
        spec = chart.to_dict()
        scales = [layer["encoding"]["color"]["scale"] for layer in spec["layer"] if "color" in layer["encoding"]]
        assert scales and all(scale == {"domain": LABELS, "range": list(COLOURS.values())} for scale in scales)
        assert title in {layer["encoding"]["x"].get("title") for layer in spec["layer"]}


def test_long_names_take_two_lines():
    axis = cost_charts.parameter_bars(layers(LABELS), COLOURS, "#000000").to_dict()["layer"][0]["encoding"]["y"]["axis"]
    assert '["LSTM with dropout (dropout", "0.15, units 1)"]' in axis["labelExpr"]
    assert axis["labelLimit"] == 0


def test_error_bars_and_front():
    spec = cost_charts.trade_off(points(LABELS[:3], 2), "total_seconds", 5, COLOURS, "#000000").to_dict()
    rows = max(spec["datasets"].values(), key=lambda rows: len(rows[0]) * 100 - len(rows))
    by_label = {row["label"]: row for row in rows}
    assert by_label[LABELS[1]]["low"] == pytest.approx(0.80)
    assert by_label[LABELS[1]]["high"] == pytest.approx(0.82)
    assert (by_label[LABELS[1]]["cheap"], by_label[LABELS[1]]["dear"]) == (9.5, 10.5)
    assert all(row["on_front"] for row in rows)


@pytest.mark.parametrize(("factor", "kind"), [(2, "linear"), (100, "log")])
def test_costs_far_apart_get_a_logarithmic_axis(factor, kind):
    spec = cost_charts.trade_off(points(LABELS[:2], factor), "num_params", 5, COLOURS, "#000000").to_dict()
    assert spec["layer"][0]["encoding"]["x"]["scale"]["type"] == kind
