"""The order of a training's events, which Ray does not promise."""

from collections.abc import Iterator

from cache.cluster.node import NodeEvent


class Ordered:
    """Puts numbered events in order: one that came before is dropped, one that comes too early waits."""

    def __init__(self) -> None:
        self._next = 0
        self._early: dict[int, NodeEvent] = {}

    def take(self, event: NodeEvent) -> Iterator[NodeEvent]:
        if event.number >= self._next:
            self._early.setdefault(event.number, event)
        while self._next in self._early:
            self._next += 1
            yield self._early.pop(self._next - 1)
