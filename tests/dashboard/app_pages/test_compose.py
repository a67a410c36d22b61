import pytest

from dashboard.shell import session
from models.experiments.comparison import COMPOSED
from models.experiments.spec import RunSpec
from models.stacks import named_stacks
from models.stacks.named_stacks import read_stacks, save_stack
from models.stacks.stack_parser import parse_stack
from models.stacks.stack_text import MAX_LAYERS
from tests.dashboard.pages import texts

TWO = "Embedding(16) → GRU(8, return_sequences=True) → GRU(8)"


@pytest.fixture
def open_compose(open_page):
    yield lambda page="compose", **query: open_page(page, **query)
    named_stacks._known.contents = {}, ()


def stack(app):
    return app.text_input(key="stack").value


def kinds(app):
    return [box.value for box in app.selectbox if box.key.endswith(" kind")]


def test_it_opens_with_a_stack_that_works(open_compose):
    app = open_compose()
    assert not app.exception and not app.error and not app.warning
    assert kinds(app) == ["Bidirectional GRU", "GlobalMaxPooling1D", "Dense"]
    assert "163,809 parameters" in texts(app, "markdown")
    assert "→ 120 steps of 32 features, 3,264 parameters" in texts(app, "caption")
    table = app.dataframe[0].value
    assert list(table["Output shape"]) == ["(120, 16)", "(120, 32)", "(32,)", "(16,)", "(1,)"]
    assert table["Formula"][1] == "2 × 3(mn + n² + 2n)" and "GRU(16" in app.code[0].value


def test_what_is_typed_becomes_rows_and_rows_become_text(open_compose):
    app = open_compose()
    app.text_input(key="stack").set_value("Embedding(8) -> LSTM(4)").run()
    assert kinds(app) == ["LSTM"] and app.number_input(key="row embedding").value == 8
    app.number_input(key="row 0 LSTM units").set_value(5).run()
    assert stack(app) == "Embedding(8) → LSTM(5)"
    app.number_input(key="row 0 LSTM dropout").set_value(0.1 + 0.05).run()
    app.selectbox(key="row 0 kind").select("Bidirectional GRU").run()
    assert stack(app) == "Embedding(8) → Bidirectional(GRU(5, dropout=0.15))"
    app.selectbox(key="row 0 Bidirectional GRU merge_mode").select("sum").run()
    app.number_input(key="row embedding").set_value(3).run()
    app.menu_button(key="add at 1").click("Dense").run()
    app.selectbox(key="row 1 Dense activation").select("relu").run()
    assert stack(app) == (
        'Embedding(3) → Bidirectional(GRU(5, dropout=0.15), merge_mode="sum") → Dense(32, activation="relu")'
    )
    app.selectbox(key="row 1 Dense activation").select("None").run()
    assert stack(app).endswith("Dense(32)") and not app.exception and not app.error


def test_fields_of_every_kind_change_the_stack(open_compose):
    app = open_compose(stack="Embedding(8) → LSTM(4) → Reshape((2, 2)) → MaxPooling1D(2) → Flatten() → Dense(3)")
    app.selectbox(key="row 0 LSTM use_bias").select("False").run()
    app.selectbox(key="row 0 LSTM kernel_regularizer").select("L2(0.001)").run()
    app.text_input(key="row 1 Reshape target_shape").set_value("1, 4").run()
    app.number_input(key="row 2 MaxPooling1D strides").set_value(1).run()
    app.selectbox(key="row 2 MaxPooling1D padding").select("same").run()
    app.selectbox(key="row 4 Dense bias_regularizer").select("L1(0.001)").run()
    assert stack(app) == (
        "Embedding(8) → LSTM(4, use_bias=False, kernel_regularizer=L2(0.001)) → Reshape((1, 4)) → "
        'MaxPooling1D(strides=1, padding="same") → Flatten() → Dense(3, bias_regularizer=L1(0.001))'
    )
    app.number_input(key="row 2 MaxPooling1D strides").set_value(None).run()
    app.selectbox(key="row 0 LSTM use_bias").select("True").run()
    assert "strides" not in stack(app) and "use_bias" not in stack(app) and not app.error and not app.exception


def test_the_embedding_begins_with_word_vectors_and_stays_as_it_is(open_compose):
    app = open_compose(stack="Embedding(8) → LSTM(4)")
    app.selectbox(key="row vectors").select("word2vec_1").run()
    app.toggle(key="row trainable").set_value(False).run()
    assert stack(app) == 'Embedding(8, trainable=False, vectors="word2vec_1") → LSTM(4)' and not app.exception
    assert "word2vec of the dataset" in app.code[0].value and "trainable=False" in app.code[0].value
    app.selectbox(key="row vectors").select("random").run()
    app.toggle(key="row trainable").set_value(True).run()
    assert stack(app) == "Embedding(8) → LSTM(4)"


def test_much_memory_is_reported_before_training(open_compose):
    app = open_compose(stack="Embedding(1000) → LSTM(4)", vocabulary="500000")
    assert "needs at least 8." in texts(app, "caption") and "GB of memory" in texts(app, "caption")
    assert "of memory" not in texts(open_compose(stack="Embedding(8) → LSTM(4)"), "caption")


def test_a_value_that_cannot_be_is_explained_and_nothing_changes(open_compose):
    app = open_compose(stack="Embedding(8) → LSTM(4) → Reshape((2, 2)) → Flatten()")
    app.text_input(key="row 1 Reshape target_shape").set_value("two").run()
    assert "target_shape must be one or two whole numbers" in texts(app, "error")
    drawn = list(app.main)
    assert drawn.index(app.error[0]) > drawn.index(app.text_input(key="row 1 Reshape target_shape")), "at its layer"
    assert stack(app) == "Embedding(8) → LSTM(4) → Reshape((2, 2)) → Flatten()"
    assert app.text_input(key="row 1 Reshape target_shape").value == "2, 2"


def test_why_a_value_was_refused_is_dropped_with_its_row(open_compose):
    long, short = "Embedding(8) → LSTM(4) → Reshape((2, 2)) → Flatten()", "Embedding(8) → LSTM(4)"
    app = open_compose(stack=long)
    app.text_input(key="row 1 Reshape target_shape").set_value("two")
    app.text_input(key="stack").set_value(short).run()
    assert not app.exception and not app.error
    app.text_input(key="stack").set_value(long).run()
    assert not app.exception and not app.error


def test_layers_are_moved_removed_and_all_of_it_undone(open_compose):
    app = open_compose(stack="Embedding(8) → Dropout(0.2) → GRU(4)")
    assert app.button(key="undo_stack").disabled and app.button(key="redo_stack").disabled
    app.button(key="Move layer 3 up").click().run()
    assert kinds(app) == ["GRU", "Dropout"]
    app.button(key="Duplicate layer 3").click().run()
    app.button(key="Remove layer 2").click().run()
    assert stack(app) == "Embedding(8) → Dropout(0.2) → Dropout(0.2)"
    for expected in (["GRU", "Dropout", "Dropout"], ["GRU", "Dropout"], ["Dropout", "GRU"]):
        app.button(key="undo_stack").click().run()
        assert kinds(app) == expected
    app.button(key="redo_stack").click().run()
    assert kinds(app) == ["GRU", "Dropout"] and not app.exception
    assert app.button(key="Move layer 2 up").disabled and app.button(key="Move layer 3 down").disabled


def test_an_lstm_on_an_lstm_is_explained_and_fixed_by_a_click(open_compose):
    app = open_compose(stack="Embedding(16) → LSTM(8) → LSTM(8)")
    assert "Layer 3, LSTM(8): LSTM reads a sequence" in texts(app, "error")
    assert "up to the layer that does not work" in texts(app, "markdown") and len(app.dataframe[0].value) == 2
    assert app.button(key="save_stack").disabled
    fix = app.button(key="fix 0")
    assert fix.label == "Set return_sequences=True on layer 2"
    fix.click().run()
    assert stack(app) == "Embedding(16) → LSTM(8, return_sequences=True) → LSTM(8)"
    assert not app.error and not app.button(key="save_stack").disabled


def test_the_length_of_the_texts_counts(open_compose):
    text = "Embedding(16) → MaxPooling1D(4) → Conv1D(8, 6) → GlobalMaxPooling1D()"
    assert not open_compose(stack=text).error
    app = open_compose(stack=text, length="20")
    assert "Of the 20 tokens of a text, layer 2, MaxPooling1D(pool_size=4), left 5." in texts(app, "error")


def test_nonsense_is_explained_and_nothing_is_lost(open_compose):
    app = open_compose(stack=TWO)
    for typed in ("nonsense", "Embedding(16) → LSTMM(3)", "Embedding(16) → LSTM(3", "<b>*x*</b>", " "):
        app.text_input(key="stack").set_value(typed).run()
        assert not app.exception
        assert "Below is the last stack that could be read." in texts(app, "error")
        assert "<b>" not in app.error[0].value
        assert kinds(app) == ["GRU", "GRU"] and stack(app) == typed
    app.button(key="Remove layer 3").click().run()
    assert stack(app) == "Embedding(16) → GRU(8, return_sequences=True)"


def test_a_link_with_nonsense_opens_on_something_that_works(open_compose):
    app = open_compose(stack="LSTM(")
    assert not app.exception and len(app.error) == 1 and kinds(app)


def test_an_empty_stack_shows_how_to_go_on(open_compose):
    app = open_compose()
    app.menu_button(key="start_from").click("Nothing but the embedding").run()
    assert stack(app) == "Embedding(16)" and kinds(app) == []
    assert "The answer needs one vector" in texts(app, "error")
    app.button(key="fix 1").click().run()
    assert stack(app) == "Embedding(16) → GlobalAveragePooling1D()" and not app.error


def test_it_starts_from_a_named_architecture(open_compose):
    app = open_compose()
    app.menu_button(key="start_from").click("Self-attention").run()
    assert not app.exception and not app.error
    assert kinds(app)[:2] == ["Residual", "LayerNormalization"]
    assert "326,497 parameters" in texts(app, "markdown")
    within = app.text_input(key="row 0 within")
    within.set_value("Dense(5)").run()
    app.button(key="row 0 within take").click().run()
    assert "→ Residual(Dense(5)) →" in stack(app) and "both must have the same shape" in texts(app, "error")
    app.text_input(key="row 0 within").set_value("Dense(").run()
    assert "a bracket is not closed" in texts(app, "error")
    app.button(key="undo_stack").click().run()
    assert app.text_input(key="row 0 within").value == "MultiHeadAttention(2, 16) → Dropout(0.1)"


def test_there_are_twenty_layers_and_no_more(open_compose):
    app = open_compose(stack="Embedding(8) → Flatten()" + " → Dense(4)" * (MAX_LAYERS - 1))
    assert not app.exception and len(kinds(app)) == MAX_LAYERS
    assert app.menu_button(key="add at 0").disabled and app.button(key="Duplicate layer 5").disabled
    app.button(key="Remove layer 5").click().run()
    assert not app.menu_button(key="add at 0").disabled


def test_a_stack_too_large_for_the_memory_is_reported(open_compose):
    app = open_compose(stack="Embedding(1024) → Residual(MultiHeadAttention(64, 512)) → Flatten()", length="2000")
    assert "needs at least" in texts(app, "error") and "choose a smaller batch" in texts(app, "error")


def test_a_stack_with_a_name_is_compared_like_a_named_one(open_compose, store):
    app = open_compose(stack=TWO)
    app.text_input(key="stack_name").set_value("two GRUs").run()
    app.button(key="save_stack").click().run()
    assert not app.exception and "“Composed: two GRUs” can be chosen on the page Compare" in texts(app, "success")
    assert "Saved as **two GRUs**." in texts(app, "markdown")
    (saved,) = read_stacks(store.root)[0].values()
    assert saved.text == TWO
    app = open_compose("compare", models=["LSTM", "Composed: two GRUs"], seeds="2", details_open="true")
    assert not app.exception and not app.warning
    assert "**Composed: two GRUs**: 161,065 parameters" in texts(app, "markdown")
    assert app.button(key="train").label == "Train 4 runs"
    app.button(key="train").click().run()
    assert {run.label for run in store.runs(["queued"])} == {"LSTM", "Composed: two GRUs"}


def test_a_stack_is_deleted_and_the_deletion_undone(open_compose, store):
    save_stack(store.root, "two GRUs", parse_stack(TWO))
    app = open_compose()
    app.button(key="open two GRUs").click().run()
    assert stack(app) == TWO
    app.button(key="delete two GRUs").click().run()
    assert not read_stacks(store.root)[0] and "None yet" in texts(app, "caption")
    next(button for button in app.button if button.label == "Undo" and button.key is None).click().run()
    assert list(read_stacks(store.root)[0]) == ["two GRUs"] and not app.exception


@pytest.mark.parametrize(
    ("name", "message"), [("", "A name has 1 to 30"), ("*a*", "A name has"), ("ONE", "choose another")]
)
def test_a_name_that_cannot_be_is_explained(open_compose, store, name, message):
    save_stack(store.root, "one", parse_stack("Embedding(16) → Flatten()"))
    app = open_compose(stack=TWO)
    app.text_input(key="stack_name").set_value(name).run()
    app.button(key="save_stack").click().run()
    assert "Nothing was saved" in texts(app, "error") and message in texts(app, "error")
    drawn = list(app.main)
    assert drawn.index(app.error[0]) > drawn.index(app.button(key="save_stack")), "beside the button"
    assert stack(app) == TWO and list(read_stacks(store.root)[0]) == ["one"]


def test_a_broken_file_is_reported_and_spoils_nothing(open_compose, store):
    save_stack(store.root, "two GRUs", parse_stack(TWO))
    (store.root / "stacks" / "x.json").write_text("{")
    app = open_compose()
    assert "stacks/x.json holds no stack and was skipped" in texts(app, "warning")
    assert app.button(key="open two GRUs")


def test_a_read_only_cache_lets_compose_and_explains_why_nothing_is_saved(open_compose, monkeypatch):
    open_compose()
    monkeypatch.setenv("UNROLL_READ_ONLY", "1")
    session._store_at.clear()
    app = open_compose(stack=TWO)
    assert "so stacks cannot be saved" in texts(app, "caption")
    assert not [button for button in app.button if button.key == "save_stack"]
    app.button(key="Remove layer 3").click().run()
    assert not app.exception and stack(app) == "Embedding(16) → GRU(8, return_sequences=True)"


def test_stacks_without_names_are_compared_and_shown_by_a_short_form(open_compose, store):
    app = open_compose("compare", models="Composed", seeds="1", details_open="true", **{"composed.stack": TWO})
    assert not app.exception and not app.warning
    label = next(value for value in (mark.value.replace("\\", "") for mark in app.markdown) if "161,065" in value)
    assert label.startswith("**Composed #") and "GRU 8, GRU 8" in label
    app.checkbox(key="composed.and").check().run()
    app.text_input(key="composed.2.stack").set_value("Embedding(16), Flatten()").run()
    assert app.button(key="train").label == "Train 2 runs"
    app.text_input(key="composed.2.stack").set_value("Embedding(16), LSTMM(3)").run()
    assert "did you mean LSTM?" in texts(app, "error") and app.button(key="train").label == "Train 1 run"
    app.text_input(key="composed.2.stack").set_value("Embedding(16), LSTM(3), LSTM(3)").run()
    assert "Left out: Composed #" in texts(app, "error") and not app.exception


def test_a_stack_that_is_gone_is_reported_and_left_out(open_compose):
    app = open_compose("compare", models=["LSTM", "Composed: gone"])
    assert not app.exception and "“Composed: gone” as models" in texts(app, "warning")


def test_a_run_of_a_composed_stack_is_listed_and_opened_in_compare(open_compose, store, finish):
    from dashboard.shell import links

    spec = RunSpec.create(
        dataset="imdb", fingerprint="0" * 16, architecture=COMPOSED, hyperparameters={"stack": TWO}, seed=1
    )
    run = finish(spec, [0.8, 0.9])
    query = links.compare_query(run)
    assert query["models"] == ["Composed"] and query["composed.stack"] == TWO
    app = open_compose("compare", details_open="true", **query)
    assert not app.exception and not app.warning and "161,065 parameters" in texts(app, "markdown")
    save_stack(store.root, "two GRUs", parse_stack(TWO))
    app = open_compose("runs", run=str(run.id), q="two GRUs", part="Layers")
    assert not app.exception
    assert "Composed: two GRUs" in texts(app, "subheader") and len(app.dataframe[0].value) == 1
