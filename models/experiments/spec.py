"""What a run is asked to do, and its identity."""

import hashlib
import json
import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from functools import cached_property
from typing import Any, Self

from models.architectures import get_architecture
from models.as_int import as_int
from models.data.datasets import UnknownUpload, get_dataset
from models.layers import Layer
from models.layers.stack import count_params, count_trainable_params
from models.stacks.stack_text import vectors_in
from models.tasks import CLASSIFICATION, NEXT_WORD, TITLES
from models.text.encoding import TextEncoding
from models.text.next_word import EXAMPLES_VERSION, MAX_EXAMPLES

TRAINING_VERSION = 1
"""Of what ``models.training.training`` does with a spec: loop, loss, shuffling, scoring, choice of the epoch. Raise it
when the same spec would give another result."""
OPTIMIZERS = ("adam", "rmsprop", "sgd")
BACKEND_TITLES = {"tensorflow": "TensorFlow", "jax": "JAX", "torch": "PyTorch"}
BACKENDS = tuple(BACKEND_TITLES)
LOOPS = {"batches": "batch by batch", "epochs": "whole epochs"}
"""How an epoch is trained: by Keras's ``fit``, which starts a step for each batch, or as one compiled program."""
BATCHES, WHOLE_EPOCHS = LOOPS
LOOP_BACKEND = "jax"
"""The only backend with a choice of loops."""
MAX_BATCH, MAX_RATE, MIN_EXAMPLES = 8_192, 10.0, 10


@dataclass(frozen=True)
class Training:
    """How weights are found. Raises ValueError for values out of range."""

    optimizer: str = "adam"
    learning_rate: float = 0.001
    batch_size: int = 128
    backend: str = "tensorflow"
    """Keras's; "engine" in the text of a spec."""
    loop: str = BATCHES
    """A key of ``LOOPS``. A spec's text leaves the default out, as older runs do."""

    def __post_init__(self) -> None:
        if self.optimizer not in OPTIMIZERS:
            raise ValueError(f"The optimizer must be one of {', '.join(OPTIMIZERS)}, not {self.optimizer!r}.")
        if not (math.isfinite(self.learning_rate) and 0 < self.learning_rate <= MAX_RATE):
            raise ValueError(f"The learning rate must be above 0 and at most {MAX_RATE:g}, not {self.learning_rate}.")
        object.__setattr__(self, "batch_size", as_int(self.batch_size))
        if not 1 <= self.batch_size <= MAX_BATCH:
            raise ValueError(f"The batch size must be 1 to {MAX_BATCH:,}, not {self.batch_size}.")
        if self.backend not in BACKENDS:
            raise ValueError(f"The backend must be one of {', '.join(BACKENDS)}, not {self.backend!r}.")
        if self.loop not in LOOPS:
            raise ValueError(f"The loop must be one of {', '.join(LOOPS)}, not {self.loop!r}.")
        if self.loop != BATCHES and self.backend != LOOP_BACKEND:
            raise ValueError(
                f"Only {BACKEND_TITLES[LOOP_BACKEND]} trains whole epochs as one program: choose the backend "
                f"{LOOP_BACKEND}, or the loop {BATCHES}."
            )
        object.__setattr__(self, "learning_rate", float(self.learning_rate))


class UnreadableSpec(ValueError):
    """A spec that another version of Unroll wrote, or that is damaged."""


VERSIONED = ("training_version", "examples_version")
"""Fields of versions that a spec's text leaves out as long as they are the first."""
LATER = {"directions": 2}
"""Hyperparameters that are younger than the oldest caches, with the value that all older runs have. A spec's text
leaves that value out, so that these runs keep their identity."""
DEFAULT_ENCODING, DEFAULT_TRAINING = TextEncoding(), Training()


def num_train(dataset: str, task: str) -> int:
    """Return the number of training examples.

    Args:
        dataset: The dataset's name.
        task: "classification" or "next_word".

    Returns:
        The number of texts; for next words, an upper bound of the number of words.

    Raises:
        ValueError: There is no such dataset.
    """
    return MAX_EXAMPLES["train"] if task == NEXT_WORD else get_dataset(dataset).num_train


def vectors_of(hyperparameters: Mapping[str, Any]) -> str | None:
    """The word vectors with which the embedding begins; None for random ones."""
    name = hyperparameters.get("vectors") or vectors_in(str(hyperparameters.get("stack", "")))
    return None if name is None else str(name)


def left_out(architecture: str) -> dict[str, int]:
    """The hyperparameters that a spec's text leaves out where they have these values. Raises ValueError for an unknown
    architecture.
    """
    known = get_architecture(architecture).hyperparameters
    return {name: value for name, value in LATER.items() if name in known}


@dataclass(frozen=True)
class RunSpec:
    """Everything that can change a run's result. The number of epochs is not part of it.

    Make one with ``RunSpec.create``, which fills in defaults, so that the same question is the same spec.
    """

    dataset: str
    fingerprint: str
    train_examples: int | None
    encoding: TextEncoding
    architecture: str
    architecture_version: int
    hyperparameters: dict[str, int | float | str] = field(hash=False)
    training: Training
    seed: int
    training_version: int = 1
    examples_version: int = 1
    """Of next words, see ``models.text.next_word``; 1 for classes."""

    @classmethod
    def create(
        cls,
        *,
        dataset: str,
        fingerprint: str,
        architecture: str,
        hyperparameters: Mapping[str, Any] = {},
        encoding: TextEncoding = DEFAULT_ENCODING,
        training: Training = DEFAULT_TRAINING,
        seed: int = 0,
        train_examples: int | None = None,
    ) -> Self:
        """Make a spec from what somebody asks for.

        An architecture with a vocabulary of its own changes the encoding of its run alone, and one that predicts the
        next word reads what stands right before it. A dataset with an encoding of its own has no other.

        Args:
            dataset: The dataset's name.
            fingerprint: Tells its contents from those of another version.
            architecture: The architecture's name.
            hyperparameters: Those that differ from the defaults.
            encoding: How texts are encoded.
            training: Optimizer, learning rate, batch size, backend and loop.
            seed: From 0 to 2,147,483,647.
            train_examples: The first so many training texts; all if None.

        Raises:
            ValueError: A name is unknown, or a value out of range.
            ShapeError: The stack of layers cannot work.
        """
        encoding = get_dataset(dataset).encoding or encoding
        entry = get_architecture(architecture)
        values = entry.resolve(hyperparameters)
        if entry.task == CLASSIFICATION and not get_dataset(dataset).is_labelled:
            raise ValueError(
                f"{get_dataset(dataset).title} has no labels: choose the task “{TITLES[NEXT_WORD]}”, or other data."
            )
        seed, train_examples = as_int(seed), None if train_examples is None else as_int(train_examples)
        if "vocabulary_size" in values:
            encoding = replace(encoding, vocabulary_size=values.pop("vocabulary_size"))
        if entry.task == NEXT_WORD:
            if get_dataset(dataset).is_generated:
                raise ValueError(
                    f"{get_dataset(dataset).title}: its words are drawn at random, so none can be predicted."
                )
            encoding = replace(encoding, padding="pre", truncating="pre")
        if train_examples is not None and train_examples >= num_train(dataset, entry.task):
            train_examples = None
        if train_examples is not None and train_examples < MIN_EXAMPLES:
            raise ValueError(f"At least {MIN_EXAMPLES} training examples are needed, not {train_examples}.")
        if not 0 <= seed < 2**31:
            raise ValueError(f"A seed is a whole number from 0 to 2,147,483,647, not {seed}.")
        spec = cls(
            dataset,
            fingerprint,
            train_examples,
            encoding,
            architecture,
            entry.version,
            values,
            training,
            seed,
            TRAINING_VERSION,
            EXAMPLES_VERSION if entry.task == NEXT_WORD else 1,
        )
        spec.num_params()
        return spec

    @property
    def task(self) -> str:
        return get_architecture(self.architecture).task

    @property
    def num_train(self) -> int:
        """Training examples, at most."""
        return self.train_examples or num_train(self.dataset, self.task)

    @cached_property
    def identity(self) -> str:
        """SHA-256 of the canonical JSON, as 64 hexadecimal digits."""
        return hashlib.sha256(self.to_json().encode()).hexdigest()

    def to_json(self) -> str:
        """Canonical: keys sorted, no spaces, every default spelled out; but what was not written yet when the oldest
        caches were made: the first versions, ``LATER`` and the loop batch by batch.
        """
        values = {name: value for name, value in asdict(self).items() if name not in VERSIONED or value != 1}
        chosen = self.hyperparameters.items()
        values["hyperparameters"] = {name: value for name, value in chosen if LATER.get(name) != value}
        values["training"]["engine"] = values["training"].pop("backend")
        if self.training.loop == BATCHES:
            del values["training"]["loop"]
        return json.dumps(values, sort_keys=True, separators=(",", ":"), allow_nan=False)

    @classmethod
    def from_json(cls, text: str) -> Self:
        """Raises UnreadableSpec for what this version does not know: fields, values, or no JSON at all."""
        try:
            values = json.loads(text)
            encoding, asked = TextEncoding(**values["encoding"]), dict(values["training"])
            training = Training(backend=asked.pop("engine"), **asked)
            chosen = left_out(values["architecture"]) | values["hyperparameters"]
            spec = cls(**values | {"encoding": encoding, "training": training, "hyperparameters": chosen})
            get_dataset(spec.dataset)
            known = get_architecture(spec.architecture).hyperparameters.items()
            kinds = {name: type(each.default) for name, each in known if name != "vocabulary_size"}
            if {name: type(value) for name, value in spec.hyperparameters.items()} != kinds:
                raise ValueError("its hyperparameters are others")
            if not all(type(each) is int and each >= 1 for each in (spec.training_version, spec.examples_version)):
                raise ValueError("its versions are no whole numbers from 1 on")
            return spec
        except UnknownUpload as error:
            raise UnreadableSpec(str(error)) from error
        except (TypeError, KeyError, AttributeError, ValueError, RecursionError) as error:
            reason = str(error).rstrip(".")
            raise UnreadableSpec(f"The spec cannot be read by this version of Unroll: {reason}.") from error

    def require_current(self) -> None:
        """Raises ValueError for a spec that this version of Unroll would train in another way than it means."""
        for what, asked, there in (
            ("the training", self.training_version, TRAINING_VERSION),
            ("the examples of next words", self.examples_version, EXAMPLES_VERSION if self.task == NEXT_WORD else 1),
        ):
            if asked != there:
                raise ValueError(
                    f"This run is of version {asked} of {what}, and this Unroll has version {there}: ask for it anew."
                )

    def layers(self) -> list[Layer]:
        entry = get_architecture(self.architecture)
        if entry.version != self.architecture_version:
            raise ValueError(
                f"This run is of version {self.architecture_version} of {entry.title}, and this Unroll has version "
                f"{entry.version}: ask for it anew."
            )
        values = dict(self.hyperparameters)
        if "vocabulary_size" in entry.hyperparameters:
            values["vocabulary_size"] = self.encoding.vocabulary_size
        return entry.layers(self.encoding.vocabulary_size, get_dataset(self.dataset).num_classes, **values)

    def num_params(self) -> int:
        return count_params(self.layers(), (self.encoding.length,))

    def num_trainable_params(self) -> int:
        return count_trainable_params(self.layers(), (self.encoding.length,))

    @property
    def vectors(self) -> str | None:
        """The word vectors with which the embedding begins; None for random ones."""
        return vectors_of(self.hyperparameters)
