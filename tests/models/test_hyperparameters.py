import re

import numpy as np
import pytest

from models.architectures import ARCHITECTURES, get_architecture
from models.hyperparameters import Categorical, FloatRange, IntRange, NamedValue

NUMBER, RATE, WORD = IntRange(1, 512, "…"), FloatRange(0.0, 0.9, "…"), Categorical(("concat", "sum"), "…")
NAME = NamedValue("[a-z]+_[0-9]", lambda: {"glove_1": "Small GloVe"}, lambda name: f"<{name}>", "…")


@pytest.mark.parametrize(
    ("domain", "value", "spelling"),
    [
        (NUMBER, 8.0, 8),
        (NUMBER, np.float64(512), 512),
        (RATE, 0.2, 0.2),
        (RATE, 0, 0.0),
        (RATE, -0.0, 0.0),
        (RATE, 0.1 + 0.2, 0.3),
        (RATE, np.float64(0.25), 0.25),
        (RATE, 0.9, 0.9),
        (NAME, "unknown_1", "unknown_1"),  # another cache may have it
        (WORD, "sum", "sum"),
        (WORD, np.str_("sum"), "sum"),
    ],
)
def test_a_value_has_one_spelling(domain, value, spelling):
    found = domain.check("it", value)
    assert (type(found), repr(found)) == (type(spelling), repr(spelling))


@pytest.mark.parametrize(
    ("domain", "value", "sentence"),
    [
        *(
            (NUMBER, value, "it must be a whole number from 1 to 512")
            for value in (0, 513, 2.5, "32", True, None, 10**400)
        ),
        *(
            (RATE, value, "it must be a number from 0 to 0.9 in hundredths")
            for value in (-0.01, 0.91, 0.123, "0.2", True, None, float("nan"), float("inf"), -(10**400), [0.2])
        ),
        *(
            (NAME, value, "it must be one of “Small GloVe”, not")
            for value in ("glove", "../glove_1", "glove_1 ", None, 1)
        ),
        *((WORD, value, "it must be one of concat, sum, not") for value in ("Sum", "", None, 1, ["sum"])),
    ],
)
def test_what_it_may_not_be_is_refused_in_one_sentence(domain, value, sentence):
    with pytest.raises(ValueError, match=sentence):
        domain.check("it", value)


@pytest.mark.parametrize(
    ("domain", "text", "value"),
    [
        (NUMBER, "1_0", 10),
        (NUMBER, " 8", 8),
        (RATE, ".2", 0.2),
        (RATE, "2e-1", 0.2),
        (WORD, " sum ", "sum"),
        (NAME, "small glove ", "glove_1"),
        (NAME, "other_2", "other_2"),
    ],
)
def test_what_is_typed_becomes_a_value(domain, text, value):
    assert domain.parse(text) == value


@pytest.mark.parametrize(("domain", "text"), [(NUMBER, "many"), (NUMBER, "0.5"), (RATE, "half"), (WORD, "mean")])
def test_what_is_typed_and_of_another_kind_is_refused(domain, text):
    with pytest.raises(ValueError, match=re.escape(text)):
        domain.parse(text)


@pytest.mark.parametrize("entry", ARCHITECTURES.values(), ids=list(ARCHITECTURES))
def test_every_default_is_allowed_and_in_its_one_spelling(entry):
    for hyperparameter in entry.hyperparameters.values():
        assert repr(hyperparameter.check(hyperparameter.default)) == repr(hyperparameter.default)


def test_an_architecture_refuses_what_its_hyperparameters_refuse():
    with pytest.raises(ValueError, match="recurrent_dropout must be a number from 0 to 0.9 in hundredths, not 1"):
        get_architecture("lstm_dropout").resolve({"recurrent_dropout": 1})
    with pytest.raises(ValueError, match="merge_mode must be one of concat, sum, mul, ave, not 'max'"):
        get_architecture("lstm_merged").resolve({"merge_mode": "max"})
