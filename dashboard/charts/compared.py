"""A comparison with its results, as the sections of Compare and the slides of Present show it."""

from collections.abc import Sequence
from dataclasses import dataclass

from cache.results.results import Result
from dashboard.charts.colours import label_colours
from models.experiments.comparison import Comparison
from models.machine.devices import Device


@dataclass(frozen=True)
class Compared:
    """A comparison and its cached results. If ``fingerprint`` is None, its dataset is not downloaded yet.

    The seconds of ``device`` count; with ``include_contended``, disturbed ones, too.
    """

    comparison: Comparison
    fingerprint: str | None
    results: Sequence[Result]
    device: Device
    include_contended: bool

    @property
    def colours(self) -> dict[str, str]:
        """The colour of each label."""
        return label_colours(self.comparison.entries)

    @property
    def key(self) -> str:
        """Comparisons with the same key are drawn the same."""
        keys = [result.key for result in self.results]
        return repr((self.comparison, self.fingerprint, keys, self.device, self.include_contended))
