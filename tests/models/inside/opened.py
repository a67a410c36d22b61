"""Models with random weights, opened for one text."""

import keras
import numpy as np

from models.inside.open_model import OpenModel
from models.layers import Dense
from models.training.keras_model import build_model

LENGTH, WORDS = 9, 30
TEXT = np.array([0, 0, 5, 7, 1, 29, 3, 8, 5], np.int32)
ANSWER = Dense(1, activation="sigmoid")


def opened(*layers):
    """(the model, all that it does with the text, the weights of each Keras layer, the embedded text)."""
    keras.utils.set_random_seed(3)
    model = build_model(layers, LENGTH)
    model.set_weights([np.random.default_rng(1).normal(0, 0.4, each.shape) for each in model.get_weights()])
    found = OpenModel(layers, model).read(TEXT, "pre")
    weights = [each.get_weights() for each in model.layers if not isinstance(each, keras.layers.InputLayer)]
    weights = [each for each in weights if each]
    return model, found, weights, weights[0][0][TEXT].astype(np.float64)
