from models.layers import Dense, Embedding, Flatten, MultiHeadAttention, Residual
from models.layers.stack import summarize
from models.training.memory_estimate import training_bytes


def test_weights_and_activations_are_counted():
    layers = summarize([Dense(10), Dense(1)], (4,))
    weights, activations = (4 * 10 + 10) + (10 + 1), 10 + 1
    assert training_bytes(layers, batch_size=8) == 4 * (4 * weights + 2 * 8 * activations)


def test_frozen_weights_have_no_gradients():
    frozen, trained = (
        training_bytes(summarize([Embedding(100, 8, each), Flatten(), Dense(1)], (4,)), 1) for each in (False, True)
    )
    assert trained - frozen == 4 * 3 * 800


def test_attention_over_long_texts_needs_the_square_of_their_length():
    layers = [Embedding(100, 8), Residual(MultiHeadAttention(4, 8))]
    needed = training_bytes(summarize(layers, (2_000,)), 64)
    assert 4 * 2 * 64 * 4 * 2_000**2 < needed < 1.1 * 4 * 2 * 64 * 4 * 2_000**2
