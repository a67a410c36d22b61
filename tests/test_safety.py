"""What the source may not hold, so that nothing that is typed or uploaded is ever executed or rendered as HTML; and
what the server's settings have to say."""

import ast
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

from cache.core.settings import UPLOAD

ROOT = Path(__file__).resolve().parents[1]
SOURCES = sorted(path for folder in ("models", "cache", "dashboard") for path in (ROOT / folder).rglob("*.py"))
README = (ROOT / "dashboard" / "README.md").read_text()

BUILTINS = {"eval", "exec", "compile", "__import__", "breakpoint"}
MODULES = {"pickle", "marshal", "shelve", "dill", "cloudpickle", "joblib", "yaml", "code", "pty", "subprocess", "runpy"}
ATTRIBUTES = {"literal_eval", "read_pickle", "to_pickle", "load_model", "exec_module", "import_module"}
OF_MODULES = {
    **{name: {"html", "iframe", "components", "component"} for name in ("st", "streamlit", "components")},
    "os": {"system", "popen", "execv", "execve", "execvp", "spawnv", "posix_spawn"},
}
"""What is meant behind these names alone, and is a word of ours elsewhere."""
KEYWORDS = {"unsafe_allow_html", "unsafe_allow_javascript", "shell", "allow_pickle", "safe_mode", "trust_remote_code"}

ALLOWED = {
    ("cache/core/processes.py", "subprocess"): "starts modules of our own, as a list of words and by no shell",
    ("dashboard/widgets/projector.py", "html"): "adds a style sheet of our own, which holds nothing that is typed",
    (
        "dashboard/inside/inside_sections.py",
        "components",
    ): "adds a component of our own; what is typed it writes as text",
    ("dashboard/runs/run_table.py", "html"): "adds a style of our own, made of numbers",
    ("dashboard/widgets/page_style.py", "html"): "adds a style of our own, which holds nothing that is typed",
    ("dashboard/charts/render.py", "subprocess"): "starts itself, and is given a chart as JSON",
    ("dashboard/serve.py", "subprocess"): "starts Streamlit, as a list of words and by no shell",
    ("models/machine/devices.py", "subprocess"): "asks the system for the name of its processor",
    ("models/machine/environment.py", "subprocess"): "asks git for the commit",
    ("models/inside/readings.py", "allow_pickle=False"): "says no once more",
    ("models/training/run_files.py", "allow_pickle=False"): "says no once more",
    ("models/stacks/stack_parser.py", "literal_eval"): "reads a number, a word or a truth, and can call nothing",
}
"""What looks like it and is not."""


def dangers(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        match node:
            case ast.Import(names=names):
                yield from ({name.name.split(".")[0] for name in names} & MODULES)
            case ast.ImportFrom(module=str(module)):
                yield from ({module.split(".")[0]} & MODULES)
                yield from (
                    {name.name for name in node.names} & (ATTRIBUTES | OF_MODULES.get(module.split(".")[0], set()))
                )
            case ast.Call(func=ast.Name(id=name)) if name in BUILTINS | {"literal_eval"}:
                yield name
            case ast.Attribute(attr=attr) if attr in ATTRIBUTES:
                yield attr
            case ast.Attribute(value=ast.Name(id=name), attr=attr) if attr in OF_MODULES.get(name, set()):
                yield attr
            case ast.keyword(arg=str(arg), value=value) if arg in KEYWORDS:
                yield f"{arg}={ast.unparse(value)}"


def test_nothing_is_executed_or_rendered_as_html():
    found = {
        (str(path.relative_to(ROOT)), danger) for path in SOURCES for danger in dangers(ast.parse(path.read_text()))
    }
    assert found - set(ALLOWED) == set()


def test_what_is_allowed_is_still_there():
    for place, danger in ALLOWED:
        assert danger in set(dangers(ast.parse((ROOT / place).read_text()))), (place, danger)


@pytest.mark.parametrize(
    "code",
    [
        "eval('1')",
        "import pickle",
        "from pickle import loads",
        "import yaml as y",
        "st.html(x)",
        "st.components.v1.html(x)",
        "import streamlit.components.v1 as components\ncomponents.html(x)",
        "st.markdown(x, unsafe_allow_html=True)",
        "np.load(file, allow_pickle=True)",
        "subprocess.run(x, shell=True)",
        "os.system(x)",
        "ast.literal_eval(x)",
        "from ast import literal_eval",
    ],
)
def test_the_search_finds_what_it_looks_for(code):
    assert set(dangers(ast.parse(code)))


def test_the_server_is_set_up_to_be_reached_from_this_machine_alone():
    settings = tomllib.loads((ROOT / ".streamlit" / "config.toml").read_text())
    server = settings["server"]
    assert server["address"] == "127.0.0.1"
    assert server["enableCORS"] is True and server["enableXsrfProtection"] is True
    assert server["enableAgentApi"] is False
    assert server["maxUploadSize"] == UPLOAD.default
    assert "cookieSecret" not in server and "trustedUserHeaders" not in server
    assert settings["browser"]["gatherUsageStats"] is False
    assert settings["client"]["showErrorDetails"] == "type"


def test_secrets_are_not_kept_in_git():
    assert ".streamlit/secrets.toml" in (ROOT / ".gitignore").read_text().split()


def threats() -> list[list[str]]:
    """The rows of the README's list of threats: threat, defence, tests."""
    lines = README.split("| threat | defence | held by |")[1].split("\n\n")[0].splitlines()[2:]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]


def test_every_threat_names_tests_that_exist():
    rows = threats()
    assert len(rows) >= 12
    known = {
        f"{path.stem}.{node.name}"
        for path in (ROOT / "tests").rglob("test_*.py")
        for node in ast.parse(path.read_text()).body
        if isinstance(node, ast.FunctionDef)
    } | {path.stem for path in (ROOT / "tests").rglob("test_*.py")}
    for _, _, tests in rows:
        named = re.findall(r"`(test_[\w.]+)`", tests)
        assert named and set(named) <= known, tests
