"""What the runs on a page decide about each pair of architectures."""

from collections.abc import Sequence

from cache.answers import predictions, right_by_text
from cache.results import Result
from cache.store import RunStore
from cache.verdicts import Verdict, verdicts
from dashboard import held_out_view
from dashboard.cached import cached
from models.tasks import NEXT_WORD


def judged(store: RunStore, results: Sequence[Result], task: str) -> list[Verdict] | None:
    """The clearest first; None while the classes of the test texts are not at hand, which next words do not need."""
    classes = None
    if task != NEXT_WORD and (classes := held_out_view.classes(store, results)) is None:
        return None

    def judge(results: Sequence[Result], root: str) -> list[Verdict]:
        return verdicts(right_by_text(predictions(store, results), task, classes))

    return cached(judge, results, str(store.root))
