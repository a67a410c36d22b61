import pandas as pd
import pytest

from dashboard.charts.colours import label_colours
from dashboard.costs.sweep_charts import parallel_coordinates
from dashboard.costs.sweep_frames import MISSING, has_variants, sweep_frames
from models.experiments.comparison import Entry

ENTRIES = [
    Entry("lstm", {"units": 8}),
    Entry("lstm", {"units": 32}, 2),
    Entry("lstm", {"units": 128}, 3),
    Entry("flatten"),
    Entry("composed"),
]


def points(entries):
    rows = [(entry.label, 100 * place, place or None, 0.8 + place / 100) for place, entry in enumerate(entries)]
    return pd.DataFrame(rows, columns=["label", "num_params", "seconds_per_epoch", "test_accuracy"]).astype(
        {"seconds_per_epoch": float}
    )


def test_variants_are_several_of_one_architecture():
    assert has_variants(ENTRIES)
    assert not has_variants([Entry("lstm"), Entry("gru")])
    assert not has_variants([Entry("composed", {"stack": f"Embedding({n}) → Flatten()"}) for n in (4, 5)])


def test_axes_are_what_varies_and_what_is_measured():
    lines, ticks = sweep_frames(ENTRIES, points(ENTRIES))
    assert list(dict.fromkeys(lines["axis"])) == ["Units", "Parameters", "Seconds per epoch", "Test accuracy"]
    units = lines[lines["axis"] == "Units"].set_index("label")
    assert units["place"].tolist() == [0, 0.5, 1, MISSING, MISSING]
    assert units["value"].tolist() == ["8", "32", "128", "–", "–"]
    params = lines[lines["axis"] == "Parameters"]
    assert params["place"].tolist() == [0, 0.25, 0.5, 0.75, 1]
    assert lines[lines["axis"] == "Seconds per epoch"]["place"].tolist()[0] == MISSING
    assert ticks[ticks["axis"] == "Parameters"]["text"].tolist() == ["0", "400"]


def test_words_are_places_on_an_axis():
    entries = [Entry("lstm_merged", {"merge_mode": mode}, n) for n, mode in enumerate(("sum", "mul", "ave"), 1)]
    lines, _ = sweep_frames(entries, points(entries))
    assert lines[lines["axis"] == "Merge mode"]["place"].tolist() == [1, 0.5, 0]


@pytest.mark.parametrize("by_accuracy", [False, True])
@pytest.mark.parametrize("num", [0, 1, 5])
def test_charts_of_none_one_and_many(num, by_accuracy):
    lines, ticks = sweep_frames(ENTRIES[:num], points(ENTRIES[:num]))
    colours = None if by_accuracy else label_colours(ENTRIES)
    spec = parallel_coordinates(lines, ticks, colours, "#000000").to_dict()
    tones = [layer["encoding"]["color"] for layer in spec["layer"] if "color" in layer.get("encoding", {})]
    assert tones and all(("domain" in tone["scale"]) != by_accuracy for tone in tones)


def test_many_variants_have_different_colours():
    entries = [Entry("lstm", {"units": units}, units) for units in range(1, 10)]
    assert len(set(label_colours(entries).values())) == 9
