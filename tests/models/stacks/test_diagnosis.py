import pytest

from models.architectures import ARCHITECTURES
from models.layers.stack import summarize
from models.stacks.diagnosis import diagnose, mask_ends_at, shapes
from models.stacks.stack_parser import parse_stack
from models.stacks.stack_text import Stack, write_stack

POOLED = "→ GlobalMaxPooling1D()"
CASES = {
    "an LSTM on an LSTM": (
        "LSTM(32) → LSTM(16)",
        1,
        "Layer 3, LSTM(16): LSTM reads a sequence of shape (steps, features) but is given (32,): the steps are gone. "
        "Set return_sequences=True on the recurrent layer before it, or move it before Flatten or pooling. It was "
        "layer 2, LSTM(32), that took them away.",
        {"Set return_sequences=True on layer 2": "LSTM(32, return_sequences=True) → LSTM(16)"},
    ),
    "a layer between them": (
        "Bidirectional(GRU(8)) → Dense(4) → Bidirectional(GRU(8))",
        2,
        "It was layer 2, Bidirectional(GRU(8)), that took them away.",
        {
            "Set return_sequences=True on layer 2": "Bidirectional(GRU(8, return_sequences=True)) → Dense(4) → "
            "Bidirectional(GRU(8))"
        },
    ),
    "a convolution after Flatten": (
        "Flatten() → Conv1D(8, 5) → GlobalMaxPooling1D()",
        1,
        "Conv1D reads a sequence of shape (steps, features) but is given (320,): the steps are gone",
        {"Remove layer 2": "Conv1D(8, 5) → GlobalMaxPooling1D()"},
    ),
    "a convolution after Flatten, at the end": (
        "Flatten() → Conv1D(8, 5)",
        1,
        "It was layer 2, Flatten(), that took them away.",
        {"Move it before layer 2": "Conv1D(8, 5) → Flatten()"},
    ),
    "a convolution after pooling": (
        "GlobalMaxPooling1D() → Conv1D(8, 5)",
        1,
        "It was layer 2, GlobalMaxPooling1D(), that took them away.",
        {"Move it before layer 2": "Conv1D(8, 5) → GlobalMaxPooling1D()"},
    ),
    "a convolution after a recurrent layer": (
        f"SimpleRNN(8) → Conv1D(8, 30) {POOLED}",
        1,
        "It was layer 2, SimpleRNN(8), that took them away.",
        {"Set return_sequences=True on layer 2": "SimpleRNN(8, return_sequences=True) → Conv1D(8, 30) " + POOLED},
    ),
    "attention after a recurrent layer": (
        f"LSTM(8) → MultiHeadAttention(2, 4) {POOLED}",
        1,
        "MultiHeadAttention reads a sequence",
        {"Set return_sequences=True on layer 2": f"LSTM(8, return_sequences=True) → MultiHeadAttention(2, 4) {POOLED}"},
    ),
    "a kernel longer than the texts": (
        f"Conv1D(8, 30) {POOLED}",
        0,
        'Conv1D\'s kernel_size 30 is longer than the 20 steps it reads: choose a smaller kernel, padding="same" or '
        "longer texts.",
        {
            "Set kernel_size=20": f"Conv1D(8, 20) {POOLED}",
            'Set padding="same"': f'Conv1D(8, 30, padding="same") {POOLED}',
        },
    ),
    "a kernel longer than what pooling left": (
        f"MaxPooling1D(4) → Conv1D(8, 6) {POOLED}",
        1,
        "Of the 20 tokens of a text, layer 2, MaxPooling1D(pool_size=4), left 5.",
        {
            "Set kernel_size=5": f"MaxPooling1D(4) → Conv1D(8, 5) {POOLED}",
            'Set padding="same"': f'MaxPooling1D(4) → Conv1D(8, 6, padding="same") {POOLED}',
        },
    ),
    "a dilated kernel": (
        f"SeparableConv1D(8, 4, dilation_rate=7) {POOLED}",
        0,
        "spans 22 steps with dilation_rate 7",
        {
            "Set kernel_size=3": f"SeparableConv1D(8, 3, dilation_rate=7) {POOLED}",
            'Set padding="same"': f'SeparableConv1D(8, 4, padding="same", dilation_rate=7) {POOLED}',
        },
    ),
    "a pool larger than the steps": (
        "MaxPooling1D(30) → Flatten()",
        0,
        "MaxPooling1D's pool_size 30 is longer than the 20 steps it reads",
        {
            "Set pool_size=20": "MaxPooling1D(20) → Flatten()",
            'Set padding="same"': 'MaxPooling1D(30, padding="same") → Flatten()',
        },
    ),
    "numbers that do not fill a shape": (
        "Reshape((10, 16)) → LSTM(4)",
        0,
        "Reshape is given 320 numbers of shape (20, 16), which do not fill (10, 16) exactly",
        {
            "Set target_shape=(-1, 16)": "Reshape((-1, 16)) → LSTM(4)",
            "Set target_shape=(10, -1)": "Reshape((10, -1)) → LSTM(4)",
            "Remove layer 2": "LSTM(4)",
        },
    ),
    "numbers that fill no shape like it": (
        "LSTM(8) → Reshape((-1, 3)) → GRU(4)",
        1,
        "which do not fill (-1, 3) exactly",
        {},
    ),
    "numbers that do not fill a shape, at the end": (
        "LSTM(8) → Reshape((7,))",
        1,
        "which do not fill (7,) exactly",
        {"Set target_shape=(-1,)": "LSTM(8) → Reshape((-1,))", "Remove layer 3": "LSTM(8)"},
    ),
    "steps left at the end": (
        "LSTM(8, return_sequences=True)",
        0,
        "Layer 2, LSTM(8, return_sequences=True): The answer needs one vector for the whole text, but the last layer "
        "still hands on a vector for every step: end with GlobalMaxPooling1D(), GlobalAveragePooling1D() or Flatten()",
        {
            "Set return_sequences=False on layer 2": "LSTM(8)",
            "Add GlobalMaxPooling1D()": "LSTM(8, return_sequences=True) → GlobalMaxPooling1D()",
            "Add GlobalAveragePooling1D()": "LSTM(8, return_sequences=True) → GlobalAveragePooling1D()",
            "Add Flatten()": "LSTM(8, return_sequences=True) → Flatten()",
        },
    ),
    "nothing but the embedding": (
        "",
        -1,
        "Layer 1, Embedding(16): The answer needs one vector",
        {f"Add {name}()": f"{name}()" for name in ("GlobalMaxPooling1D", "GlobalAveragePooling1D", "Flatten")},
    ),
    "a shortcut around a change of size": (
        "Residual(Dense(4)) → Flatten()",
        0,
        "Residual adds its input of shape (20, 16) to what its layers make of it, (20, 4): both must have the same "
        "shape. Give the last layer within it 16 outputs",
        {
            "Keep the shape within it, with units=16 at its end": "Residual(Dense(16)) → Flatten()",
            "Keep the steps within it, and add Dense(16)": "Residual(Dense(4), Dense(16)) → Flatten()",
        },
    ),
    "a shortcut around a loss of steps": (
        "Residual(Conv1D(4, 3), MultiHeadAttention(2, 4)) → Flatten()",
        0,
        'padding="same" or return_sequences=True',
        {
            "Keep the steps within it, and add Dense(16)": 'Residual(Conv1D(4, 3, padding="same"), '
            "MultiHeadAttention(2, 4), Dense(16)) → Flatten()"
        },
    ),
}


@pytest.mark.parametrize(("text", "place", "sentence", "fixes"), CASES.values(), ids=CASES)
def test_a_problem_is_told_at_its_layer_with_what_mends_it(text, place, sentence, fixes):
    problem = diagnose(parse_stack(f"Embedding(16) → {text}"), 20)
    assert problem.place == place
    assert sentence in problem.message
    found = {mend.message: mend.stack for mend in problem.fixes}
    assert found == {says: parse_stack(f"Embedding(16) → {after}") for says, after in fixes.items()}


def test_a_mend_is_offered_though_another_problem_comes_next():
    stack = parse_stack("Embedding(16) → LSTM(8) → Conv1D(8, 30) → Conv1D(8, 3)")
    for says in ("Set return_sequences=True on layer 2", "Set kernel_size=20", 'Set padding="same"'):
        (mend,) = (mend for mend in diagnose(stack, 20).fixes if mend.message == says)
        stack = mend.stack if says != "Set kernel_size=20" else stack
    assert "The answer needs one vector" in diagnose(stack, 20).message
    assert diagnose(diagnose(stack, 20).fixes[0].stack, 20) is None


def test_every_mend_gets_further():
    for text, place, *_ in CASES.values():
        for mend in diagnose(parse_stack(f"Embedding(16) → {text}"), 20).fixes:
            later = diagnose(mend.stack, 20)
            assert later is None or later.place >= place
            assert parse_stack(write_stack(mend.stack)) == mend.stack


@pytest.mark.parametrize("entry", ARCHITECTURES.values(), ids=list(ARCHITECTURES))
def test_named_architectures_have_no_problem(entry):
    embedding, *layers = entry.layers(100)
    stack = Stack(embedding.output_dim, tuple(layers[:-1]))
    assert diagnose(stack, 60) is None
    *walked, _ = summarize([embedding, *layers], (60,))
    assert shapes(stack, 60) == [each.output_shape for each in walked]


@pytest.mark.parametrize(
    ("text", "place"),
    [("Embedding(4, mask_zero=True) → LSTM(3) → Dense(2)", None), ("Embedding(4) → Conv1D(3, 2) → Flatten()", None),
     ("Embedding(4, mask_zero=True) → Dropout(0.1) → Conv1D(3, 2) → Flatten()", 1),
     ("Embedding(4, mask_zero=True) → GRU(3, return_sequences=True) → GlobalMaxPooling1D()", 1),
     ("Embedding(4, mask_zero=True) → GlobalAveragePooling1D() → RepeatVector(3) → Flatten()", None),
     ("Embedding(4) → Masking() → Dropout(0.1) → Flatten()", 2), ("Embedding(4) → Masking() → LSTM(3)", None)],
)  # fmt: skip
def test_the_layer_at_which_a_mask_ends_is_known(text, place):
    assert mask_ends_at(parse_stack(text), 20) == place
