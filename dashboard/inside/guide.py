"""A guided look at one layer: short questions, answered from how the model read the text. Pure."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from dashboard.inside.inside_frames import last_turn, probabilities
from dashboard.inside.stepper import Block
from models.inside.maps import maps_of
from models.inside.readings import Readings
from models.layers import Recurrent
from models.text.tokens import Token, read_places


@dataclass(frozen=True)
class Lesson:
    """One layer of one model, and the text that it has read."""

    tokens: Sequence[Token]
    block: Block
    readings: Readings
    number: int
    """The class whose probability is the answer."""

    @property
    def read(self) -> list[int]:
        """The places of the tokens that are not padding."""
        return read_places(self.tokens)

    @property
    def answers(self) -> np.ndarray:
        return probabilities(self.readings.answers, self.number)

    def name(self, place: int) -> str:
        return f"“{self.tokens[place].text}”"


@dataclass(frozen=True)
class Found:
    """An answer, with the cursor's position: a place among the tokens and a row of the maps."""

    sentence: str
    place: int
    row: int = 0


@dataclass(frozen=True)
class GuideStep:
    """A question for the room, and the function that answers it; that returns None if a layer has no answer."""

    question: str
    find: Callable[[Lesson], Found | None]


def _first(lesson: Lesson) -> Found:
    share = lesson.answers[0]
    return Found(f"After {lesson.name(lesson.read[0])} alone it says {share:.0%}.", lesson.read[0])


def _largest_change(lesson: Lesson) -> Found | None:
    output = lesson.block.reading.output
    if len(output) != len(lesson.tokens):
        return None
    change = np.abs(np.diff(output, axis=0, prepend=np.zeros_like(output[:1]))).mean(1)
    place = max(lesson.read, key=lambda each: change[each])
    row = int(np.abs(output[place] - output[place - 1] if place else output[place])[list(lesson.block.units)].argmax())
    return Found(f"At {lesson.name(place)}: its units change by {change[place]:.2f} on average.", place, row)


def _turn(lesson: Lesson) -> Found:
    if not (turn := last_turn(lesson.answers)):
        return Found("It never turned: the answer was on the same side after every word.", lesson.read[-1])
    place = lesson.read[turn]
    before, after = lesson.answers[turn - 1], lesson.answers[turn]
    return Found(f"At {lesson.name(place)}: from {before:.0%} to {after:.0%}, and it stayed on that side.", place)


def _heaviest(lesson: Lesson) -> Found | None:
    weight, units = lesson.block.reading.weight_on_answer, list(lesson.block.units)
    if len(weight) <= max(units):
        return None
    row = int(np.argmax(weight[units]))
    return Found(
        f"Of those shown, number {units[row]}: a small change of it would change the answer most.", lesson.read[-1], row
    )


def _open_gate(lesson: Lesson) -> Found | None:
    gates = [each for each in maps_of(lesson.block.layer) if each.bounds == (0.0, 1.0) and len(each.key) == 1]
    if not gates:
        return None
    means = {each.title: float(lesson.block.reading.arrays[each.key][lesson.read].mean()) for each in gates}
    title, mean = max(means.items(), key=lambda each: each[1])
    return Found(f"{title}: {mean:.2f} on average over the text; 1 is open, 0 is closed.", lesson.read[-1])


def _left_out(lesson: Lesson) -> Found:
    change = probabilities(lesson.readings.without, lesson.number) - lesson.answers[-1]
    which = int(np.abs(change).argmax())
    place = lesson.read[which]
    return Found(f"{lesson.name(place)}: without it the answer changes by {100 * change[which]:+.1f} points.", place)


def _gradient(lesson: Lesson) -> Found:
    gradient = lesson.readings.gradient[lesson.read]
    place = lesson.read[int(gradient.argmax())]
    ratio = gradient[0] / gradient[-1] if gradient[-1] else 0.0
    return Found(
        f"It is largest at {lesson.name(place)}. At the first word it is {ratio:.2g} times as large as at the last.",
        place,
    )


def _handed_on(lesson: Lesson) -> Found | None:
    layer, block = lesson.block.layer, lesson.block
    if not isinstance(layer, Recurrent):
        return None
    if layer.return_sequences:
        return Found("From every column: with return_sequences each step is handed on.", lesson.read[-1])
    place, which = (lesson.read[0], "first") if block.is_backward else (lesson.read[-1], "last")
    return Found(f"From the {which} one, {lesson.name(place)}: all that this direction has read is in it.", place)


GUIDE = (
    GuideStep("What does the model say after the first word alone?", _first),
    GuideStep("At which word do the units change most?", _largest_change),
    GuideStep("Which gate is the most open over the whole text?", _open_gate),
    GuideStep("From which column does the next layer take the result?", _handed_on),
    GuideStep("Which unit weighs most on the answer?", _heaviest),
    GuideStep("At which word does the answer turn to the side on which it ends?", _turn),
    GuideStep("Which word would change the answer most if it were left out?", _left_out),
    GuideStep("How far back does the gradient of the answer reach?", _gradient),
)
