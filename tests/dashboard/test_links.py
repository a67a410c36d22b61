from dashboard import links


def test_each_value_that_cannot_be_had_is_named():
    query = {"models": ["LSTM", "BERT"], "epochs": ["0"], "lstm.2.units": ["x"], "other": ["1"]}
    ranges = {"epochs": (1, 200)} | links.hyperparameter_ranges(2)
    found = links.problems(query, {"models": ["LSTM"]}, ranges)
    assert [sentence.split("”")[0].split("“")[1] for sentence in found] == ["BERT", "0", "x"]


def test_a_rate_out_of_range_and_an_unknown_word_are_named():
    query = {"lstm_dropout.dropout": ["0.95"], "lstm_merged.2.merge_mode": ["max"], "lstm_merged.merge_mode": ["ave"]}
    found = links.problems(query, links.hyperparameter_choices(2), links.hyperparameter_ranges(2))
    assert found == [
        "The link asks for “0.95” as lstm_dropout.dropout, which goes from 0 to 0.9; the default is used.",
        "The link asks for “max” as lstm_merged.2.merge_mode, which Unroll does not know; it was left out.",
    ]


def test_a_good_link_has_no_problems():
    query = {"models": ["LSTM"], "epochs": ["200"], "lstm.units": ["512"]}
    ranges = {"epochs": (1, 200)} | links.hyperparameter_ranges(2)
    assert links.problems(query, {"models": ["LSTM"]}, ranges) == []
