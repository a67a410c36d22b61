"""Which question has which identity, for good: ``identities.json`` holds what every cache out there is filed under.

``python -m tests.models.experiments.test_identities`` adds to the file what is missing from it. It changes a line that
is there only if the version of its architecture, of its encoding or of the examples of next words was raised: nothing
else may change an identity.
"""

import json
from collections.abc import Iterator
from dataclasses import asdict, fields, is_dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from models.architectures import ARCHITECTURES
from models.data.datasets import DATASETS
from models.data.movie_reviews import MovieReviews
from models.experiments.spec import BACKENDS, OPTIMIZERS, RunSpec, Training
from models.hyperparameters import Categorical, Hyperparameter, IntRange, NamedValue
from models.stacks.stack_domain import StackText
from models.tasks import NEXT_WORD
from models.text import encoding
from models.text.encoding import TextEncoding
from models.text.next_word import EXAMPLES_VERSION

FILE = Path(__file__).with_name("identities.json")
ADVICE = (
    "Every cached run of this question is orphaned: undo the change, or, if the same question really gives another "
    "result now, raise the version of the architecture, of the encoding or of the examples of next words and run "
    "python -m tests.models.experiments.test_identities."
)


def questions() -> Iterator[dict[str, Any]]:
    """What the file has to hold at least: each as what it changes of the file's base, hyperparameters spelled out."""
    for entry in ARCHITECTURES.values():
        plain = entry.resolve()
        yield {"architecture": entry.name, "hyperparameters": plain}
        for name, hyperparameter in entry.hyperparameters.items():
            yield {"architecture": entry.name, "hyperparameters": plain | {name: another(hyperparameter, plain[name])}}
    lstm = {"architecture": "lstm", "hyperparameters": {"embedding_dim": 16, "units": 32, "dense_units": 6}}
    yield from (lstm | {"dataset": name} for name in DATASETS)
    small = {"vocabulary_size": 1_000, "length": 60}
    for values in ({"length": 2_000}, small, small | {"padding": "pre"}, {"padding": "pre", "truncating": "pre"}):
        yield lstm | {"encoding": values}
    for values in ({"vocabulary_size": 8_000}, {"vocabulary_size": 8_185}, small):
        yield lstm | {"encoding": values | {"tokenizer": "subwords"}}
    for optimizer in OPTIMIZERS:
        yield from (
            lstm | {"training": {"optimizer": optimizer, "learning_rate": rate}} for rate in (1e-05, 0.003, 1.0)
        )
    yield from (lstm | {"training": {"engine": backend}} for backend in BACKENDS)
    yield lstm | {"training": {"engine": "jax", "loop": "epochs"}}
    yield from (lstm | {"training": {"batch_size": size}} for size in (1, 64, 8_192))
    yield from (lstm | {"seed": seed} for seed in (1, 2, 2**31 - 1))
    yield from (lstm | {"train_examples": number} for number in (10, 1_000, 19_999))


def another(hyperparameter: Hyperparameter, value: Any) -> Any:
    """A neighbour of ``value``."""
    domain = hyperparameter.domain
    if isinstance(domain, StackText):
        return f"{value} → Dropout(0.5)"
    if isinstance(domain, Categorical):
        return domain.options[domain.options.index(value) - 1]
    if isinstance(domain, NamedValue):
        return "vectors_" + 16 * "0"
    step = 1 if isinstance(domain, IntRange) else 0.01
    return hyperparameter.check(value + (step if value < domain.maximum else -step))


def training(engine="tensorflow", **values):
    """As specs write it."""
    return Training(backend=engine, **values)


def ask(base: dict[str, Any], question: dict[str, Any]) -> RunSpec:
    values = base | question
    for name, make in (("encoding", TextEncoding), ("training", training)):
        values[name] = make(**base[name] | question.get(name, {}))
    return RunSpec.create(**values)


def answered(base: dict[str, Any], question: dict[str, Any]) -> dict[str, Any]:
    """A line of the file."""
    spec = ask(base, question)
    versions = {"architecture": spec.architecture_version, "encoding": spec.encoding.version}
    if spec.task == NEXT_WORD:
        versions["examples"] = spec.examples_version
    return {"question": question, "versions": versions, "identity": spec.identity}


def extended(golden: dict[str, Any]) -> dict[str, Any]:
    """The file with what is missing; lines of raised versions anew, or gone where they can be asked no more."""
    base, lines = golden["base"], []
    for line in golden["identities"]:
        if line["versions"] != current_versions(line):
            try:
                line = answered(base, line["question"])
            except (ValueError, TypeError):
                continue
        lines.append(line)
    there = [line["question"] for line in lines]
    lines += [answered(base, question) for question in questions() if question not in there]
    packaged = {each.name: each.fingerprint(None) for each in DATASETS.values() if isinstance(each, MovieReviews)}
    return golden | {"fingerprints": packaged | golden["fingerprints"], "identities": lines}


def current_versions(line: dict[str, Any]) -> dict[str, int]:
    entry = ARCHITECTURES.get(line["question"]["architecture"])
    tokenizer = (BASE["encoding"] | line["question"].get("encoding", {}))["tokenizer"]
    versions = {"architecture": entry.version if entry else 0, "encoding": encoding.VERSIONS[tokenizer]}
    return versions | ({"examples": EXAMPLES_VERSION} if entry and entry.task == NEXT_WORD else {})


def to_text(golden: dict[str, Any]) -> str:
    """One line for each identity, so that changes can be seen."""
    head = json.dumps({name: golden[name] for name in ("base", "fingerprints")}, indent=1)[:-2]
    lines = ",\n  ".join(json.dumps(line) for line in golden["identities"])
    return f'{head},\n "identities": [\n  {lines}\n ]\n}}\n'


GOLDEN = json.loads(FILE.read_text())
BASE = GOLDEN["base"]
LSTM, NEXT_VERSION = {"architecture": "lstm"}, ARCHITECTURES["lstm"].version + 1


@pytest.mark.parametrize("line", GOLDEN["identities"], ids=lambda line: json.dumps(line["question"]))
def test_identities_do_not_drift(line):
    assert line["versions"] == current_versions(line), "Run python -m tests.models.experiments.test_identities."
    assert answered(BASE, line["question"]) == line, ADVICE


def test_the_file_holds_every_architecture_dataset_and_setting():
    assert extended(GOLDEN) == GOLDEN, "Run python -m tests.models.experiments.test_identities."
    assert to_text(GOLDEN) == FILE.read_text()
    identities = [line["identity"] for line in GOLDEN["identities"]]
    assert len(set(identities)) > len(ARCHITECTURES) + len(DATASETS)


@pytest.mark.parametrize("name", GOLDEN["fingerprints"])
def test_fingerprints_of_packaged_datasets_do_not_drift(name):
    assert DATASETS[name].fingerprint(None) == GOLDEN["fingerprints"][name], ADVICE


def test_extending_the_file_changes_nothing_that_is_there(monkeypatch):
    monkeypatch.setitem(ARCHITECTURES, "new", replace(ARCHITECTURES["gru"], name="new"))
    lines = extended(GOLDEN)["identities"]
    assert lines[: len(GOLDEN["identities"])] == GOLDEN["identities"]
    assert {line["question"]["architecture"] for line in lines[len(GOLDEN["identities"]) :]} == {"new"}
    monkeypatch.setattr(RunSpec, "identity", "drifted")
    assert extended(GOLDEN)["identities"][: len(GOLDEN["identities"])] == GOLDEN["identities"]


def test_a_raised_version_changes_the_identities_of_its_architecture_alone(monkeypatch):
    monkeypatch.setitem(ARCHITECTURES, "lstm", replace(ARCHITECTURES["lstm"], version=NEXT_VERSION))
    for before, after in zip(GOLDEN["identities"], extended(GOLDEN)["identities"], strict=True):
        is_lstm = before["question"]["architecture"] == "lstm"
        assert (before["identity"] != after["identity"]) == is_lstm
        assert after["versions"]["architecture"] == (NEXT_VERSION if is_lstm else before["versions"]["architecture"])


@pytest.mark.parametrize("raised", encoding.VERSIONS)
def test_a_raised_version_of_a_tokenizer_changes_the_identities_of_its_runs_alone(raised, monkeypatch):
    questions = {tokenizer: LSTM | {"encoding": {"tokenizer": tokenizer}} for tokenizer in encoding.VERSIONS}
    before = {tokenizer: ask(BASE, question).identity for tokenizer, question in questions.items()}
    monkeypatch.setitem(encoding.VERSIONS, raised, encoding.VERSIONS[raised] + 1)
    for tokenizer, question in questions.items():
        assert (ask(BASE, question).identity != before[tokenizer]) == (tokenizer == raised)


def test_runs_on_the_first_examples_of_next_words_keep_their_identity():
    """A line of this file as it was then."""
    question = {"architecture": "next_word_gru", "hyperparameters": {"embedding_dim": 64, "units": 64}}
    identity = "da5b3141f5dd6291a41ca2e218577252de78a06a66915dfce0257228942a4733"
    assert replace(ask(BASE, question), examples_version=1).identity == identity


def test_a_spec_of_another_version_of_its_architecture_is_not_trained(monkeypatch):
    """It may have waited in the queue; its result would be filed under a question that was never asked."""
    spec = ask(BASE, LSTM)
    monkeypatch.setitem(ARCHITECTURES, "lstm", replace(ARCHITECTURES["lstm"], version=NEXT_VERSION))
    with pytest.raises(ValueError, match="version"):
        RunSpec.from_json(spec.to_json()).layers()


@pytest.mark.parametrize("name", ARCHITECTURES)
def test_defaults_may_be_left_out_or_spelled_out_in_any_order(name):
    plain = {"dataset": "imdb", "fingerprint": "0" * 16, "architecture": name}
    spelled = ARCHITECTURES[name].resolve()
    backwards = {key: spelled[key] for key in reversed(spelled)}
    spec = RunSpec.create(**plain)
    assert spec.identity == RunSpec.create(**plain, hyperparameters=backwards).identity
    spelled_out = {"architecture": name, "hyperparameters": spelled, "encoding": {"padding": "pre"}}
    assert spec.identity == ask(BASE, spelled_out).identity
    assert spec.identity == RunSpec.from_json(spec.to_json()).identity
    shuffled = json.dumps(dict(reversed(json.loads(spec.to_json()).items())), indent=3)
    assert spec.identity == RunSpec.from_json(shuffled).identity


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"training": {"learning_rate": 0.001}}, {"training": {"learning_rate": 1e-3}}),
        ({"training": {"learning_rate": 1.0}}, {"training": {"learning_rate": 1}}),
        ({"training": {"learning_rate": 0.5}}, {"training": {"learning_rate": np.float32(0.5)}}),
        ({"hyperparameters": {"units": 8}}, {"hyperparameters": {"units": 8.0}}),
        ({"hyperparameters": {"units": 8}}, {"hyperparameters": {"units": np.float64(8)}}),
        ({"hyperparameters": {"units": 8}}, {"hyperparameters": {"units": np.int64(8)}}),
        *(
            (
                {"architecture": "lstm_dropout", "hyperparameters": {"dropout": 0.3}},
                {"hyperparameters": {"dropout": rate}},
            )
            for rate in (3e-1, 0.1 + 0.2, np.float64(0.3), np.float32(0.3))
        ),
        ({"architecture": "lstm_dropout", "hyperparameters": {"dropout": 0.0}}, {"hyperparameters": {"dropout": 0}}),
        ({"architecture": "lstm_dropout", "hyperparameters": {"dropout": 0.0}}, {"hyperparameters": {"dropout": -0.0}}),
        *(
            (
                {"architecture": "composed", "hyperparameters": {"stack": "Embedding(16) → LSTM(32)"}},
                {"hyperparameters": {"stack": text}},
            )
            for text in (
                "Embedding(16)->LSTM(units=32)",
                " keras.layers.Embedding(output_dim=16);\nlayers.LSTM( 32.0, return_sequences=False, dropout=0 ),",
            )
        ),
        ({"training": {"batch_size": 64}}, {"training": {"batch_size": 64.0}}),
        ({"training": {"batch_size": 64}}, {"training": {"batch_size": np.int64(64)}}),
        ({"encoding": {"length": 60}}, {"encoding": {"length": 60.0}}),
        ({"encoding": {"length": 60}}, {"encoding": {"length": np.int64(60)}}),
        ({"encoding": {"vocabulary_size": 500}}, {"encoding": {"vocabulary_size": 500.0}}),
        ({"seed": 1}, {"seed": 1.0}),
        ({"seed": 1}, {"seed": np.int64(1)}),
        ({"seed": 1}, {"seed": True}),
        ({"train_examples": 100}, {"train_examples": 100.0}),
        ({"train_examples": 100}, {"train_examples": np.int64(100)}),
    ],
    ids=repr,
)
def test_a_number_may_be_spelled_in_any_way_or_is_refused(one, other):
    wanted = ask(BASE, LSTM | one)
    try:
        found = ask(BASE, LSTM | one | other)
    except ValueError:
        return  # a clear word, and no second run of the same question
    assert found.identity == wanted.identity


def changes(value: Any) -> Iterator[tuple[str, Any]]:
    """(place, ``value`` with that one place changed) for every place within it."""
    if is_dataclass(value):
        for field in fields(value):
            for place, changed in changes(getattr(value, field.name)):
                yield f".{field.name}{place}", unchecked(value, field.name, changed)
    elif isinstance(value, dict):
        yield "[another]", value | {"another": 1}
        for key, inner in value.items():
            yield from ((f"[{key}]{place}", value | {key: changed}) for place, changed in changes(inner))
    elif isinstance(value, bool) or value is None:
        yield "", 10 if value is None else not value
    elif isinstance(value, int | float | str):
        yield "", value * 2 if isinstance(value, str) else value + 1
    else:
        pytest.fail(f"Say here how a {type(value).__name__} can change.")


def unchecked(value: Any, name: str, changed: Any) -> Any:
    """A copy with one field changed, though it may not be one that is allowed."""
    copy = object.__new__(type(value))
    for field in fields(value):
        object.__setattr__(copy, field.name, changed if field.name == name else getattr(value, field.name))
    return copy


def test_every_single_field_changes_the_identity():
    spec = ask(BASE, LSTM)
    found = dict(changes(spec))
    assert {place.split(".")[1].split("[")[0] for place in found} == set(asdict(spec))
    identities = {place: changed.identity for place, changed in found.items()}
    assert len({spec.identity, *identities.values()}) == 1 + len(found), identities


if __name__ == "__main__":
    FILE.write_text(to_text(extended(GOLDEN)))
    print(f"{len(extended(GOLDEN)['identities']) - len(GOLDEN['identities'])} identities were added to {FILE.name}.")
