"""The domain of a hyperparameter that is a whole stack of layers, as text."""

import re
from dataclasses import dataclass
from typing import ClassVar

from models.stacks.stack_parser import parse_stack
from models.stacks.stack_text import StackError, write_stack

BEFORE_EMBEDDING = re.compile(r",\s*(?=[\w.]*Embedding\b)")


@dataclass(frozen=True)
class StackText:
    help: str
    kind: ClassVar[str] = "stacks such as 'Embedding(16) → LSTM(32)'"

    def check(self, name: str, value: object) -> str:
        if not isinstance(value, str):
            raise StackError(f"{name} must be the text of a stack, not {value!r}.")
        if "Sequential" in value:
            raise StackError(f"{name} is a whole model: paste it on the page Compose, which reads its layers.")
        return write_stack(parse_stack(value))

    def parse(self, text: str) -> str:
        return text.strip()

    def split(self, text: str) -> list[str]:
        """Several stacks, with commas between them and within them: each begins with its embedding."""
        return BEFORE_EMBEDDING.split(text)
