"""The software versions of a run, as far as they can change its results. No package is imported for this."""

from collections.abc import Mapping
from functools import cache
from importlib.metadata import PackageNotFoundError, version

from models.experiments.spec import BACKEND_TITLES

Minor = tuple[tuple[str, str], ...]
"""(package, "MAJOR.MINOR"), of Keras and its backend; empty if unknown."""


def installed(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None


def minor_versions(backend: str, versions: Mapping[str, str | None]) -> Minor:
    """Return the versions that decide whether a training can be continued.

    Args:
        backend: The Keras backend.
        versions: The versions in a run's environment, by package.

    Returns:
        (package, "major.minor") of Keras and the backend, as far as they are known.
    """
    found = {name: versions.get(name) for name in ("keras", backend)}
    return tuple((name, ".".join(text.split(".")[:2])) for name, text in found.items() if isinstance(text, str))


@cache
def minor_versions_here(backend: str) -> Minor:
    return minor_versions(backend, {name: installed(name) for name in ("keras", backend)})


def are_alike(some: Minor, others: Minor) -> bool:
    """Return whether versions are equal, as far as they are known."""
    return not some or not others or some == others


def in_words(versions: Minor) -> str:
    """Name versions: "Keras 3.15 and TensorFlow 2.21"."""
    titles = {"keras": "Keras"} | BACKEND_TITLES
    return " and ".join(f"{titles[name]} {number}" for name, number in versions)
