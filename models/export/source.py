"""The source of the project's own functions, for a stand-alone script, which then runs the same code."""

import ast
import re
from functools import cache, lru_cache
from pathlib import Path

MODELS = Path(__file__).parents[1]
STANDARD = ("csv", "hashlib", "json", "os", "re")
NAMES = {
    "Any": "typing",
    "BPE": "tokenizers.models",
    "BpeTrainer": "tokenizers.trainers",
    "Callable": "collections.abc",
    "Counter": "collections",
    "Iterable": "collections.abc",
    "Iterator": "collections.abc",
    "Mapping": "collections.abc",
    "Regex": "tokenizers",
    "Sequence": "collections.abc",
    "Split": "tokenizers.pre_tokenizers",
    "Tokenizer": "tokenizers",
    "Traversable": "importlib.resources.abc",
    "WordLevel": "tokenizers.models",
    "WordLevelTrainer": "tokenizers.trainers",
    "deque": "collections",
    "resources": "importlib",
}
"""The names that the copied functions use, and where they come from."""


def source_of(module: str, *names: str) -> str:
    """Return the source of functions and constants of a module below ``models``, in this order. Raises KeyError."""
    found = _definitions(module)
    return "".join(_apart(found[name]) for name in names)


def imports_for(*codes: str) -> tuple[list[str], list[str]]:
    """Return the imports that the parts of a script need: (of the standard library, of packages)."""
    used = frozenset().union(*map(_names, codes))
    by_module: dict[str, list[str]] = {}
    for name, module in NAMES.items():
        if name in used:
            by_module.setdefault(module, []).append(name)
    lines = [f"from {module} import {', '.join(sorted(names))}" for module, names in sorted(by_module.items())]
    plain = [f"import {name}" for name in STANDARD if name in used or name == "os"]
    return plain + [line for line in lines if "tokenizers" not in line], [
        line for line in lines if "tokenizers" in line
    ]


@lru_cache(maxsize=256)
def _names(code: str) -> frozenset[str]:
    """Cached, since most scripts have most parts in common."""
    return frozenset(node.id for node in ast.walk(ast.parse(code)) if isinstance(node, ast.Name))


@cache
def _definitions(module: str) -> dict[str, str]:
    """The modules are read, not imported, because some of them import a framework."""
    text, found = (MODELS / f"{module.replace('.', '/')}.py").read_text(), {}
    for node in ast.parse(text).body:
        code = re.sub(r"  # (?:fmt|noqa)\b.*", "", ast.get_source_segment(text, node) or "")
        if isinstance(node, ast.FunctionDef):
            found[node.name] = code
        elif isinstance(node, ast.Assign):
            found |= {
                name.id: code for target in node.targets for name in ast.walk(target) if isinstance(name, ast.Name)
            }
    return found


def _apart(code: str) -> str:
    return f"\n\n{code}\n\n" if code.startswith("def ") else f"{code}\n"
