"""What is being compared: a line-up and what its runs share, as values, and the runs they ask for."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from models.architectures import Architecture, get_architecture
from models.data.dataset import Dataset
from models.data.datasets import get_dataset
from models.experiments.spec import RunSpec, Training, num_train, vectors_of
from models.layers.stack import LayerSummary, summarize
from models.stacks.named_stacks import stack_title
from models.tasks import CLASSIFICATION, NEXT_WORD
from models.text.encoding import TextEncoding

COMPOSED = "composed"
"""The architecture whose one hyperparameter is a whole stack."""
WIDTHS = ("embedding_dim", "dense_units")
"""Widths that are mostly as large as a next-word model's units or filters."""


@dataclass(frozen=True)
class Entry:
    """One member of the line-up: an architecture with its hyperparameters; variants of one count from 1."""

    architecture: str
    hyperparameters: dict[str, int | float | str] = field(default_factory=dict)
    variant: int = 1

    @property
    def definition(self) -> Architecture:
        return get_architecture(self.architecture)

    @property
    def vectors(self) -> str | None:
        """The word vectors with which the embedding begins; None for random ones."""
        return vectors_of(self.hyperparameters)

    @property
    def label(self) -> str:
        """The architecture's title and what differs from its defaults: "LSTM (64 units)". A stack goes by its name,
        and a model that predicts the next word by its size: "GRU (32 units)".
        """
        return self.label_with(())

    def label_with(self, further: Iterable[str]) -> str:
        """The label with ``further`` differences: "LSTM (64 units, vocabulary 5,000)"."""
        if self.architecture == COMPOSED:
            title, changed = stack_title(self.definition.resolve(self.hyperparameters)["stack"]), []
        elif self.definition.task == NEXT_WORD:
            title, changed = self.definition.short_title, self._size()
        else:
            known, title = self.definition.hyperparameters, self.definition.title
            changed = [
                known[name].named(value) for name, value in self.hyperparameters.items() if value != known[name].default
            ]
        changed += further
        return f"{title} ({', '.join(changed)})" if changed else title

    def _size(self) -> list[str]:
        """Other widths are named only where they differ from the size, and all else where it is not the default."""
        known = self.definition.hyperparameters
        values = {name: each.default for name, each in known.items()} | self.hyperparameters
        size = "units" if "units" in known else "filters"
        usual = {name: each.default for name, each in known.items()} | dict.fromkeys(WIDTHS, values[size])
        others = [name for name, value in values.items() if name != size and value != usual[name]]
        return [known[name].named(values[name]) for name in (size, *others)]


@dataclass(frozen=True)
class Comparison:
    """A line-up and everything that its runs share; a dataset's own encoding takes the place of any other.

    Raises ValueError for a line-up of several tasks and for an unknown dataset.
    """

    dataset_name: str
    train_examples: int | None
    encoding: TextEncoding
    training: Training
    epochs: int
    num_seeds: int
    entries: tuple[Entry, ...]

    def __post_init__(self) -> None:
        if len({entry.definition.task for entry in self.entries}) > 1:
            raise ValueError("Architectures that classify and those that predict the next word cannot be compared.")
        object.__setattr__(self, "encoding", self.dataset.encoding or self.encoding)

    @property
    def dataset(self) -> Dataset:
        return get_dataset(self.dataset_name)

    @property
    def task(self) -> str:
        return self.entries[0].definition.task if self.entries else CLASSIFICATION

    @property
    def num_train(self) -> int:
        return self.train_examples or num_train(self.dataset_name, self.task)

    @property
    def vocabulary_examples(self) -> int | None:
        """From how many training texts the vocabulary is made; None for all of them."""
        return self.train_examples if self.task == CLASSIFICATION else None

    def specs(self, fingerprint: str) -> dict[str, list[RunSpec]]:
        """The specs of each entry by its label, one for each seed. Raises ValueError or ShapeError."""
        return {
            entry.label: [
                RunSpec.create(
                    dataset=self.dataset_name,
                    fingerprint=fingerprint,
                    train_examples=self.train_examples,
                    encoding=self.encoding,
                    architecture=entry.architecture,
                    hyperparameters=entry.hyperparameters,
                    training=self.training,
                    seed=seed,
                )
                for seed in range(self.num_seeds)
            ]
            for entry in self.entries
        }

    def layers(self, entry: Entry) -> list[LayerSummary]:
        """The entry's layers with their shapes and weights. Raises ShapeError."""
        layers = entry.definition.layers(
            self.encoding.vocabulary_size, self.dataset.num_classes, **entry.hyperparameters
        )
        return summarize(layers, (self.encoding.length,))
