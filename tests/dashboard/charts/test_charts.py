import pytest

from dashboard.charts import charts
from dashboard.charts.colours import NUM_STYLES, PALETTE, architecture_colour, label_colours, run_colours
from models.architectures import ARCHITECTURES
from models.experiments.comparison import Entry
from models.tasks import TASKS


@pytest.mark.parametrize("labels", [[], ["LSTM"], [f"LSTM ({units} units)" for units in range(20)]])
def test_legends_name_what_is_drawn(labels):
    legend = charts.legend(labels).to_dict()
    assert legend["values"] == labels
    assert legend["symbolLimit"] == 0
    assert "labelExpr" not in legend


def test_a_legend_may_say_more_than_the_label():
    expression = charts.legend(["LSTM"], {"LSTM": 'LSTM "1" (n = 3)'}).to_dict()["labelExpr"]
    assert expression == r'({"LSTM": "LSTM \"1\" (n = 3)"})[datum.label]'


def test_what_could_be_confused_by_its_colour_has_another_dash_and_another_shape():
    colours = {"A": "#C87800", "B": "#007050", "C": "#C87800", "D": "#007051"}
    dashes, shapes = (make(colours, None).to_dict()["scale"] for make in (charts.dash, charts.shape))
    assert dashes["domain"] == shapes["domain"] == list(colours)
    solid, other = charts.DASHES[:2]
    assert dashes["range"] == [list(solid), list(solid), list(other), list(other)]
    assert shapes["range"] == [*charts.SHAPES[:1] * 2, *charts.SHAPES[1:2] * 2]
    assert charts.dash(colours, None, times=2).to_dict()["scale"]["range"][2] == [2 * part for part in other]


def test_there_is_a_dash_and_a_shape_for_every_style():
    assert len(set(charts.DASHES)) == len(set(charts.SHAPES)) == NUM_STYLES
    assert "diamond" not in charts.SHAPES  # marks what is best


@pytest.mark.parametrize("text_color", ["#31333F", "#FAFAFA"])
def test_paper_is_the_other_way_round(text_color):
    assert (charts.background_of(text_color) > "#808080") == (text_color < "#808080")


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


@pytest.mark.parametrize(("span", "number"), [(0.3, ".0%"), (0.05, ".1%"), (0.001, ".2%")])
def test_the_narrower_the_range_the_finer_the_ticks(span, number):
    assert charts.per_cent(span) == number
