"""A comparison with its results, as the sections of Compare and the slides of Present show it."""

from collections.abc import Sequence
from dataclasses import dataclass

from cache.core.formatting import count
from cache.results.results import Result, timed
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
    def note_on_disturbed(self) -> str:
        """Say that the seconds include disturbed ones; empty if they do not."""
        counted = timed(self.results, self.device.name, self.include_contended)
        if not (number := sum(result.contended is not None for result in counted)):
            return ""
        return f"Seconds and their ratios include {count(number, 'disturbed run')}, whose seconds are too high."

    @property
    def key(self) -> str:
        """Comparisons with the same key are drawn the same."""
        keys = [result.key for result in self.results]
        return repr((self.comparison, self.fingerprint, keys, self.device, self.include_contended))
