"""The chart of all seeds of the study of memory, small for a tile or large for a room."""

from cache.results.study_results import StudyResults
from dashboard.charts.colours import architecture_colour
from dashboard.charts.plots import Plot
from dashboard.recall import memory_charts, memory_frames
from models.statistics.learnt import CAVEAT, LEARNT

DOTS = f"Each dot is a seed: full, it learnt the test (at least {LEARNT:.0%} right); empty, it only guesses."


def plot(study: StudyResults, large: bool) -> Plot | None:
    """Return the chart of all seeds; None before the first run."""
    entries = {entry.label: entry for comparison in study.comparisons for entry in comparison.entries}
    names = {label: entry.definition.title for label, entry in entries.items()}
    colours = {names[label]: architecture_colour(entry.architecture) for label, entry in entries.items()}
    frame = memory_frames.seeds_frame(memory_frames.by_series(study), names)
    if frame.empty:
        return None
    return Plot(
        "What each seed learnt, by steps back",
        f"Dots: what each seed learnt. {' '.join(memory_frames.in_words(frame))}",
        memory_charts.seeds,
        (frame, colours, large),
        frame,
        f"Generated data. {DOTS} {CAVEAT}",
    )
