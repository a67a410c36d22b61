import pandas as pd
import pytest
from scipy import stats

from cache.claims import CLAIMS, costs, texts
from cache.claims.claim_results import evaluate_claim
from dashboard.claims import claims_charts, claims_frames
from dashboard.claims.claims_plots import plots_of
from models.experiments.memory_series import SERIES
from tests.cache.claims.cases import CASES, HOLDS, scattered, seconds
from tests.cache.claims.conftest import Invented
from tests.conftest import DEVICE

INK = "#000000"


@pytest.fixture
def invented(tmp_path):
    return Invented(tmp_path)


def judged(invented, claim):
    return evaluate_claim(claim, invented.evidence(claim.groups))


def test_runs_and_means_are_those_of_the_samples(invented):
    seconds(invented, 43, 20, 4, 4.5, scattered)
    ((_, samples),) = claims_frames.samples_of(judged(invented, costs.SECONDS)).items()
    runs, means = claims_frames.runs_frame(samples), claims_frames.means_frame(samples)
    assert runs[runs["label"] == "LSTM"]["value"].tolist() == pytest.approx(scattered(43))
    assert len(runs) == 12 and set(runs["device"]) == {DEVICE}
    row = means.set_index("label").loc["LSTM"]
    expected = stats.ttest_1samp(scattered(43), 0).confidence_interval(0.95)
    assert (row["mean"], row["low"], row["high"], row["n"]) == pytest.approx((43, *expected, 3))


def test_one_run_has_a_mean_and_no_interval(invented):
    invented.add(costs.LSTM, seeds=1)
    ((_, samples),) = claims_frames.samples_of(judged(invented, costs.SECONDS)).items()
    (row,) = claims_frames.means_frame(samples).to_dict("records")
    assert row["n"] == 1 and pd.isna(row["low"])


def test_accuracies_and_points_are_in_hundreds(invented):
    CASES["vocabulary"][HOLDS](invented)
    judgement = judged(invented, texts.VOCABULARY)
    ((_, samples),) = claims_frames.samples_of(judgement).items()
    assert claims_frames.means_frame(samples)["mean"].tolist() == pytest.approx([75, 80, 85] * 3)
    ((unit, part_results),) = claims_frames.measured_figures(judgement).items()
    frame = claims_frames.figures_frame(part_results)
    assert unit.sign == " points" and frame["value"].tolist() == pytest.approx([10] * 3)
    assert frame["from"].tolist() == [0] * 3 and frame["to"].isna().all()


def test_published_seconds_stand_beside_measured_ones_under_their_own_heading(invented):
    seconds(invented, 30, 10, 2, 3)
    table = claims_frames.seconds_table(judged(invented, costs.SECONDS), DEVICE)
    assert list(table.columns.get_level_values(0).unique()) == ["", "Published", f"Measured on {DEVICE}"]
    rows = {row[0]: list(row[1:]) for row in table.itertuples(index=False)}
    assert rows["LSTM"] == ["about 43 s", "2.15×", "30.00 s", "3.00×", "3"]
    assert rows["Conv1D"] == ["about 6 s", "0.30×", "3.00 s", "0.30×", "3"]
    assert rows["Flatten"][2:] == ["2.00 s", "0.20×", "3"] and pd.isna(rows["Flatten"][0])


def test_without_a_gru_there_is_nothing_to_compare_with(invented):
    invented.add(costs.LSTM, seconds=30.0)
    table = claims_frames.seconds_table(judged(invented, costs.SECONDS), DEVICE)
    measured = table.set_index(("", "Architecture"))[f"Measured on {DEVICE}"]
    assert measured.loc["LSTM", "Seconds per epoch"] == "30.00 s"
    assert measured["Times a GRU’s"].isna().all() and measured.loc["GRU", "Seeds"] == "0"


@pytest.mark.parametrize("name", CLAIMS)
def test_every_claim_has_its_charts(invented, name):
    for verdict in CASES[name]:
        CASES[name][verdict](invented)
        plots = plots_of(judged(invented, CLAIMS[name]))
        assert len(plots) >= 2 and len({plot.title for plot in plots}) == len(plots)
        for plot in plots:
            spec = plot.chart(*plot.values, INK).to_dict()
            assert spec["layer"] and len(plot.frame) and plot.description
            assert DEVICE in plot.caption


@pytest.mark.parametrize(
    ("name", "title"),
    [
        ("seconds", "Seconds per epoch: verdict on ratios of seconds per epoch"),
        ("vocabulary", "A larger vocabulary: verdict on differences in test accuracy"),
        ("flatten", "Flatten overfits most: verdict on training accuracy at the last epoch"),
        ("layers", "One layer or two: verdict on jaggedness of validation accuracy"),
    ],
)
def test_charts_of_verdicts_name_the_quantity(invented, name, title):
    CASES[name][HOLDS](invented)
    assert title in [plot.title for plot in plots_of(judged(invented, CLAIMS[name]))]


def test_samples_of_memory_are_in_order_of_test_architecture_and_distance(invented):
    CASES["memory"][HOLDS](invented)
    ((_, samples),) = claims_frames.samples_of(judged(invented, CLAIMS["memory"])).items()
    assert [sample.group.label for sample in samples[:6]] == [
        f"{title}, temporal order, {steps} steps back"
        for title in ("SimpleRNN (1 direction)", "GRU (1 direction)")
        for steps in (10, 20, 40)
    ]
    assert [sample.group.dataset for sample in samples[-4:]] == list(SERIES[-1].datasets.values())
    assert {sample.group.architecture for sample in samples[-4:]} == {"lstm"}


def test_missing_runs_of_memory_are_in_the_order_of_the_groups(invented):
    missing = judged(invented, CLAIMS["memory"]).work
    groups = CLAIMS["memory"].groups
    assert list(dict.fromkeys(each.label for each in missing)) == [group.label for group in groups]


@pytest.mark.parametrize("name", CLAIMS)
def test_without_runs_there_is_no_chart(invented, name):
    assert plots_of(judged(invented, CLAIMS[name])) == []


def test_empty_frames_draw_empty_charts():
    runs, means = claims_frames.runs_frame([]), claims_frames.means_frame([])
    assert claims_charts.runs(runs, means, "Seconds", {}, INK).to_dict()["layer"]
    assert claims_charts.figures(claims_frames.figures_frame([]), "Ratios", INK).to_dict()["layer"]


def test_ratios_far_apart_are_drawn_on_a_logarithmic_axis_and_zones_end_at_the_edge(invented):
    CASES["seconds"][HOLDS](invented)
    ((_, part_results),) = claims_frames.measured_figures(judged(invented, costs.SECONDS)).items()
    chart = claims_charts.figures(claims_frames.figures_frame(part_results), "Ratios", INK).to_dict()
    assert chart["layer"][0]["encoding"]["x"]["scale"]["type"] == "log"
    CASES["vocabulary"][HOLDS](invented)
    ((_, part_results),) = claims_frames.measured_figures(judged(invented, texts.VOCABULARY)).items()
    drawn, axis = claims_charts._with_ends(claims_frames.figures_frame(part_results))
    assert axis.to_dict()["type"] == "linear"
    assert (drawn["to"] == axis.to_dict()["domain"][1]).all() and (drawn["from"] == 0).all()
