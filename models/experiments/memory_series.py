"""Which memory tests the study asks for, in how many directions and at which distances."""

from dataclasses import dataclass

from models.data.memory_tests import ONE_CUE, ORDER, RECALL, MemoryTest, memory_dataset
from models.experiments.comparison import Entry

DIRECTIONS = {1: "one direction", 2: "both directions"}
READERS = ("simple_rnn", "gru", "lstm")


@dataclass(frozen=True)
class MemorySeries:
    """A memory test, in one or both directions, at several distances."""

    test: MemoryTest
    directions: int
    steps: tuple[int, ...]

    @property
    def title(self) -> str:
        """The test and the directions: "Temporal order, one direction"."""
        return f"{self.test.kind}, {DIRECTIONS[self.directions]}"

    @property
    def datasets(self) -> dict[int, str]:
        """The name of the dataset at each distance."""
        return {steps: memory_dataset(steps, self.test).name for steps in self.steps}

    def entry(self, architecture: str) -> Entry:
        """A recurrent architecture as it reads in this series."""
        return Entry(architecture, {"directions": self.directions})


SERIES = (
    MemorySeries(ORDER, 1, (10, 20, 40)),
    MemorySeries(RECALL, 1, (20, 40)),
    MemorySeries(ONE_CUE, 2, (10, 20, 40, 80)),
)
