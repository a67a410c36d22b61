"""Batch size, learning rate and number of examples: any number that is allowed."""

import pytest

from tests.dashboard.pages import texts


@pytest.mark.parametrize(("typed", "number"), [("3,000", "3,000"), ("3000", "3,000"), ("3 000", "3,000")])
def test_any_number_of_examples_can_be_typed(open_page, typed, number, store):
    app = open_page("compare", models="Flatten", seeds="1", examples=typed)
    assert not app.exception and not app.error and not app.warning
    app.button(key="train").click().run()
    assert {run.spec.train_examples for run in store.runs(["queued"])} == {int(number.replace(",", ""))}


@pytest.mark.parametrize("typed", ["many", "9", "-100", "1e4", "<b>"])
def test_what_is_no_number_of_examples_is_explained(open_page, typed):
    app = open_page("compare", models="Flatten", seeds="1", examples=typed)
    assert "is no number of examples" in texts(app, "error") and not app.exception


def test_any_batch_size_and_learning_rate_can_be_asked_for(open_page, store):
    app = open_page("compare", models="Flatten", seeds="1", batch="50", rate="0.0005")
    assert not app.exception and not app.error and not app.warning
    app.button(key="train").click().run()
    (run,) = store.runs(["queued"])
    assert (run.spec.training.batch_size, run.spec.training.learning_rate) == (50, 0.0005)


@pytest.mark.parametrize(
    ("key", "value"), [("batch", "0"), ("batch", "9000"), ("batch", "2.5"), ("rate", "0"), ("rate", "11")]
)
def test_what_is_not_allowed_is_named(open_page, key, value):
    app = open_page("compare", models="Flatten", **{key: value})
    assert f"“{value}” as {key}" in texts(app, "warning") and not app.exception


@pytest.mark.parametrize(("rate", "is_noted"), [("0.1", False), ("0.11", True), ("1", True)])
def test_an_unusually_large_learning_rate_is_noted(open_page, rate, is_noted):
    app = open_page("compare", models="Flatten", rate=rate)
    assert (f"{rate} is unusually large: training may not learn." in texts(app, "caption")) == is_noted
