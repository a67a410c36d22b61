"""Pasting a model on the page Compose."""

import pytest

from tests.dashboard.pages import texts

CODE = """
from keras import layers
# a small model
model = keras.Sequential([
    layers.Embedding(1000, 16, input_length=50),
    layers.LSTM(units),  # the memory
    layers.Dense(1, activation="sigmoid"),
])
model.compile("rmsprop", "binary_crossentropy")
model.fit(x, y, batch_size=50, epochs=4)
"""
EXACT = CODE.replace("units", "24")


@pytest.fixture
def paste(open_page):
    def pasted(code, **query):
        app = open_page("compose", paste_open="true", **query)
        app.text_area(key="pasted_code").set_value(code).run()
        assert not app.exception
        return app

    return pasted


def stack(app):
    return app.text_input(key="stack").value


def test_pasted_code_is_still_there_after_another_page(paste):
    app = paste(EXACT)
    app.switch_page("app_pages/layers.py").run()
    app.switch_page("app_pages/compose.py")
    app.query_params["paste_open"] = "true"
    app.run()
    assert not app.exception and app.text_area(key="pasted_code").value == EXACT
    app.text_area(key="pasted_code").set_value("").run()
    assert app.text_area(key="pasted_code").value == ""


def test_only_what_was_typed_is_kept_for_the_field_not_an_uploaded_script(paste):
    app = paste("# typed")
    app.get("file_uploader")[0].upload("model.py", EXACT.encode(), "text/x-python")
    app.run()
    assert "LSTM(24)" in texts(app, "code")
    app.switch_page("app_pages/layers.py").run()
    app.switch_page("app_pages/compose.py")
    app.query_params["paste_open"] = "true"
    app.run()
    assert not app.exception and app.text_area(key="pasted_code").value == "# typed"


def test_a_pasted_model_is_taken_over_by_a_click_and_undone(paste):
    app = paste(EXACT)
    before = stack(app)
    assert "is the answer, which Unroll adds itself" in texts(app, "markdown")
    assert "Passed over" not in texts(app, "caption"), "the button below offers input_length as the number of tokens"
    assert "50 tokens" in app.button(key="take_settings").label
    app.button(key="take_pasted").click().run()
    assert stack(app) == "Embedding(16) → LSTM(24)" and not app.error
    app.button(key="undo_stack").click().run()
    assert stack(app) == before


def test_what_the_text_does_not_say_is_asked_for(paste):
    app = paste(CODE)
    assert "Your code does not give these values" in texts(app, "markdown")
    assert not [each for each in app.button if each.key == "take_pasted"]
    app.number_input(key="ask units").set_value(7).run()
    app.number_input(key="ask units").set_value(9).run()
    app.button(key="take_pasted").click().run()
    assert stack(app) == "Embedding(16) → LSTM(9)" and not app.exception
    app.number_input(key="ask units").set_value(None).run()
    assert not [each for each in app.button if each.key == "take_pasted"]


def test_the_word_vectors_of_a_matrix_are_asked_for(paste):
    app = paste("m = Sequential([Embedding(9, 16, weights=[matrix], trainable=False), LSTM(4)])")
    app.selectbox(key="ask matrix").select("word2vec_1").run()
    app.button(key="take_pasted").click().run()
    assert stack(app) == 'Embedding(16, trainable=False, vectors="word2vec_1") → LSTM(4)' and not app.exception
    assert app.selectbox(key="row vectors").value == "word2vec_1" and not app.toggle(key="row trainable").value
    app = paste("m = Sequential([Embedding(9, 16, weights=[matrix]), LSTM(4, kernel_regularizer=penalty)])")
    app.selectbox(key="ask matrix").select("random").run()
    app.selectbox(key="ask penalty").select("L2(0.001)").run()
    app.button(key="take_pasted").click().run()
    assert stack(app) == "Embedding(16) → LSTM(4, kernel_regularizer=L2(0.001))" and not app.exception


def test_one_button_sets_what_the_text_says_of_texts_and_training(paste):
    app = paste(EXACT)
    button = app.button(key="take_settings")
    assert button.label == (
        "Set a vocabulary of 1,000, 50 tokens, optimizer rmsprop, learning rate 0.001, batch 50, 4 epochs"
    )
    button.click().run()
    assert app.number_input(key="vocabulary").value == 1_000 and app.number_input(key="length").value == 50
    assert "Set as in the text" in texts(app, "caption")
    link = next(each for each in app.get("page_link") if "Compare" in each.proto.label or "Train" in each.proto.label)
    query = link.proto.query_string
    assert "batch=50" in query and "optimizer=rmsprop" in query and "epochs=4" in query


def test_settings_outside_of_the_limits_are_named(paste):
    app = paste(EXACT.replace("1000", "600000"))
    assert "Not possible here: a vocabulary of 600,000." in texts(app, "caption")
    assert "vocabulary" not in app.button(key="take_settings").label


def test_a_last_dense_that_does_not_fit_is_a_choice(paste):
    app = paste("Sequential([Embedding(120, 42), LSTM(10), Dense(8)])")
    assert "The model ends with Dense(8)" in texts(app, "markdown")
    app.button(key="take 0").click().run()
    assert stack(app) == "Embedding(42) → LSTM(10)"
    app.button(key="take 1").click().run()
    assert stack(app) == "Embedding(42) → LSTM(10) → Dense(8)" and not app.error


def test_of_several_models_one_is_chosen(paste):
    app = paste("a = Sequential([Embedding(9, 3), GRU(2)])\nb = Sequential([Embedding(9, 4), LSTM(2)])")
    box = app.selectbox(key="pasted_model")
    assert box.label == "The text has 2 models" and box.value == 1
    box.select(0).run()
    app.button(key="take_pasted").click().run()
    assert stack(app) == "Embedding(3) → GRU(2)"
    app.text_area(key="pasted_code").set_value("c = Sequential([Embedding(9, 5), LSTM(1)])").run()
    app.button(key="take_pasted").click().run()
    assert stack(app) == "Embedding(5) → LSTM(1)" and not app.exception


def test_what_unroll_lacks_is_named_before_anything_is_taken(paste):
    app = paste("Sequential([Embedding(9, 3), Conv2D(3, 3), Flatten(), Dense(1, 'sigmoid')])")
    assert "Unroll has no Conv2D" in texts(app, "warning")
    assert app.button(key="take_pasted").label == "Take it without them"


@pytest.mark.parametrize(
    ("code", "sentence"),
    [("print(1)\nx = 2", "There is no Keras model"), ("class Net(Model): pass", "a subclass of a Keras model"),
     ("x" * 50_001, "up to 50,000 characters"), ("<b>*x*</b>", "a layer begins with its name")],
)  # fmt: skip
def test_a_text_that_cannot_be_read_is_explained(paste, code, sentence):
    app = paste(code)
    assert sentence in texts(app, "error") and "<b>" not in app.error[0].value


def test_a_summary_is_compared_with_the_stack_on_the_page(paste):
    table = """Layer (type)   Output Shape   Param #
 embedding (Embedding)  (None, 120, 16)  160000
 flatten (Flatten)      (None, 1920)     0
 dense (Dense)          (None, 1)        1921
"""
    app = paste(table, stack="Embedding(16) → Flatten()")
    assert "have the same layers, shapes and parameters" in texts(app, "info")
    app = paste(table, stack="Embedding(16) → Flatten() → Dense(4)")
    assert "Layer 3 differs" in texts(app, "info")
    app.selectbox(key="ask activation of layer 3").select("sigmoid").run()
    app.button(key="take_pasted").click().run()
    assert stack(app) == "Embedding(16) → Flatten()" and not app.exception


@pytest.mark.parametrize(
    ("typed", "kept"),
    [("Embedding(16) → Flatten() → Dense(1, 'sigmoid')", 1), ("Sequential([Embedding(9, 4), Flatten()])", 1)],
)
def test_an_answer_that_is_typed_is_not_added_twice(open_page, typed, kept):
    app = open_page("compose", stack=typed)
    assert not app.exception and not app.error
    assert len([box for box in app.selectbox if box.key.endswith(" kind")]) == kept


def test_a_typed_answer_that_does_not_fit_is_a_choice_and_stays_chosen(open_page):
    app = open_page("compose", stack="Embedding(16) → Flatten() → Dense(3, 'softmax')")
    assert "choose what becomes of the last layer" in texts(app, "error")
    app.button(key="ending 1").click().run()
    assert stack(app) == 'Embedding(16) → Flatten() → Dense(3, activation="softmax")' and not app.error
    app.run()
    assert not app.error and not app.exception


def test_a_model_that_is_typed_into_the_one_line_is_sent_to_the_field_for_it(open_page):
    app = open_page("compose", stack="model = Sequential([Embedding(9, 4), LSTM(units)])")
    assert "does not say the value of units" in texts(app, "error")
    assert "under “Paste a Keras model”" in texts(app, "error")


@pytest.mark.parametrize(
    ("code", "total", "of_weights"),
    [
        (
            "Sequential([Embedding(120, 42, input_length=33), Bidirectional(LSTM(56, return_sequences=True)),\n"
            "Bidirectional(LSTM(12)), Dense(8)])",
            "61,592", (),
        ),
        (
            "Sequential([Embedding(120, 42, input_length=33), Conv1D(56, 5, activation='relu'), MaxPooling1D(4),\n"
            "Bidirectional(LSTM(12)), Dense(8)])",
            "23,680", (),
        ),
        ("Sequential([LSTM(100, input_shape=(70, 5)), Dense(80)])", "50,480", (2_000, 40_000, 400)),
        (
            "Sequential([LSTM(100, input_shape=(70, 5), return_sequences=True), Dense(80)])",
            "50,480", (2_000, 40_000, 400),
        ),
    ],
)  # fmt: skip
def test_a_published_model_is_counted_as_it_is(paste, code, total, of_weights):
    app = paste(code)
    app.toggle(key="paste_count").set_value(True).run()
    assert f"**{total} parameters** of the model as it is pasted" in texts(app, "markdown")
    table = next(each.value for each in app.dataframe if "With numbers" in each.value)
    sums = table[table["Layer"] == "1 LSTM"].groupby("Weight")["Parameters"].sum()
    assert not of_weights or sorted(sums) == sorted(of_weights)
    assert not app.exception


def test_a_model_whose_layers_do_not_fit_is_explained_when_it_is_counted(paste):
    app = paste("Sequential([LSTM(3, input_shape=(7, 2)), LSTM(3)])")
    assert "so it reads numbers" in texts(app, "error")
    app.toggle(key="paste_count").set_value(True).run()
    assert "the steps are gone" in texts(app, "error") and not app.exception
