import pytest

from models.pasting.source_text import read_source


@pytest.mark.parametrize(
    ("text", "lines", "number"),
    [
        ("a = 1\nb = (2\nc = 3", 2, 2),
        ("a = 1\n    b = 2\n    c = 3\nd = 4", 4, None),
        ("  a = 1\n  b = 2", 2, None),
        ("a = 1\nThis is prose.\nb = 2", 2, 2),
        ("def f():\n\n    return (1\n\nb = 2", 1, 1),
        ("if x:\n    a = 1\n  b = 2", 1, None),
    ],
)
def test_what_cannot_be_read_is_left_out_and_named(text, lines, number):
    found = read_source(text)
    assert len(found.statements) == lines
    assert [each.line for each in found.skipped] == ([number] if number else [])


def test_a_text_in_which_nothing_is_python_gives_nothing():
    found = read_source("\n".join(f"line {number} of a letter" for number in range(200)))
    assert found.statements == () and found.skipped
