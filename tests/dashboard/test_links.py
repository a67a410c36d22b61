from dashboard import links


def test_each_value_that_cannot_be_had_is_named():
    query = {"models": ["LSTM", "BERT"], "epochs": ["0"], "lstm.2.units": ["x"], "other": ["1"]}
    ranges = {"epochs": (1, 200)} | links.hyperparameter_ranges(2)
    found = links.problems(query, {"models": ["LSTM"]}, ranges)
    assert [sentence.split("”")[0].split("“")[1] for sentence in found] == ["BERT", "0", "x"]


def test_a_good_link_has_no_problems():
    query = {"models": ["LSTM"], "epochs": ["200"], "lstm.units": ["512"]}
    ranges = {"epochs": (1, 200)} | links.hyperparameter_ranges(2)
    assert links.problems(query, {"models": ["LSTM"]}, ranges) == []
