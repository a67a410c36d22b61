import hashlib
import json
import subprocess
import sys
from pathlib import Path

import pytest

from models.comparison import Comparison, Entry
from models.datasets import get_dataset, offered
from models.encoded import load_encoded
from models.encoding import OOV_ID, PAD_ID, TextEncoding
from models.events import EpochFinished
from models.memory_texts import CUES, SIZES, generate, is_memory, memory_dataset
from models.spec import RunSpec, Training

ROOT = Path(__file__).resolve().parents[2]


def spec_of(steps, architecture="flatten", **changes):
    dataset = memory_dataset(steps)
    arguments = {"dataset": dataset.name, "fingerprint": dataset.fingerprint(None), "architecture": architecture}
    return RunSpec.create(**arguments | changes)


@pytest.mark.parametrize("steps", [2, 3, 20, 200])
def test_splits_are_balanced_and_have_no_text_in_common(steps):
    splits = generate(steps)
    assert {name: len(split.texts) for name, split in splits.items()} == SIZES
    assert all(2 * sum(split.labels) == len(split.labels) for split in splits.values())
    texts = [text for split in splits.values() for text in split.texts]
    assert len(set(texts)) == len(texts)


@pytest.mark.parametrize("steps", [2, 20])
def test_the_one_cue_stands_in_the_middle_and_is_the_class(steps):
    for split in generate(steps).values():
        for text, label in zip(split.texts, split.labels, strict=True):
            words = text.split()
            assert len(words) == 2 * steps + 1
            assert [(place, word) for place, word in enumerate(words) if word in CUES] == [(steps, CUES[label])]


def test_the_other_words_tell_nothing():
    """Each of them is as frequent in texts of one class as of the other, to within what chance does."""
    split = generate(20)["train"]
    for word in ("film", "the", "for"):
        counts = [0, 0]
        for text, label in zip(split.texts, split.labels, strict=True):
            counts[label] += text.split().count(word)
        assert abs(counts[0] - counts[1]) < 4 * sum(counts) ** 0.5


def digest(steps):
    splits = {name: [split.texts, split.labels] for name, split in generate(steps).items()}
    return hashlib.sha256(json.dumps(splits).encode()).hexdigest()[:16]


def test_the_texts_are_the_same_in_every_process_and_for_good():
    """Whoever changes them raises VERSION, or cached runs would answer for other texts."""
    script = "from tests.models.test_memory_texts import digest; print(digest(5))"
    answer = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, timeout=60)
    assert answer.stdout.strip() == digest(5) == "db837faa4ce0aed0", answer.stderr


def test_any_number_of_steps_within_reason_is_a_dataset():
    twenty = get_dataset("memory_20")
    assert twenty.title == "Memory test, 20 steps back (generated)" and twenty.is_generated
    assert twenty.fingerprint(None) != get_dataset("memory_21").fingerprint(None)
    assert not any(map(is_memory, offered()))
    for name in ("memory_1", "memory_201"):
        with pytest.raises(ValueError, match="from 2 to 200 steps back, not"):
            get_dataset(name)
    for name in ("memory_", "memory_020", "memory_0", "memory_x", "own-memory_20"):
        assert not is_memory(name)
        with pytest.raises(ValueError, match="dataset"):
            get_dataset(name)


def test_its_encoding_is_its_own_whatever_is_chosen():
    chosen = TextEncoding(8_000, 50, "pre", "pre", "subwords")
    spec = spec_of(20, encoding=chosen)
    assert spec == spec_of(20) and spec.encoding == TextEncoding(22, 41, "post")
    assert RunSpec.from_json(spec.to_json()) == spec
    comparison = Comparison("memory_20", None, chosen, Training(), 1, 1, (Entry("flatten"),))
    assert comparison.encoding == spec.encoding
    assert comparison.specs(spec.fingerprint)["Flatten"][0].identity == spec.identity
    assert comparison.layers(Entry("flatten"))[0].output_shape == (41, 16)
    own_vocabulary = spec_of(20, "lstm_small_vocabulary")
    assert (own_vocabulary.encoding.vocabulary_size, own_vocabulary.encoding.length) == (1_000, 41)


def test_every_word_gets_a_number_of_its_own_and_nothing_is_padded(data_root):
    dataset = memory_dataset(2)
    data = load_encoded(dataset, None, dataset.encoding, data_root)
    for split in (data.train, data.validation, data.test):
        assert split.x.shape[1] == 5
        assert not ({PAD_ID, OOV_ID} & set(split.x.ravel().tolist()))
        assert len(set(split.x[:, 2].tolist())) == len(CUES)
    assert set(data.train.x.ravel().tolist()) == set(range(2, 22))


def test_random_words_have_no_next_word_to_predict():
    with pytest.raises(ValueError, match="20 steps back .generated.: its words are drawn at random"):
        spec_of(20, "next_word_gru")


@pytest.mark.slow
@pytest.mark.parametrize("name", ["gru", "lstm", "simple_rnn"])
def test_a_real_training_remembers_ten_steps(name, data_root, tmp_path):
    """Of 1,000 test texts, guessing gets 60% right once in a billion times; labels out of step, no more."""
    from models.training import train

    dataset = memory_dataset(10)
    data = load_encoded(dataset, None, dataset.encoding, data_root)
    events = [*train(spec_of(10, name), data, 6, tmp_path)]
    epochs = [event for event in events if isinstance(event, EpochFinished)]
    best = max(epochs, key=lambda epoch: epoch.validation_accuracy)
    assert best.test_accuracy > 0.9
