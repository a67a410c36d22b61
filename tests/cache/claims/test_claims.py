"""Every claim on invented runs: made so that it holds, that it does not, and that it cannot be decided."""

import itertools
import math

import numpy as np
import pytest
from scipy import stats

from cache.claims import CLAIMS, costs, curves, groups, texts
from cache.claims import memory as claim_memory
from cache.claims.claim_results import describe_measurement, distinct, evaluate_claim, outlook
from cache.claims.evidence import GAP, TEST_ACCURACY, SeedGroup, specs_of
from cache.claims.published import SECONDS as PUBLISHED_SECONDS
from cache.claims.rules import DOES_NOT_HOLD, HOLDS, NOT_DECIDED, POINTS, TIMES, Above
from models.architectures import ARCHITECTURES
from models.experiments.memory_series import SERIES
from models.experiments.studies import EPOCHS, NUM_SEEDS, STUDIES
from models.statistics.intervals import MeanDifference
from models.statistics.looks import LOOKS, bonferroni_level
from tests.cache.claims.cases import CASES, around, memory, scattered
from tests.cache.claims.conftest import PRINT, blank


def test_there_is_a_case_for_every_claim():
    assert list(CASES) == list(CLAIMS)


@pytest.mark.parametrize(
    ("name", "verdict"), [(name, verdict) for name, cases in CASES.items() for verdict in cases], ids=str
)
def test_a_claim_is_judged_by_its_runs(invented, name, verdict):
    claim = CLAIMS[name]
    CASES[name][verdict](invented)
    judgement = evaluate_claim(claim, invented.evidence(claim.groups))
    verdict_by_part = [(finding.part.sentence, finding.verdict) for finding in judgement.part_results]
    assert judgement.verdict == verdict, verdict_by_part
    assert judgement.run_ids and judgement.devices == ["Test CPU (2 cores)"]
    for finding in judgement.part_results:
        for each in finding.measurements:
            assert describe_measurement(each, finding.part.unit).endswith(".")
            assert (each.verdict != NOT_DECIDED) <= (outlook(each) == "")
    if verdict == HOLDS:
        assert judgement.work == []


@pytest.mark.parametrize("claim", CLAIMS.values(), ids=CLAIMS)
def test_without_runs_nothing_is_decided_and_everything_is_asked_for(invented, claim):
    judgement = evaluate_claim(claim, invented.evidence(claim.groups))
    measured = [finding for finding in judgement.part_results if finding.part.measure]
    assert {finding.verdict for finding in measured} == {NOT_DECIDED} and judgement.verdict == NOT_DECIDED
    assert judgement.run_ids == [] and judgement.devices == []
    wanted = {work.spec.identity for work in judgement.work}
    asked = {
        spec.identity
        for name in claim.studies
        for comparison in STUDIES[name].comparisons
        for each in comparison.specs(PRINT).values()
        for spec in each
    }
    assert wanted and wanted <= asked
    assert all(work.epochs == EPOCHS for work in judgement.work)


@pytest.mark.parametrize("claim", CLAIMS.values(), ids=CLAIMS)
def test_what_a_claim_looks_at_is_trained_by_its_studies(claim):
    """But for the runs of as many steps, which are asked for only where the others have not learnt."""
    asked = {
        (spec.identity, comparison.epochs)
        for name in claim.studies
        for comparison in STUDIES[name].comparisons
        for each in comparison.specs(PRINT).values()
        for spec in each
    }
    for group in claim.groups:
        if group.epochs == EPOCHS:
            specs = specs_of(group, "tensorflow", PRINT)[:NUM_SEEDS]
            assert {(spec.identity, EPOCHS) for spec in specs} <= asked, group.label


def test_a_spec_of_a_later_seed_is_what_a_comparison_would_ask():
    group = SeedGroup("lstm", examples=2_500)
    wanted = STUDIES["examples"].comparisons[0].specs(PRINT)["LSTM"]
    assert [spec.identity for spec in specs_of(group, "tensorflow", PRINT)[:3]] == [spec.identity for spec in wanted]


def test_every_group_has_a_label_of_its_own():
    labels = [group.label for group in groups()]
    assert len(set(labels)) == len(labels)


def test_names_and_titles_differ():
    for values in ([claim.name for claim in CLAIMS.values()], [claim.title for claim in CLAIMS.values()]):
        assert len(set(values)) == len(values)
    assert list(CLAIMS) == [claim.name for claim in CLAIMS.values()]


def test_the_interval_of_a_claim_is_wide_enough_for_all_of_its_intervals(invented):
    CASES["seconds"][NOT_DECIDED](invented)
    judgement = evaluate_claim(costs.SECONDS, invented.evidence())
    assert judgement.num_intervals == 3 and judgement.level == pytest.approx(1 - 0.05 / 3 / len(LOOKS))
    (figure,) = judgement.part_results[0].measurements
    expected = stats.ttest_ind(np.log(scattered(43)), np.log(scattered(20)), equal_var=False)
    ends = np.exp(expected.confidence_interval(judgement.level))
    assert (figure.low, figure.high) == pytest.approx(tuple(ends))
    assert describe_measurement(figure, TIMES) == (
        f"LSTM against GRU: 2.15× (simultaneous 95% interval {ends[0]:.2f} to {ends[1]:.2f}, 3 seeds; geometric "
        "means of the first undisturbed seeds of each)."
    )


def test_parameters_are_counted_not_measured(invented):
    part = evaluate_claim(costs.GRU_AGAINST_LSTM, invented.evidence(costs.GRU_AGAINST_LSTM.groups)).part_results[0]
    assert part.verdict == HOLDS
    assert [describe_measurement(each, part.part.unit) for each in part.measurements] == [
        "The whole model, 172,941 minus 169,997: 2,944 parameters, exactly.",
        "The recurrent layer, 12,544 minus 9,600: 2,944 parameters, exactly.",
    ]


def test_an_open_figure_shows_how_many_seeds_would_decide_it_and_asks_for_them(invented):
    CASES["gru"][NOT_DECIDED](invented)
    judgement = evaluate_claim(costs.GRU_AGAINST_LSTM, invented.evidence())
    finding = judgement.part_results[2]
    (figure,) = finding.measurements
    assert figure.num_needed in LOOKS[1:]
    assert outlook(figure) == f"If further runs are like these, {figure.num_needed} seeds are needed to decide this."
    seeds = range(3, 5)  # those of the next look
    found = [(work.label, work.spec.seed) for work in finding.work]
    assert found == [(group.label, seed) for group in (*costs.SMALL_GRUS, *costs.SMALL_LSTMS) for seed in seeds]
    assert judgement.work == finding.work  # the other two are decided


def test_what_no_number_of_seeds_would_decide_is_reported(invented):
    sizes = [0.1, 0.3]
    CASES["vocabulary"][NOT_DECIDED](invented)
    for name in texts.READERS:
        for group, by in zip(texts._swept(name, texts.VOCABULARIES)[::2], sizes, strict=True):
            invented.add(group, test=[0.8 - by, 0.8 + by, 0.81])
    finding = evaluate_claim(texts.VOCABULARY, invented.evidence()).part_results[0]
    assert outlook(finding.measurements[0]) == "If further runs are like these, not even 40 seeds decide this."
    assert finding.work == []


def test_disturbed_seconds_decide_nothing_and_are_asked_for_again(invented, disturb):
    CASES["seconds"][HOLDS](invented)
    invented.results = {group: disturb(results) for group, results in invented.results.items()}
    judgement = evaluate_claim(costs.SECONDS, invented.evidence())
    assert judgement.verdict == NOT_DECIDED
    assert "LSTM: 0 of 3 timed runs, 3 disturbed" in describe_measurement(
        judgement.part_results[0].measurements[0], TIMES
    )
    assert len(judgement.work) == 12 and all(work.is_timed for work in judgement.work)


def test_seconds_of_two_devices_are_not_mixed(invented):
    CASES["seconds"][HOLDS](invented)
    fast = dict(invented.results)
    invented.add(costs.LSTM, seconds=around(1), device="A fast GPU")
    judgement = evaluate_claim(costs.SECONDS, invented.evidence())
    verdicts = [finding.verdict for finding in judgement.part_results]
    assert verdicts == [NOT_DECIDED, NOT_DECIDED, HOLDS]
    assert "LSTM: 0 of 3 timed runs, 3 measured elsewhere" in describe_measurement(
        judgement.part_results[0].measurements[0], TIMES
    )
    invented.results = fast
    assert evaluate_claim(costs.SECONDS, invented.evidence(device="A fast GPU")).verdict == NOT_DECIDED


def test_runs_in_training_are_reported_and_not_asked_for_again(invented):
    spec = specs_of(costs.LSTM, "tensorflow", PRINT)[0]
    run = blank(id=7, identity=spec.identity, state="queued", epochs=10, spec_json=spec.to_json())
    invented.active[spec.identity] = (run,)
    judgement = evaluate_claim(costs.SECONDS, invented.evidence(costs.SECONDS.groups))
    assert judgement.active == (("LSTM", run),)
    assert (
        "LSTM: 0 of 3 timed runs, 1 in training or waiting"
        in judgement.part_results[0].measurements[0].measurement.missing_reason
    )
    assert spec.identity not in {work.spec.identity for work in judgement.work}


def test_an_informational_part_does_not_decide_it(invented):
    CASES["layers"][HOLDS](invented)
    invented.results.pop(curves.TWO_EQUAL)
    judgement = evaluate_claim(curves.LAYERS, invented.evidence(curves.LAYERS.groups))
    assert [finding.verdict for finding in judgement.part_results] == [HOLDS, HOLDS, HOLDS, NOT_DECIDED]
    assert judgement.verdict == HOLDS
    assert {work.label for work in judgement.work} == {"Bidirectional LSTM, 2 equal layers"}


def test_one_distance_is_enough_to_have_lost_something(invented):
    memory(invented, 0.5, 0.99)
    finding = evaluate_claim(claim_memory.MEMORY, invented.evidence()).part_results[-2]
    assert [each.verdict for each in finding.measurements] == [DOES_NOT_HOLD, DOES_NOT_HOLD, DOES_NOT_HOLD, HOLDS]
    assert finding.verdict == HOLDS
    assert describe_measurement(finding.measurements[3], POINTS).startswith(
        "GRU ahead of SimpleRNN, one cue word, 80 steps back: 49.0 points (simultaneous 95%"
    )


def test_a_claim_is_judged_on_all_tests_and_says_on_which_it_holds(invented):
    memory(invented, 0.5, 0.99, tests=SERIES[:1])
    judgement = evaluate_claim(claim_memory.MEMORY, invented.evidence())
    assert judgement.by_test == {
        SERIES[0].title: HOLDS,
        **dict.fromkeys((series.title for series in SERIES[1:]), DOES_NOT_HOLD),
    }
    assert judgement.verdict == NOT_DECIDED, "it stands not every test alike"
    assert evaluate_claim(costs.SECONDS, invented.evidence(costs.SECONDS.groups)).by_test == {}


def test_seeds_in_two_groups_decide_nothing_and_are_named(invented):
    memory(invented, 0.5, 0.99)
    group = claim_memory._back(SERIES[-1], "gru", 80)
    invented.add(group, test=[1.0, 0.475, 0.483])
    finding = evaluate_claim(claim_memory.MEMORY, invented.evidence()).part_results[-2]
    assert [each.verdict for each in finding.measurements] == [DOES_NOT_HOLD, DOES_NOT_HOLD, DOES_NOT_HOLD, NOT_DECIDED]
    assert (
        describe_measurement(finding.measurements[3], POINTS)
        == f"{group.label}: 1 of 3 seeds learnt it (100%, 48%, 48%)."
    )
    assert outlook(finding.measurements[3]) == ""
    asked = {(work.label, work.spec.seed) for work in finding.work}
    simple = claim_memory._back(SERIES[-1], "simple_rnn", 80)
    assert asked == {(each.label, seed) for each in (group, simple) for seed in (3, 4)}  # those of the next look
    sample = invented.evidence().sample(group, TEST_ACCURACY)
    assert sample.groups_of_seeds and not invented.evidence().sample(group, GAP).groups_of_seeds
    invented.add(costs.GRU, test=[1.0, 0.475, 0.483])  # the claim is not about film reviews
    assert invented.evidence().sample(costs.GRU, TEST_ACCURACY).groups_of_seeds == ""


def test_who_still_knows_everything_has_lost_nothing_whatever_others_do(invented):
    memory(invented, 0.99, 0.99)
    for name in ("gru", "lstm"):
        invented.add(claim_memory._back(SERIES[-1], name, 80), test=[0.5, 0.5, 1.0])
    judgement = evaluate_claim(claim_memory.MEMORY, invented.evidence())
    assert [finding.verdict for finding in judgement.part_results[-3:]] == [DOES_NOT_HOLD, NOT_DECIDED, NOT_DECIDED]
    assert judgement.verdict == DOES_NOT_HOLD


def test_each_run_is_asked_for_once_with_all_that_is_needed_of_it(invented):
    found = [evaluate_claim(claim, invented.evidence(groups())) for claim in CLAIMS.values()]
    work = distinct(itertools.chain.from_iterable(judgement.work for judgement in found))
    identities = [each.spec.identity for each in work]
    assert len(set(identities)) == len(identities)
    lstm = specs_of(costs.LSTM, "tensorflow", PRINT)[0].identity
    assert next(each for each in work if each.spec.identity == lstm).is_timed


def test_published_seconds_are_those_of_known_architectures_and_of_no_others():
    assert PUBLISHED_SECONDS == {"conv1d": 6, "gru": 20, "lstm": 43}
    assert set(PUBLISHED_SECONDS) <= set(ARCHITECTURES)


def test_of_groups_that_are_all_alike_a_claim_says_otherwise_at_most_5_percent_of_the_time():
    """Eight differences between equal groups, of which any would be enough."""
    random, rule, level = np.random.default_rng(0), Above(0.0), bonferroni_level(8)
    called = 0
    for _ in range(500):
        found = [MeanDifference(*map(tuple, random.normal(0.8, 0.02, (2, 3)))).interval(level) for _ in range(8)]
        called += any(rule.decide(*each) == HOLDS or rule.decide(-each[1], -each[0]) == HOLDS for each in found)
    assert called <= 25 + 2 * math.sqrt(500 * 0.05 * 0.95)


def test_a_part_names_seeds_that_learnt_nothing(invented):
    part = next(part for part in CLAIMS["length"].parts if part.sentence.startswith("Conv1D is more accurate"))
    for group in part.groups:
        is_long = group.setting == "240 tokens"
        curve = [(0.501,) * 3, (0.501,) * 3, (0.7, 0.8, 0.8)] if is_long else (0.7, 0.8, 0.8)
        invented.add(group, curve=curve, train=[0.5, 0.5, 0.9] if is_long else 0.9)
    found = {
        each.part: each
        for each in evaluate_claim(CLAIMS["length"], invented.evidence(CLAIMS["length"].groups)).part_results
    }
    assert found[part].stuck_sentence == (
        "Learnt nothing, every text gets the same answer: Conv1D, 240 tokens (2 of 3 seeds)."
    )
    (timed,) = [each for each in found.values() if each.part.sentence.startswith("Conv1D takes longer")]
    assert timed.stuck_sentence == ""
