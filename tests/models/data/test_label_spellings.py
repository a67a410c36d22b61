import pytest

from models.data.label_spellings import joined_spellings, spelling_groups


@pytest.mark.parametrize(
    ("names", "groups"),
    [
        (["True", "TRUE", "true", "False"], (("TRUE", "True", "true"),)),
        (["1", "1.0", "0", "0.0"], (("0", "0.0"), ("1", "1.0"))),
        (["1", "01", "2"], (("01", "1"),)),
        (["very  good", "Very good", "good"], (("Very good", "very  good"),)),
        (["caf\u00e9", "cafe\u0301"], (("cafe\u0301", "caf\u00e9"),)),
        (["yes", "no", "1", "nan", ""], ()),
    ],
)
def test_labels_that_differ_in_spelling_only_are_found(names, groups):
    assert spelling_groups(names) == groups


def test_the_most_frequent_spelling_is_kept_and_of_equals_the_first():
    assert joined_spellings(["yes", "Yes", "yes", "NO", "no"]) == {"Yes": "yes", "no": "NO"}
