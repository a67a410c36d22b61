"""Each step of the tour with its cached runs: its study, and the question that follows from the runs."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial

import pandas as pd

from cache.results.results import Result, timed_on
from cache.results.study_results import StudyResults
from cache.results.verdicts import Verdict
from cache.store.store import RunStore
from dashboard.costs import cost_frames
from dashboard.overfitting import overfitting
from dashboard.present import present_frames
from dashboard.recall import memory_frames
from dashboard.studies import study_frames
from dashboard.tour import tour_answers, tour_steps
from dashboard.tour.tour_answers import Question
from dashboard.tour.tour_steps import Step
from dashboard.verdict.pair_verdicts import recommended, verdicts_for
from models.experiments.comparison import Comparison


@dataclass(frozen=True)
class StepContext:
    """A step of the tour with its data. ``device`` is this machine's; ``text`` is the sentence of the room."""

    step: Step
    store: RunStore
    study: StudyResults
    device: str
    text: str

    @property
    def comparison(self) -> Comparison:
        return self.study.comparisons[0]

    @property
    def results(self) -> list[Result]:
        """The results of the line-up, or of the whole sweep."""
        return self.study.runs if study_frames.swept(self.study.runs) else self.study.results[0]

    @property
    def timed_on(self) -> str:
        """The device on which most of the line-up was timed."""
        return timed_on(self.results, self.device)

    @property
    def question(self) -> Question | None:
        """The question; None if too few runs are cached."""
        return QUESTIONS[self.step.name](self)


def pair_verdicts(context: StepContext) -> list[Verdict] | None:
    """The verdict on each pair of the line-up; None before the classes of the test texts are read."""
    return verdicts_for(context.store, context.results, context.comparison.task, context.timed_on)


def _numbers(context: StepContext) -> Question:
    return tour_answers.numbers(context.text, context.comparison.encoding)


def _parameters(context: StepContext) -> Question:
    return tour_answers.parameters(context.comparison)


def _ranking(context: StepContext) -> Question | None:
    return tour_answers.ranking(present_frames.accuracies(context.results), pair_verdicts(context))


def _seconds(context: StepContext) -> Question | None:
    timed = present_frames.seconds(context.results, context.timed_on, include_contended=False)
    return tour_answers.seconds(timed, context.timed_on)


def _overfitting(context: StepContext) -> Question | None:
    return tour_answers.overfitting(_signs(context))


def _layers(context: StepContext) -> Question | None:
    timed = present_frames.seconds(context.results, context.timed_on, include_contended=False)
    return tour_answers.layers(
        _signs(context), present_frames.accuracies(context.results), timed, present_frames.parameters(context.results)
    )


def _memory(context: StepContext) -> Question | None:
    found = memory_frames.by_series(context.study)
    return tour_answers.memory({series: memory_frames.accuracy_frame(results) for series, results in found.items()})


def _lost(context: StepContext, architecture: str) -> Question | None:
    setting = study_frames.swept(context.study.runs)
    return tour_answers.lost(context.study.runs, setting, architecture) if setting else None


def _choice(context: StepContext) -> Question | None:
    found = recommended(context.store, context.results, context.comparison.task, context.timed_on)
    trade_off = cost_frames.trade_off_frame(context.results, context.timed_on)
    return tour_answers.choice(trade_off, pair_verdicts(context), found.sentence if found else "")


def _signs(context: StepContext) -> pd.DataFrame:
    return overfitting.summary_frame(overfitting.runs_frame(context.results))


QUESTIONS: Mapping[str, Callable[[StepContext], Question | None]] = {
    tour_steps.NUMBERS: _numbers,
    tour_steps.PARAMETERS: _parameters,
    tour_steps.RANKING: _ranking,
    tour_steps.SECONDS: _seconds,
    tour_steps.OVERFITTING: _overfitting,
    tour_steps.LAYERS: _layers,
    tour_steps.MEMORY: _memory,
    tour_steps.VOCABULARY: partial(_lost, architecture="lstm"),
    tour_steps.EXAMPLES: partial(_lost, architecture="gru"),
    tour_steps.CHOICE: _choice,
    tour_steps.TRAIN: lambda context: None,  # it trains, and asks nothing
}
