"""The architectures that Unroll compares. To add one, add one function to a module of this package; everything else
follows from it.

Import the registry from here, not from ``registry``: there it is still empty. The order of these imports is the order
of architectures in all lists and colours: new modules go to the end, before ``composed``.
"""

from models.architectures import (  # noqa: I001
    line_up, stacks, recurrent, convolutions, attention, next_word, transfer, composed,
)  # fmt: skip
from models.architectures.registry import ARCHITECTURES, Architecture, get_architecture
