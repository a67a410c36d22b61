"""Encodings that suit a dataset: links that choose one, and hints if the chosen one does not suit."""

import streamlit as st

from dashboard.shell import links
from models.data.dataset import Dataset
from models.data.user_datasets import UserDataset
from models.encoded.statistics import Statistics
from models.tasks import CLASSIFICATION, NEXT_WORD, TITLES
from models.text.encoding import TextEncoding
from models.text.suggested_encoding import MANY_UNKNOWN, suggested_length


def choose(dataset: Dataset, encoding: TextEncoding, length: int, is_drawn: bool) -> None:
    """Show the dataset in this encoding on the page Data. It is for a button there, where a link would change nothing.

    Args:
        dataset: The dataset.
        encoding: The encoding.
        length: The length of a text, in tokens.
        is_drawn: Whether the widgets are on the page. If not, the URL has to be set as well.
    """
    vocabulary_key, length_key = links.VOCABULARY_KEYS[encoding.tokenizer], links.LENGTH_KEYS[CLASSIFICATION]
    st.session_state["data_view"] = "look"
    st.session_state["dataset"] = dataset.name
    st.session_state["tokens"] = encoding.tokenizer
    st.session_state[vocabulary_key] = encoding.vocabulary_size
    st.session_state[length_key] = length
    if is_drawn:
        return
    query = {"tokens": encoding.tokenizer, vocabulary_key: str(encoding.vocabulary_size), length_key: str(length)}
    st.query_params.update(links.dataset_query(dataset) | query)


def suggested_query(dataset: Dataset) -> dict[str, str]:
    """Return the URL parameters of a dataset and, if there is one, of the encoding that is suggested for it."""
    query = links.dataset_query(dataset)
    if isinstance(dataset, UserDataset) and dataset.suggestion:
        encoding = dataset.suggestion.encoding
        query |= {
            "tokens": encoding.tokenizer,
            links.VOCABULARY_KEYS[encoding.tokenizer]: str(encoding.vocabulary_size),
            links.LENGTH_KEYS[CLASSIFICATION]: str(encoding.length),
        }
    if not dataset.is_labelled:
        query.pop(links.LENGTH_KEYS[CLASSIFICATION], None)
        query["task"] = TITLES[NEXT_WORD]
    return query


def warning(dataset: Dataset, encoding: TextEncoding) -> str | None:
    """A sentence if this encoding suits the dataset badly; else None."""
    if not isinstance(dataset, UserDataset) or not dataset.suggestion or encoding.tokenizer != "words":
        return None
    return dataset.suggestion.warning


def unknown_words(statistics: Statistics, encoding: TextEncoding) -> str | None:
    """Return a sentence if many tokens are unknown, or if there are no tokens at all; else None."""
    if encoding.tokenizer != "words":
        return None
    if not statistics.num_tokens:
        return "The texts hold no words, only other characters: a model would read nothing but padding. Use subwords."
    if statistics.oov_share < MANY_UNKNOWN:
        return None
    return f"{statistics.oov_share:.0%} of the tokens are out of vocabulary: a larger vocabulary or subwords may help."


def shorter_length(statistics: Statistics, encoding: TextEncoding) -> int | None:
    """Return the length that most texts fit into, if the chosen one is at least twice that; else None."""
    length = suggested_length([tokens for tokens, number in statistics.lengths for _ in range(number)])
    return length if encoding.length >= 2 * length else None
