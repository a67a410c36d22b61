import pytest

from dashboard.shell.markdown import escape_markdown


def test_ordinary_text_stays():
    assert escape_markdown("Conv1D, 5 epochs") == "Conv1D, 5 epochs"


@pytest.mark.parametrize(
    "text", ["**bold**", "$x^2$", ":red[x]", "<b>", "[a](b)", "`code`", "# head", "~~no~~", ":cat:"]
)
def test_nothing_is_left_that_markdown_would_render(text):
    escaped = escape_markdown(text)
    assert escaped.replace("\\", "") == text
    assert all(escaped[place - 1] == "\\" for place, each in enumerate(escaped) if each in "*$:<[`#~_^>]()")


def test_a_line_break_begins_no_new_block():
    assert escape_markdown("a\n# b") == "a \\# b"
