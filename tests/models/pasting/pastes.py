"""Pastes, written for the tests: what is read of them, asked for, or explained."""

from models.pasting.training_calls import Settings
from tests.models.pasting import code_pastes, layer_pastes

BY_STACK = (*layer_pastes.BY_STACK.items(), *code_pastes.BY_STACK.items())
READ = {text: stack for stack, texts in BY_STACK for text in texts}

EXPLAINED = {
    "m = Sequential([Embedding(9, 3)])\n[m.add(LSTM(u)) for u in units]": "Layers are added by [m.add(LSTM(u))",
    "m = Sequential([Embedding(9, 3)] + [GRU(u) for u in units])": "which the text does not write out",
    "m = Sequential([Embedding(9, 3)])\nlist(x for x in map(m.add, rest))": "which is not followed",
    "": "The stack is empty",
    "hello world": "hello is not a layer",
    "print('hallo')": "There is no Keras model in this text",
    "LSTMM(3)": "LSTMM is not a layer; did you mean LSTM?",
    "import keras\nprint(keras.__version__)": "There is no Keras model in this text",
    "Sequential()": "There is no Keras model in this text",
    "model = Sequential([Embedding(10, 3), LSTM(3)": "Line 1 cannot be read as Python, '[' was never closed",
    "m = Sequential([Embedding(input_dim=1000), GRU(3)])": "the length of its vectors: write Embedding(1000, 16)",
    "Embedding(input_dim=1000) → GRU(3)": "does not say the length of its vectors",
    "m = Sequential([Embedding('9', 3), GRU(3)])": 'input_dim must be a whole number above 0, not "9".',
    "m = Sequential([Embedding(9, 3, 4, 5), GRU(3)])": "these are too many arguments",
    "m = Sequential([Embedding(9, 3), LSTMM(3)])": "Layer 2: LSTMM is not a layer; did you mean LSTM?",
    "m = Sequential([Embedding(9, 3), LSTM(3, return_sequence=True)])": "has no argument return_sequence",
    "m = Sequential([Embedding(9, 3), LSTM(3, units=4)])": "units is given twice",
    "m = Sequential([Embedding(9, 3), LSTM()])": "Layer 2, LSTM needs units",
    "m = Sequential([Embedding(9, 3), make_layer])": "Layer 2 is make_layer, which the text does not say",
    "m = Sequential(build_layers())": "which the text does not write out",
    "m = Sequential([LSTM(3, input_shape=(10, 1))])": "The model has no embedding, so it reads numbers",
    "class Net(keras.Model):\n    pass": "Net is a subclass of a Keras model",
    "m = Sequential([Embedding(9, 3)])\nif big:\n    m.add(LSTM(3))": "Layers are added under an if",
    "m = Sequential([Embedding(9, 3)])\nfor u in units:\n    m.add(LSTM(u))": "Layers are added in a loop",
    "m = Sequential([Embedding(9, 3)])\nwhile True:\n    m.add(LSTM(3))": "Layers are added in a while loop",
    "i = Input((9,))\na = Embedding(9, 3)(i)\nb = LSTM(3)(a)\nc = GRU(3)(a)\nm = Model(i, Concatenate()([b, c]))":
        "Concatenate joins several paths",
    "i = Input((9,))\na = Embedding(9, 3)(i)\nm = Model(i, [LSTM(3)(a), GRU(3)(a)])": "The model has several outputs",
    "i = Input((9,))\na = Embedding(9, 3)(i)\nb, h, c = LSTM(3, return_state=True)(a)\nm = Model(i, b)":
        "How the model comes from its input to its output is not in the text",
    "m = Sequential([Embedding(9, 3), " + "Dense(3), " * 21 + "])": "A stack has up to 20 layers",
    "m = Sequential([Embedding(9, 3), LSTM(9999)])": "units must be a whole number from 1 to 4096, not 9999",
    "i = Input((9,))\na = Embedding(9, 3)(i)\nb = LSTM(3, return_sequences=True)(a)\nm = Model(i, Attention()([a, b]))":
        "Attention joins several paths",
    "m = Sequential([Embedding(9, 3), LSTM(3, kernel_regularizer=l2(99))])": "with numbers from 0 to 10, not l2(99).",
    "m = Sequential([Embedding(9, 3), Reshape((2, 3, 4)), Flatten()])": "must be one or two whole numbers",
    "m = Sequential([Embedding(9, 3), Permute((3, 1)), Flatten()])": "dims must be (2, 1) or (1, 2), not (3, 1).",
    "m = Sequential([Embedding(9, 3), Bidirectional(3)])": "Bidirectional goes around a recurrent layer",
}  # fmt: skip

DIFFERENCES = {
    "Embedding(9, 3), Conv2D(3, 3), Flatten()": "Layer 2: Unroll has no Conv2D.",
    "Embedding(9, 3), LSTM(3), UnitNormalization()": "Layer 3: Unroll has no UnitNormalization.",
    "Embedding(9, 3), LSTM(3, activity_regularizer=l2(0.01))": "activity_regularizer is always None in Unroll, not l2",
    "Embedding(9, 3), TimeDistributed(LSTM(3)), Flatten()": "Layer 2: Unroll has no TimeDistributed(LSTM).",
    "Embedding(9, 3), LSTM(3, stateful=True)": "stateful is always False in Unroll, not True.",
    "Embedding(9, 3, embeddings_initializer=Constant(0.5)), LSTM(3)": "embeddings_initializer is always",
    "Embedding(9, 3), LSTM(3, trainable=False)": "Unroll trains every layer but the embedding",
    "Embedding(9, 3), LSTM(3, kernel_initializer='he_normal')": 'kernel_initializer is always "glorot_uniform"',
}
WITH_DIFFERENCES = {f"m = Sequential([{layers}])": sentence for layers, sentence in DIFFERENCES.items()}
WITH_DIFFERENCES |= code_pastes.DIFFERENCES
EXPLAINED |= code_pastes.EXPLAINED

LEFT_OPEN = {
    "m = Sequential([Embedding(1000, embedding_dim), LSTM(units)])": {"embedding_dim": 8, "units": 4},
    "m = Sequential([Embedding(1000, config.dim), LSTM(2 * config.units)])": {"config.dim": 8, "config.units": 4},
    "m = Sequential([Embedding(1000, 8), LSTM(hp.Int('units', 8, 64))])": {"hp.Int('units', 8, 64)": 16},
    "def build(units, rate=0.5):\n    return Sequential([Embedding(99, 8), LSTM(units), Dropout(rate)])": {"units": 4},
    "m = Sequential([Embedding(99, 8), LSTM(4), Dropout(rate), Dense(3, activation=act)])": {
        "rate": 0.5,
        "act": "relu",
    },
    "m = Sequential([Embedding(99, 8), LSTM(p['units'])])": {"p['units']": 3},
    "m = Sequential([Embedding(99, 8, weights=[matrix], trainable=False), LSTM(3)])": {"matrix": "word2vec_1"},
    "m = Sequential([Embedding(99, 8, weights=[matrix]), LSTM(3)])": {"matrix": "random"},
    "m = Sequential([Embedding(99, 8, embeddings_initializer=Constant(matrix)), LSTM(3)])": {"matrix": "word2vec_1"},
    "m = Sequential([Embedding(99, 8, embeddings_initializer=initializers.Constant(load(path))), LSTM(3)])": {
        "load(path)": "word2vec_1"
    },
    "m = Sequential([Embedding(99, 8), LSTM(3, kernel_regularizer=l2(penalty))])": {"l2(penalty)": "L2(0.01)"},
    "m = Sequential([Embedding(99, 8), LSTM(3, kernel_regularizer=penalty)])": {"penalty": "L2(0.01)"},
    "m = Sequential([Embedding(99, 8), LSTM(12), Reshape((rows, 2 * columns)), GRU(3)])": {"rows": 4, "columns": 1},
}

FIT = "m = Sequential([Embedding(1000, 16, input_length=50), LSTM(32)])\n"
SETTINGS = {
    FIT: Settings(1000, 50),
    FIT + "m.compile('adam', 'binary_crossentropy')": Settings(1000, 50, "adam", 0.001),
    FIT + "m.compile(optimizer='sgd', loss='binary_crossentropy')": Settings(1000, 50, "sgd", 0.01),
    FIT + "m.compile(keras.optimizers.RMSprop(learning_rate=2e-4))": Settings(1000, 50, "rmsprop", 0.0002),
    FIT + "opt = Adam(lr=0.01)\nm.compile(loss=BinaryCrossentropy(), optimizer=opt)": Settings(1000, 50, "adam", 0.01),
    FIT + "m.compile(optimizer=Adam(schedule))": Settings(1000, 50, "adam"),
    FIT + "m.compile(optimizer='nadam')": Settings(1000, 50),
    FIT + "h = m.fit(x, y, epochs=5)": Settings(1000, 50, batch_size=32, epochs=5),
    FIT + "BS = 64\nm.fit(x, y, batch_size=BS, epochs=3, verbose=0)": Settings(1000, 50, batch_size=64, epochs=3),
    "m = Sequential([Input((70,)), Embedding(500, 16), LSTM(32)])": Settings(500, 70),
    "m = Sequential([Embedding(500, 16, input_shape=(70,)), LSTM(32)])": Settings(500, 70),
    "m = Sequential([Embedding(500, 16, batch_input_shape=(None, 70)), LSTM(32)])": Settings(500, 70),
    "m = Sequential([Embedding(500, 16), LSTM(32)])\nm.build((None, 70))": Settings(500, 70),
    "m = Sequential([Embedding(500, 16), LSTM(32)])\nm.build(input_shape=(None, n))": Settings(500),
}  # fmt: skip
LEFT_OPEN |= code_pastes.LEFT_OPEN
SETTINGS |= code_pastes.SETTINGS
