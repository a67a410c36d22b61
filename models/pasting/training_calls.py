"""What a pasted model says of its training and its texts."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from models.experiments.spec import OPTIMIZERS
from models.pasting.values import Call, written

KERAS_RATES = {"adam": 0.001, "rmsprop": 0.001, "sgd": 0.01}
"""Keras's learning rates where a text names none."""
KERAS_BATCH = 32
FIT = ("x", "y", "batch_size", "epochs")
CROSS_ENTROPIES = ("binary_crossentropy", "categorical_crossentropy", "sparse_categorical_crossentropy")


@dataclass(frozen=True)
class Settings:
    """None for what the text does not say."""

    vocabulary_size: int | None = None
    length: int | None = None
    optimizer: str | None = None
    learning_rate: float | None = None
    batch_size: int | None = None
    epochs: int | None = None


def training_settings(compiled: Call | None, fitted: Call | None) -> tuple[dict[str, Any], list[str]]:
    """(values for Settings, what is passed over) of the calls of ``compile`` and ``fit``."""
    found: dict[str, Any] = {}
    passed_over: list[str] = []
    if compiled:
        _compiled(compiled, found, passed_over)
    if fitted:
        given = dict(zip(FIT, fitted.args, strict=False)) | fitted.kwargs
        epochs = given.get("epochs", given.get("nb_epoch", 1))
        batch = given.get("batch_size", KERAS_BATCH if "y" in given else None)  # a dataset has batches of its own
        found |= {name: value for name, value in (("batch_size", batch), ("epochs", epochs)) if type(value) is int}
    return found, passed_over


def _compiled(call: Call, found: dict[str, Any], passed_over: list[str]) -> None:
    given = dict(zip(("optimizer", "loss"), call.args, strict=False)) | dict(call.kwargs)
    optimizer, loss = given.get("optimizer"), given.get("loss")
    if optimizer is not None:
        name = _last_name(optimizer).lower()
        if name in OPTIMIZERS:
            found["optimizer"], found["learning_rate"] = name, KERAS_RATES[name]
            if isinstance(optimizer, Call):
                _rate(optimizer, found, passed_over)
        else:
            passed_over.append(f"the optimizer {_word(optimizer)}: Unroll has {', '.join(OPTIMIZERS)}")
    name = loss if isinstance(loss, str) else re.sub(r"(?<!^)(?=[A-Z])", "_", _last_name(loss)).lower()
    if loss is not None and name not in CROSS_ENTROPIES:
        passed_over.append(f"the loss {_word(loss)}: Unroll trains with cross-entropy")
    elif isinstance(loss, Call) and loss.kwargs.get("from_logits") is True:
        passed_over.append("from_logits=True: Unroll’s answer is a probability")


def _rate(optimizer: Call, found: dict[str, Any], passed_over: list[str]) -> None:
    given = dict(zip(("learning_rate",), optimizer.args, strict=False)) | dict(optimizer.kwargs)
    rate = given.pop("learning_rate", given.pop("lr", None))
    if isinstance(rate, int | float) and not isinstance(rate, bool):
        found["learning_rate"] = float(rate)
    elif rate is not None:
        del found["learning_rate"]
        passed_over.append(f"the learning rate {written(rate)}")
    passed_over += [f"{name}={written(value)} of the optimizer" for name, value in given.items()]


def _last_name(value: Any) -> str:
    """The name of an optimizer or a loss, as a word, a call or a class."""
    return value if isinstance(value, str) else getattr(value, "kind", getattr(value, "code", "")).rpartition(".")[2]


def _word(value: Any) -> str:
    return value if isinstance(value, str) else written(value)


def in_words(settings: Settings) -> Sequence[str]:
    """What a text says, each as a few words: "a vocabulary of 1,000", "batch 32"."""
    forms = {
        "vocabulary_size": "a vocabulary of {:,}", "length": "{:,} tokens", "optimizer": "optimizer {}",
        "learning_rate": "learning rate {:g}", "batch_size": "batch {:,}", "epochs": "{:,} epochs",
    }  # fmt: skip
    found = {name: getattr(settings, name) for name in forms}
    return [forms[name].format(value) for name, value in found.items() if value is not None]
