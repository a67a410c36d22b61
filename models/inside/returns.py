"""The outputs of a recurrent layer with each of Keras's flags. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from models.layers import LSTM, Recurrent
from models.layers.keras_code import layer_code

CLOSE = 1e-5
"""Two sides of an equality that differ by less count as equal."""
EQUALITIES: Mapping[str, str] = {
    "last row": "With return_sequences, the last row is the output without it.",
    "state": "With return_state, the first state, h, is the output.",
    "cell": "An LSTM’s second state, c, is not the output.",
    "reversed": "go_backwards reads the reversed text.",
    "continued": "A layer that starts with the state of another goes on where that one stopped.",
}
UNEQUAL = ("cell",)
"""Names of entries whose two sides differ."""
OUTPUT, SEQUENCE = "output", "sequence"
"""Names of the first output without return_sequences, and with it."""
MERGE_MODES = ("concat", "sum", "mul", "ave")


def holds(name: str, difference: float) -> bool:
    """Return whether an equality holds, or for one of ``UNEQUAL`` whether its sides differ."""
    return (difference < CLOSE) != (name in UNEQUAL)


@dataclass(frozen=True)
class Flags:
    """Keras's arguments that change the outputs of a recurrent layer."""

    return_sequences: bool = False
    return_state: bool = False
    go_backwards: bool = False
    is_bidirectional: bool = False
    merge_mode: str = "concat"


def outputs(layer: Recurrent, flags: Flags, num_steps: int) -> dict[str, tuple[str, ...]]:
    """Return the outputs of the layer, in Keras's order.

    Returns:
        By name, the shape with the batch: {"output": ("batch", "32"), "h": ("batch", "32")}.
    """
    units = layer.units * (2 if flags.is_bidirectional and flags.merge_mode == "concat" else 1)
    shape: tuple[str, ...] = ("batch", str(num_steps), str(units)) if flags.return_sequences else ("batch", str(units))
    found: dict[str, tuple[str, ...]] = {SEQUENCE if flags.return_sequences else OUTPUT: shape}
    if flags.return_state:
        names = ("h", "c") if isinstance(layer, LSTM) else ("h",)
        directions = ("forward ", "backward ") if flags.is_bidirectional else ("",)
        found |= {f"{direction}{name}": ("batch", str(layer.units)) for direction in directions for name in names}
    return found


def code(layer: Recurrent, flags: Flags) -> str:
    """Return the layer in Keras's notation, without arguments that have their defaults."""
    named = {name: getattr(flags, name) for name in ("return_sequences", "return_state", "go_backwards")}
    chosen = replace(layer, return_sequences=False, go_backwards=False, dropout=0.0, recurrent_dropout=0.0)
    text = layer_code(chosen)[:-1] + "".join(f", {name}=True" for name, value in named.items() if value) + ")"
    if not flags.is_bidirectional:
        return text
    return f"Bidirectional({text}" + (f', merge_mode="{flags.merge_mode}")' if flags.merge_mode != "concat" else ")")
