"""Each step of the tour with what the cache has for it: the step's study, and the poll that follows from its runs."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import pandas as pd

from cache.results.results import Result, timed_on
from cache.results.studied import Studied
from cache.results.verdicts import Verdict
from cache.store.store import RunStore
from dashboard.costs import cost_frames
from dashboard.overfitting import overfitting
from dashboard.present import present_frames
from dashboard.recall import memory_frames
from dashboard.studies import study_frames
from dashboard.tour import tour_answers, tour_steps
from dashboard.tour.tour_answers import Poll
from dashboard.tour.tour_steps import Step
from dashboard.verdict.judged import judged, recommended
from models.experiments.comparison import Comparison


@dataclass(frozen=True)
class Stop:
    """A step at which the tour stands. ``device`` is this machine's; ``text`` the sentence that the room put in."""

    step: Step
    store: RunStore
    studied: Studied
    device: str
    text: str

    @property
    def comparison(self) -> Comparison:
        return self.studied.comparisons[0]

    @property
    def results(self) -> list[Result]:
        """Those of the line-up, or of the whole sweep."""
        return self.studied.runs if study_frames.swept(self.studied.runs) else self.studied.results[0]

    @property
    def timed_on(self) -> str:
        """The device that most of the line-up was timed on."""
        return timed_on(self.results, self.device)

    @property
    def poll(self) -> Poll | None:
        """None if too few runs are there."""
        return POLLS[self.step.name](self)


def told_apart(stop: Stop) -> list[Verdict] | None:
    """The verdict on each pair of the line-up; None until the classes of the test texts were read."""
    return judged(stop.store, stop.results, stop.comparison.task, stop.timed_on)


def _numbers(stop: Stop) -> Poll:
    return tour_answers.numbers(stop.text, stop.comparison.encoding)


def _parameters(stop: Stop) -> Poll:
    return tour_answers.parameters(stop.comparison)


def _ranking(stop: Stop) -> Poll | None:
    return tour_answers.ranking(present_frames.accuracies(stop.results), told_apart(stop))


def _seconds(stop: Stop) -> Poll | None:
    timed = present_frames.seconds(stop.results, stop.timed_on, include_contended=False)
    return tour_answers.seconds(timed, stop.timed_on)


def _overfitting(stop: Stop) -> Poll | None:
    return tour_answers.overfitting(_signs(stop))


def _layers(stop: Stop) -> Poll | None:
    timed = present_frames.seconds(stop.results, stop.timed_on, include_contended=False)
    return tour_answers.layers(
        _signs(stop), present_frames.accuracies(stop.results), timed, present_frames.parameters(stop.results)
    )


def _memory(stop: Stop) -> Poll | None:
    found = memory_frames.by_series(stop.studied)
    return tour_answers.memory({series: memory_frames.accuracy_frame(results) for series, results in found.items()})


def _vocabulary(stop: Stop) -> Poll | None:
    return _lost(stop, "lstm")


def _examples(stop: Stop) -> Poll | None:
    return _lost(stop, "gru")


def _lost(stop: Stop, architecture: str) -> Poll | None:
    setting = study_frames.swept(stop.studied.runs)
    return tour_answers.lost(stop.studied.runs, setting, architecture) if setting else None


def _choice(stop: Stop) -> Poll | None:
    found = recommended(stop.store, stop.results, stop.comparison.task, stop.timed_on)
    trade_off = cost_frames.trade_off_frame(stop.results, stop.timed_on)
    return tour_answers.choice(trade_off, told_apart(stop), found.sentence if found else "")


def _signs(stop: Stop) -> pd.DataFrame:
    return overfitting.summary_frame(overfitting.runs_frame(stop.results))


POLLS: Mapping[str, Callable[[Stop], Poll | None]] = {
    tour_steps.NUMBERS: _numbers,
    tour_steps.PARAMETERS: _parameters,
    tour_steps.RANKING: _ranking,
    tour_steps.SECONDS: _seconds,
    tour_steps.OVERFITTING: _overfitting,
    tour_steps.LAYERS: _layers,
    tour_steps.MEMORY: _memory,
    tour_steps.VOCABULARY: _vocabulary,
    tour_steps.EXAMPLES: _examples,
    tour_steps.CHOICE: _choice,
    tour_steps.TRAIN: lambda stop: None,  # it trains, and asks nothing
}
