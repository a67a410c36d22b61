import pytest

from dashboard.shell.plain import plain


def test_ordinary_text_stays():
    assert plain("Conv1D, 5 epochs") == "Conv1D, 5 epochs"


@pytest.mark.parametrize(
    "text", ["**bold**", "$x^2$", ":red[x]", "<b>", "[a](b)", "`code`", "# head", "~~no~~", ":cat:"]
)
def test_nothing_is_left_that_markdown_would_render(text):
    escaped = plain(text)
    assert escaped.replace("\\", "") == text
    assert all(escaped[place - 1] == "\\" for place, each in enumerate(escaped) if each in "*$:<[`#~_^>]()")


def test_a_line_break_begins_no_new_block():
    assert plain("a\n# b") == "a \\# b"
