"""Models that people paste: cells of notebooks, listings of tutorials, or Unroll's own notation. Nothing is run."""

import ast
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from models.architectures.parts import answer
from models.layers import Activation, Dense, Layer, ShapeError
from models.layers.keras_code import layer_code
from models.pasting.graph import FoundModel
from models.pasting.layer_arguments import Notes, Question
from models.pasting.layer_calls import layer_texts
from models.pasting.model_finder import ModelFinder
from models.pasting.source_text import MAX_CHARACTERS, Skipped, read_source
from models.pasting.summary_table import before_summary, first_difference, is_summary, summary_model, summary_rows
from models.pasting.training_calls import Settings, training_settings
from models.pasting.values import TooLong
from models.stacks.diagnosis import Fix
from models.stacks.stack_parser import MAX_CHARACTERS as LONGEST_NOTATION
from models.stacks.stack_parser import is_like_a_layer, parse_layers, parse_stack
from models.stacks.stack_text import ARROW, LONG, Stack, StackError

NO_SETTINGS = Settings()
MAX_CLASSES = 50
NO_MODEL = (
    "There is no Keras model in this text: paste the lines with Sequential([…]) or model.add(…), or those that call "
    "one layer after the other."
)
READS_NUMBERS = (
    "The model has no embedding, so it reads numbers: it can be counted, but not trained here. "
    "Put Embedding(16) before its first layer for words."
)
CODE = (ast.Import, ast.ImportFrom, ast.Assign, ast.FunctionDef, ast.ClassDef)
CODE_WORDS = ("import ", "Sequential", "Model(", ".add(", "def ", "model =")


@dataclass(frozen=True)
class Pasted:
    """One model of a text.

    ``stack`` has all layers, the answer too, without what ``differences`` name; it is None where ``problem`` says why,
    or where ``questions`` are open. ``is_keras`` tells a model of Keras, which ends with its answer, from Unroll's
    notation, which ends before it. ``layers`` are those after the embedding, or all of a model that reads numbers,
    which can be counted; ``input_shape`` is what the text says of the input, without the batch.
    """

    name: str
    line: int
    stack: Stack | None = None
    problem: str | None = None
    differences: tuple[str, ...] = ()
    questions: tuple[Question, ...] = ()
    passed_over: tuple[str, ...] = ()
    settings: Settings = NO_SETTINGS
    is_keras: bool = True
    layers: tuple[Layer, ...] = ()
    input_shape: tuple[int | None, ...] = ()


@dataclass(frozen=True)
class Ending:
    """What becomes of the last layer. ``stack`` is without the answer; None where one of ``fixes`` has to be chosen."""

    sentence: str
    stack: Stack | None
    fixes: tuple[Fix, ...] = ()


def read_models(text: str, given: Mapping[str, Any] | None = None) -> list[Pasted]:
    """Reads every model of a text.

    Args:
        text: Code, or layers in Unroll's notation. At most ``MAX_CHARACTERS``.
        given: Values for what the text leaves open, by the code of ``Pasted.questions``.

    Returns:
        The models in their order, at least one.

    Raises:
        StackError: The text has no model that can be read; the message says why.
    """
    if len(text) > MAX_CHARACTERS:
        raise StackError(f"A text has up to {MAX_CHARACTERS:,} characters, not {len(text):,}: paste the model alone.")
    try:
        source = read_source(before_summary(text))
        found = ModelFinder(given or {}).find(source.statements)
        is_table = is_summary(text)
        if found and not (is_table and all(each.problem for each in found)):
            unread = tuple(each.sentence for each in source.skipped if each.names_layers)
            return [_pasted(model, unread) for model in found]
        if is_table:
            return [_summary(text, given or {})]
        is_code = any(isinstance(each, CODE) for each in source.statements)
    except RecursionError:
        raise StackError("The text is nested too deeply to be read.") from None
    except TooLong:
        raise StackError("The text does more than can be followed: paste the model alone.") from None
    return [_notation(text, is_code, source.skipped)]


def ending(pasted: Pasted, num_classes: int) -> Ending | None:
    """What becomes of the last layer of a model whose stack is there: Unroll adds the answer itself.

    Returns:
        None where there is nothing to say: the stack ends before its answer, as in Unroll's notation.
    """
    assert pasted.stack is not None  # noqa: S101
    own, stack = answer(num_classes), pasted.stack
    before, last = _last(stack.layers)
    without = replace(stack, layers=before)
    if last == own:
        return Ending(f"Its last layer, {layer_code(own)}, is the answer, which Unroll adds itself.", without)
    is_output = isinstance(last, Dense) and (pasted.is_keras or last.activation in ("sigmoid", "softmax"))
    if isinstance(last, Dense) and is_output:
        sentence = (
            f"The model ends with {layer_code(last)}. For {num_classes} classes, Unroll ends with {layer_code(own)}: "
            "choose what becomes of the last layer."
        )
        replaced = Fix(f"Put {layer_code(own)} in its place", without)
        return Ending(sentence, None, (replaced, Fix(f"Keep it, add {layer_code(own)}", stack)))
    if pasted.is_keras:
        return Ending(f"The model ends without an answer; Unroll puts {layer_code(own)} behind it.", stack)
    return None


def _last(layers: tuple[Layer, ...]) -> tuple[tuple[Layer, ...], Layer | None]:
    """(the others, the last layer); a Dense and the Activation after it are one layer."""
    match layers:
        case (*before, Dense(activation=None) as dense, Activation(activation=word)):
            return tuple(before), replace(dense, activation=word)
        case (*before, last):
            return tuple(before), last
    return (), None


def only_model(text: str) -> Pasted:
    """The model of a text that has one, with its stack. Raises StackError for one that cannot be taken as it is."""
    one, *others = read_models(text)
    if others:
        raise StackError(f"The text has {len(others) + 1} models: give one of them.")
    if one.stack is None or one.differences:
        asked = [f"The text does not say the value of {each.code}: write it out." for each in one.questions]
        raise StackError(next(iter((*([one.problem] if one.problem else ()), *one.differences, *asked))))
    return one


def exact_stack(text: str) -> Stack:
    """The stack of a text that has one model, all of whose layers Unroll has.

    An answer at its end, for any number of classes, is left out. Raises StackError.
    """
    one = only_model(text)
    stack = one.stack
    assert stack is not None  # noqa: S101
    if not one.is_keras:
        return stack
    endings = [end for classes in range(2, MAX_CLASSES + 1) if (end := ending(one, classes))]
    fitting = [end.stack for end in endings if end.stack]
    if not fitting:
        raise StackError(f"The model ends with {layer_code(stack.layers[-1])}, which is no answer: leave it out.")
    return fitting[0]


def _pasted(model: FoundModel, unread: tuple[str, ...] = ()) -> Pasted:
    """``unread`` are sentences on lines that cannot be read and may be layers of it."""
    if model.problem:
        return Pasted(model.name, model.line, problem=model.problem)
    notes = Notes(differences=list(unread))
    settings, passed_over = training_settings(model.compiled, model.fitted)
    stack, problem = None, None
    layers: tuple[Layer, ...] = ()
    try:
        texts = [_short(text) for text in layer_texts(model, notes)]
        if not notes.questions and texts and not texts[0].startswith("Embedding("):
            layers, problem = parse_layers(ARROW.join(texts)), READS_NUMBERS
        elif not notes.questions:
            stack = parse_stack(ARROW.join(texts))
            layers = stack.layers
    except StackError as error:
        return Pasted(model.name, model.line, problem=str(error), differences=tuple(notes.differences))
    if type(notes.length) is int:
        settings["length"] = notes.length
    if type(notes.vocabulary_size) is int:
        settings["vocabulary_size"] = notes.vocabulary_size
    return Pasted(
        model.name, model.line, stack, problem, layers=layers, input_shape=notes.input_shape,
        differences=tuple(dict.fromkeys(notes.differences)),
        questions=tuple({each.code: each for each in notes.questions}.values()),
        passed_over=tuple(dict.fromkeys([*notes.passed_over, *model.passed_over, *passed_over])),
        settings=Settings(**settings),
    )  # fmt: skip


def _short(text: str) -> str:
    """A layer without the arguments that are Keras's defaults; one that cannot be read stays for the message."""
    try:
        return " ".join(map(layer_code, parse_layers(text)))
    except StackError:
        return text


def _summary(text: str, given: Mapping[str, Any]) -> Pasted:
    """The model of a summary, whose shapes and parameters are those of its stack."""
    found = _pasted(summary_model(text, given))
    if found.stack is None or found.differences:
        return found
    layers = found.stack.with_embedding(found.settings.vocabulary_size or 1)
    try:
        sentence = first_difference(summary_rows(text), layers, found.settings.length or LONG)
    except ShapeError as error:
        sentence = str(error)
    return replace(found, stack=None, problem=sentence) if sentence else found


def _notation(text: str, is_code: bool, skipped: tuple[Skipped, ...]) -> Pasted:
    """A text without a model of Keras. Raises StackError."""
    try:
        return Pasted("", 1, parse_stack(text), is_keras=False)
    except StackError:
        names_models = any(word in text for word in CODE_WORDS)
        if skipped and names_models:
            raise StackError(skipped[0].sentence) from None
        called = re.findall(r"([A-Za-z_][\w.]*)\s*\(", text)
        names_no_layer = bool(called) and not any(map(is_like_a_layer, called))
        if is_code or names_models or names_no_layer:
            raise StackError(NO_MODEL) from None
        if len(text.strip()) > LONGEST_NOTATION:
            longest = f"a stack in Unroll’s notation has up to {LONGEST_NOTATION:,} characters"
            raise StackError(f"There is no Keras model in this text, and {longest}.") from None
        raise
