"""Pastes of layers in the styles that people use, by the stack that each stands for."""

LSTM_32 = "Embedding(16) → LSTM(32)"
ANSWER = ' → Dense(1, activation="sigmoid")'
BOTH = "Embedding(16) → Bidirectional(LSTM(32))"

BY_STACK: dict[str, list[str]] = {
    LSTM_32: [
        "Sequential([Embedding(1000, 16), LSTM(32)])",
        "model = Sequential([Embedding(1000, 16), LSTM(32)])",
        "model = keras.Sequential([keras.layers.Embedding(1000, 16), keras.layers.LSTM(32)])",
        (
            "model = tf.keras.models.Sequential([\n  tf.keras.layers.Embedding(1000, 16),\n"
            "  tf.keras.layers.LSTM(32),\n])"
        ),
        "model = Sequential(layers=[Embedding(1000, 16), LSTM(units=32)])",
        "model = Sequential((Embedding(1000, 16), LSTM(32)), name='small')",
        "from keras import layers as L\nm = keras.Sequential([L.Embedding(1000, 16), L.LSTM(32)])",
        "from keras.layers import LSTM as Memory, Embedding\nm = Sequential([Embedding(9, 16), Memory(32)])",
        "layers = [Embedding(1000, 16)]\nlayers.append(LSTM(32))\nmodel = Sequential(layers)",
        "start = [Embedding(1000, 16)]\nmodel = Sequential(start + [LSTM(32)])",
        "start = [Embedding(1000, 16)]\nmodel = Sequential([*start, LSTM(32)])",
        "inner = Sequential([Embedding(1000, 16)])\nmodel = Sequential([inner, LSTM(32)])\ndel inner",
        "model = Sequential([Input(shape=(50,)), Embedding(1000, 16), LSTM(32)])",
        "model = Sequential([InputLayer(input_shape=(50,)), Embedding(1000, 16), LSTM(32)])",
        "model = Sequential([Input((None,), dtype='int64'), Embedding(1000, 16), LSTM(32)])",
        "model = Sequential()\nmodel.add(Embedding(1000, 16))\nmodel.add(LSTM(32))",
        "model = Sequential()\nmodel.add(Embedding(1000, 16, input_length=50)); model.add(LSTM(32))",
        "m = Sequential([Embedding(1000, 16)])\nm.add(LSTM(32))",
        "model.add(Embedding(1000, 16))\nmodel.add(LSTM(32))",
        (
            "model = Sequential()\nmodel.add(layer=Embedding(1000, 16))\nmodel.add(GRU(8))\nmodel.pop()\n"
            "model.add(LSTM(32))"
        ),
        "self.model = Sequential()\nself.model.add(Embedding(1000, 16))\nself.model.add(LSTM(32))",
        ("model = Sequential()\nfor units in (32,):\n    model.add(Embedding(1000, 16))\n    model.add(LSTM(units))"),
        (
            "inputs = keras.Input(shape=(50,))\nx = layers.Embedding(1000, 16)(inputs)\n"
            "outputs = layers.LSTM(32)(x)\nmodel = keras.Model(inputs, outputs)"
        ),
        "a = Input((50,))\nb = Embedding(1000, 16)(a)\nmodel = Model(inputs=a, outputs=LSTM(32)(b))",
        "a = Input((50,))\nmodel = Model(inputs=[a], outputs=[LSTM(32)(Embedding(1000, 16)(a))])",
        "x = inputs = Input(shape=[50])\nx = Embedding(1000, 16)(x)\nx = LSTM(32)(x)",
        "x = Embedding(1000, 16)(sequences)\nx = LSTM(32)(x)",
        "embed = Embedding(1000, 16)\nread = LSTM(32)\ni = Input((9,))\nm = Model(i, read(embed(i)))",
        (
            "def block(x, units):\n    return LSTM(units)(x)\ni = Input((9,))\n"
            "m = Model(i, block(Embedding(1000, 16)(i), 32))"
        ),
        "units = 32\nembedding_dim = 16\nm = Sequential([Embedding(1000, embedding_dim), LSTM(units)])",
        "DIM, UNITS = 16, 32\nm = Sequential([Embedding(1000, DIM), LSTM(UNITS)])",
        "n = 8\nm = Sequential([Embedding(1000, n * 2), LSTM(int(n ** 2 / 2))])",
        "n: int = 8\nn += 8\nm = Sequential([Embedding(1000, n), LSTM(2 * n)])",
        "sizes = [16, 32]\nm = Sequential([Embedding(1000, sizes[0]), LSTM(sizes[-1])])",
        "p = {'dim': 16, 'units': 32}\nm = Sequential([Embedding(1000, p['dim']), LSTM(units=p['units'])])",
        "p = {'units': 32}\nm = Sequential([Embedding(1000, 16), LSTM(**p)])",
        "m = Sequential([Embedding(len(word_index) + 1, 16), LSTM(32)])",
        "m = Sequential([Embedding(input_dim=tokenizer.num_words, output_dim=16), LSTM(32)])",
        "words = ['a', 'b']\nm = Sequential([Embedding(len(words) + 1, 16), LSTM(16 * len(words))])",
        "def build(units=32):\n    m = Sequential([Embedding(1000, 16), LSTM(units)])\n    return m",
        "def build(units):\n    return Sequential([Embedding(1000, 16), LSTM(units)])\nmodel = build(32)",
        "if __name__ == '__main__':\n    m = Sequential([Embedding(1000, 16), LSTM(32)])",
        "with strategy.scope():\n    m = Sequential([Embedding(1000, 16), LSTM(32)])",
        "try:\n    m = Sequential([Embedding(1000, 16), LSTM(32)])\nexcept OSError:\n    pass",
        (
            "DEEP = False\nm = Sequential([Embedding(1000, 16)])\nif DEEP:\n    m.add(GRU(4))\nelse:\n"
            "    m.add(LSTM(32))"
        ),
        ("class Reader:\n    def __init__(self):\n        self.m = Sequential([Embedding(1000, 16), LSTM(32)])"),
        "name = f'lstm-{run}'\nm = Sequential([Embedding(1000, 16), LSTM(32, name=name)])",
        "# m = Sequential([Embedding(9, 9), GRU(9)])\nm = Sequential([Embedding(1000, 16), LSTM(32)])",
        ('"""Sequential([Embedding(9, 9)])"""\nm = Sequential([Embedding(1000, 16),  # words\n    LSTM(32)])  # end'),
        "m = Sequential([\n    Embedding(1000, 16),\n    # GRU(32),\n    LSTM(32),\n])",
        "m = \\\n  Sequential([Embedding(1000, 16), \\  \n  LSTM(32)])",
        "    m = Sequential()\n    m.add(Embedding(1000, 16))\n    m.add(LSTM(32))",
        "m = Sequential()\n    m.add(Embedding(1000, 16))\n    m.add(LSTM(32))",
        "m = Sequential()\n\tm.add(Embedding(1000, 16))\n  m.add(LSTM(32))",
        "m = Sequential([Embedding(1000, 16), LSTM(32)]),",
        "m = Sequential([Embedding(1000,\xa016), LSTM(32, activation=‘tanh’)])",
        "m = Sequential([Embedding(1000, 16), LSTM(32, name=“it”)])",
        "m = Sequential([Embedding(1000, 16),\u200b LSTM(32)])\r\n",
        ">>> m = Sequential([\n...     Embedding(1000, 16),\n...     LSTM(32),\n... ])\n>>> m.summary()",
        "In [3]: m = Sequential([\n   ...:     Embedding(1000, 16), LSTM(32)])\nOut[3]: <Sequential>",
        "!pip install keras\n%matplotlib inline\nm = Sequential([Embedding(1000, 16), LSTM(32)])",
        "```python\nm = Sequential([Embedding(1000, 16), LSTM(32)])\n```",
        "Here is the model:\nm = Sequential([Embedding(1000, 16), LSTM(32)])\nIt is small.",
        "print 'old'\nm = Sequential([Embedding(1000, 16), LSTM(32)])",
        "m = Sequential([Embedding(1000, 16), CuDNNLSTM(32)])",
        "m = Sequential([Embedding(1000, 16), LSTM(32, 'tanh', 'sigmoid', use_bias=True, stateful=False)])",
        "m = Sequential([Embedding(1000, 16), LSTM(32, recurrent_initializer='orthogonal', unroll=True)])",
        "m = Sequential([Embedding(1000, 16, trainable=True, mask_zero=False), LSTM(32)])",
        "m = Sequential([Embedding(1000, 16, embeddings_initializer='uniform'), LSTM(32)])",
        "Embedding(16) → LSTM(32)",
        "Embedding(16)\nLSTM(32)",
    ],
    'Embedding(16) → Residual(Conv1D(16, 3, padding="same")) → GlobalMaxPooling1D()': [
        (
            "i = Input((9,))\nx = Embedding(99, 16)(i)\ny = Conv1D(16, 3, padding='same')(x)\n"
            "x = Add()([x, y])\nx = GlobalMaxPooling1D()(x)\nm = Model(i, x)"
        ),
    ],
    "Embedding(16) → Residual(Dense(16)) → Flatten()": [
        "i = Input((9,))\nx = Embedding(99, 16)(i)\ny = Dense(16)(x)\nx = x + y\nm = Model(i, Flatten()(x))",
    ],
    "Embedding(16) → MultiHeadAttention(2, 8) → Flatten()": [
        (
            "i = Input((9,))\nx = Embedding(99, 16)(i)\nx = MultiHeadAttention(num_heads=2, key_dim=8)(x, x)\n"
            "m = Model(i, Flatten()(x))"
        ),
    ],
    BOTH: [
        "m = Sequential([Embedding(1000, 16), Bidirectional(LSTM(32))])",
        "m = Sequential([Embedding(1000, 16), Bidirectional(layer=LSTM(32), merge_mode='concat')])",
        "cell = LSTM(32)\nm = Sequential([Embedding(1000, 16), Bidirectional(cell)])",
    ],
    "Embedding(16) → GRU(32)": [
        "m = Sequential([Embedding(1000, 16), CuDNNGRU(32)])",
    ],
    "Embedding(16) → GlobalAveragePooling1D()": [
        "m = Sequential([Embedding(1000, 16), GlobalAvgPool1D()])",
    ],
    "Embedding(16) → GlobalMaxPooling1D()": [
        "m = Sequential([Embedding(1000, 16), GlobalMaxPool1D()])",
    ],
    "Embedding(16) → MaxPooling1D(pool_size=3) → Flatten()": [
        "m = Sequential([Embedding(1000, 16), MaxPool1D(pool_size=3, strides=None), Flatten()])",
    ],
    'Embedding(16) → Conv1D(8, 5, activation="relu") → GlobalMaxPooling1D()': [
        "m = Sequential([Embedding(1000, 16), Convolution1D(8, (5,), activation=tf.nn.relu), GlobalMaxPooling1D()])",
    ],
    'Embedding(16) → Flatten() → Dense(6, activation="relu")': [
        "m = Sequential([Embedding(1000, 16), Flatten(), Dense(6, activation=keras.activations.relu)])",
    ],
    "Embedding(16) → Flatten() → Dense(6) → Dropout(0.5)": [
        "m = Sequential([Embedding(1000, 16), Flatten(), Dense(6, activation='linear'), Dropout(.5, seed=3)])",
    ],
    LSTM_32 + ANSWER: [
        "m = Sequential([Embedding(1000, 16), LSTM(32), Dense(1, activation='sigmoid')])\nm.summary()",
        "Embedding(16) -> LSTM(32) -> Dense(1, activation='sigmoid')",
    ],
    "Embedding(16) → GRU(8, return_sequences=True) → GRU(4)": [
        "m = Sequential([Embedding(vectorizer.vocabulary_size(), 16)])\nfor u in (8, 4, 2):\n    if u == 2:\n"
        "        break\n    m.add(GRU(u, return_sequences=u > 4))",
        "n = 2\nm = Sequential([Embedding(9, 16)])\nfor i in range(n):\n"
        "    m.add(GRU(8 // (i + 1), return_sequences=i < n - 1))",
        "def build(cell):\n    m = Sequential([Embedding(9, 16)])\n    if cell == 'gru':\n"
        "        m.add(GRU(8, return_sequences=True))\n    else:\n        m.add(LSTM(8))\n    return m\n"
        "model = build('gru')\nmodel.add(GRU(4 if model else 3) if False else GRU(4))",
        "m = Sequential([TextVectorization(max_tokens=9), Embedding(9, 16), GRU(8, return_sequences=True), GRU(4)])",
        "m = Sequential([Embedding(9, 16)])\n[m.add(GRU(u, return_sequences=u > 4)) for u in (8, 4)]",
        "parts = [Embedding(9, 16)]\nparts += [GRU(u, return_sequences=i == 0) for i, u in enumerate([8, 4])]\n"
        "m = Sequential(parts)",
        "m = Sequential([Embedding(9, 16), *[GRU(u, return_sequences=r) for u, r in zip((8, 4), (True, False))]])",
        "m = Sequential([Embedding(9, 16)])\nfor u in reversed((4, 8)):\n    m.add(GRU(u, return_sequences=u > 4))",
        "p = dict(units=8)\nm = Sequential([Embedding(9, 16), GRU(p['units'], return_sequences=True),\n"
        "GRU(p.get('last', 4))])",
        "class Config:\n    dim: int = 16\n    units = 8\nc = Config()\nm = Sequential([Embedding(9, c.dim),\n"
        "GRU(c.units, return_sequences=True), GRU(Config.units // 2)])",
        "@dataclass\nclass Config:\n    units: int = 3\nc = Config(units=8)\nm = Sequential([Embedding(9, 16),\n"
        "RNN(GRUCell(c.units), return_sequences=True), RNN(cell=GRUCell(4))])",
        "m = Sequential()\nm.add(Embedding(9, 16))\nm.add(GRU(output_dim=8, return_sequences=True))\n"
        "m.add(GRU(4, inner_activation='sigmoid', dropout_W=0.))",
    ],
    "Embedding(16, trainable=False) → LSTM(32)": [
        "m = Sequential([Embedding(9, 16, trainable=False), LSTM(32)])",
        "Embedding(16, trainable=False) → LSTM(32)",
    ],
    'Embedding(16, trainable=False, mask_zero=True, vectors="word2vec_1") → LSTM(32)': [
        "Embedding(16, vectors='word2vec of the dataset', mask_zero=True, trainable=False) → LSTM(32)",
    ],
    "Embedding(16, mask_zero=True) → LSTM(32)": [
        "m = Sequential([Embedding(9, 16, mask_zero=True), LSTM(32)])",
        "Embedding(16, mask_zero=True) → LSTM(32)",
    ],
    'Embedding(16) → Dense(3) → Activation("relu") → Flatten()': [
        "m = Sequential([Embedding(9, 16), TimeDistributed(Dense(3)), ReLU(), Flatten()])",
    ],
    'Embedding(16) → LSTM(32, activation="relu", recurrent_activation="hard_sigmoid")': [
        "m = Sequential([Embedding(9, 16), LSTM(32, 'relu', 'hard_sigmoid')])",
        "m = Sequential([Embedding(9, 16), CuDNNLSTM(32, activation=tf.nn.relu, recurrent_activation='hard_sigmoid')])",
    ],
    "Embedding(16) → GRU(32, use_bias=False, go_backwards=True, reset_after=False)": [
        "m = Sequential([Embedding(9, 16), GRU(32, use_bias=False, reset_after=False, go_backwards=True)])",
    ],
    'Embedding(16) → Conv1D(8, 5, padding="same", strides=2) → Flatten() → Dense(3, use_bias=False)': [
        "m = Sequential([Embedding(9, 16), Conv1D(8, 5, 2, 'same'), Flatten(), Dense(3, None, False)])",
        "m = Sequential([Embedding(9, 16), Conv1D(8, 5, strides=(2,), padding='same'), Flatten(),\n"
        "Dense(3, use_bias=False)])",
    ],
    "Embedding(16) → AveragePooling1D(3) → Flatten() → BatchNormalization() → LeakyReLU()": [
        "m = Sequential([Embedding(9, 16), AvgPool1D(3), Flatten(), BatchNormalization(), LeakyReLU(alpha=0.3)])",
        "m = Sequential([Embedding(9, 16), AveragePooling1D(3, 3), Flatten(),\n"
        "BatchNormalization(axis=-1, scale=True), LeakyReLU(0.3)])",
    ],
    'Embedding(16) → LSTM(32) → Activation("relu") → GaussianNoise(0.1) → RepeatVector(4) → ELU() → Flatten()': [
        "m = Sequential([Embedding(9, 16), LSTM(32), Activation('relu'), GaussianNoise(0.1), RepeatVector(4), ELU(), "
        "Flatten()])",
        "m = Sequential([Embedding(9, 16), LSTM(32), Activation(tf.nn.relu), GaussianNoise(stddev=0.1),"
        "\nRepeatVector(n=4), ELU(alpha=1.0), Flatten()])",
    ],
    "Embedding(16) → LSTM(32, kernel_regularizer=L2(0.01), recurrent_regularizer=L1(0.001)) → "
    'Dense(4, activation="relu", bias_regularizer=L1L2(0.001, 0.02))': [
        "m = Sequential([Embedding(9, 16), LSTM(32, kernel_regularizer='l2', recurrent_regularizer=l1(0.001)),\n"
        "Dense(4, 'relu', bias_regularizer=regularizers.l1_l2(l1=0.001, l2=0.02))])",
        "m = Sequential([Embedding(9, 16), LSTM(32, kernel_regularizer=tf.keras.regularizers.L2(l2=1e-2),\n"
        "recurrent_regularizer=keras.regularizers.L1(1e-3)), Dense(4, activation='relu', kernel_regularizer=None,\n"
        "bias_regularizer=L1L2(1e-3, 2e-2))])",
        "rate = 0.02\nm = Sequential([Embedding(9, 16), LSTM(32, kernel_regularizer=l2(rate / 2),\n"
        "recurrent_regularizer=l1(1e-3)), Dense(4, 'relu', bias_regularizer=l1_l2(1e-3, rate))])",
    ],
    "Embedding(16) → Conv1D(8, 3, kernel_regularizer=L2(0.001)) → GlobalMaxPooling1D()": [
        "m = Sequential([Embedding(9, 16), Conv1D(8, 3, kernel_regularizer=l2(0.001)), GlobalMaxPooling1D()])",
    ],
    'Embedding(16) → MaxPooling1D(pool_size=3, strides=1, padding="same") → '
    "AveragePooling1D(4, strides=2) → Flatten()": [
        "m = Sequential([Embedding(9, 16), MaxPool1D(3, 1, 'same'), AvgPool1D(4, strides=2), Flatten()])",
        "m = Sequential([Embedding(9, 16), MaxPooling1D(pool_size=(3,), strides=(1,), padding='same'),\n"
        "AveragePooling1D(4, 2, 'valid'), Flatten()])",
    ],
    "Embedding(16) → Permute((2, 1)) → Reshape((8, -1)) → Masking() → LSTM(4)": [
        "m = Sequential([Embedding(9, 16), Permute((2, 1)), Reshape((8, -1)), Masking(mask_value=0.), LSTM(4)])",
        "m = Sequential([Embedding(9, 16), Permute(dims=[2, 1]), Reshape(target_shape=[8, -1]), Masking(0.0),\n"
        "LSTM(4)])",
    ],
    "Embedding(16) → Flatten() → Reshape((40,)) → PReLU() → Reshape((-1, 1)) → PReLU(shared_axes=1) → Flatten()": [
        "n = 40\nm = Sequential([Embedding(9, 16), Flatten(), Reshape((n,)), PReLU(), Reshape((-1, 1)),\n"
        "PReLU(alpha_initializer='zeros', shared_axes=[1]), Flatten()])",
        "n = 40\nm = Sequential([Embedding(9, 16), Flatten(), Reshape((n,)), PReLU(), Reshape((-1, 1)),\n"
        "TimeDistributed(PReLU()), Flatten()])",
    ],
    'Embedding(16) → Conv1D(8, 3, activation="relu", padding="same") → MaxPooling1D() → Flatten()': [
        "m = Sequential([Embedding(9, 16), Convolution1D(nb_filter=8, filter_length=3, border_mode='same',\n"
        "activation='relu'), MaxPooling1D(pool_length=2), Flatten()])",
    ],
    "Embedding(16) → Flatten() → LayerNormalization(epsilon=1e-06) → BatchNormalization(epsilon=1e-05)": [
        "m = Sequential([Embedding(9, 16), Flatten(), LayerNormalization(epsilon=1e-6),\n"
        "BatchNormalization(epsilon=0.00001)])",
    ],
    "Embedding(16) → Dropout(0.3) → LayerNormalization() → Flatten()": [
        "m = Sequential([Embedding(9, 16), TimeDistributed(Dropout(0.3)), TimeDistributed(LayerNormalization()),\n"
        "TimeDistributed(Flatten()), Flatten()])",
    ],
    'Embedding(16) → Bidirectional(LSTM(8), backward_layer=LSTM(8, activation="relu", go_backwards=True))': [
        "m = Sequential([Embedding(9, 16), Bidirectional(LSTM(8), backward_layer=LSTM(8, 'relu', go_backwards=True))])",
        "there = LSTM(8)\nback = LSTM(8, activation='relu', go_backwards=True)\n"
        "m = Sequential([Embedding(9, 16), Bidirectional(there, merge_mode='concat', backward_layer=back)])",
    ],
    "Embedding(16) → Attention() → AdditiveAttention(use_scale=False) → Attention(use_scale=True) → Flatten()": [
        "i = Input((9,))\nx = Embedding(99, 16)(i)\nx = Attention()([x, x])\n"
        "x = AdditiveAttention(use_scale=False)([x, x, x])\nx = Attention(True, 'dot', seed=1)([x, x])\n"
        "m = Model(i, Flatten()(x))",
    ],
    "Embedding(16) → MultiHeadAttention(2, 8, dropout=0.1) → Flatten()": [
        "i = Input((9,))\nx = Embedding(99, 16)(i)\nx = MultiHeadAttention(2, 8, dropout=0.1)(x, x)\n"
        "m = Model(i, Flatten()(x))",
    ],
}
