"""Calls of Keras layers as layers of Unroll, with a list of what is passed over and of what Unroll does not have."""

from dataclasses import replace
from typing import Any

from models.hyperparameters import IntRange
from models.layers import Layer
from models.layers.kinds import ARGUMENTS
from models.pasting.graph import INPUTS, MAKES_TOKENS, SHORTCUT, FoundModel
from models.pasting.layer_arguments import (
    AS_ACTIVATION,
    OF_EMBEDDING,
    SHAPES,
    Notes,
    Question,
    activation_word,
    argument_text,
    named_arguments,
    note_other_argument,
    note_shape,
)
from models.pasting.values import Call, Unset, cut, written
from models.stacks.keras_names import ALIASES, CELLS, CUDNN, DEFAULTS, EMBEDDING_1, KERAS_1, OLDER_ARGUMENTS
from models.stacks.stack_parser import NAMES, unknown_layer
from models.stacks.stack_text import StackError
from models.vectors.word_vectors import RANDOM, VECTORS_DOMAIN

ACTIVATION_LAYERS = ("LeakyReLU", "ELU", "PReLU", "ReLU", "Softmax", "Activation")
BEFORE_ACTIVATIONS = ("Dense", "Conv1D", "SeparableConv1D")
"""Layers of which Keras takes a layer for their activation, which is that layer behind them."""
ALIKE_AT_EVERY_STEP = (
    "Dense", "Activation", "LeakyReLU", "ELU", "ReLU", "Softmax", "Dropout", "GaussianNoise", "LayerNormalization",
)  # fmt: skip
"""Layers that TimeDistributed leaves as they are."""
UNITS = ARGUMENTS[NAMES["Dense"]]["units"]
MAX_ANSWERS = UNITS.maximum if isinstance(UNITS, IntRange) else 0
ANSWERS = IntRange(1, 500_000, "Number of outputs of the last layer.")


def layer_texts(model: FoundModel, notes: Notes) -> list[str]:
    """The layers of a model as text that ``stack_parser`` reads, the input left out. Raises StackError."""
    texts: list[str] = []
    number = 0
    seen: list[Call] = []
    answer = _answer(model.layers)
    for each in model.layers:
        if isinstance(each, Call) and each.kind in INPUTS:
            _note_input(each, notes)
            continue
        number += 1
        where = f"Layer {number}"
        if not isinstance(each, Call):
            code = each.code if isinstance(each, Unset) else str(each)
            raise StackError(f"{where} is {cut(code)}, which the text does not say: write the layer itself.")
        if each.kind in MAKES_TOKENS and not texts:
            notes.passed_over.append(f"{each.kind}: Unroll makes tokens of texts itself")
            notes.length = _whole(each.kwargs.get("output_sequence_length"))
            number -= 1
            continue
        if any(each is other for other in seen) and _has_weights(each):
            raise StackError(
                f"{where}, {each.kind}, is used twice, both times with the same weights, which Unroll does not do: "
                "write two layers."
            )
        seen.append(each)
        if each is answer and (units := _many_answers(each)):
            notes.differences.append(
                f"{where}, Dense: Unroll’s answer has up to {MAX_ANSWERS:,} units, not {units:,}. It is left out here; "
                "for next words, Unroll ends with one unit for each word itself."
            )
            break
        if text := _text(each, where, notes):
            texts.append(text)
        if each is answer:
            notes.questions = [
                replace(asked, domain=ANSWERS) if asked.domain is UNITS and asked.where.startswith(where) else asked
                for asked in notes.questions
            ]
    return texts


def _answer(layers: list[Any]) -> Call | None:
    """The last layer, if it is a Dense; an activation may follow it."""
    calls = [each for each in layers if isinstance(each, Call)]
    if calls and calls[-1].kind in ("Activation", *AS_ACTIVATION):
        calls.pop()
    return calls[-1] if calls and calls[-1].kind == "Dense" else None


def _whole(value: Any) -> int | None:
    return value if type(value) is int and value > 0 else None


def _has_weights(call: Call) -> bool:
    kind = NAMES.get(ALIASES.get(call.kind, CUDNN.get(call.kind, call.kind)))
    return kind.weights is not Layer.weights if kind else call.kind in ("Embedding", "RNN", "TimeDistributed")


def _many_answers(call: Call) -> int | None:
    """The units of a last layer, if they are more than Unroll's answer has."""
    units = _whole(next(iter(call.args), call.kwargs.get("units", call.kwargs.get("output_dim"))))
    return units if units and units > MAX_ANSWERS else None


def _note_input(call: Call, notes: Notes) -> None:
    named = [(key, call.kwargs[key]) for key in ("shape", *SHAPES) if key in call.kwargs]
    key, shape = next(iter((*(("shape", each) for each in call.args), *named)), ("shape", ()))
    note_shape(key, shape, notes)


def _text(call: Call, where: str, notes: Notes) -> str | None:
    """One layer; None for one that Unroll does not have, which the notes say."""
    kind = ALIASES.get(call.kind, CUDNN.get(call.kind, call.kind))
    if call.is_own:
        raise StackError(
            f"{where}: {call.kind} is a class of the text itself or of another module, which is not read: write layers "
            "of Keras in its place, or leave it out."
        )
    rest = {name: value for name, value in call.kwargs.items() if name != "name" and (name, value) != ("axis", -1)}
    if call.kind in AS_ACTIVATION and not call.args and not rest:
        word = AS_ACTIVATION[call.kind]
        notes.passed_over.append(f'{call.kind}(), which is Activation("{word}")')
        return f'Activation("{word}")'
    if call.kind == "RNN" and isinstance(cell := _within(call), Call) and cell.kind in CELLS:
        rest = {name: value for name, value in call.kwargs.items() if name != "cell"}
        notes.passed_over.append(f"RNN({cell.kind}), which is {CELLS[cell.kind]}")
        return _text(replace(cell, kind=CELLS[cell.kind], kwargs=dict(cell.kwargs) | rest), where, notes)
    if call.kind == "TimeDistributed" and isinstance(inner_call := _within(call), Call):
        return _time_distributed(inner_call, where, notes)
    if kind == SHORTCUT:
        inner = [text for each in call.args if isinstance(each, Call) and (text := _text(each, where, notes))]
        return f"{SHORTCUT}({', '.join(inner)})" if inner else None
    if message := unknown_layer(where, kind):
        if "Unroll has no" not in message:
            raise StackError(message)
        notes.differences.append(message)
        return None
    if call.kind in CUDNN:
        notes.passed_over.append(f"{call.kind}, which is {kind} with its defaults")
    where = f"{where}, {kind}"
    return _embedding(call, where, notes) if kind == "Embedding" else _layer(kind, call, where, notes)


def _within(call: Call) -> Any:
    """The layer, or the cell, that a layer goes around."""
    return call.args[0] if call.args else call.kwargs.get("layer", call.kwargs.get("cell"))


def _time_distributed(inner: Call, where: str, notes: Notes) -> str | None:
    """The layer within TimeDistributed, which is the same without it or with other arguments."""
    if inner.kind == "Flatten":  # of one vector
        notes.passed_over.append("TimeDistributed(Flatten()), which changes nothing here")
        return None
    if inner.kind == "PReLU":
        inner = replace(inner, kwargs=dict(inner.kwargs) | {"shared_axes": 1})
    elif inner.kind not in ALIKE_AT_EVERY_STEP:
        notes.differences.append(f"{where}: Unroll has no TimeDistributed({inner.kind}).")
        return None
    notes.passed_over.append(f"TimeDistributed: {inner.kind} treats every step alike by itself")
    return _text(inner, where, notes)


def _layer(kind: str, call: Call, where: str, notes: Notes) -> str:
    own, order = ARGUMENTS[NAMES[kind]], list(NAMES[kind].keras_arguments)
    arguments = named_arguments(call, order, where)
    behind, made = None, arguments.get("activation")
    is_layer = isinstance(made, Call) and made.kind in ACTIVATION_LAYERS and not activation_word(made)
    if is_layer and kind in BEFORE_ACTIVATIONS:
        behind = _text(arguments.pop("activation"), where.partition(",")[0], notes)
    texts = []
    for given, value in arguments.items():
        name = OLDER_ARGUMENTS.get((kind, given), given)
        today = KERAS_1.get(name)
        if today and name not in own and today in {*own, *DEFAULTS.get(kind, {})}:
            notes.passed_over.append(f"{given} of an early Keras, which is {today}")
            name = today
        if kind == "Bidirectional" and name in ("layer", "backward_layer") and value is not None:
            if not isinstance(value, Call):
                raise StackError(f"{where} goes around a recurrent layer: write Bidirectional(LSTM(32)).")
            around = _text(value, where.partition(",")[0], notes) or "LSTM()"
            texts.append(around if name == "layer" else f"{name}={around}")
        elif name in own:
            if text := argument_text(name, value, own[name], where, notes):
                texts.append(text)
        else:
            note_other_argument(kind, name, value, where, notes)
    written_layer = f"{kind}({', '.join(texts)})"
    return f"{written_layer} → {behind}" if behind else written_layer


def _embedding(call: Call, where: str, notes: Notes) -> str:
    """The length of its vectors; the vocabulary and the number of tokens are noted."""
    order = ["output_dim"] if len(call.args) == 1 and not call.kwargs else ["input_dim", "output_dim"]
    values = named_arguments(call, order, where)
    if "output_dim" not in values:
        first = written(values.get("input_dim", 1000))
        raise StackError(f"{where} does not say the length of its vectors: write Embedding({first}, 16).")
    vocabulary = values.pop("input_dim", None)
    if type(vocabulary) is int and vocabulary > 0:
        notes.vocabulary_size = vocabulary
    elif vocabulary is not None and not isinstance(vocabulary, Unset | Call):
        raise StackError(f"{where}: input_dim must be a whole number above 0, not {written(vocabulary)}.")
    elif vocabulary is not None:
        notes.passed_over.append(f"the vocabulary {written(vocabulary)}, whose size the text does not say")
    texts = [_vectors(values, where, notes)]
    texts += [argument_text(name, values[name], domain, where, notes) for name, domain in OF_EMBEDDING.items()
              if name in values]  # fmt: skip
    for name, value in values.items():
        if name not in OF_EMBEDDING:
            note_other_argument("Embedding", EMBEDDING_1.get(name, name), value, where, notes)
    return f"Embedding({', '.join(filter(None, texts))})"


def _vectors(values: dict[str, Any], where: str, notes: Notes) -> str | None:
    """Takes the matrix with which an embedding begins out of its arguments, and asks which word vectors it has."""
    matrix, start = values.get("weights"), values.get("embeddings_initializer")
    if isinstance(matrix, tuple) and len(matrix) == 1:
        matrix = matrix[0]
    if isinstance(start, Call) and start.kind in ("Constant", "constant"):
        matrix = next(iter((*start.args, *start.kwargs.values())), matrix)
    if isinstance(matrix, Unset | Call):
        notes.questions.append(Question(matrix.code, "word vectors", where, VECTORS_DOMAIN))
    if not isinstance(matrix, Unset | Call | str):
        return None
    values.pop("weights", None)
    values.pop("embeddings_initializer", None)
    if matrix == RANDOM:
        notes.passed_over.append("the matrix of word vectors")
    return f"vectors={matrix!r}" if isinstance(matrix, str) and matrix != RANDOM else None
