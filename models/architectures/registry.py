"""The registry of architectures: a decorated function is the entry, its signature the hyperparameters."""

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any, get_args, get_origin

from models.architectures.parts import answer
from models.hyperparameters import Hyperparameter
from models.layers import Layer
from models.stacks.stack_text import Stack
from models.tasks import CLASSIFICATION, NEXT_WORD


@dataclass(frozen=True)
class Architecture:
    """A named architecture. ``explanation`` is the function's docstring, ``source`` a reference.

    ``version`` is raised when the function's meaning changes, so that old cached runs are not mistaken for new ones.
    """

    name: str
    title: str
    explanation: str
    source: str
    version: int
    hyperparameters: dict[str, Hyperparameter]
    function: Callable[..., Stack] = field(repr=False)
    task: str = CLASSIFICATION

    @property
    def short_title(self) -> str:
        """The title without the task: "GRU" of "Next word by GRU"."""
        return self.title.removeprefix("Next word by ")

    def resolve(self, values: Mapping[str, object] = {}) -> dict[str, Any]:
        """Return every hyperparameter with its value, defaults filled in. Raises ValueError for unknown names or
        values.
        """
        unknown = sorted(set(values) - set(self.hyperparameters))
        if unknown:
            known = ", ".join(self.hyperparameters) or "none"
            raise ValueError(f"{self.title} has no hyperparameter {unknown[0]!r}; it has: {known}.")
        return {
            name: hyperparameter.check(values.get(name, hyperparameter.default))
            for name, hyperparameter in self.hyperparameters.items()
        }

    def layers(self, vocabulary_size: int, num_classes: int = 2, /, **values: Any) -> list[Layer]:
        """Return the list of layers, from the embedding to the answer. An architecture with its own vocabulary ignores
        the encoding's; a next-word architecture has a class for every word.
        """
        if self.task == NEXT_WORD:
            num_classes = vocabulary_size
        resolved = self.resolve(values)
        vocabulary_size = resolved.get("vocabulary_size", vocabulary_size)
        return [*self.function(**resolved).with_embedding(vocabulary_size), answer(num_classes)]


ARCHITECTURES: dict[str, Architecture] = {}


def architecture(title: str, *, source: str, version: int = 1, task: str = CLASSIFICATION) -> Callable:
    """Registers the decorated function under its own name.

    The function takes for each hyperparameter a keyword argument ``Annotated[int, IntRange(…)] = default``, or likewise
    with a ``FloatRange`` or a ``Categorical``. It returns what is between the tokens and the answer. With an argument
    ``vocabulary_size``, the architecture has its own vocabulary.

    Raises ValueError if the name or the title is taken.
    """

    def register(function: Callable[..., Stack]) -> Callable[..., Stack]:
        taken = {name for entry in ARCHITECTURES.values() for name in (entry.name, entry.title)}
        if {function.__name__, title} & taken:
            raise ValueError(f"An architecture named {function.__name__!r} or titled {title!r} is already registered.")
        ARCHITECTURES[function.__name__] = Architecture(
            name=function.__name__,
            title=title,
            explanation=" ".join((inspect.getdoc(function) or "").split()),
            source=source,
            version=version,
            hyperparameters=_hyperparameters(function),
            function=function,
            task=task,
        )
        return function

    return register


def get_architecture(name: str) -> Architecture:
    """Return a registered architecture. Raises ValueError for an unknown name."""
    try:
        return ARCHITECTURES[name]
    except KeyError:
        raise ValueError(f"There is no architecture {name!r}; there are: {', '.join(ARCHITECTURES)}.") from None


def _hyperparameters(function: Callable) -> dict[str, Hyperparameter]:
    found = {}
    for name, parameter in inspect.signature(function).parameters.items():
        if get_origin(parameter.annotation) is Annotated:
            _, domain = get_args(parameter.annotation)
            found[name] = Hyperparameter(name, parameter.default, domain)
    return found
