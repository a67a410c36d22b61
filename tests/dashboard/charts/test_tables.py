from dashboard.charts.tables import FIRST_ROWS, MAX_NAME_WIDTH, listing_name_width, name_width

SHORT, LONG = "LSTM, seed 0", "bidirectional LSTM, 2 layers (32 units), seed 0"


def test_a_few_long_names_further_down_do_not_widen_the_list():
    assert listing_name_width([SHORT] * FIRST_ROWS + [LONG]) == name_width([SHORT])
    assert listing_name_width([SHORT] * FIRST_ROWS + [LONG] * (FIRST_ROWS + 2)) == name_width([LONG])


def test_names_that_are_shown_first_fit_up_to_a_limit():
    assert listing_name_width([LONG, *[SHORT] * 30]) == name_width([LONG])
    assert listing_name_width(["x" * 200]) == MAX_NAME_WIDTH
    assert listing_name_width([]) == name_width([])
