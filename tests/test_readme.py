import re
import shlex
from pathlib import Path

import pytest

from cache.core import settings
from models.architectures import ARCHITECTURES, registry
from models.layers.stack import count_params
from models.training.keras_model import build_model

ROOT = Path(__file__).resolve().parents[1]
README = (ROOT / "README.md").read_text()
READMES = {name: (ROOT / name).read_text() for name in (
    "README.md", "models/README.md", "cache/README.md", "dashboard/README.md", "tests/README.md", ".deploy/README.md",
    "cache/reference/README.md", "tests/benchmarks/README.md",
)}  # fmt: skip
MOST_LINES = 250
"""Of the README that a user reads first."""


def architecture_table():
    """The table of models/README.md as the registry gives it; run this file as a script to print it."""
    rows = ["| architecture | layers after the embedding | parameters | source |", "| --- | --- | --- | --- |"]
    for entry in ARCHITECTURES.values():
        layers = entry.layers(10_000)
        source, link = entry.source.rsplit(", ", 1)
        names = " → ".join(map(kind, layers[1:]))
        rows.append(f"| {entry.title} | {names} | {count_params(layers, (120,)):,} | [{source}]({link}) |")
    return "\n".join(rows)


def kind(layer):
    """ "Dense", "Bidirectional(LSTM)" """
    inner = getattr(layer, "layers", [layer.layer] if hasattr(layer, "layer") else [])
    return type(layer).__name__ + (f"({', '.join(map(kind, inner))})" if inner else "")


def between(start, end, name="README.md"):
    return READMES[name].split(start, 1)[1].split(end, 1)[0].strip()


def found_in_all(pattern, flags=0):
    """(README, what is found) of each place in any of them."""
    return [(name, each) for name, text in READMES.items() for each in re.findall(pattern, text, flags)]


def test_the_table_of_architectures_is_the_registrys():
    found = between("<!-- architectures -->", "<!-- end of architectures -->", "models/README.md")
    assert found == architecture_table()


def test_the_table_of_settings_is_that_of_the_code():
    rows = [f"| `{each.variable}` | {each.usual} | {each.meaning} |" for each in settings.SETTINGS]
    table = "\n".join(["| variable | if it is not set | what it sets |", "| --- | --- | --- |", *rows])
    assert between("<!-- settings -->", "<!-- end of settings -->", "cache/README.md") == table


def test_what_is_read_first_is_short():
    assert len(README.splitlines()) < MOST_LINES


def test_the_example_architecture_works(monkeypatch):
    monkeypatch.setattr(registry, "ARCHITECTURES", dict(ARCHITECTURES))
    code = between("<!-- example -->\n```python", "```")
    exec(code, {})
    (entry,) = (entry for name, entry in registry.ARCHITECTURES.items() if name not in ARCHITECTURES)
    assert count_params(entry.layers(500), (40,)) == build_model(entry.layers(500), 40).count_params()


@pytest.mark.parametrize(("name", "command"), found_in_all(r"```sh\n(.*?)\n```", re.DOTALL))
def test_commands_name_files_that_exist(name, command):
    for word in shlex.split(command):
        if word.endswith((".txt", "app.py")) and not word.startswith("glove"):  # which the reader brings
            assert (ROOT / word).exists()


@pytest.mark.parametrize(("name", "module"), found_in_all(r"python -m ([\w.]+)"))
def test_commands_name_modules_that_exist(name, module):
    place = ROOT / module.replace(".", "/")
    assert module == "venv" or module == "pytest" or place.with_suffix(".py").exists() or place.is_dir()


@pytest.mark.parametrize(("name", "path"), found_in_all(r"`((?:models|cache|dashboard|tests)/[\w/.-]*)`"))
def test_files_that_are_named_exist(name, path):
    assert (ROOT / path).exists() or path.rstrip("/") == "cache/data"  # which the first start makes


@pytest.mark.parametrize("top", ["models", "cache", "dashboard"])
def test_the_table_of_folders_names_every_package(top):
    (row,) = re.findall(rf"^\| `{top}/` \|.*$", README, re.M)
    named = set(re.findall(r"`(\w+)/`", row)) - {top}
    packages = {path.parent.name for path in (ROOT / top).glob("*/*.py")}
    assert all((ROOT / top / name).is_dir() for name in named)
    assert packages <= named or top == "dashboard"


@pytest.mark.parametrize(("name", "link"), found_in_all(r"\]\((?!https?:)(.*?)\)"))
def test_pictures_and_links_lead_somewhere(name, link):
    path, _, heading = link.partition("#")
    place = (ROOT / name).parent / path if path else ROOT / name
    assert place.exists()
    headings = [re.sub(r"[^\w -]", "", line.lstrip("# ")).lower().replace(" ", "-") for line in
                place.read_text().splitlines() if line.startswith("#")] if heading else []  # fmt: skip
    assert not heading or heading in headings


def test_the_top_level_is_what_was_agreed():
    visible = {path.name for path in ROOT.iterdir() if not path.name.startswith(".")}
    assert visible == {"README.md", "requirements.txt", "dashboard", "models", "cache", "tests"}


if __name__ == "__main__":
    print(architecture_table())
