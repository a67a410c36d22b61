"""The arithmetic of layers, written in NumPy."""

import numpy as np

from models.layers import GRU, LSTM, SimpleRNN


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def relu(x):
    return np.maximum(x, 0)


def simple_rnn(x, weights, h):
    w, u, b = weights
    total = x @ w + h @ u + b
    return {"h_sum": total, "h": np.tanh(total)}


def lstm(x, weights, h, c):
    w, u, b = weights
    i, f, g, o = np.split(x @ w + h @ u + b, 4)
    c = sigmoid(f) * c + sigmoid(i) * np.tanh(g)
    found = {"i_sum": i, "f_sum": f, "g_sum": g, "o_sum": o, "i": sigmoid(i), "f": sigmoid(f), "g": np.tanh(g)}
    return {"h": sigmoid(o) * np.tanh(c), "c": c, "o": sigmoid(o)} | found


def gru(x, weights, h):
    w, u, (given, recurrent) = weights
    (xz, xr, xg), (hz, hr, hg) = np.split(x @ w + given, 3), np.split(h @ u + recurrent, 3)
    z, r, g = sigmoid(xz + hz), sigmoid(xr + hr), np.tanh(xg + sigmoid(xr + hr) * hg)
    sums = {"z_sum": xz + hz, "r_sum": xr + hr, "g_sum": xg + r * hg, "g_input": xg, "g_state": hg}
    return {"h": z * h + (1 - z) * g, "z": z, "r": r, "g": g} | sums


def steps(kind, x, weights):
    """Every number of every step, (steps, units), for x of (steps, features)."""
    cell, states = CELLS[kind]
    state, rows = [np.zeros(len(weights[1]))] * len(states), []
    for each in x:
        rows.append(cell(each, weights, *state))
        state = [rows[-1][name] for name in states]
    return {name: np.stack([row[name] for row in rows]) for name in rows[0]}


def attended(x, weights):
    """(the weights of both heads, what is handed on past the shortcut): each head has 3 features."""
    query, query_bias, key, key_bias, value, value_bias, output, output_bias = weights
    q, k, v = (
        np.einsum("sm,mha->hsa", x, kernel) + bias[:, None]
        for kernel, bias in ((query, query_bias), (key, key_bias), (value, value_bias))
    )
    scores = np.exp(np.einsum("hsa,hta->hst", q, k) / np.sqrt(3))
    scores /= scores.sum(-1, keepdims=True)
    mixed = np.einsum("hst,hta,ham->sm", scores, v, output) + output_bias
    return {"head_1": scores[0], "head_2": scores[1]}, x + mixed


def convolved(x, kernel, bias):
    """With ReLU, and a kernel of 3 steps."""
    sums = [np.einsum("kf,kfn->n", x[start : start + 3], kernel) + bias for start in range(len(x) - 2)]
    return relu(sums)


CELLS = {SimpleRNN: (simple_rnn, "h"), LSTM: (lstm, "hc"), GRU: (gru, "h")}
"""One step of each layer, and its states."""
