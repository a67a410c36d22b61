"""Trainings that tests compare, and stacks with every kind of layer."""

from dataclasses import replace

import numpy as np

from models.encoded.encoded import EncodedDataset, EncodedSplit
from models.training.events import EpochFinished
from models.training.training import train


def run(spec, data, epochs, folder, resume_from=None, vectors=None):
    """A spec that names word vectors begins with zeros unless some are given."""
    folder.mkdir()
    if spec.vectors and vectors is None:
        vectors = np.zeros((spec.encoding.vocabulary_size, spec.hyperparameters["embedding_dim"]), np.float32)
    return list(train(spec, data, epochs, folder, resume_from, vectors))


def first_rows(split: EncodedSplit, number: int = 300) -> EncodedSplit:
    return EncodedSplit(*(part if part is None else part[:number] for part in (split.x, split.y, split.texts)))


def with_few_rows(data: EncodedDataset, number: int = 100) -> EncodedDataset:
    """The same with as many rows in each split at most."""
    splits = {name: first_rows(getattr(data, name), number) for name in ("train", "validation", "test")}
    return replace(data, **splits)


def curve(events):
    """What must be equal between equal runs: everything but the seconds."""
    return [
        replace(event, train_seconds=0, validation_seconds=0, is_first=False)
        for event in events
        if isinstance(event, EpochFinished)
    ]


def same_files(left, right):
    for name in ("state.npz", "best_weights.npz", "predictions.npz"):
        with np.load(left / name) as a, np.load(right / name) as b:
            assert a.files == b.files
            for member in a.files:
                np.testing.assert_array_equal(a[member], b[member], err_msg=f"{name} {member}")


ONE_OF_EACH = """
Embedding(8) -> SpatialDropout1D(0.2) -> Conv1D(8, 3) -> SeparableConv1D(8, 3) -> MaxPooling1D(2) -> AveragePooling1D(2)
Bidirectional(LSTM(4, return_sequences=True, dropout=0.2, recurrent_dropout=0.2))
GRU(8, return_sequences=True) -> SimpleRNN(8, return_sequences=True)
Residual(MultiHeadAttention(2, 4), Dropout(0.2)) -> LayerNormalization() -> GlobalMaxPooling1D() -> RepeatVector(2)
BatchNormalization() -> Activation("tanh") -> LeakyReLU() -> ELU() -> GaussianNoise(0.1) -> Flatten()
"""
OTHERS = """
Embedding(8) -> Permute((2, 1)) -> Reshape((-1, 8)) -> PReLU(shared_axes=1) -> Masking()
Attention(True, dropout=0.2) -> AdditiveAttention() -> GlobalAveragePooling1D()
"""


AS_IN_KERAS = """
Embedding(8) -> Conv1D(8, 3, activation="relu") -> BatchNormalization() -> AveragePooling1D(2) -> LeakyReLU(0.1)
GaussianNoise(0.1) -> LSTM(4) -> RepeatVector(3) -> ELU() -> Flatten() -> Dense(6) -> BatchNormalization(momentum=0.9)
Activation("relu") -> Dropout(0.2)
"""
PENALIZED = """
Embedding(8) -> Conv1D(8, 3, kernel_regularizer=L2(0.01), bias_regularizer=L1(0.01)) -> MaxPooling1D(3, 2, "same")
Bidirectional(LSTM(4, return_sequences=True), backward_layer=
LSTM(4, return_sequences=True, activation="relu", go_backwards=True))
GRU(4, kernel_regularizer=L1L2(0.01, 0.02), recurrent_regularizer=L2(0.1)) -> PReLU()
"""
ATTENDING = """
Embedding(8, mask_zero=True) -> Attention(True, "concat", 0.2) -> AdditiveAttention()
MultiHeadAttention(2, 4, dropout=0.2) -> LSTM(4) -> Reshape((2, 2)) -> Permute((2, 1)) -> Masking(0.5) -> GRU(3)
"""

MASKED = """
Embedding(8, mask_zero=True) -> GRU(6, return_sequences=True, reset_after=False, use_bias=False, go_backwards=True)
LSTM(5, return_sequences=True, activation="relu", recurrent_activation="hard_sigmoid")
Bidirectional(SimpleRNN(4, activation="sigmoid")) -> Dense(4, use_bias=False)
"""
STRIDES = "Embedding(8) -> Conv1D(8, 3, strides=2) -> Flatten()"
