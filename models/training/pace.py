"""How fast a training goes, measured while it goes on."""

from models.training.events import Pace

SECONDS_BETWEEN_PROGRESS = 0.25


class PaceClock:
    """Measures how fast a training goes once its model is traced: without the first batch, and without the last batch
    of the first epoch, which may be smaller and then is traced again.
    """

    def __init__(self, evaluation_batches: float, evaluated_per_tested: float) -> None:
        self._batches, self._seconds = 0, 0.0
        self._evaluations: list[float] = []
        self._evaluation_batches = evaluation_batches
        self._evaluated_per_tested = evaluated_per_tested
        self._is_traced = False

    def add_batches(self, seconds: float, is_last: bool, number: int = 1) -> None:
        """``number`` batches were trained in ``seconds``; ``is_last``: it is the last batch of the epoch."""
        if self._is_traced and not (is_last and not self._evaluations):
            self._batches, self._seconds = self._batches + number, self._seconds + seconds
        self._is_traced = True

    def add_evaluation(self, validation_seconds: float, test_seconds: float | None) -> None:
        """The first validation is traced, too: its time is estimated from the test split's, if that was scored."""
        if test_seconds is None:
            seconds = validation_seconds
        elif self._evaluations:
            seconds = validation_seconds + test_seconds
        else:
            seconds = test_seconds * self._evaluated_per_tested
        self._evaluations.append(seconds)

    @property
    def pace(self) -> Pace:
        evaluations = self._evaluations
        seconds = sum(evaluations) / len(evaluations) if evaluations else None
        return Pace(self._batches, self._seconds, self._evaluation_batches, seconds)
