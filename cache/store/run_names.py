"""Names of runs: the architecture with everything that differs from the defaults."""

from models.architectures import get_architecture
from models.data.datasets import get_dataset
from models.data.user_datasets import is_user_dataset, title_in
from models.experiments.comparison import Entry
from models.experiments.spec import DEFAULT_TRAINING, LOOPS, RunSpec
from models.tasks import CLASSIFICATION, DEFAULT_LENGTHS, NEXT_WORD
from models.text.encoding import DEFAULT_VOCABULARY, TextEncoding

DATASET, EPOCHS = "imdb", 5
"""The defaults of Compare."""
SIDES = {"post": "at the end", "pre": "at the start"}


def describe(spec: RunSpec, epochs: int) -> str:
    """Describe a run: "LSTM (64 units, vocabulary 5,000, 10 epochs)".

    Raises ValueError and KeyError for an architecture or hyperparameter of another version.
    """
    further = [*_encoding(spec), *_training(spec)]
    if epochs != EPOCHS:
        further.append(f"{epochs:,} {'epoch' if epochs == 1 else 'epochs'}")
    return Entry(spec.architecture, spec.hyperparameters).label_with(further)


def dataset_title(name: object) -> str:
    """Return the dataset's title if it is known here, else its name."""
    try:
        return get_dataset(str(name)).title
    except ValueError:
        return title_in(str(name)) if is_user_dataset(name) else str(name)


def _encoding(spec: RunSpec) -> list[str]:
    """Dataset, vocabulary and texts. A dataset's fixed encoding is not mentioned."""
    found = [] if spec.dataset == DATASET else [dataset_title(spec.dataset).removesuffix(" (generated)")]
    encoding, task = spec.encoding, get_architecture(spec.architecture).task
    default = get_dataset(spec.dataset).encoding or TextEncoding(length=DEFAULT_LENGTHS[task])
    own = get_architecture(spec.architecture).hyperparameters.get("vocabulary_size")
    if task == NEXT_WORD:
        found.insert(0, "next word")
    if encoding.tokenizer != default.tokenizer:
        found.append(encoding.tokenizer)
        vocabulary = DEFAULT_VOCABULARY[encoding.tokenizer]
    else:
        vocabulary = default.vocabulary_size
    if encoding.vocabulary_size != (own.default if own else vocabulary):
        found.append(f"vocabulary {encoding.vocabulary_size:,}")
    if encoding.length != default.length:
        found.append(f"{encoding.length:,} tokens")
    if task == CLASSIFICATION:
        sides = (("padded", encoding.padding, default.padding), ("cut", encoding.truncating, default.truncating))
        found += [f"{verb} {SIDES[side]}" for verb, side, usual in sides if side != usual]
    if spec.train_examples:
        found.append(f"{spec.train_examples:,} training examples")
    return found


def _training(spec: RunSpec) -> list[str]:
    training, default = spec.training, DEFAULT_TRAINING
    texts = {
        "optimizer": training.optimizer,
        "learning_rate": f"learning rate {training.learning_rate:g}",
        "batch_size": f"batch size {training.batch_size:,}",
        "backend": training.backend,
        "loop": LOOPS[training.loop],
    }
    return [text for name, text in texts.items() if getattr(training, name) != getattr(default, name)]
