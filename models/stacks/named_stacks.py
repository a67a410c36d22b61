"""Stacks that people gave a name: ``stacks/NAME.json`` in the cache, one file each, so that none can spoil another."""

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from filelock import FileLock

from models.atomic_files import atomic_write
from models.stacks.stack_parser import parse_stack
from models.stacks.stack_text import Stack, short, write_stack
from models.watched_folder import WatchedFolder, mark_changed

FOLDER, FORMAT, MAX_NAMED, MAX_FILE_BYTES = "stacks", 1, 30, 20_000
SIGN = r"(?:[^\W_]|[.,'&+-])"  # an underscore would be Markdown
NAME = re.compile(rf"{SIGN}(?:(?:{SIGN}| ){{0,28}}{SIGN})?")
TITLE = "Composed"


@dataclass(frozen=True)
class NamedStack:
    """``text`` is the stack's one spelling."""

    name: str
    text: str

    @property
    def title(self) -> str:
        return f"{TITLE}: {self.name}"


def read_stacks(root: Path) -> tuple[dict[str, NamedStack], tuple[str, ...]]:
    """Return the stacks by their names in order, and a sentence for each file that holds none."""
    found, broken = [], []
    for file in sorted((root / FOLDER).glob("*.json")):
        try:
            if file.stat().st_size > MAX_FILE_BYTES:
                raise ValueError("it is too large")
            values = json.loads(file.read_text())
            stack = NamedStack(values["name"], write_stack(parse_stack(values["stack"])))
            if values["format"] != FORMAT or not NAME.fullmatch(stack.name) or _file(root, stack.name) != file:
                raise ValueError("it is not as Unroll writes it")
            found.append(stack)
        except (OSError, ValueError, KeyError, TypeError, RecursionError) as error:
            broken.append(f"{FOLDER}/{file.name} holds no stack and was skipped: {_why(error)}")
    return {stack.name: stack for stack in sorted(found, key=lambda each: each.name.casefold())}, tuple(broken)


_known = WatchedFolder[tuple[Mapping[str, NamedStack], tuple[str, ...]]](FOLDER, read_stacks, ({}, ()))


def load_stacks(root: Path) -> None:
    """Makes the stacks that are named under ``root`` known, in place of any others: a process works on one cache.

    What another process saves or deletes there later is known at the next look-up.
    """
    _known.open(root)


def named_stacks() -> list[NamedStack]:
    return list(_known.latest()[0].values())


def broken_stacks() -> tuple[str, ...]:
    """A sentence for each file that was skipped."""
    return _known.latest()[1]


def stack_title(text: str) -> str:
    """How a stack is called: by the name that it was given, else by what is in it. Raises StackError."""
    stack = parse_stack(text)
    known = next((each for each in named_stacks() if each.text == write_stack(stack)), None)
    return known.title if known else f"{TITLE} {short(stack)}"


def save_stack(root: Path, name: str, stack: Stack) -> NamedStack:
    """Saves a stack under a name, so that it can be chosen like an architecture.

    Args:
        root: The folder of the cache.
        name: The name.
        stack: The layers.

    Raises:
        ValueError: The name cannot be shown or is taken, the stack has a name already, or there are too many.
    """
    if not NAME.fullmatch(name):
        raise ValueError("A name has 1 to 30 letters, digits, blanks and . , ' & + -, with no blank at either end.")
    wanted = NamedStack(name, write_stack(stack))
    root.mkdir(parents=True, exist_ok=True)
    with FileLock(root / f"{FOLDER}.lock"):
        known, _ = read_stacks(root)
        for other in known.values():
            if other.text == wanted.text:
                raise ValueError(f"This stack is saved as “{other.name}” already.")
            if other.name.casefold() == name.casefold():
                raise ValueError(f"There is another stack called “{other.name}”: choose another name, or delete it.")
        if len(known) >= MAX_NAMED:
            raise ValueError(f"{MAX_NAMED} stacks are saved, which is as many as there may be: delete one first.")
        (root / FOLDER).mkdir(exist_ok=True)
        values = {"format": FORMAT, "name": name, "stack": wanted.text}
        atomic_write(_file(root, name), json.dumps(values, indent=1).encode())
        mark_changed(root / FOLDER)
    load_stacks(root)
    return wanted


def delete_stack(root: Path, name: str) -> None:
    """Delete a named stack; its runs stay.

    Args:
        root: The folder of the cache.
        name: The stack's name.

    Raises:
        KeyError: There is no such stack.
    """
    with FileLock(root / f"{FOLDER}.lock"):
        if name not in read_stacks(root)[0]:
            raise KeyError(f"There is no stack called “{name}”.")
        _file(root, name).unlink()
        mark_changed(root / FOLDER)
    load_stacks(root)


def _file(root: Path, name: str) -> Path:
    """Names differ in more than a file system may tell apart, so the file's name is made of their letters' sum."""
    sign = hashlib.sha256(name.casefold().encode()).hexdigest()[:16]
    return root / FOLDER / f"{sign}.json"


def _why(error: Exception) -> str:
    return f"it lacks {error}." if isinstance(error, KeyError) else f"{str(error).rstrip('.')}."
