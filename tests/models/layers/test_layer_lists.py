"""What every version of every architecture is made of, for good: ``layers.json``.

``python -m tests.models.layers.test_layer_lists`` adds to the file what is missing from it.
"""

import json
from pathlib import Path
from typing import Any

import pytest

from models.architectures import ARCHITECTURES
from models.layers.keras_code import layer_code
from models.layers.stack import count_params
from models.tasks import DEFAULT_LENGTHS

FILE = Path(__file__).with_name("layers.json")
VOCABULARY = 10_000


def described(name: str) -> dict[str, Any]:
    """The layers with the defaults of the hyperparameters, for two classes or next words."""
    entry = ARCHITECTURES[name]
    values = entry.resolve()
    layers = entry.layers(VOCABULARY, 2, **values)
    length = DEFAULT_LENGTHS[entry.task]
    return {"layers": [layer_code(layer) for layer in layers], "parameters": count_params(layers, (length,))}


def key(name: str) -> str:
    return f"{name}, version {ARCHITECTURES[name].version}"


GOLDEN = json.loads(FILE.read_text()) if FILE.exists() else {}


@pytest.mark.parametrize("name", ARCHITECTURES)
def test_an_architecture_is_what_its_version_says(name):
    assert key(name) in GOLDEN, "Run python -m tests.models.layers.test_layer_lists."
    assert described(name) == GOLDEN[key(name)], (
        f"The layers of {name} changed, and runs of before would be taken for the new ones: undo the change, or raise "
        "the version of the architecture and run python -m tests.models.layers.test_layer_lists."
    )


if __name__ == "__main__":
    found = GOLDEN | {key(name): described(name) for name in ARCHITECTURES if key(name) not in GOLDEN}
    FILE.write_text(json.dumps(found, indent=1) + "\n")
