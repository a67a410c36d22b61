"""Claims on the costs of architectures: seconds, parameters and training texts."""

from cache.claims.claim_results import PUBLISHED, Claim, Part
from cache.claims.evidence import SECONDS_PER_EPOCH, TEST_ACCURACY, Evidence, SeedGroup
from cache.claims.measurements import Measurement, exact, gain, times
from cache.claims.rules import PARAMETERS, POINTS, TIMES, Above, about

FLATTEN, CONV1D, GRU, LSTM = (SeedGroup(name) for name in ("flatten", "conv1d", "gru", "lstm"))
SMALL = (2_500, 5_000)
SLIGHT_GAIN = 0.01
"""The smallest gain in accuracy that is worth choosing an architecture for."""
ABOUT = "“About” means within a factor of √2: nearer to the ratio than to half or twice of it."


def _ratio(first: SeedGroup, second: SeedGroup, number: int, sentence: str) -> Part:
    def measurements(evidence: Evidence) -> list[Measurement]:
        return [times(evidence, f"{first.title} against {second.title}", first, second)]

    return Part(sentence, TIMES, about(number), ABOUT, measurements, (first, second), SECONDS_PER_EPOCH)


SECONDS = Claim(
    name="seconds",
    title="Seconds per epoch",
    sentence="An LSTM epoch takes about twice as long as a GRU epoch and about ten times as long as an epoch of dense "
    "layers of the same size. A Conv1D epoch takes about as long as one of dense layers.",
    origin=PUBLISHED,
    studies=("line_up",),
    parts=(
        _ratio(LSTM, GRU, 2, "An LSTM takes about 2× as long as a GRU"),
        _ratio(LSTM, FLATTEN, 10, "An LSTM takes about 10× as long as dense layers of the same size (Flatten)"),
        _ratio(CONV1D, FLATTEN, 1, "A Conv1D takes about as long as dense layers of the same size (Flatten)"),
    ),
)


def _num_params(group: SeedGroup) -> tuple[int, int]:
    """Return the parameters of all layers, and of the one that the architecture is named for."""
    comparison = group.comparison("tensorflow")
    layers = comparison.layers(comparison.entries[0])
    return sum(layer.num_params for layer in layers), layers[1].num_params


def _parameters(evidence: Evidence) -> list[Measurement]:
    (lstm, lstm_layer), (gru, gru_layer) = map(_num_params, (LSTM, GRU))
    return [
        exact(f"The whole model, {lstm:,} minus {gru:,}", lstm - gru),
        exact(f"The recurrent layer, {lstm_layer:,} minus {gru_layer:,}", lstm_layer - gru_layer),
    ]


SMALL_GRUS, SMALL_LSTMS = (
    tuple(SeedGroup(name, examples=size, setting=f"{size:,} examples") for size in SMALL) for name in ("gru", "lstm")
)

GRU_AGAINST_LSTM = Claim(
    name="gru",
    title="GRU against LSTM",
    sentence="A GRU has fewer parameters than an LSTM, trains faster, and needs less data.",
    origin=PUBLISHED,
    studies=("line_up", "examples"),
    parts=(
        Part(
            "A GRU has fewer parameters", PARAMETERS, Above(), "This is arithmetic, not a measurement.", _parameters,
        ),
        Part(
            "A GRU epoch takes less time", TIMES, Above(1.0),
            "The claim names no size, so any saving counts.",
            lambda evidence: [times(evidence, "LSTM against GRU", LSTM, GRU)], (GRU, LSTM), SECONDS_PER_EPOCH,
        ),
        Part(
            "A GRU needs less data: with few examples it is more accurate", POINTS, Above(0.0, SLIGHT_GAIN),
            "A lead below one point is too small to matter.",
            lambda evidence: [
                gain(evidence, "GRU ahead of LSTM, mean of 2,500 and 5,000 examples", SMALL_GRUS, SMALL_LSTMS)
            ],
            (*SMALL_GRUS, *SMALL_LSTMS), TEST_ACCURACY,
        ),
    ),
)  # fmt: skip
