"""Why a stack cannot work, at which layer, and what would fix it."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from math import prod

from models.layers import (
    Bidirectional,
    Convolution,
    Dense,
    Flatten,
    GlobalAveragePooling1D,
    GlobalMaxPooling1D,
    Layer,
    Masking,
    Pooling1D,
    Recurrent,
    Reshape,
    Residual,
    Shape,
    ShapeError,
)
from models.layers.keras_code import layer_code
from models.stacks.stack_text import STEPS_ARE_LEFT, Stack
from models.vectors.word_vectors import dimension_problem, find_dimension


@dataclass(frozen=True)
class Fix:
    """What to do, in words, and the stack after it."""

    message: str
    stack: Stack


@dataclass(frozen=True)
class Problem:
    """``place`` is the layer's place in ``stack.layers``; −1 is the embedding, if nothing comes after it."""

    place: int
    message: str
    fixes: tuple[Fix, ...] = ()


def diagnose(stack: Stack, length: int) -> Problem | None:
    """Find the first problem of a stack, and fixes for it.

    Args:
        stack: The stack.
        length: The number of tokens of a text.

    Returns:
        The problem with the fixes that leave none or, where none does, those that get further; None if there is none.
    """
    problem = _first(stack, length)
    if problem is None:
        return None
    fixes, given = [], shapes(stack, length)
    for fix in _candidates(stack, problem.place, length):
        left, reached = _first(fix.stack, length), shapes(fix.stack, length)
        is_whole = len(fix.stack.layers) >= len(stack.layers) and len(reached) > problem.place
        has_steps_again = is_whole and len(reached[problem.place]) == 2 > len(given[problem.place])
        if fix.stack != stack and (left is None or left.place > problem.place or has_steps_again):
            fixes.append((fix, left))
    whole = [fix for fix, left in fixes if left is None]
    return replace(problem, fixes=tuple(whole or (fix for fix, _ in fixes)))


def shapes(stack: Stack, length: int) -> list[Shape]:
    """Compute the shapes between layers, up to the first problem.

    Args:
        stack: The stack.
        length: The number of tokens of a text.

    Returns:
        The shape that each layer is given, and last the one that the answer is given: (steps, features) or (features,).
    """
    found: list[Shape] = [(length, stack.embedding_dim)]
    try:
        for layer in stack.layers:
            found.append(layer.output_shape(found[-1]))
    except ShapeError:
        pass
    return found


def mask_ends_at(stack: Stack, length: int) -> int | None:
    """Find the first layer that reads what is masked before it.

    Args:
        stack: The stack.
        length: The number of tokens of a text.

    Returns:
        Its place from 0, the embedding not counted; None if there is no such layer.
    """
    is_masked = stack.mask_zero
    for place, (layer, shape) in enumerate(zip(stack.layers, shapes(stack, length), strict=False)):
        if len(shape) == 1:
            return None
        if is_masked and not layer.supports_masking:
            return place
        is_masked = is_masked or isinstance(layer, Masking)
    return None


def layer_name(stack: Stack, place: int) -> str:
    """Name a layer: "layer 3, LSTM(32)", counting the embedding as the first.

    Args:
        stack: The stack.
        place: From 0, the embedding not counted; -1 for the embedding.
    """
    code = layer_code(stack.layers[place]) if place >= 0 else stack.embedding_text
    return f"layer {place + 2}, {code}"


def _first(stack: Stack, length: int) -> Problem | None:
    if stack.vectors and (message := dimension_problem(stack.vectors, stack.embedding_dim)):
        return Problem(-1, message)
    shape: Shape = (length, stack.embedding_dim)
    for place, layer in enumerate(stack.layers):
        try:
            shape = layer.output_shape(shape)
        except ShapeError as error:
            return Problem(place, f"{_capital(layer_name(stack, place))}: {error}{_because(stack, place, length)}")
    last = len(stack.layers) - 1
    return None if len(shape) == 1 else Problem(last, f"{_capital(layer_name(stack, last))}: {STEPS_ARE_LEFT}")


def _because(stack: Stack, place: int, length: int) -> str:
    """Which layers before it took steps away."""
    before = shapes(stack, length)
    if len(before[place]) == 1 and (taker := _taker(stack, place, length)) is not None:
        if isinstance(stack.layers[place], Reshape):
            return ""  # which does not need steps
        return f" It was {layer_name(stack, taker)}, that took them away."
    takers = [each for each in range(place) if len(before[each]) == 2 and before[each + 1][0] < before[each][0]]
    if len(before[place]) == 2 and takers:
        names = " and ".join(layer_name(stack, each) for each in takers)
        return f" Of the {length} tokens of a text, {names}, left {before[place][0]}."
    return ""


def _taker(stack: Stack, place: int, length: int) -> int | None:
    """The last layer before ``place`` that made a vector of a sequence."""
    before = shapes(stack, length)
    return next((each for each in reversed(range(place)) if len(before[each]) == 2 > len(before[each + 1])), None)


def _candidates(stack: Stack, place: int, length: int) -> Iterator[Fix]:
    """What might fix the problem at ``place``; not all of it does."""
    if place < 0 and stack.vectors and (dimension := find_dimension(stack.vectors)):
        yield Fix(f"Set the embedding to {dimension}", replace(stack, embedding_dim=dimension))
        yield Fix("Begin with random numbers", replace(stack, vectors=None))
        return
    if place == len(stack.layers) - 1 and len(shapes(stack, length)) == len(stack.layers) + 1:
        yield from _ends(stack, place)
        return
    layer, shape = stack.layers[place], shapes(stack, length)[place]
    if isinstance(layer, Reshape):
        for target in _filled(layer.target_shape, prod(shape)):
            yield _put(stack, place, Reshape(target), f"Set target_shape={target}")
        yield _without(stack, place)
    elif (taker := _taker(stack, place, length)) is not None and len(shape) == 1:
        earlier = stack.layers[taker]
        if (longer := _with_sequences(earlier, True)) is not None:
            yield _put(stack, taker, longer, f"Set return_sequences=True on layer {taker + 2}")
        else:
            moved = [each for number, each in enumerate(stack.layers) if number != place]
            moved.insert(taker, layer)
            yield Fix(f"Move it before layer {taker + 2}", replace(stack, layers=tuple(moved)))
            yield _without(stack, taker)
    if len(shape) == 2:
        for message, fixed in _fitting(layer, shape):
            yield _put(stack, place, fixed, message)


def _ends(stack: Stack, place: int) -> Iterator[Fix]:
    """Ways to make one vector of the steps that are left at the end."""
    if place >= 0 and (shorter := _with_sequences(stack.layers[place], False)) is not None:
        yield _put(stack, place, shorter, f"Set return_sequences=False on layer {place + 2}")
    for last in (GlobalMaxPooling1D(), GlobalAveragePooling1D(), Flatten()):
        yield Fix(f"Add {layer_code(last)}", replace(stack, layers=(*stack.layers, last)))


def _fitting(layer: Layer, shape: Shape) -> Iterator[tuple[str, Layer]]:
    """The layer with other arguments, for a sequence of ``shape``."""
    steps, features = shape
    if isinstance(layer, Convolution):
        size = min(layer.kernel_size, (steps - 1) // layer.dilation_rate + 1)
        yield f"Set kernel_size={size}", replace(layer, kernel_size=size)
        yield 'Set padding="same"', replace(layer, padding="same")
    elif isinstance(layer, Pooling1D):
        yield f"Set pool_size={steps}", replace(layer, pool_size=steps)
        yield 'Set padding="same"', replace(layer, padding="same")
    elif isinstance(layer, Residual):
        *inner, last = map(_keeping_steps, layer.layers)
        if isinstance(last, Convolution):
            fitting = replace(last, filters=features)
            yield f"Keep the shape within it, with filters={features} at its end", Residual(*inner, fitting)
        elif isinstance(last, Dense | Recurrent):
            yield (
                f"Keep the shape within it, with units={features} at its end",
                Residual(*inner, replace(last, units=features)),
            )
        yield f"Keep the steps within it, and add Dense({features})", Residual(*inner, last, Dense(features))


def _keeping_steps(layer: Layer) -> Layer:
    if isinstance(layer, Convolution) and layer.padding == "valid":
        return replace(layer, padding="same")
    return _with_sequences(layer, True) or layer


def _with_sequences(layer: Layer, wanted: bool) -> Layer | None:
    """The recurrent layer, returning sequences or not; None for another layer, or if it does so already."""
    if isinstance(layer, Bidirectional):
        inner = _with_sequences(layer.layer, wanted)
        if not isinstance(inner, Recurrent):
            return None
        other = layer.backward_layer
        return replace(layer, layer=inner, backward_layer=replace(other, return_sequences=wanted) if other else None)
    if isinstance(layer, Recurrent) and layer.return_sequences != wanted:
        return replace(layer, return_sequences=wanted)
    return None


def _filled(target: tuple[int, ...], size: int) -> list[tuple[int, ...]]:
    """Shapes of ``size`` numbers that keep one of the two sizes of a target; −1 is what it leaves over."""
    kept = [(*target[:place], -1, *target[place + 1 :]) for place in range(len(target))]
    return [each for each in kept if each.count(-1) == 1 and size % prod(each) == 0]


def _without(stack: Stack, place: int) -> Fix:
    others = (each for number, each in enumerate(stack.layers) if number != place)
    return Fix(f"Remove layer {place + 2}", replace(stack, layers=tuple(others)))


def _put(stack: Stack, place: int, layer: Layer, message: str) -> Fix:
    return Fix(message, replace(stack, layers=(*stack.layers[:place], layer, *stack.layers[place + 1 :])))


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
