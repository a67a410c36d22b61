"""A stack is trained as the code that the dashboard shows for it would train it."""

import re
from dataclasses import replace

import keras
import numpy as np
import pytest

from models.encoded.encoded import EncodedSplit
from models.experiments.spec import Training
from models.layers import Embedding
from models.layers.keras_code import layers_import, model_statements
from models.layers.kinds import ARGUMENTS
from models.text.encoding import TextEncoding
from models.training import training
from models.training.events import EpochFinished
from models.training.run_files import load_arrays
from tests.models.training.trainings import (
    AS_IN_KERAS,
    ATTENDING,
    MASKED,
    ONE_OF_EACH,
    OTHERS,
    PENALIZED,
    STRIDES,
    first_rows,
    run,
)

NUM_TOKENS = 8


def test_every_kind_of_layer_is_in_one_of_the_stacks():
    kinds = set(re.findall(r"([A-Z]\w+)\(", ONE_OF_EACH + OTHERS))
    assert {*kinds, "Dense"} == {kind.__name__ for kind in {*ARGUMENTS, Embedding}}  # which is the answer


@pytest.mark.parametrize("stack", [AS_IN_KERAS, MASKED, PENALIZED, ATTENDING, STRIDES])
def test_a_stack_is_trained_as_the_code_that_is_shown_trains_it(stack, small_spec, small_data, tmp_path, in_graphs):
    assert_shown_code_trains_alike(stack, small_spec, small_data, tmp_path)


def test_graphs_train_as_the_code_that_is_shown(small_spec, small_data, tmp_path):
    assert_shown_code_trains_alike(STRIDES, small_spec, small_data, tmp_path)


def with_few_tokens(split: EncodedSplit) -> EncodedSplit:
    """The beginnings of the texts, which are padding in part: a recurrent layer takes its time for each token."""
    return replace(split, x=split.x[:, :NUM_TOKENS])


def assert_shown_code_trains_alike(stack, small_spec, small_data, tmp_path):
    """An epoch by Unroll, and an epoch of the shown code with Keras's own fit on the same order of rows."""
    spec = small_spec("composed", hyperparameters={"stack": stack}, encoding=TextEncoding(1_000, NUM_TOKENS))
    train, validation = with_few_tokens(small_data.train), with_few_tokens(first_rows(small_data.validation, 100))
    run(spec, replace(small_data, train=train, validation=validation, test=validation), 1, tmp_path / "ours")
    ours, _ = load_arrays(tmp_path / "ours" / "best_weights.npz")
    keras.utils.set_random_seed(spec.seed)
    names: dict = {}
    exec("\n".join(["import keras", layers_import(spec.layers()), *model_statements(spec.layers(), NUM_TOKENS)]), names)
    model = names["model"]
    model.compile(keras.optimizers.Adam(spec.training.learning_rate), "binary_crossentropy", metrics=["accuracy"])
    rows = training.shuffled_rows(spec.seed, 1, len(train.y))
    x, y = train.x[rows], train.y[rows]
    model.fit(x, y, batch_size=spec.training.batch_size, epochs=1, shuffle=False, verbose=0)
    for mine, theirs in zip(ours, model.get_weights(), strict=True):
        np.testing.assert_array_equal(mine, theirs)


@pytest.mark.usefixtures("no_graphs")
def test_the_loss_that_is_shown_leaves_penalties_out(small_spec, few_data, tmp_path):
    """By the same weights, once without training: a penalty of this size would make the loss larger by far."""
    shown = {}
    for name, penalty in (("without", "None"), ("with", "L2(10.0)")):
        stack = f"Embedding(8) -> Flatten() -> Dense(8, kernel_regularizer={penalty})"
        training = Training(optimizer="sgd", learning_rate=1e-9, batch_size=50)
        spec = small_spec("composed", hyperparameters={"stack": stack}, training=training)
        events = run(spec, few_data, 1, tmp_path / name)
        shown[name] = next(event.train_loss for event in events if isinstance(event, EpochFinished))
    assert shown["with"] == pytest.approx(shown["without"], abs=1e-4)
