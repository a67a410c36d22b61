import ast
import subprocess
import sys
from collections import Counter
from functools import cache
from graphlib import TopologicalSorter
from importlib import import_module
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
FRAMEWORKS = {"tensorflow", "keras", "jax", "torch", "gensim", "ray"}
OPTIONAL = {"jax", "torch", "ray"}
MODULES = sorted(path for folder in ("models", "cache", "dashboard") for path in (ROOT / folder).rglob("*.py"))
ALLOWED = {"models": {"models"}, "cache": {"models", "cache"}, "dashboard": {"models", "cache", "dashboard"}}
WORKER_ONLY = {
    *(f"models/training/{name}.py" for name in ("training", "keras_model", "compiled", "whole_epochs", "word2vec")),
    *(f"models/jax_layers/{name}.py" for name in ("fast_layers", "convolution", "recurrent")),
    *(f"models/inside/{name}.py" for name in ("equalities", "open_model")),
    "models/machine/environment.py",
    *(f"cache/cluster/{name}.py" for name in ("connection", "executor", "node")),
}
MOST_FILES, MOST_LINES = 15, 350
"""In a folder and in a file, so that each can be taken in at a glance."""


@cache
def imported(path):
    return list(_imported(path))


def _imported(path):
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def test_imports_point_one_way():
    for path in MODULES:
        place = path.relative_to(ROOT)
        tops = {name.split(".")[0] for name in imported(path)}
        assert tops & set(ALLOWED) <= ALLOWED[place.parts[0]], place
        assert place.parts[0] == "dashboard" or "streamlit" not in tops, place
        assert str(place) in WORKER_ONLY or not tops & FRAMEWORKS, place


def package_of(path):
    """``__main__`` is above all others, so it is a package of its own."""
    place = path.relative_to(ROOT).with_suffix("")
    return ".".join(place.parts if place.name == "__main__" else place.parts[:-1])


def test_no_packages_import_each_other_in_a_circle():
    packages = {".".join(path.relative_to(ROOT).with_suffix("").parts): package_of(path) for path in MODULES}
    packages |= {package: package for package in packages.values()}
    graph = {package: set() for package in packages.values()}
    for path in MODULES:
        here = package_of(path)
        graph[here] |= {packages[name] for name in imported(path) if name in packages} - {here}
    TopologicalSorter(graph).prepare()  # raises CycleError, which names the circle


@pytest.mark.parametrize("top", ["models", "cache", "dashboard", "tests"])
def test_a_folder_can_be_taken_in_at_a_glance(top):
    files = Counter(path.parent for path in (ROOT / top).rglob("*.py"))
    assert not {str(folder): number for folder, number in files.items() if number > MOST_FILES}


@pytest.mark.parametrize("top", ["models", "cache", "dashboard", "tests"])
def test_a_file_can_be_taken_in_at_a_glance(top):
    lines = {str(path.relative_to(ROOT)): path.read_text().count("\n") for path in (ROOT / top).rglob("*.py")}
    assert not {file: number for file, number in lines.items() if number > MOST_LINES}


def test_every_module_can_be_imported():
    """Those with which only another process begins, too. A page's script is run, not imported."""
    for path in MODULES:
        if path.name not in ("__init__.py", "__main__.py", "app.py") and path.parent.name != "app_pages":
            try:
                import_module(".".join(path.relative_to(ROOT).with_suffix("").parts))
            except ModuleNotFoundError as error:
                if error.name not in OPTIONAL:
                    raise


def test_benchmarks_find_what_they_import_from_us():
    """Most are too long to be run here, and nothing else imports them."""
    for path in (ROOT / "tests" / "benchmarks").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.ImportFrom) and node.module.split(".")[0] in {*ALLOWED, "tests"}:
                for alias in node.names:
                    assert has(node.module, alias.name), f"{path} imports {alias.name} from {node.module}"


def has(module, name):
    """Whether a module of ours defines a name, or a package holds a module of that name."""
    place = ROOT.joinpath(*module.split("."))
    if (place / f"{name}.py").exists() or (place / name).is_dir():
        return True
    file = place.with_suffix(".py") if place.with_suffix(".py").exists() else place / "__init__.py"
    return file.exists() and name in defined(file)


@cache
def defined(path):
    """The names at the top of a module, those of imports among them."""
    found = set()
    for node in ast.parse(path.read_text()).body:
        for part in ast.walk(node):
            match part:
                case ast.FunctionDef() | ast.ClassDef():
                    found.add(part.name)
                case ast.Name(id=name, ctx=ast.Store()):
                    found.add(name)
                case ast.alias():
                    found.add(part.asname or part.name)
    return found


def test_pages_pull_in_no_framework():
    pages = [
        ".".join(path.relative_to(ROOT).with_suffix("").parts)
        for path in (ROOT / "dashboard").rglob("*.py")
        if "app" not in path.parts[-1] and path.parent.name != "app_pages"
    ]
    unwanted = FRAMEWORKS | {"scipy.optimize"}  # 24 MB that hardly any page needs
    script = f"import sys, {', '.join(pages)}; print([name for name in {unwanted!r} if name in sys.modules])"
    answer = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, timeout=60)
    assert answer.stdout.strip() == "[]", answer.stderr
