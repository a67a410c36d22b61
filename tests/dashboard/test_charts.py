import pandas as pd
import pytest

from dashboard import charts, frames
from dashboard.colours import PALETTE, architecture_colour, label_colours, run_colours
from models.architectures import ARCHITECTURES
from models.comparison import Entry
from models.tasks import TASKS

COLOURS = {"Flatten": "#E69F00", "LSTM": "#2F7ED8"}


def epochs(*labels):
    rows = [(label, 0, "CPU", number, number == 1, 2.0) for label in labels for number in (1, 2)]
    return pd.DataFrame(rows, columns=list(frames.MEASUREMENT_COLUMNS))


def bands(*labels):
    rows = [
        (label, seed, split, number, 0.8 + seed / 10, 0.4, 0.9, 1.5)
        for label in labels
        for seed in (0, 1)
        for split in ("train", "validation")
        for number in (1, 2)
    ]
    return frames.bands_frame(pd.DataFrame(rows, columns=list(frames.CURVE_COLUMNS)), "accuracy")


def layers(*labels):
    rows = [(label, 1, "Dense(1)", "(1,)", 3, 3, "mn + n", "", "kernel 2 × 1", 3) for label in labels]
    return pd.DataFrame(rows, columns=list(frames.LAYER_COLUMNS))


@pytest.mark.parametrize("labels", [(), ("LSTM",), ("Flatten", "LSTM")], ids=["none", "one", "two"])
def test_charts_of_none_one_and_many(labels):
    drawn = [
        charts.parameter_bars(layers(*labels), COLOURS, "#000000"),
        charts.seconds_bars(frames.seconds_frame(epochs(*labels)), epochs(*labels), COLOURS, "#000000"),
        charts.curves(bands(*labels), "accuracy", "validation", COLOURS, None, "#000000"),
        charts.curves(bands(*labels), "loss", "train", COLOURS, (0.0, 1.0), "#000000"),
    ]
    for chart in drawn:
        spec = chart.to_dict()
        domains = [layer["encoding"]["color"]["scale"] for layer in spec["layer"] if "color" in layer["encoding"]]
        assert all(scale == {"domain": list(COLOURS), "range": list(COLOURS.values())} for scale in domains)
        titles = {
            channel.get("title")
            for layer in spec["layer"]
            for name, channel in layer["encoding"].items()
            if name == "x"
        }
        assert titles & {"Parameters", "Seconds per epoch", "Epoch"}


@pytest.mark.parametrize(("domain", "number"), [((0.5, 0.52), ".1%"), ((0.5, 0.9), ".0%")])
def test_close_accuracies_get_ticks_that_differ(domain, number):
    spec = charts.curves(bands("LSTM"), "accuracy", "validation", COLOURS, domain, "#000000").to_dict()
    assert spec["layer"][0]["encoding"]["y"]["axis"]["format"] == number


def test_every_architecture_has_a_colour_of_its_own_while_they_last():
    for task in TASKS:
        names = [name for name, architecture in ARCHITECTURES.items() if architecture.task == task]
        assert len(set(map(architecture_colour, names))) == min(len(names), len(PALETTE))


def test_a_colour_does_not_depend_on_the_company():
    assert label_colours([Entry("gru"), Entry("lstm")])["LSTM"] == label_colours([Entry("lstm")])["LSTM"]


def test_stacks_have_colours_that_nothing_else_has():
    stacks = [Entry("composed", {"stack": f"Embedding({dim}) → Flatten()"}) for dim in range(1, 12)]
    entries = [*(Entry(name) for name in list(ARCHITECTURES)[:8]), *stacks]
    colours = label_colours(entries)
    assert len(set(colours.values())) == len(entries) == 19
    assert label_colours(stacks[:1]) == label_colours([*stacks[:1], *stacks[5:]][:1])
    assert len(label_colours([*entries, *(Entry(name) for name in list(ARCHITECTURES)[8:])])) > len(PALETTE)


def test_runs_of_several_stacks_have_colours_of_their_own(store, small_spec):
    specs = [
        small_spec("composed", hyperparameters={"stack": f"Embedding({dim}) → Flatten()"}, seed=seed)
        for dim in (4, 5)
        for seed in (0, 1)
    ]
    colours = run_colours(store.run(run_id) for run_id in store.submit(specs, 1, "cpu"))
    assert len(set(colours.values())) == 4


def test_variants_are_shades():
    shades = label_colours([Entry("lstm"), Entry("lstm", {"units": 64}, 2), Entry("lstm", {"units": 8}, 3)])
    assert len(set(shades.values())) == 3
    assert shades["LSTM"] == architecture_colour("lstm")
