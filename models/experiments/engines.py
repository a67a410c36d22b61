"""Engines: what computes a training, a Keras backend with its way through an epoch."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from importlib.util import find_spec
from os import environ
from typing import Self

from models.experiments.spec import BACKEND_TITLES, BACKENDS, BATCHES, LOOP_BACKEND, LOOPS, Training

PACKAGES = {"tensorflow": "-r requirements.txt", "jax": "jax==0.10.2", "torch": "torch"}
"""What pip installs for each backend."""


@dataclass(frozen=True)
class Engine:
    """A backend, and a key of ``LOOPS``."""

    backend: str
    loop: str = BATCHES

    @classmethod
    def of(cls, training: Training) -> Self:
        return cls(training.backend, training.loop)

    @property
    def title(self) -> str:
        """Such as "TensorFlow" and "JAX, whole epochs"."""
        loop = "" if self.loop == BATCHES else f", {LOOPS[self.loop]}"
        return f"{BACKEND_TITLES[self.backend]}{loop}"

    @property
    def problem(self) -> str | None:
        """Why nothing can be trained with it here; None if its backend is installed."""
        if find_spec(self.backend):  # looks for it without importing it
            return None
        how = f"“pip install {PACKAGES[self.backend]}”"
        return f"{BACKEND_TITLES[self.backend]} is not installed here: install it with {how}, or choose another engine."

    def trains(self, training: Training) -> Training:
        """Return the same training with this engine."""
        return replace(training, backend=self.backend, loop=self.loop)


ENGINES: dict[str, Engine] = {
    engine.title: engine
    for backend in BACKENDS
    for engine in (Engine(backend, loop) for loop in (LOOPS if backend == LOOP_BACKEND else (BATCHES,)))
}
"""All engines by their titles."""


def default_engine() -> Engine:
    """Return the engine of the backend that KERAS_BACKEND names; a ``problem`` is left to the caller."""
    return Engine(environ.get("KERAS_BACKEND") or BACKENDS[0])


def offered_engines(further: Collection[str] = ()) -> Sequence[str]:
    """List the titles of the engines that can be chosen, those of the default backend first.

    Args:
        further: Titles of engines that are offered although their backends are not installed.
    """
    default = default_engine().backend
    offered = [
        title
        for title, engine in ENGINES.items()
        if engine.backend == default or engine.problem is None or title in further
    ]
    return sorted(offered, key=lambda title: ENGINES[title].backend != default)
