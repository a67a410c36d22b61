"""Every function of the cache layer that writes: found in the source, so that none is forgotten."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

CACHE = Path(__file__).resolve().parents[3] / "cache"
OF_FILES = {
    *("write_text", "write_bytes", "mkdir", "unlink", "rmdir", "touch", "symlink_to", "rmtree", "copyfile", "copytree"),
    *("mkstemp", "mkdtemp", "TemporaryDirectory", "NamedTemporaryFile", "FileLock", "makedirs", "move", "rename"),
    *("copy2", "copyfileobj", "extractall", "chmod", "utime"),
}
OF_THE_CACHE = {"transaction", "start_detached"}
OF_MODELS = {
    *("atomic_write", "atomic_file", "complete_file", "temporary_folder", "put_in_place", "remove_abandoned"),
    *(
        "add_user_dataset",
        "delete_user_dataset",
        "save_stack",
        "delete_stack",
        "add_vectors",
        "delete_vectors",
        "prepare",
    ),
    *("make_test_split", "make_statistics", "make_coverage", "fit_tokenizers", "load_encoded", "initial_vectors"),
}
MODE = re.compile("[rbt]*[wax+][rbt+]*")
OF_OS = {"replace", "remove", "link", "symlink", "truncate"}


def writers() -> dict[str, list[str]]:
    """What each writing function calls, by "module.function" or "module.Class.method"."""
    found: dict[str, list[str]] = {}
    for file in sorted(CACHE.rglob("*.py")):
        for name, node in _functions(ast.parse(file.read_text())):
            calls = [call for each in ast.walk(node) if isinstance(each, ast.Call) if (call := _written(each))]
            if calls:
                found[f"{file.stem}.{name}"] = calls
    return found


def _functions(tree: ast.AST, prefix: str = "") -> Iterator[tuple[str, ast.AST]]:
    """Those that are nested in others belong to them."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.FunctionDef):
            yield prefix + node.name, node
        elif isinstance(node, ast.ClassDef):
            yield from _functions(node, f"{prefix}{node.name}.")


def _written(call: ast.Call) -> str | None:
    """The name of what is called if it writes."""
    function = call.func
    name = function.id if isinstance(function, ast.Name) else getattr(function, "attr", "")
    if name in OF_FILES | OF_THE_CACHE | OF_MODELS:
        return name
    of_os = isinstance(function, ast.Attribute) and isinstance(function.value, ast.Name) and function.value.id == "os"
    if name in OF_OS and of_os:
        return f"os.{name}"
    if name in ("open", "fdopen", "ZipFile"):
        given = [*call.args, *(keyword.value for keyword in call.keywords if keyword.arg == "mode")]
        modes = [each.value for each in given if isinstance(each, ast.Constant) and isinstance(each.value, str)]
        return next((f"open {mode}" for mode in modes if MODE.fullmatch(mode)), None)
    return None
