"""What a trained model says to a text: how it goes on, word by word, or which class it is of."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
from tokenizers import Tokenizer

from models.experiments.spec import RunSpec
from models.tasks import NEXT_WORD
from models.text.encoding import CONTINUES, OOV_ID, PAD_ID, TextEncoding, encode, lowered

MAX_WORDS = 100
NUM_CANDIDATES = 8
NOT_WRITTEN = [PAD_ID, OOV_ID]

NOTHING_READ = "This model reads nothing in the text: type at least one word."

Predict = Callable[[np.ndarray], np.ndarray]
"""From token numbers (1, length) to probabilities (1, vocabulary)."""


@dataclass(frozen=True)
class Candidate:
    """A word that might come next, or a class: how likely the model says it is, and how likely it was to be drawn."""

    token: str
    probability: float
    chance: float


@dataclass(frozen=True)
class Step(Candidate):
    """One word that was written, and the likeliest that might have been."""

    candidates: tuple[Candidate, ...]


def chances(probabilities: np.ndarray, temperature: float, top_k: int) -> np.ndarray:
    """How likely each word is to be drawn: (vocabulary,) → (vocabulary,), float64.

    A ``temperature`` below 1 favours the likeliest words, one above 1 evens them out; with a ``top_k`` above 0 only so
    many likeliest words are drawn from. Padding and the out-of-vocabulary token never are.
    """
    logits = np.log(np.maximum(probabilities.astype(np.float64), 1e-30)) / temperature
    logits[NOT_WRITTEN] = -np.inf
    if 0 < top_k < len(logits):
        order = np.argsort(-logits, kind="stable")
        logits[order[top_k:]] = -np.inf
    weights = np.exp(logits - logits.max())
    return weights / weights.sum()


def read_encoding(spec: RunSpec) -> TextEncoding:
    """How a model reads a text of the reader's: those of next words read its end, also if their encoding cuts there."""
    is_of_words = spec.task == NEXT_WORD
    return replace(spec.encoding, truncating="pre", padding="pre") if is_of_words else spec.encoding


def read(tokenizer: Tokenizer, text: str) -> list[int]:
    """The token numbers of a seed text. Raises ValueError if there is nothing in it to go on from."""
    numbers = tokenizer.encode(lowered(text), add_special_tokens=False).ids
    if not numbers:
        raise ValueError(NOTHING_READ)
    return numbers


def continue_text(
    predict: Predict,
    tokenizer: Tokenizer,
    length: int,
    text: str,
    num_words: int,
    *,
    temperature: float,
    top_k: int,
    seed: int,
) -> Iterator[Step]:
    """Draws the next words of a text, one after the other.

    Args:
        predict: The model: token numbers (1, length) to probabilities of each token of the vocabulary.
        tokenizer: One that neither cuts nor pads.
        length: The number of tokens that the model reads.
        text: The text to go on from.
        num_words: How many words are drawn.
        temperature: Above 0. 1 draws by the model's probabilities; less favours likely words, more evens them out.
        top_k: Only so many of the likeliest words can be drawn; 0 for all.
        seed: The same seed and arguments give the same words.

    Yields:
        Each word as soon as it is drawn, with its probability and other candidates.

    Raises:
        ValueError: There is nothing to go on from.
    """
    numbers, random = read(tokenizer, text), np.random.default_rng(seed)
    for _ in range(num_words):
        x = np.full((1, length), PAD_ID, dtype=np.int32)
        tail = numbers[-length:]
        x[0, length - len(tail) :] = tail
        probabilities = np.asarray(predict(x))[0]
        drawn_from = chances(probabilities, temperature, top_k)
        number = int(random.choice(len(drawn_from), p=drawn_from))
        numbers.append(number)
        yield Step(
            token=_token(tokenizer, number),
            probability=float(probabilities[number]),
            chance=float(drawn_from[number]),
            candidates=tuple(
                Candidate(_token(tokenizer, each), float(probabilities[each]), float(drawn_from[each]))
                for each in np.argsort(-probabilities, kind="stable")[:NUM_CANDIDATES].tolist()
            ),
        )


def classify(predict: Predict, tokenizer: Tokenizer, text: str, classes: Sequence[str]) -> Step:
    """Asks a model for the class of a text.

    Args:
        predict: The model: token numbers (1, length) to probabilities.
        tokenizer: One that cuts and pads to the model's length.
        text: Any text.
        classes: Names of the classes, by number.

    Returns:
        The likeliest class, with the probabilities of all classes, the likeliest first.

    Raises:
        ValueError: There is no word in the text.
    """
    numbers = encode(tokenizer, [text])
    if not (numbers != PAD_ID).any():
        raise ValueError(NOTHING_READ)
    found = np.asarray(predict(numbers))[0].astype(float)
    shares = [1 - found[0], found[0]] if len(found) == 1 else found.tolist()
    candidates = sorted((Candidate(name, share, share) for name, share in zip(classes, shares, strict=True)),
                        key=lambda each: -each.probability)  # fmt: skip
    return Step(**vars(candidates[0]), candidates=tuple(candidates))


def written(tokens: Sequence[str]) -> str:
    """Tokens as a reader would write them: pieces of a word together, a mark close to the word before it."""
    text = ""
    for token in tokens:
        if token.startswith(CONTINUES):
            text += token.removeprefix(CONTINUES)
        elif text and (token[0].isalnum() or token[0] in "'(“"):
            text += f" {token}"
        else:
            text += token
    return text


def _token(tokenizer: Tokenizer, number: int) -> str:
    """A vocabulary may come out smaller than asked for; the numbers beyond it stand for nothing."""
    return tokenizer.id_to_token(number) or "∅"
