"""The charts of a claim with all that belongs to them."""

from collections.abc import Sequence

from cache.claims.claim_results import ClaimResult, PartResult
from cache.claims.evidence import GAP, SECONDS_PER_EPOCH, TEST_ACCURACY
from cache.claims.rules import POINTS, TIMES, Unit
from dashboard.charts.colours import architecture_colour
from dashboard.charts.plots import Plot
from dashboard.claims import claims_charts, claims_frames


def plots_of(claim_result: ClaimResult) -> list[Plot]:
    """The charts of a claim: one of the runs for each measure, then one of the figures for each unit."""
    title, plots = claim_result.claim.title, []
    where = f"Measured on {', '.join(claim_result.devices)}."
    for measure, samples in claims_frames.samples_of(claim_result).items():
        runs, means = claims_frames.runs_frame(samples), claims_frames.means_frame(samples)
        if runs.empty:
            continue
        colours = {
            sample.group.label: architecture_colour(sample.group.architecture) for sample in samples if sample.values
        }
        axis, what = _axis(measure.title, measure.unit), _what(measure.unit)
        plots.append(
            Plot(
                f"{title}: {measure.title[0].lower()}{measure.title[1:]}",
                f"Dots: {axis} of each run, with mean and 95% interval, of {', '.join(colours)}",
                claims_charts.runs,
                (runs, means, what, colours),
                runs,
                f"Dots: each seed. Line across: the mean, with its own 95% interval. {where}",
            )
        )
    for unit, part_results in claims_frames.measured_figures(claim_result).items():
        frame = claims_frames.figures_frame(part_results)
        what = _what(unit)
        plots.append(
            Plot(
                f"{title}: verdict on {_quantities(part_results)}",
                f"Intervals and the zones in which they must lie. {' '.join(frame['sentence'])}",
                claims_charts.figures,
                (frame, what),
                frame,
                "Green: the zone in which the whole interval must lie. Circle: it does; square: it lies outside; "
                f"diamond: partly. {where}",
            )
        )
    return plots


QUANTITIES = {
    (SECONDS_PER_EPOCH, TIMES): "ratios of seconds per epoch",
    (TEST_ACCURACY, TIMES): "variation of test accuracy between seeds",
    (TEST_ACCURACY, POINTS): "differences in test accuracy",
    (GAP, POINTS): "differences in the gap between training and validation accuracy",
}
"""What a part's figures are, if that is not its measure itself."""
UNITS = {"×": "Ratios", "%": "Per cent", " s": "Seconds"}
"""The name of a unit whose sign is not a word."""


def _quantities(part_results: Sequence[PartResult]) -> str:
    """Name what the figures of parts are: "differences in test accuracy"."""
    found = []
    for part in (part_result.part for part_result in part_results):
        if part.measure:
            own = f"{part.measure.title[0].lower()}{part.measure.title[1:]}"
            found.append(QUANTITIES.get((part.measure, part.unit), own))
    return " and ".join(dict.fromkeys(found))


def _what(unit: Unit) -> str:
    """The title of an axis: short, because the chart's own title says the rest."""
    return UNITS.get(unit.sign, unit.sign.strip().capitalize())


def _axis(title: str, unit: Unit) -> str:
    sign = unit.sign.strip()
    return title if sign == "s" else f"{title}, {sign}"
