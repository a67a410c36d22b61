import re
import shlex
from pathlib import Path

import pytest

from models.architectures import ARCHITECTURES, registry
from models.layers.stack import count_params
from models.training.keras_model import build_model

ROOT = Path(__file__).resolve().parents[1]
README = (ROOT / "README.md").read_text()


def architecture_table():
    """The README's table as the registry gives it; run this file as a script to print it."""
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


def between(start, end):
    return README.split(start, 1)[1].split(end, 1)[0].strip()


def test_the_table_of_architectures_is_the_registrys():
    assert between("<!-- architectures -->", "<!-- end of architectures -->") == architecture_table()


def test_the_example_architecture_works(monkeypatch):
    monkeypatch.setattr(registry, "ARCHITECTURES", dict(ARCHITECTURES))
    code = between("<!-- example -->\n```python", "```")
    exec(code, {})  # noqa: S102
    (entry,) = (entry for name, entry in registry.ARCHITECTURES.items() if name not in ARCHITECTURES)
    assert count_params(entry.layers(500), (40,)) == build_model(entry.layers(500), 40).count_params()


@pytest.mark.parametrize("command", re.findall(r"```sh\n(.*?)\n```", README, re.DOTALL))
def test_commands_name_files_that_exist(command):
    for word in shlex.split(command):
        if word.endswith((".txt", "app.py")) and not word.startswith("glove"):  # which the reader brings
            assert (ROOT / word).exists()


@pytest.mark.parametrize("module", re.findall(r"python -m ([\w.]+)", README))
def test_commands_name_modules_that_exist(module):
    place = ROOT / module.replace(".", "/")
    assert module == "venv" or module == "pytest" or place.with_suffix(".py").exists() or place.is_dir()


@pytest.mark.parametrize("top", ["models", "cache", "dashboard"])
def test_the_table_of_folders_names_every_package(top):
    (row,) = re.findall(rf"^\| `{top}/` \|.*$", README, re.M)
    named = set(re.findall(r"`(\w+)/`", row)) - {top}
    packages = {path.parent.name for path in (ROOT / top).glob("*/*.py")}
    assert named == packages if top != "dashboard" else named <= packages


@pytest.mark.parametrize("picture", re.findall(r"!\[.*?\]\((.*?)\)", README))
def test_pictures_exist(picture):
    assert (ROOT / picture).exists()


def test_the_top_level_is_what_was_agreed():
    visible = {path.name for path in ROOT.iterdir() if not path.name.startswith(".")}
    assert visible == {"README.md", "requirements.txt", "dashboard", "models", "cache", "tests"}


if __name__ == "__main__":
    print(architecture_table())
