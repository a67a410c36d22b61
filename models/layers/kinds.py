"""Every kind of layer that can be between the embedding and the answer, from the modules of its family."""

from collections.abc import Iterator
from dataclasses import Field, fields
from types import ModuleType

from models.hyperparameters import Domain, IntRange
from models.layers import activations, attention, convolution, dropout, feedforward, pooling, recurrent
from models.layers.arguments import Option, domains_of
from models.layers.attention import Residual
from models.layers.feedforward import Embedding
from models.layers.layer import Layer

FAMILIES = (recurrent, convolution, pooling, feedforward, activations, dropout, attention)


def _kinds(family: ModuleType) -> Iterator[type[Layer]]:
    """The classes without subclasses, in the order of the file."""
    for kind in vars(family).values():
        is_layer = isinstance(kind, type) and issubclass(kind, Layer) and kind.__module__ == family.__name__
        if is_layer and kind is not Embedding and not kind.__subclasses__():
            yield kind


ARGUMENTS: dict[type[Layer], dict[str, Domain]] = {
    kind: domains_of(kind) for family in FAMILIES for kind in _kinds(family)
}
"""The arguments of each, without the layers within it."""
EMBEDDING_DIM: IntRange = Embedding.__annotations__["output_dim"].__metadata__[0]
MASK_ZERO: Option = Embedding.__annotations__["mask_zero"].__metadata__[0]
TRAINABLE: Option = Embedding.__annotations__["trainable"].__metadata__[0]


def argument_fields(kind: type[Layer]) -> list[Field]:
    return [] if kind is Residual else list(fields(kind))
