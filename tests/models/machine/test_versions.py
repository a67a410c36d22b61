from dataclasses import replace

import keras
import pytest

from models.experiments import spec as specs
from models.machine.versions import are_alike, in_words, installed, minor_versions, minor_versions_here


def test_the_minor_versions_are_those_of_keras_and_its_backend():
    recorded = {"keras": "3.15.1", "tensorflow": "2.21.0", "jax": None, "numpy": "2.4.6"}
    assert minor_versions("tensorflow", recorded) == (("keras", "3.15"), ("tensorflow", "2.21"))
    assert minor_versions("jax", recorded) == (("keras", "3.15"),)
    assert minor_versions("tensorflow", {}) == ()
    assert in_words(minor_versions("tensorflow", recorded)) == "Keras 3.15 and TensorFlow 2.21"


def test_those_of_this_machine_are_read_without_importing_anything():
    assert dict(minor_versions_here("tensorflow"))["keras"] == ".".join(keras.__version__.split(".")[:2])
    assert installed("no-such-package") is None


def test_what_is_not_known_does_not_differ():
    old, new = (("keras", "3.14"),), (("keras", "3.15"),)
    assert are_alike(old, old) and are_alike((), old) and are_alike(old, ())
    assert not are_alike(old, new)


def test_a_raised_version_of_the_training_is_another_question(small_spec, monkeypatch):
    before = small_spec()
    assert "training_version" not in before.to_json()
    monkeypatch.setattr(specs, "TRAINING_VERSION", 2)
    after = small_spec()
    assert after.training_version == 2 and after.identity != before.identity
    assert specs.RunSpec.from_json(after.to_json()) == after
    assert specs.RunSpec.from_json(before.to_json()) == before
    after.require_current()


def test_a_raised_version_of_the_examples_changes_next_words_alone(small_spec, monkeypatch):
    classes, words = small_spec(), small_spec("next_word_gru")
    monkeypatch.setattr(specs, "EXAMPLES_VERSION", words.examples_version + 1)
    assert small_spec().identity == classes.identity
    assert small_spec("next_word_gru").identity != words.identity


def test_a_run_on_the_first_examples_of_next_words_is_read_but_not_trained(small_spec):
    old = replace(small_spec("next_word_gru"), examples_version=1)
    assert "examples_version" not in old.to_json()
    assert specs.RunSpec.from_json(old.to_json()) == old
    with pytest.raises(ValueError, match="version 1 of the examples of next words, and this Unroll has version 2"):
        old.require_current()
