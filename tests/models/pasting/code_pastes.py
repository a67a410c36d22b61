"""Pastes whose models are written by classes, conditions, loops and changes, or are copied with what is around them."""

from models.pasting.training_calls import Settings

GRU_4 = 'Embedding(8) → GRU(4) → Dense(1, activation="sigmoid")'
FROZEN = 'Embedding(8, trainable=False) → GRU(4) → Dense(1, activation="sigmoid")'
END = "Dense(1, activation='sigmoid')"
MODEL = f"m = Sequential([Embedding(90, 8), GRU(4), {END}])\n"
ADDED = ["m = Sequential()", "m.add(Embedding(90, 8))", "m.add(GRU(4))", f"m.add({END})"]
LAST_DENSE = f"m.add({END})\n"


def lines(*texts, before=""):
    return "".join(f"{before}{text}\n" for text in texts)


BY_STACK = {
    GRU_4: [
        # blocks that hold a whole model
        "for train, test in folds.split(x):\n" + lines(*ADDED, before="    "),
        "for train, test in folds.split(x):\n    i = Input((9,))\n    x = Embedding(90, 8)(i)\n    x = GRU(4)(x)\n"
        f"    m = Model(i, {END}(x))",
        "while True:\n    " + MODEL + "    break",
        "if os.path.exists(path):\n    m = load_model(path)\nelse:\n    " + MODEL + "m.summary()",
        "try:\n    m = load_model(path)\nexcept OSError:\n    " + MODEL,
        "match cell:\n    case 'gru':\n        " + MODEL,
        # conditions and loops that the text decides
        f"def build(matrix=None, rate=0.0):\n    m = Sequential()\n    if matrix is not None:\n        m.add(GRU(1))\n"
        f"    m.add(Embedding(90, 8))\n    if rate:\n        m.add(Dropout(rate))\n    if not matrix and rate < 1:\n"
        f"        m.add(GRU(4))\n    {LAST_DENSE}    return m\nm = build()",
        f"def build(name):\n    m = Sequential([Embedding(90, 8)])\n    if name in ('gru', 'bigru'):\n"
        f"        m.add(GRU(4))\n    else:\n        m.add(LSTM(4))\n    {LAST_DENSE}    return m\nm = build('gru')",
        f"m = Sequential([Embedding(90, 8)])\nn = 4\nwhile n < 5:\n    m.add(GRU(n))\n    n += 1\n{LAST_DENSE}",
        f"size = None or 4\nm = Sequential([Embedding(90, 8), GRU(size), {END}])",
        f"m = Sequential([Embedding(90, 8)] + [GRU(4)] * 1 + [{END}])",
        # other names of layers, arguments and functions
        f"RNN = layers.GRU\nm = Sequential([Embedding(90, 8), RNN(4), {END}])",
        f"KINDS = {{'gru': GRU, 'lstm': LSTM}}\nm = Sequential([Embedding(90, 8), KINDS['gru'](4), {END}])",
        f"for name, kind in [('a', GRU)]:\n    m = Sequential([Embedding(90, 8), kind(4), {END}])",
        f"Small = partial(layers.GRU, units=4)\nm = Sequential([Embedding(90, 8), Small(), {END}])",
        f"def make(n):\n    return Sequential([Embedding(90, 8), GRU(n), {END}])\nbuild = make\nm = build(4)",
        f"build = lambda n: Sequential([Embedding(90, 8), GRU(n), {END}])\nm = build(4)",
        f"(m := Sequential([Embedding(90, 8)])).add(GRU(4))\n{LAST_DENSE}",
        "try:\n    from keras.layers import CuDNNGRU as RNN\nexcept ImportError:\n"
        "    from keras.layers import GRU as RNN\n"
        f"m = Sequential([Embedding(90, 8), RNN(4), {END}])",
        f"kinds = {{'a': lambda: Sequential([Embedding(90, 8), GRU(4), {END}])}}",
        "def build(*parts, **rest):\n    return Sequential(parts, **rest)\n"
        f"m = build(Embedding(90, 8), GRU(4), {END}, name='x')",
        # lists that change
        f"parts = []\nparts.extend([Embedding(90, 8), {END}])\nparts.insert(1, GRU(4))\nm = Sequential(parts)",
        f"sizes = [8]\nsizes.append(4)\nm = Sequential([Embedding(90, sizes[0]), GRU(sizes[1]), {END}])",
        f"p = {{'units': 9}}\np['units'] = 4\nm = Sequential([Embedding(90, 8), GRU(p['units']), {END}])",
        f"parts = (Embedding(90, 8), GRU(9), {END})\nparts = list(parts)\nparts[1] = GRU(4)\nm = Sequential(parts)",
        f"parts = [{END}, GRU(4), Embedding(90, 8)]\nm = Sequential(list(reversed(parts)))",
        f"parts = [{END}, GRU(4), Embedding(90, 8)]\nm = Sequential(parts[::-1])",
        f"sizes = [9, 8]\nsizes[0] = int('4')\nm = Sequential([Embedding(90, sizes[1]), GRU(sizes[0]), {END}])",
        f"for name, n in {{'a': 4}}.items():\n    m = Sequential([Embedding(90, 8), GRU(n), {END}])",
        "n = 9\ndef change():\n    global n\n    n = 4\nchange()\n" + MODEL.replace("4", "n"),
        # classes of the text
        "class Reader:\n    def __init__(self, dim=8, units=9):\n        self.dim, self.units = dim, units\n"
        f"        self.m = self.build()\n    def build(self):\n        return Sequential([Embedding(90, self.dim),\n"
        f"            GRU(self.units), {END}])\nreader = Reader(units=4)",
        "class Reader:\n    def __init__(self, units=4):\n        self.units = units\n    def build(self):\n"
        f"        self.m = Sequential([Embedding(90, 8), GRU(self.units), {END}])",
        "class Config:\n    dim: int = 8\n    units: int = 9\n"
        f"def build(c):\n    return Sequential([Embedding(90, c.dim), GRU(c.units), {END}])\n"
        "m = build(Config(units=4))",
        "class Make:\n    DIM = 8\n    @classmethod\n    def one(cls, units):\n"
        f"        return Sequential([Embedding(90, cls.DIM), GRU(units), {END}])\nm = Make.one(4)",
        "class Make:\n    @staticmethod\n    def one(units):\n"
        f"        return Sequential([Embedding(90, 8), GRU(units), {END}])\nm = Make.one(4)",
        f"args = SimpleNamespace(units=4)\nm = Sequential([Embedding(90, 8), GRU(args.units), {END}])",
        "def build(n):\n    if not valid(n):\n        return None\n    k = 2 * n\n    m = Sequential()\n"
        f"    m.add(Embedding(90, k))\n    m.add(GRU(n))\n    m.add({END})\n    return m\nm = build(4)",
        # a first version of Keras, and Python 2
        f"i = Input((9,))\nx = GRU(4)(Embedding(90, 8)(i))\nm = Model(input=i, output={END}(x))",
        "m = Sequential([Embedding(90, 8, init='uniform'), GRU(4, consume_less='gpu', forget_bias_init='one'),\n"
        f"{END}])",
        "def build():\n    print 'building'\n    m = Sequential()\n    m.add(Embedding(90, 8))\n    m.add(GRU(4))\n"
        f"    m.add({END})\n    print 'built', m\n    return m",
        f"m = Sequential([Embedding(90, 8), GRU(4, time_major=False, return_sequences=0), {END}])",
        # what stands around code
        MODEL + "m.fit(x, y)\n" + "Epoch 1/60\n782/782 [=====] - 12s 15ms/step - loss: 0.69\n" * 60,
        MODEL + "782/782 ━━━━━━━━━━ 9s 11ms/step - loss: 0.69\n" * 120,
        MODEL + "\n".join(f"Line {number} of a question, which isn't code" for number in range(70)),
        "Take the Sequential() class for it:\n\n" + lines(*ADDED, before="    ") + "\nIt isn't hard: Dense(1) ends it.",
        lines(*(f"{number}  {line}" for number, line in enumerate(ADDED, start=8))),
        lines(*(f"{number}:\t{line}" for number, line in enumerate(ADDED, start=1))),
        lines(*ADDED, before="> "),
        "@@ -1,4 +1,4 @@\n" + lines(*ADDED[:2], before=" ") + "-m.add(LSTM(4))\n" + lines(*ADDED[2:], before="+"),
        MODEL.replace("'", "&#39;"),
        "[5]: " + MODEL + "\n[6]: m.summary()",
        MODEL.replace("90, 8", "90，8").replace("GRU(4)", "GRU（4）"),
        f"    layers.Embedding(90, 8),\n    layers.GRU(4),\n    layers.{END}\n])",
        MODEL + 'Model: "sequential"\n_____\nLayer (type)     Output Shape     Param #\n====\n'
        "embedding (Embedding)     (None, 9, 8)     720\n",
    ],
    FROZEN: [
        MODEL.replace("8)", "8, name='words')") + "m.get_layer('words').trainable = False",
        MODEL + "m.layers[0].trainable = False",
        f"e = Embedding(90, 8)\ne.trainable = False\nm = Sequential([e, GRU(4), {END}])",
        f"i = Input((9,))\nm = Model(i, {END}(GRU(4)(Embedding(90, 8)(i))))\nm.layers[1].trainable = False",
        MODEL + "for layer in m.layers[:1]:\n    layer.trainable = False",
        MODEL + "m.get_layer(index=0).trainable = False",
    ],
    "Embedding(256) → GRU(1024)": ["m = Sequential([Embedding(90, 256), GRU(1024)])"],
    "Embedding(8) → Dropout(0.1) → GRU(4) → Dropout(0.1)": [
        "d = Dropout(0.1)\nm = Sequential([Embedding(90, 8), d, GRU(4), d])",
    ],
    "Embedding(8) → GRU(4) → Dense(3) → LeakyReLU(negative_slope=0.1) → "
    'Dense(2, activation="relu") → Activation("relu")': [
        "m = Sequential([Embedding(90, 8), GRU(4), Dense(3, activation=LeakyReLU(alpha=0.1)), Dense(2, 'relu'),\n"
        "Activation(relu)])",
        "i = Input((9,))\nx = GRU(4)(Embedding(90, 8)(i))\nx = Dense(3, activation=layers.LeakyReLU(0.1))(x)\n"
        "x = Dense(2, activation=relu)(x)\nm = Model(i, tf.nn.relu(x))",
    ],
    "Embedding(8) → GRU(4, kernel_regularizer=L2(0.001))": [
        "m = Sequential([Embedding(90, 8), GRU(4, kernel_regularizer=l2(l=0.001))])",
    ],
    'Embedding(8) → GRU(4) → Activation("softmax") → Flatten()': [
        "m = Sequential([Embedding(90, 8), GRU(4), Softmax(axis=-1), Flatten(data_format='channels_last')])",
    ],
}

EXPLAINED = {
    # what may be another model
    "i = Input((9,))\nx = Embedding(90, 8)(i)\nif deep:\n    x = GRU(4)(x)\nm = Model(i, Flatten()(x))": "under an if",
    "if both:\n    m = Sequential([Embedding(90, 8), Bidirectional(GRU(4))])\nm.add(Dense(1))": "under an if",
    "if both:\n    m = Sequential([Embedding(90, 8), GRU(4)])\nm = Sequential([m, Dense(1)])": "under an if",
    "m = Sequential([Embedding(90, 8)])\nm.add(GRU(4)) if small else m.add(GRU(9))": "which is not followed",
    "m = Sequential([Embedding(90, 8)])\ndeep and m.add(GRU(4))": "which is not followed",
    "m = Sequential([Embedding(90, 8)])\nmatch cell:\n    case 'gru':\n        m.add(GRU(4))": "under a match",
    "for u in units:\n    m.add(GRU(4))": "in a loop",
    "x = Embedding(90, 8)(i)\nfor _ in range(n):\n    x = Dense(4)(x)\nm = Model(i, Flatten()(x))": "in a loop",
    "parts = [Embedding(90, 8)]\nif deep:\n    parts.append(GRU(4))\nm = Sequential(parts)": "does not write out",
    "def cell(x):\n    if flag:\n        return GRU(4)(x)\n    return LSTM(4)(x)\n"
    "m = Model(i, cell(Embedding(90, 8)(i)))":
        "under an if",
    MODEL + "m.layers[k].trainable = False": "The model is changed by m.layers[k].trainable, which is not followed",
    MODEL + "m.layers[1].units = 9": "The model is changed by m.layers[1].units, which is not followed",
    MODEL + "m.get_layer('gru').units = 9": "The model is changed by m.get_layer('gru').units, which is not followed",
    f"g = GRU(4)\ng.units = 9\nm = Sequential([Embedding(90, 8), g, {END}])": "GRU has no argument g.units",
    MODEL + "m.layers.pop()": "The model is changed by m.layers.pop(), which is not followed",
    "m = Sequential([Embedding(90, 8)])\nlist(map(m.add, [GRU(4)]))": "The model is changed by m.add, which is not",
    MODEL + "setattr(m.layers[0], 'trainable', False)": "The model is changed by setattr(m.layers[0], 'trainable'",
    MODEL + "del m.layers[1]": "The model is changed by m.layers, which is not followed",
    MODEL + "m.layers[1] = LSTM(4)": "The model is changed by m.layers, which is not followed",
    "parts = [Embedding(90, 8), GRU(4)]\ndel parts[1]\nm = Sequential(parts)": "which the text does not write out",
    # what may leave a loop or a function
    "m = Sequential([Embedding(90, 8)])\nfor u in (8, 4):\n    if stop:\n        break\n    m.add(GRU(u))":
        "under an if",
    "m = Sequential([Embedding(90, 8)])\nfor u in (8, 4):\n    if skip:\n        continue\n    m.add(GRU(u))":
        "under an if",
    "def build():\n    m = Sequential([Embedding(90, 8), GRU(4)])\n    if short:\n        return m\n"
    "    m.add(Dense(1))\n    return m": "under an if",
    # tensors of which something else is made
    "x = GRU(4)(Embedding(90, 8)(i))\nx, scores = Read()(x)\ny = Dense(1)(x)": "is not in the text",
    "x = GRU(4)(Embedding(90, 8)(i))\nz = other['x']\ny = Dense(1)(z)": "There is no Keras model in this text",
    "x = Embedding(90, 8)(i)\nx = GRU(4, return_sequences=True)(x)\nx = x[:, -1]\nm = Model(i, Dense(1)(x))":
        "x[:, -1] is no call of a layer",
    "x = Embedding(90, 8)(i)\nx = tf.reduce_mean(x, axis=1)\nx = Dense(1)(x)": "tf.reduce_mean(x, axis=1) is no call",
    "x = Embedding(90, 8)(i)\nx = x * 2\nm = Model(i, Flatten()(x))": "x * 2 is no call of a layer",
    "x = GRU(4)(Embedding(90, 8)(i))\nx = head(x)": "head(x) is no call of a layer",
    "e = Embedding(90, 8)(i)\na = GRU(4)(e)\nb = GRU(4, go_backwards=True)(e)\n"
    "m = Model(input=i, output=merge([a, b]))":
        "merge joins several paths",
    # layers that are called in another way
    "x = GRU(4)(Embedding(90, 8)(i))\nx = Dropout(0.5)(x, training=True)": "Dropout is called with training=True",
    "x = Embedding(90, 8)(i)\nx = MultiHeadAttention(2, 4)(x, x, use_causal_mask=True)\nx = Flatten()(x)":
        "MultiHeadAttention is called with use_causal_mask=True, which Unroll does not do: leave it out.",
    "g = GRU(8, return_sequences=True)\nm = Sequential([Embedding(90, 8), g, g, Flatten()])":
        "Layer 3, GRU, is used twice, both times with the same weights",
    # classes of the text
    "class Attention(Layer):\n    def call(self, x):\n        return x\n"
    "m = Sequential([Embedding(90, 8), Attention()])":
        "Layer 2: Attention is a class of the text itself or of another module, which is not read",
    "from attention import Attention as Read\nm = Sequential([Embedding(90, 8), Read()])":
        "Attention is a class of the text itself or of another module",
    "class Net(nn.Module):\n    pass": "Net is a PyTorch model, which Unroll cannot read",
    "m = nn.Sequential(nn.Embedding(90, 8), nn.Flatten())": "This is a PyTorch model, which Unroll cannot read",
    "class Net(tf.keras.Sequential):\n    pass": "Net is a subclass of a Keras model",
}  # fmt: skip

DIFFERENCES = {
    MODEL.replace("GRU(4)", "GRU(4 dropout=0.1)").replace("])", "])\nn = " + MODEL[4:]):
        "Line 1 cannot be read as Python",
    lines(*ADDED[:2], "m.add(LSTM(4 dropout=0.1))", *ADDED[2:]): "Line 3 cannot be read as Python, invalid syntax",
    MODEL + "for layer in m.layers:\n    layer.trainable = False": "GRU: Unroll trains every layer but the embedding",
    MODEL + "m.trainable = False": "Dense: Unroll trains every layer but the embedding",
    MODEL + "m.layers[1].set_weights(w)": "GRU: Unroll begins with random weights, not with w.",
    MODEL.replace("GRU(4)", "GlobalMaxPooling1D(data_format='channels_first')"): 'always "channels_last" in Unroll',
    MODEL.replace("GRU(4)", "Dropout(0.1, noise_shape=(None, 1, 8)), GRU(4)"): "noise_shape is always None in Unroll",
    MODEL.replace("8)", "8, dropout=0.2)"): "Layer 1, Embedding: dropout is always 0.0 in Unroll, not 0.2.",
    MODEL.replace("GRU(4)", "GRU(4, W_constraint=maxnorm(3))"): "kernel_constraint is always None in Unroll",
    MODEL.replace("Dense(1", "Dense(2690"): "Unroll’s answer has up to 1,024 units, not 2,690. It is left out here",
}  # fmt: skip

LEFT_OPEN = {
    "units = 9\nif big:\n    units = 64\n" + MODEL.replace("4", "units"): {"units": 4},
    "p = {'a': {'n': 9, 'd': 8}}\nif big:\n    p['a']['n'] = 64\n"
    + MODEL.replace("8", "p['a']['d']").replace("4", "p['a']['n']"): {"p['a']['n']": 4},
    "n = 0\nfor line in file:\n    n += 1\n" + MODEL.replace("4", "n"): {"n": 4},
    "n = 0\nwhile True:\n    n += 1\n    if fits(n):\n        break\n" + MODEL.replace("4", "n"): {"n": 4},
    "n = 9\nfor n in sizes:\n    " + MODEL.replace("4", "n"): {"n": 4},
    "names = ['a']\nfor each in folder:\n    names.append(each)\n" + MODEL.replace("4", "len(names)"): {
        "len(names)": 4
    },
    "class A:\n    def __init__(self, big):\n        self.n = 9\n        if big:\n            self.n = 64\n"
    "    def build(self):\n        " + MODEL.replace("4", "self.n"): {"self.n": 4},
    MODEL + "for layer in m.layers[:1]:\n    if layer.name in frozen:\n        layer.trainable = False": {
        "layer.trainable": False
    },
    MODEL + "m.layers[0].set_weights([matrix])\nm.layers[0].trainable = False": {"matrix": "word2vec_1"},
    "matrix = np.zeros((90, 8))\nfor word, row in rows.items():\n    matrix[row] = vectors[word]\n"
    + MODEL.replace("8)", "8, weights=[matrix])"): {"matrix": "random"},
    "matrix = np.zeros((90, 8))\nfor word, row in rows.items():\n    matrix[row] = vectors[word]\n"
    "def build(start=None):\n    if start is None:\n        return Sequential([Embedding(90, 8), GRU(4)])\n"
    "    return Sequential([Embedding(90, 8, weights=[start]), GRU(4)])\nm = build(matrix)": {"matrix": "random"},
    "def act(x):\n    return x\n" + MODEL.replace("GRU(4)", "GRU(4, activation=act)"): {"act": "silu"},
    "m = Sequential([Embedding(words, 8), GRU(4), Dense(words, activation='softmax')])": {"words": 500},
}

FIT = MODEL + "m.compile('adam', 'binary_crossentropy')\n"
SETTINGS = {
    FIT + "m.fit(x, y, 64, 5)": Settings(90, None, "adam", 0.001, 64, 5),
    FIT + "m.fit(batches, epochs=5)": Settings(90, None, "adam", 0.001, None, 5),
    MODEL + "m.compile(Adam, tf.keras.losses.binary_crossentropy)": Settings(90, None, "adam", 0.001),
    FIT + "m.fit(x=x, y=y)": Settings(90, None, "adam", 0.001, 32, 1),
    FIT + "m.fit_generator(batches, epochs=5)": Settings(90, None, "adam", 0.001, None, 5),
    FIT + "losses = m.fit(x, y, epochs=5).history['loss']": Settings(90, None, "adam", 0.001, 32, 5),
    f"m = Sequential([Input((1,), dtype='string'), TextVectorization(output_sequence_length=70), {MODEL[16:]}":
        Settings(90, 70),
    "words = {}\nfor word in text:\n    words[word] = len(words)\n" + MODEL.replace("90", "len(words)"): Settings(),
    "class Texts:\n    def __init__(self, size):\n        self.size = size\n    def train(self, m):\n"
    "        m.fit(x, y, 8)\ntexts = Texts(70)\n" + MODEL.replace("90", "texts.size")
    + "texts.train(m)": Settings(70, batch_size=8, epochs=1),
}  # fmt: skip
