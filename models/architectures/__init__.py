"""The architectures that Unroll compares. Adding one is adding one function to a module of this package; everything
else follows from it.

Import the registry from here, not from ``registry``: there it is still empty. Architectures stand in the order of these
imports, by which they are listed and coloured everywhere: new modules go to the end, before ``composed``.
"""

from models.architectures import (  # noqa: F401, I001
    line_up, stacks, recurrent, convolutions, attention, next_word, transfer, composed,
)  # fmt: skip
from models.architectures.registry import ARCHITECTURES, Architecture, get_architecture

__all__ = ["ARCHITECTURES", "Architecture", "get_architecture"]
