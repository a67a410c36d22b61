"""Claims on training and validation curves: overfitting, jagged curves, and variation between seeds."""

from collections.abc import Sequence
from dataclasses import replace

from cache.claims.claim_results import PUBLISHED, Claim, Part
from cache.claims.evidence import (
    GAP,
    JAGGEDNESS,
    LOSS_AFTER_BEST,
    SHARPEST_FALL,
    TEST_ACCURACY,
    TRAINING_ACCURACY,
    Evidence,
    SeedGroup,
)
from cache.claims.measurements import FITTED, Measurement, difference, mean, narrowing, swing
from cache.claims.rules import PER_CENT, POINTS, POINTS_AN_EPOCH, TIMES, Above
from cache.results.overfitting import DROP, JAGGED, SHARP
from cache.store.runs import best_epoch
from models.data.datasets import get_dataset
from models.experiments.studies import EPOCHS
from models.text.encoding import TextEncoding

HIGH = 0.95
SLIGHT_GAP = 0.01
FLATTEN = SeedGroup("flatten")
OTHERS = tuple(SeedGroup(name) for name in ("no_recurrence", "simple_rnn", "gru", "lstm", "conv1d"))

FLATTEN_OVERFITS = Claim(
    name="flatten",
    title="Flatten overfits most",
    sentence="Flatten reaches a high training accuracy and overfits most.",
    origin=PUBLISHED,
    studies=("line_up", "recurrence"),
    parts=(
        Part(
            "Flatten’s training accuracy is high", PER_CENT, Above(HIGH),
            f"From {HIGH:.0%} on, the model has learnt nearly all training texts.",
            lambda evidence: [mean(evidence, "Flatten", FLATTEN, TRAINING_ACCURACY)], (FLATTEN,), TRAINING_ACCURACY,
        ),
        Part(
            "Flatten’s gap between training and validation accuracy is the widest", POINTS,
            Above(0.0, SLIGHT_GAP), "A difference below one point counts as no difference.",
            lambda evidence: [
                difference(evidence, f"Flatten’s gap beyond that of {group.title}", FLATTEN, group, GAP)
                for group in OTHERS
            ],
            (FLATTEN, *OTHERS), GAP,
        ),
    ),
)  # fmt: skip

SUBWORDS = TextEncoding(vocabulary_size=8_185, tokenizer="subwords")
ONE, TWO, TWO_EQUAL = (
    SeedGroup(f"bidirectional_{name}", encoding=SUBWORDS) for name in ("1_layer", "2_layers", "2_equal_layers")
)


def _smoother(sentence: str, two: SeedGroup, label: str, is_informational: bool = False) -> Part:
    return Part(
        sentence, POINTS_AN_EPOCH, Above(0.0, JAGGED / 2),
        "Half of the threshold for a jagged curve; less can hardly be seen.",
        lambda evidence: [difference(evidence, label, ONE, two, JAGGEDNESS)], (ONE, two), JAGGEDNESS,
        is_informational=is_informational,
    )  # fmt: skip


LAYERS = Claim(
    name="layers",
    title="One layer or two",
    sentence="With one bidirectional LSTM layer, validation accuracy is jagged and takes a sharp dive; with two it is "
    "smoother.",
    origin=PUBLISHED,
    studies=("layers",),
    parts=(
        Part(
            "One layer: the curve is jagged", POINTS_AN_EPOCH, Above(JAGGED),
            "The threshold is the one by which Compare calls a curve jagged.",
            lambda evidence: [mean(evidence, "1 layer", ONE, JAGGEDNESS)], (ONE,), JAGGEDNESS,
        ),
        Part(
            "One layer: validation accuracy takes a sharp dive", POINTS, Above(SHARP),
            "A dive is the loss from one epoch to the next. Two points are 49 of 2,452 texts.",
            lambda evidence: [mean(evidence, "1 layer", ONE, SHARPEST_FALL)], (ONE,), SHARPEST_FALL,
        ),
        _smoother("Two layers, as published: the curve is smoother", TWO, "1 layer more jagged than 2 layers"),
        _smoother(
            "For comparison, with only the depth changed: two equal layers are smoother", TWO_EQUAL,
            "1 layer more jagged than 2 equal layers", is_informational=True,
        ),
    ),
)  # fmt: skip

LSTM = SeedGroup("lstm")


def _lost_at_the_end(evidence: Evidence) -> list[Measurement]:
    measurement = mean(evidence, "LSTM, lost from its best epoch to the last", LSTM, LOSS_AFTER_BEST)
    best = ", ".join(str(best_epoch(result.epochs).epoch) for result in measurement.samples[0].results)
    return [replace(measurement, remark=f"best epochs {best}")]


INITIALISATION = Claim(
    name="initialisation",
    title="Random initialisation",
    sentence="An LSTM’s results vary with the random initialisation, so it pays to keep the best weights.",
    origin=PUBLISHED,
    studies=("line_up", "recurrence"),
    parts=(
        Part(
            "An LSTM’s test accuracy varies between seeds", TIMES, Above(1.0),
            "It varies if seeds differ by more than the accuracy of one model would on other test texts of the same "
            "number (the standard deviation of a binomial proportion).",
            lambda evidence: [swing(evidence, LSTM)], (LSTM,), TEST_ACCURACY,
        ),
        Part(
            "Its best weights are better than its last", POINTS, Above(DROP),
            "The best of ten epochs is partly luck: less than one point may be luck alone.",
            _lost_at_the_end, (LSTM,), LOSS_AFTER_BEST,
        ),
    ),
)  # fmt: skip

ALL = get_dataset("imdb").num_train
SIZES = (2_500, 5_000, ALL)


def _sizes(architecture: str) -> Sequence[tuple[int, SeedGroup, SeedGroup]]:
    """(examples, the group with the same number of epochs, the group with the same number of steps). That number is the
    one that all examples have in so many epochs.
    """
    found = []
    for size in SIZES:
        examples, epochs = (None if size == ALL else size), EPOCHS * ALL // size
        setting = f"{size:,} examples"
        longer = f"{setting}, {epochs} epochs" if epochs != EPOCHS else setting
        found.append(
            (size, SeedGroup(architecture, examples=examples, setting=setting),
             SeedGroup(architecture, examples=examples, epochs=epochs, setting=longer))
        )  # fmt: skip
    return found


def _overfits_more(architecture: str) -> Part:
    sizes = _sizes(architecture)
    title = sizes[0][1].title

    def measurements(evidence: Evidence) -> list[Measurement]:
        few, line = f"with {min(SIZES):,} examples", "on a straight line through all sizes"
        label = f"{title}’s gap {few} minus that with {ALL:,} ({line})"
        return [narrowing(evidence, label, sizes, GAP)]

    groups = dict.fromkeys([group for _, group, _ in sizes] + [group for _, _, group in sizes])
    return Part(
        f"{title} overfits more with fewer examples", POINTS, Above(0.0, SLIGHT_GAP),
        "A difference below one point counts as no difference. It is read from the least-squares line of the gap over "
        "log₂(examples), through the runs of all sizes, so it differs from the difference of the two means in the "
        f"chart. The gap is read after {EPOCHS} epochs of each size; "
        f"where a model has then learnt less than {FITTED:.0%} of its training texts, after equally many steps.",
        measurements, tuple(groups), GAP,
    )  # fmt: skip


SMALL_SETS = Claim(
    name="examples",
    title="Small training sets",
    sentence="Small training sets overfit more.",
    origin=PUBLISHED,
    studies=("examples",),
    parts=tuple(map(_overfits_more, ("flatten", "gru", "lstm", "conv1d"))),
)
