import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
FRAMEWORKS = {"tensorflow", "keras", "jax", "torch", "gensim"}
MODULES = sorted(path for folder in ("models", "cache", "dashboard") for path in (ROOT / folder).rglob("*.py"))
ALLOWED = {"models": {"models"}, "cache": {"models", "cache"}, "dashboard": {"models", "cache", "dashboard"}}
WORKER_ONLY = {f"models/{name}.py" for name in ("training", "keras_model", "compiled", "environment", "word2vec")}


def imported(path):
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.module


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_imports_point_one_way(path):
    place = path.relative_to(ROOT)
    tops = {name.split(".")[0] for name in imported(path)}
    assert tops & set(ALLOWED) <= ALLOWED[place.parts[0]]
    if place.parts[0] != "dashboard":
        assert "streamlit" not in tops
    if str(place) not in WORKER_ONLY:
        assert not tops & FRAMEWORKS


def test_pages_pull_in_no_framework():
    pages = [
        ".".join(path.relative_to(ROOT).with_suffix("").parts)
        for path in (ROOT / "dashboard").rglob("*.py")
        if "app" not in path.parts[-1] and path.parent.name != "app_pages"
    ]
    script = f"import sys, {', '.join(pages)}; print([name for name in {FRAMEWORKS!r} if name in sys.modules])"
    answer = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, timeout=60)
    assert answer.stdout.strip() == "[]", answer.stderr
