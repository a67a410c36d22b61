from models.layers import Dense
from models.memory import training_bytes
from models.stack import summarize


def test_weights_and_activations_are_counted():
    layers = summarize([Dense(10), Dense(1)], (4,))
    weights, activations = (4 * 10 + 10) + (10 + 1), 10 + 1
    assert training_bytes(layers, batch_size=8) == 4 * (4 * weights + 2 * 8 * activations)
