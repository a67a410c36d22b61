"""Which runs may be ranked together, and sentences on those that may not."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Self

from cache.core.formatting import count
from cache.results.results import Result
from dashboard.shell.links import SIDE_NAMES
from models.data.datasets import get_dataset
from models.experiments.comparison import Comparison
from models.machine.versions import Minor, in_words
from models.text.encoding import TextEncoding


@dataclass(frozen=True)
class Comparability:
    """What two runs must have in common to be ranked.

    Within one comparison the encodings differ if an architecture has its own vocabulary.
    """

    dataset: str
    fingerprint: str | None
    num_train: int
    encoding: TextEncoding
    epochs: int
    device: str | None

    @classmethod
    def asked(cls, comparison: Comparison, fingerprint: str | None, device: str) -> Self:
        return cls(
            comparison.dataset_name,
            fingerprint,
            comparison.num_train,
            comparison.encoding,
            comparison.epochs,
            device,
        )

    @classmethod
    def of(cls, result: Result) -> Self:
        """The comparability of a result. Disturbed seconds make no difference, since accuracies are not affected."""
        spec = result.spec
        return cls(
            spec.dataset,
            spec.fingerprint,
            spec.num_train,
            spec.encoding,
            len(result.epochs),
            result.device,
        )


def sentence_on_tokens(comparison: Comparison, results: Iterable[Result]) -> str:
    """Explain why runs that read different tokens are compared.

    Args:
        comparison: The comparison.
        results: Its results; only whole ones count.

    Returns:
        A sentence; empty if all read the same tokens.
    """
    encodings = {result.label: result.spec.encoding for result in results if result.is_cached}
    if len(set(encodings.values())) < 2:
        return ""
    found = {label: " and ".join(_encoding(each, comparison.encoding)) for label, each in encodings.items()}
    apart = "; ".join(f"{label} ({differs})" for label, differs in found.items() if differs)
    return (
        "All models answer the same test examples, so all are compared here. The leaderboard ranks some of them "
        f"apart, because they read other tokens: {apart}. A difference may come from the tokens as well as from "
        "the architecture."
    )


def sentence_on_versions(results: Iterable[Result]) -> str:
    """Name the versions, if compared runs were trained under several; else empty."""
    found: dict[Minor, dict[str, int]] = {}
    for result in results:
        if result.is_cached and (versions := result.asked_run.versions):
            labels = found.setdefault(versions, {})
            labels[result.label] = labels.get(result.label, 0) + 1
    if len(found) < 2:
        return ""
    parts = []
    for versions, labels in found.items():
        runs = ", ".join(f"{label} ({count(number, 'run')})" for label, number in labels.items())
        parts.append(f"{in_words(versions)}: {runs}")
    warning = "These runs were trained under different versions, which may change accuracies and seconds."
    return f"{warning} {'; '.join(parts)}."


def differences(group: Comparability, asked: Comparability) -> list[str]:
    """How ``group`` differs from what was asked for, each as "A instead of B, so C"."""
    return list(_differences(group, asked))


def _differences(group: Comparability, asked: Comparability) -> Iterator[str]:
    if group.dataset != asked.dataset:
        titles = (get_dataset(name).title for name in (group.dataset, asked.dataset))
        yield "{} instead of {}, so accuracies are of other texts".format(*titles)
    elif group.fingerprint != asked.fingerprint:
        yield "another version of the dataset's texts instead of this one, so accuracies are of other texts"
    if group.num_train != asked.num_train:
        yield f"{group.num_train:,} training examples instead of {asked.num_train:,}, so less could be learnt"
    if encoding := list(_encoding(group.encoding, asked.encoding)):
        yield f"{' and '.join(encoding)}, so the models read other tokens"
    if group.epochs != asked.epochs:
        learnt = "less" if group.epochs < asked.epochs else "more"
        yield f"{group.epochs:,} instead of {asked.epochs:,} epochs, so {learnt} could be learnt"
    if group.device != asked.device:
        yield f"measured on {group.device} instead of {asked.device}, with whose seconds these cannot be compared"


def _encoding(group: TextEncoding, asked: TextEncoding) -> Iterator[str]:
    if (group.tokenizer, group.version) != (asked.tokenizer, asked.version):
        yield f"{group.tokenizer} (version {group.version}) instead of {asked.tokenizer} (version {asked.version})"
    if group.vocabulary_size != asked.vocabulary_size:
        yield f"a vocabulary of {group.vocabulary_size:,} instead of {asked.vocabulary_size:,}"
    if group.length != asked.length:
        yield f"{group.length:,} instead of {asked.length:,} tokens of each text"
    for what, one, other in (
        ("padded", group.padding, asked.padding),
        ("cut", group.truncating, asked.truncating),
    ):
        if one != other:
            yield f"texts {what} {SIDE_NAMES[one]} instead of {SIDE_NAMES[other]}"
