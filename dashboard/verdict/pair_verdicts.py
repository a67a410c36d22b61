"""The verdict on each pair of architectures, and the recommendation."""

from collections import Counter
from collections.abc import Sequence

from cache.results.predictions import predictions, right_by_text
from cache.results.recommendation import Costs, Recommendation, recommend
from cache.results.results import Result, seconds_by_seed
from cache.results.verdicts import MARGIN, Verdict, verdicts
from cache.store.store import RunStore
from dashboard.disagreement import test_split_view
from dashboard.shell.cached import cached
from models.tasks import NEXT_WORD


def verdicts_for(
    store: RunStore,
    results: Sequence[Result],
    task: str,
    device: str = "",
    margin: float = MARGIN,
    include_contended: bool = False,
) -> list[Verdict] | None:
    """Compare each pair of architectures.

    Args:
        store: The cache.
        results: The runs that are compared.
        task: "classification" or "next_word".
        device: The name of the device whose seconds are compared; no seconds are compared without one.
        margin: A difference of accuracies, 0 to 1, within which two count as equal.
        include_contended: Whether disturbed seconds count.

    Returns:
        The verdicts, the clearest first; None before the classes of the test texts are read, which next words do not
        need.
    """
    classes = None
    if task != NEXT_WORD and (classes := test_split_view.classes(store, results)) is None:
        return None

    def compute(
        results: Sequence[Result], root: str, device: str, margin: float, include_contended: bool
    ) -> list[Verdict]:
        answers = right_by_text(predictions(store, results), task, classes)
        diverged = Counter(result.label for result in results if result.is_diverged)
        return verdicts(answers, margin, seconds_by_seed(results, device, include_contended), diverged)

    return cached(compute, results, str(store.root), device, margin, include_contended)


def recommended(
    store: RunStore,
    results: Sequence[Result],
    task: str,
    device: str,
    margin: float = MARGIN,
    include_contended: bool = False,
) -> Recommendation | None:
    """Recommend an architecture, with the arguments of ``verdicts_for``.

    Returns:
        None if there is not a verdict on every pair.
    """
    found = verdicts_for(store, results, task, device, margin, include_contended)
    return recommend(found, Costs.of(results, device, include_contended)) if found else None
