import pytest

from models.titles import as_title, is_title

NAMES = ["Our mails", "हिन्दी समीक्षा", "می‌خواهم", "影评", "Über Größe", "ทดสอบ", "a", "v1.2, A&B's + C-D"]


@pytest.mark.parametrize("name", NAMES)
def test_names_may_be_in_any_script(name):
    assert is_title(name) and as_title(name) == name


@pytest.mark.parametrize(
    "name", ["", " a", "a ", "*b*", "a\nb", "<b>", "x" * 61, "$x$", "\u093f", "\u200d", "a\u202eb", "😀"]
)
def test_other_names_are_no_titles(name):
    assert not is_title(name)


@pytest.mark.parametrize(
    ("file_name", "title"),
    [
        ("our_mails (2)", "our mails 2"),
        ("…", ""),
        ("cafe\u0301", "caf\u00e9"),
        ("हिन्दी_समीक्षा", "हिन्दी समीक्षा"),
        ("x" * 99, "x" * 60),
    ],
)
def test_a_title_is_made_of_a_file_name(file_name, title):
    assert as_title(file_name) == title
    assert not title or is_title(title)
