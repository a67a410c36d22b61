import numpy as np
import pytest

from models.data.datasets import get_dataset
from models.data.splits import Split, write_splits
from models.encoded.test_split import path_of_test_split
from models.text.encoding import in_lines
from models.training.run_files import save_predictions
from tests.dashboard.pages import texts

TEXTS = ["all agree, rightly", "they disagree", "so very bad " * 30, "all agree,<br /><br />wrongly"]


@pytest.fixture
def two_models(run, store, finish, small_spec):
    """Two runs that disagree on the second of four test texts, and are both wrong on the last one."""
    other = finish(small_spec("gru"), [0.8])
    for each, positive in ((run, [0.1, 0.2, 0.9, 0.9]), (other, [0.1, 0.8, 0.8, 0.8])):
        save_predictions(store.files_dir(each.id), {1: np.array(positive, np.float32)})
    file = path_of_test_split(get_dataset(run.spec.dataset), store.root)
    file.parent.mkdir(parents=True, exist_ok=True)
    write_splits(file, {"test": Split(TEXTS, [0, 1, 1, 0])})
    return run, other


def test_contested_test_texts_come_first_and_can_be_read(open_inside, two_models, store):
    app = open_inside(inside_models=[each.title for each in two_models], test_texts_open="true")
    choice = app.selectbox(key="inside_test_text")
    assert [label.split(":")[0] for label in choice.options] == [
        "2, positive, 1 of 2 right", "4, negative, 0 of 2 right", "3, positive, 2 of 2 right",
        "1, negative, 2 of 2 right",
    ]  # fmt: skip
    assert max(map(len, choice.options)) < 120 and choice.value is None
    assert "first those on which the chosen models disagree" in texts(app, "caption")
    choice.set_value(3).run()
    assert not app.exception
    assert app.text_area(key="inside_text").value == in_lines(TEXTS[3]) != TEXTS[3]
    assert "This is test text 4 of Rotten Tomatoes sentences. Its true class is **negative**" in texts(app, "markdown")
    app.text_area(key="inside_text").set_value("my own words").run()
    assert app.selectbox(key="inside_test_text").value is None and "true class" not in texts(app, "markdown")


def test_true_class_of_a_linked_test_text_is_reported_while_the_list_is_closed(open_inside, two_models):
    app = open_inside(inside_text=TEXTS[2])
    assert "Its true class is **positive**" in texts(app, "markdown") and not app.selectbox


def test_test_texts_that_are_not_in_the_cache_are_offered_to_be_read(open_inside, run, store, started_tasks):
    app = open_inside(test_texts_open="true")
    assert "they must be read once" in texts(app, "caption")
    app.button(key="read_inside").click().run()
    assert not app.exception
    assert [(root, task.dataset) for root, task in started_tasks] == [(store.root, run.spec.dataset)]


def test_test_texts_without_answers_come_in_their_order(open_inside, two_models, store):
    app = open_inside(test_texts_open="true", inside_weights="Before training", inside_models=["Flatten, not trained"])
    assert "are not in this cache: here are the first texts" in texts(app, "caption")
    assert app.selectbox(key="inside_test_text").options[0] == "1, negative: all agree, rightly"
