"""What suits the texts of a dataset: links that choose it, and hints where something else is chosen."""

from dashboard import links
from models.dataset import Dataset
from models.encoding import TextEncoding
from models.own_datasets import OwnDataset
from models.statistics import Statistics
from models.suggested_encoding import MANY_UNKNOWN, suggested_length
from models.tasks import CLASSIFICATION


def suggested_query(dataset: Dataset) -> dict[str, str]:
    """How an address names a dataset, with the encoding that is suggested for its texts if there is one."""
    if isinstance(dataset, OwnDataset) and dataset.suggestion:
        encoding = dataset.suggestion.encoding
        return query_with(dataset, encoding, encoding.length)
    return links.dataset_query(dataset)


def query_with(dataset: Dataset, encoding: TextEncoding, length: int) -> dict[str, str]:
    """How an address names a dataset and its encoding with another length."""
    return links.dataset_query(dataset) | {
        "tokens": encoding.tokenizer,
        links.VOCABULARY_KEYS[encoding.tokenizer]: str(encoding.vocabulary_size),
        links.LENGTH_KEYS[CLASSIFICATION]: str(length),
    }


def warning(dataset: Dataset, encoding: TextEncoding) -> str | None:
    """A sentence if the dataset's texts would hardly be read with this encoding."""
    if not isinstance(dataset, OwnDataset) or not dataset.suggestion or encoding.tokenizer != "words":
        return None
    return dataset.suggestion.warning


def unknown_words(statistics: Statistics, encoding: TextEncoding) -> str | None:
    """A sentence if many tokens are unknown, or if there are none at all."""
    if encoding.tokenizer != "words":
        return None
    if not statistics.num_tokens:
        return "The texts hold no words, only other characters: a model would read nothing but padding. Use subwords."
    if statistics.oov_share < MANY_UNKNOWN:
        return None
    return f"{statistics.oov_share:.0%} of the tokens are out of vocabulary: a larger vocabulary or subwords may help."


def shorter_length(statistics: Statistics, encoding: TextEncoding) -> int | None:
    """The length that most texts fit into, if the chosen one is at least twice that; None otherwise."""
    length = suggested_length([tokens for tokens, number in statistics.lengths for _ in range(number)])
    return length if encoding.length >= 2 * length else None
