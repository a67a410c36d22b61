import hashlib
import json
import subprocess
import sys
from itertools import islice, product
from pathlib import Path

import numpy as np
import pytest

from models.data.datasets import available_datasets, get_dataset
from models.data.memory_tests import (
    ONE_CUE,
    ORDER,
    RECALL,
    TESTS,
    first_test_text,
    generate,
    is_memory,
    memory_dataset,
)
from models.data.memory_texts import CUES, MARKER
from models.encoded.encoded import load_encoded
from models.experiments.comparison import Comparison, Entry
from models.experiments.spec import RunSpec, Training
from models.text.encoding import OOV_ID, PAD_ID, TextEncoding
from models.training.events import EpochFinished

ROOT = Path(__file__).resolve().parents[3]
MARKED = [RECALL, ORDER]
every_test = pytest.mark.parametrize("test", TESTS.values(), ids=TESTS)
every_marked_test = pytest.mark.parametrize("test", MARKED, ids=[test.name for test in MARKED])


def spec_of(steps, architecture="flatten", test=ONE_CUE, **changes):
    dataset = memory_dataset(steps, test)
    arguments = {"dataset": dataset.name, "fingerprint": dataset.fingerprint(None), "architecture": architecture}
    return RunSpec.create(**arguments | changes)


FAR = [pytest.param(test, 200, marks=() if test is ONE_CUE else pytest.mark.slow) for test in TESTS.values()]
NEAR = [pytest.param(test, 3, marks=pytest.mark.slow) for test in TESTS.values()]


@pytest.mark.parametrize(("test", "steps"), [*product(TESTS.values(), (2, 20)), *NEAR, *FAR])
def test_splits_are_balanced_and_have_no_text_in_common(test, steps):
    splits = generate(test, steps)
    assert {name: len(split.texts) for name, split in splits.items()} == test.sizes
    assert list(test.sizes) == ["train", "validation", "test"]
    texts = [text for split in splits.values() for text in split.texts]
    assert len(set(texts)) == len(texts)
    assert {len(text.split()) for text in texts} == {test.num_words(steps)}
    for split in splits.values():
        for size in (len(split.labels), 503, 11):
            counts = np.bincount(split.labels[:size], minlength=len(test.labels))
            assert counts.max() - counts.min() <= 1


@pytest.mark.parametrize("steps", [2, 20])
def test_the_one_cue_stands_in_the_middle_and_is_the_class(steps):
    for split in generate(ONE_CUE, steps).values():
        for text, label in zip(split.texts, split.labels, strict=True):
            found = [(place, word) for place, word in enumerate(text.split()) if word in CUES]
            assert found == [(steps, CUES[label])]


def test_the_other_words_tell_nothing():
    """Each of them is as frequent in texts of one class as of the other, to within what chance does."""
    split = generate(ONE_CUE, 20)["train"]
    for word in ("film", "the", "for"):
        counts = [0, 0]
        for text, label in zip(split.texts, split.labels, strict=True):
            counts[label] += text.split().count(word)
        assert abs(counts[0] - counts[1]) < 4 * sum(counts) ** 0.5


@every_marked_test
@pytest.mark.parametrize("steps", [2, 20, 40])
def test_what_follows_the_marker_is_the_class(test, steps):
    for text, label in islice(test.texts(steps), 200):
        words = text.split()
        marked = [words[at + 1] for at, word in enumerate(words) if word == MARKER]
        assert ", then ".join(marked) == test.labels[label]


@every_marked_test
def test_marked_words_stand_about_so_many_steps_from_their_neighbours_and_the_ends(test):
    """To within a fifth, and not always at the same place; both ends are equally far."""
    gaps = []
    for text, _ in islice(test.texts(20), 400):
        words = text.split()
        ends = [at for at, word in enumerate(words) if word == MARKER]
        gaps.append([after - before for before, after in zip((-2, *ends), (*ends, len(words)), strict=True)])
    gaps = np.array(gaps) - 2  # the marker and what it marks
    assert gaps.shape[1] == len(test.labels[0].split(", then ")) + 1
    outer = gaps[:, [0, -1]]
    assert outer.min() == 16 and outer.max() == 24 and gaps[:, 1:-1].size == (400 if test is ORDER else 0)
    assert np.abs(outer.mean(axis=0) - 20).max() < 0.5


@every_marked_test
@pytest.mark.parametrize("steps", [5, pytest.param(20, marks=pytest.mark.slow)])
def test_counts_of_words_say_nothing_about_the_class(test, steps):
    """Least squares on the counts and their products, which would find any sum, difference or share of two words."""
    rows = list(islice(test.texts(steps), 6_000))
    labels = np.array([label for _, label in rows])
    counts = np.array([[text.split().count(word) for word in sorted(test.words)] for text, _ in rows], float)
    accuracy = fitted_accuracy(counts, labels)
    assert abs(accuracy - test.chance) < 4 * (test.chance * (1 - test.chance) / 2_000) ** 0.5
    first = counts[:, sorted(test.words).index(CUES[0])]
    means = [first[labels == label].mean() for label in range(len(test.labels))]
    assert max(means) - min(means) < 5 * first.std() / (6_000 / len(test.labels)) ** 0.5


def test_the_simple_classifier_finds_what_counts_can_tell():
    """Or the test above could not fail: counts of the one cue tell its class."""
    rows = list(islice(ONE_CUE.texts(5), 6_000))
    counts = np.array([[text.split().count(word) for word in sorted(ONE_CUE.words)] for text, _ in rows], float)
    assert fitted_accuracy(counts, np.array([label for _, label in rows])) == 1.0


def fitted_accuracy(counts, labels, num_fitted=4_000):
    """Of least squares on the classes, on the examples that it was not fitted to."""
    counts = counts - counts.mean(axis=0)
    products = counts[:, :, None] * counts[:, None, :]
    inputs = np.hstack([counts, products[:, *np.triu_indices(counts.shape[1])], np.ones((len(counts), 1))])
    weights = np.linalg.lstsq(inputs[:num_fitted], np.eye(labels.max() + 1)[labels[:num_fitted]], rcond=None)[0]
    return ((inputs[num_fitted:] @ weights).argmax(axis=1) == labels[num_fitted:]).mean()


def digest(test, steps):
    splits = {name: [split.texts, split.labels] for name, split in generate(test, steps).items()}
    return hashlib.sha256(json.dumps(splits).encode()).hexdigest()[:16]


def digests():
    return {name: digest(test, 5) for name, test in TESTS.items()}


def test_the_texts_are_the_same_in_every_process_and_for_good():
    """Whoever changes them raises VERSION, or cached runs would answer for other texts."""
    script = "from tests.models.data.test_memory_tests import digests; print(digests())"
    answer = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, timeout=120)
    known = {"memory": "db837faa4ce0aed0", "memory_recall": "08e1af39d1313b77", "memory_order": "3e270046de57c086"}
    assert answer.stdout.strip() == str(digests()) == str(known), answer.stderr


@every_test
def test_any_number_of_steps_within_reason_is_a_dataset(test):
    twenty = get_dataset(f"{test.name}_20")
    assert twenty.title == f"{test.title}, 20 steps back (generated)" and twenty.is_generated
    assert twenty == memory_dataset(20, test)
    prints = {get_dataset(f"{name}_{steps}").fingerprint(None) for name in TESTS for steps in (20, 21)}
    assert len(prints) == 2 * len(TESTS)
    assert not any(map(is_memory, available_datasets()))
    for name in (f"{test.name}_1", f"{test.name}_201"):
        with pytest.raises(ValueError, match="from 2 to 200 steps back, not"):
            get_dataset(name)
    for name in ("", "_020", "_0", "_x", "_twice_20"):
        assert not is_memory(f"{test.name}{name}") and not is_memory(f"own-{test.name}_20")
        with pytest.raises(ValueError, match="dataset"):
            get_dataset(f"{test.name}{name}")


@every_test
def test_a_dataset_shows_how_it_is_made_and_after_whom(test):
    dataset = memory_dataset(10, test)
    assert f"{test.num_words(10)} words" in dataset.description and "Unroll makes up" in dataset.description
    assert "generated by Unroll" in dataset.source
    assert (test is ONE_CUE) != ("Hochreiter & Schmidhuber (1997)" in dataset.source)


def test_its_encoding_is_its_own_whatever_is_chosen():
    chosen = TextEncoding(8_000, 50, "pre", "pre", "subwords")
    spec = spec_of(20, encoding=chosen)
    assert spec == spec_of(20) and spec.encoding == TextEncoding(22, 41, padding="post")
    assert RunSpec.from_json(spec.to_json()) == spec
    comparison = Comparison("memory_20", None, chosen, Training(), 1, 1, (Entry("flatten"),))
    assert comparison.encoding == spec.encoding
    assert comparison.specs(spec.fingerprint)["Flatten"][0].identity == spec.identity
    assert comparison.layers(Entry("flatten"))[0].output_shape == (41, 16)
    own_vocabulary = spec_of(20, "lstm_small_vocabulary")
    assert (own_vocabulary.encoding.vocabulary_size, own_vocabulary.encoding.length) == (1_000, 41)


@every_test
def test_every_word_gets_a_number_of_its_own_and_nothing_is_padded(test, data_root):
    dataset = memory_dataset(2, test)
    data = load_encoded(dataset, None, dataset.encoding, data_root)
    for split in (data.train, data.validation, data.test):
        assert split.x.shape[1] == test.num_words(2)
        assert not ({PAD_ID, OOV_ID} & set(split.x.ravel().tolist()))
    assert set(data.train.x.ravel().tolist()) == set(range(2, 2 + len(test.words)))


def test_random_words_have_no_next_word_to_predict():
    with pytest.raises(ValueError, match="20 steps back .generated.: its words are drawn at random"):
        spec_of(20, "next_word_gru")


@pytest.mark.slow
@pytest.mark.parametrize("name", ["gru", "lstm", "simple_rnn"])
@pytest.mark.parametrize("directions", [1, 2])
def test_a_real_training_remembers_ten_steps(name, directions, data_root, tmp_path):
    """Of 1,000 test texts, guessing gets 60% right once in a billion times; labels out of step, no more."""
    from models.training.training import train

    dataset = memory_dataset(10)
    data = load_encoded(dataset, None, dataset.encoding, data_root)
    spec = spec_of(10, name, hyperparameters={"directions": directions})
    epochs = [event for event in train(spec, data, 6, tmp_path) if isinstance(event, EpochFinished)]
    best = max(epochs, key=lambda epoch: epoch.validation_accuracy)
    assert best.test_accuracy > 0.9


@every_test
def test_first_test_text_is_that_of_the_dataset(test):
    dataset = memory_dataset(5, test)
    assert first_test_text(dataset) == dataset.load(None)["test"].texts[0]
