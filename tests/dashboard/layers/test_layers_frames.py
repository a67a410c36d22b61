from dashboard.layers import layers_frames
from models.architectures import ARCHITECTURES
from models.layers import Dense, Embedding, Flatten
from models.layers.stack import summarize


def stacks(*names):
    return {ARCHITECTURES[name].title: summarize(ARCHITECTURES[name].layers(1_000), (50,)) for name in names}


def kinds(aligned):
    return {label: [each and type(each.layer).__name__ for each in layers] for label, layers in aligned.items()}


def test_a_shorter_stack_has_its_gap_before_the_layers_that_end_both():
    found = kinds(layers_frames.align(stacks("bidirectional_1_layer", "bidirectional_2_layers")))
    one, two = found.values()
    assert one == ["Embedding", "Bidirectional", None, "Dense", "Dense"]
    assert two == ["Embedding", "Bidirectional", "Bidirectional", "Dense", "Dense"]


def test_rows_begin_with_the_embedding_and_end_with_the_answer():
    for layers in kinds(layers_frames.align(stacks("flatten", "self_attention", "conv1d_under_lstm"))).values():
        assert (layers[0], layers[-1], len(layers)) == ("Embedding", "Dense", 7)


def test_what_differs_is_marked_and_a_gap_passes_the_shape_on():
    flow = layers_frames.flow_frame(stacks("lstm", "gru"))
    assert flow[flow["label"] == "LSTM"]["differs"].tolist() == [False, True, False, False]
    assert not layers_frames.flow_frame(stacks("lstm"))["differs"].any()
    flow = layers_frames.flow_frame(stacks("bidirectional_1_layer", "bidirectional_2_layers"))
    gap = flow.iloc[2]
    assert (gap["layer"], gap["input_shape"], gap["output_shape"], gap["num_params"]) == ("", "(64,)", "(64,)", 0)


def test_the_same_layer_with_another_input_differs():
    wide, narrow = (summarize([Embedding(9, dim), Flatten(), Dense(1)], (5,)) for dim in (8, 4))
    flow = layers_frames.flow_frame({"wide": wide, "narrow": narrow})
    assert flow["differs"].all()


def test_the_table_shows_what_the_drawing_shows():
    table = layers_frames.side_by_side(layers_frames.flow_frame(stacks("lstm", "gru")))
    assert table.columns.tolist() == ["Layer", "Same in all", "LSTM", "GRU"]
    assert table["Same in all"].tolist() == ["yes", "no", "yes", "yes", "no"]
    assert table["LSTM"][1] == "Bidirectional(LSTM(32)): (50, 16) → (64,), 12,544 parameters"
    assert table["GRU"][4] == "25,997 parameters"
    table = layers_frames.side_by_side(layers_frames.flow_frame(stacks("bidirectional_1_layer", "self_attention")))
    assert layers_frames.NO_LAYER in table.iloc[4].tolist()
    assert layers_frames.side_by_side(layers_frames.flow_frame(stacks("gru"))).columns.tolist() == ["Layer", "GRU"]


def test_long_code_takes_a_few_lines():
    boxes = layers_frames.boxes_frame(layers_frames.flow_frame(stacks("self_attention", "lstm", "gru")))
    assert boxes["code"].str.count("\n").max() < layers_frames.MOST_LINES
    assert "Bidirectional(\nLSTM(32))" in boxes["code"].tolist()
    wide = layers_frames.boxes_frame(layers_frames.flow_frame(stacks("lstm", "gru")))
    assert "Bidirectional(LSTM(32))" in wide["code"].tolist()
    assert "≠ 12,544 parameters" in boxes["parameters"].tolist()


def test_rows_are_named_by_the_kinds_in_them():
    titles = layers_frames.row_titles(layers_frames.flow_frame(stacks("lstm", "gru")))
    assert titles[1] == "2\N{NO-BREAK SPACE}Bidirectional LSTM,\nBidirectional GRU" and len(titles) == 4


def test_weights_add_up_and_columns_that_say_nothing_are_left_out():
    (lstm,) = stacks("lstm").values()
    table = layers_frames.weights_table(lstm)
    assert table["Parameters"].sum() == sum(each.num_params for each in lstm)
    assert {"Within", "Gate", "Shape in Keras"} <= set(table) and "Trainable" not in table
    row = table.iloc[1]
    assert (row["Layer"], row["Within"], row["Gate"]) == ("2 Bidirectional", "Forward", "Input")
    assert (row["Weight"], row["Shape in Keras"], row["Shape"]) == ("kernel W", "(16, 128)", "(16, 32)")
    (flatten,) = stacks("flatten").values()
    assert not {"Within", "Gate", "Shape in Keras"} & set(layers_frames.weights_table(flatten))
    frozen = summarize([Embedding(9, 8, trainable=False), Flatten(), Dense(1)], (5,))
    assert layers_frames.weights_table(frozen)["Trainable"].tolist() == ["no", "yes", "yes"]


def test_no_architecture_gives_an_empty_frame():
    assert layers_frames.flow_frame({}).columns.tolist() == list(layers_frames.FLOW_COLUMNS)
