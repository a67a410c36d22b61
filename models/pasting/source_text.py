"""Python source as people paste it: from notebooks, web pages and interactive sessions. Nothing of it is run."""

import ast
import html
import json
import re
import textwrap
import warnings
from dataclasses import dataclass

MAX_CHARACTERS = 50_000
MAX_REPAIRS = 100
PROMPT = re.compile(r"^\s*(?:>>>|(?:In\s?)?\[[\d* ]*\]:|\.\.\.:)[ ]?")
CONTINUED = re.compile(r"^\s*\.\.\.(?:[ ]|$)")
NOT_PYTHON = re.compile(
    r"^\s*(?:[!%?]|```|Out\s?\[\d*\]:|Epoch\s+\d+[/:]|\d+/(?:\d+|Unknown)\s.*(?:\[[=>.]|━|\d+s\b|- loss))"
)
"""Lines of commands to a notebook, of its outputs, and of the progress of training."""
STATEMENT = re.compile(r"\s*[\w.]+(?:\[[^]]*\])?\s*[(=:]|\s*(?:return|yield|def|class|for|if|while|with|try)\b")
HEADER = re.compile(r"(?:async|class|def|elif|else|except|finally|for|if|match|try|while|with)\b|@")
OPENED = re.compile(r"[(\[{][^)\]}]*$")
BEGINNING = re.compile(r"\s*(?:\w+\.)*(?:Input|InputLayer|Embedding|TextVectorization)\(")
OLD_PRINT = re.compile(r"^(\s*)(?:print|exec)\b(?!\s*\().*$")
NUMBERED, QUOTED = re.compile(r"\s*(\d+)(?:[.:|)]|\s|$)\s?"), re.compile(r"\s*>(?!>)[ ]?|\s*$")
OF_DIFF = re.compile(r"[ +-]|@@|\s*$")
LAYERS = re.compile(
    r"(?:\.add|\b(?:Sequential|Model|Embedding|LSTM|GRU|SimpleRNN|Dense|Bidirectional|Activation|\w*(?:1D|Dropout)))"
    r"\s*\(\s*[^)\s]"
)
"""Words of a statement that builds a model."""
TYPOGRAPHIC = str.maketrans({
    **dict.fromkeys("“”„‟″", '"'), **dict.fromkeys("‘’‚‛′", "'"), **dict.fromkeys("‐‑‒–—−", "-"),
    **dict.fromkeys("\u00a0\u2002\u2003\u2009\u202f\u3000\0", " "),
    **dict.fromkeys("\u200b\u200c\u200d\u2060\ufeff\u00ad"), **dict(zip("（），：＝［］；", "(),:=[];", strict=True)),
})  # fmt: skip
"""Characters that web pages and word processors put in place of those of Python."""


@dataclass(frozen=True)
class Skipped:
    """Lines that cannot be read: the first of them, its number from 1, what is wrong, and whether they name layers."""

    line: int
    text: str
    message: str
    names_layers: bool = False

    @property
    def sentence(self) -> str:
        text = self.text if len(self.text) <= 60 else f"{self.text[:59]}…"
        return f"Line {self.line} cannot be read as Python, {self.message}: {text}"


@dataclass(frozen=True)
class Source:
    """Statements of a text, and what of it cannot be read."""

    statements: tuple[ast.stmt, ...]
    skipped: tuple[Skipped, ...] = ()


def notebook_source(data: bytes) -> str:
    """The code of a Jupyter notebook, cell after cell, or ``data`` itself as text if it is a script.

    Raises ValueError for a file that is neither.
    """
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise ValueError(
            "The file is not text in UTF-8: choose a Python script (.py) or a notebook (.ipynb)."
        ) from None
    if not text.lstrip().startswith("{"):
        return text
    try:
        cells = json.loads(text)["cells"]
        code = [each["source"] for each in cells if each["cell_type"] == "code"]
        return "\n\n".join(each if isinstance(each, str) else "".join(each) for each in code)
    except (ValueError, KeyError, TypeError, RecursionError):
        raise ValueError("The file is not a notebook that can be read: save it anew in Jupyter as .ipynb.") from None


def read_source(text: str) -> Source:
    """Parses a text; statements that cannot be read are left out one by one, and named."""
    cleaned = _clean(text)
    typed = html.unescape(cleaned).translate(TYPOGRAPHIC)
    whole = [cleaned, typed]
    if BEGINNING.match(typed):
        whole.append(f"model = Sequential([{typed}")  # the first line was not copied
    for candidate in whole:
        try:
            return Source(tuple(_parsed(candidate)))
        except SyntaxError:
            continue
        except (ValueError, RecursionError, MemoryError):
            return Source((), (Skipped(1, "", "it is nested too deeply"),))
    return _repaired([OLD_PRINT.sub(r"\1pass", line) for line in typed.split("\n")])


def _parsed(text: str) -> list[ast.stmt]:
    with warnings.catch_warnings(action="ignore"):
        return ast.parse(text).body


def _clean(text: str) -> str:
    """Without prompts of interactive sessions, commands of notebooks, and indentation that all lines share."""
    plain = text.encode("utf-8", "replace").decode().replace("\r\n", "\n").replace("\r", "\n").replace("\0", " ")
    lines = [line.expandtabs(4) for line in _without_margin(plain.split("\n"))]
    if any(PROMPT.match(line) for line in lines):
        lines = [CONTINUED.sub("", PROMPT.sub("", line)) for line in lines]
    kept = ["" if NOT_PYTHON.match(line) else re.sub(r"\\\s+$", r"\\", line) for line in lines]
    return textwrap.dedent("\n".join(kept))


def _without_margin(lines: list[str]) -> list[str]:
    """Without the numbers of lines, or the marks of a quotation or of a diff, before all of them."""
    if all(map(QUOTED.match, lines)):
        return [QUOTED.sub("", line, count=1) for line in lines]
    if all(map(OF_DIFF.match, lines)) and any(line[:1] in "+-" for line in lines if line):
        return ["" if line[:1] in ("-", "@") else line[1:] for line in lines]
    found = [NUMBERED.match(line) for line in lines if line.strip()]
    numbers = [int(each[1]) for each in found if each]
    if len(numbers) == len(found) > 1 and numbers == list(range(numbers[0], numbers[0] + len(numbers))):
        return [NUMBERED.sub("", line, count=1) for line in lines]
    return lines


def _repaired(lines: list[str]) -> Source:
    skipped: list[Skipped] = []
    for _ in range(MAX_REPAIRS):
        try:
            return Source(tuple(_parsed("\n".join(lines))), tuple(skipped))
        except IndentationError as error:
            place = _place(error, lines)
            if "expected an indented block" in error.msg or not _shift(lines, place):
                skipped.append(_leave_out(lines, place, error.msg))
        except SyntaxError as error:
            skipped.append(_leave_out(lines, _place(error, lines), error.msg))
        except (ValueError, RecursionError, MemoryError):
            break
    return Source((), (*skipped[:1], Skipped(1, "", "too many of its lines are not Python")))


def _place(error: SyntaxError, lines: list[str]) -> int:
    return min(max((error.lineno or 1) - 1, 0), len(lines) - 1)


def _shift(lines: list[str], place: int) -> bool:
    """Moves a line, and those after it that are indented alike or deeper, below the line before. Returns whether that
    changes anything.
    """
    before = next((line for line in reversed(lines[:place]) if line.strip()), "")
    old, new = _indentation(lines[place]), _indentation(before)
    if old == new:
        return False
    for number in range(place, len(lines)):
        if lines[number].strip():
            if _indentation(lines[number]) < old:
                break
            lines[number] = " " * (_indentation(lines[number]) - old + new) + lines[number].lstrip()
    return True


def _indentation(line: str) -> int:
    return len(line) - len(line.lstrip())


def _leave_out(lines: list[str], place: int, message: str) -> Skipped:
    """Empties the statement around a line, up to the next that is not indented."""
    starts = [number for number, line in enumerate(lines) if re.match(r"[^\s)\]}#]", line)]
    first = max((each for each in starts if each <= place), default=0)
    last = min((each for each in starts if each > place), default=len(lines))
    is_alone = place == first and not HEADER.match(lines[first]) and not OPENED.search(lines[first])
    last = place + 1 if is_alone else last  # as prose, behind which code may be indented
    names_layers = bool(STATEMENT.match(lines[first])) and any(map(LAYERS.search, lines[first:last]))
    found = Skipped(first + 1, lines[first].strip(), message, names_layers)
    lines[first : max(last, first + 1)] = [""] * max(last - first, 1)
    return found
