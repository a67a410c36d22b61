from urllib.parse import parse_qs

import pandas as pd
import pytest

from cache.tasks.dataset_statistics import CountDataset
from dashboard.shell import session
from models.data import datasets
from models.data.datasets import add_user_dataset, available_datasets, get_dataset
from models.data.labelled import label_texts
from models.encoded.statistics import make_statistics
from models.experiments.spec import RunSpec
from models.text.encoding import TextEncoding
from tests.dashboard.pages import texts

OWN = "Your own data"


@pytest.fixture
def open_data(open_page, started_tasks):
    """Opens the page Data; no process is started."""
    yield lambda **query: open_page("data", **query)
    datasets._user_datasets.contents = {}


@pytest.fixture
def mails():
    rows = [(f"mail {number} <b>x</b>", f"*{number % 4}*") for number in range(200)]
    return pd.DataFrame(rows, columns=["body", "folder"])


def upload(app, contents, name="our_mails.csv"):
    (field,) = app.get("file_uploader")
    field.upload(name, contents.encode() if isinstance(contents, str) else contents, "text/csv")
    app.run()
    assert not app.exception
    return app


@pytest.mark.parametrize("view", ["look", "add", "vectors"])
def test_a_page_writes_no_value_that_is_not_meant_to_be_shown(open_data, view):
    assert "None" not in texts(open_data(data_view=view), "markdown")


def test_a_dataset_that_was_not_counted_offers_it(open_data, store, started_tasks):
    app = open_data(dataset="Rotten Tomatoes sentences")
    assert not app.exception
    assert "were not counted" in texts(app, "info")
    app.button(key="count").click().run()
    assert started_tasks == [(store.root, CountDataset("rotten_tomatoes", None, TextEncoding()))]


def test_a_dataset_that_is_not_here_offers_the_download(open_data):
    app = open_data(dataset="AG News, four classes")
    assert "about 12 MB from drive.google.com" in texts(app, "info")


def test_what_was_counted_is_shown(open_data, store, mails):
    added = add_user_dataset(store.root, "Mails", label_texts(mails, "body", "folder"), "mails.csv")
    make_statistics(added, None, TextEncoding(), store.root)
    app = open_data(dataset="Mails", length="5")
    assert not app.exception
    figures = {metric.label: metric.value for metric in app.metric}
    assert figures["Training texts"] == "160" and figures["Median length"] == "5 tokens"
    assert figures["Texts that are cut"] == "0.0%" and figures["Out of vocabulary"] == "20.0%"
    assert len(app.get("vega_lite_chart")) == 3
    assert any("<OOV>" in code.value for code in app.code) and "The cut truncates 0.0%" in texts(app, "caption")
    assert "Label: *0* (0)" in texts(app, "text")  # as text, not as Markdown
    app = open_data(dataset="Mails", length="12", pad="at the start")
    assert app.code[1].value.startswith("<PAD> <PAD>")


def test_a_file_becomes_a_dataset_and_can_be_deleted(open_data, store, mails):
    app = upload(open_data(data_view=OWN), mails.to_csv(index=False))
    assert [box.value for box in app.selectbox] == ["body", "folder"]
    assert "200 texts in 4 classes" in texts(app, "caption")
    assert len(app.get("vega_lite_chart")) == 2
    assert [each.proto.label for each in app.get("download_button")] == ["PNG", "SVG", "CSV"] * 2
    assert app.dataframe[-1].value["Text"].str.contains("<b>x</b>").all()
    app.button(key="add_dataset").click().run()
    assert not app.exception
    assert "“our mails” can be chosen" in texts(app, "success")
    (name,) = set(available_datasets()) - set(datasets.DATASETS)
    app = open_data(dataset="our mails")
    assert app.selectbox(key="dataset").value == name
    app = open_data(data_view=OWN)
    app.button(key=f"delete {name}").click().run()
    assert "were deleted" in texts(app, "success") and name not in available_datasets()


def test_a_dataset_that_a_run_waits_for_is_not_deleted(open_data, store, mails):
    added = add_user_dataset(store.root, "Mails", label_texts(mails, "body", "folder"), "mails.csv")
    spec = RunSpec.create(dataset=added.name, fingerprint=added.fingerprint(store.root), architecture="gru")
    store.submit([spec], 1, "cpu")
    app = open_data(data_view=OWN)
    assert "1 run in training or waiting needs it: cancel it first" in texts(app, "warning")
    assert "The texts of “Mails” and everything computed" in texts(app, "markdown")
    app.button(key=f"delete {added.name}").click().run()
    assert "needed by runs in training or waiting" in texts(app, "error")
    assert get_dataset(added.name).fingerprint(store.root)


@pytest.mark.parametrize(
    ("contents", "expected"),
    [
        ("text,label\n", "no rows"),
        ("text,label\none,a\ntwo,a\n", "at least two classes"),
        ("text\none\n", "There is only 1 text; at least 100 are needed"),
        ("text,label\n,a\n,b\n", "All texts in"),
    ],
)
def test_a_file_that_cannot_be_used_gives_the_reason(open_data, contents, expected):
    app = upload(open_data(data_view=OWN), contents)
    assert expected in texts(app, "error")
    assert not [button for button in app.button if button.key == "add_dataset"]


def test_texts_without_labels_are_added_for_their_words(open_data, store):
    lines = "\n".join(f"line {number}, with a comma" * (1 + number % 2) for number in range(150))
    app = upload(open_data(data_view=OWN), lines, "song.txt")
    assert not app.exception and "150 texts without labels, to predict their words." in texts(app, "caption")
    assert "What is it?" in texts(app, "warning")
    app.button(key="add_dataset").click().run()
    (added,) = datasets.user_datasets()
    assert not added.is_labelled and "without labels" in added.description
    with pytest.raises(ValueError, match="has no labels: choose the task"):
        RunSpec.create(dataset=added.name, fingerprint="x", architecture="gru")
    assert RunSpec.create(dataset=added.name, fingerprint="x", architecture="next_word_gru").task == "next_word"


def test_what_a_file_says_is_not_rendered(open_data):
    app = upload(open_data(data_view=OWN), "text,label\none,**a**\ntwo,**a**\n")
    assert r"\*\*a\*\*" in app.error[0].value


def test_another_name_is_asked_for_where_one_is_taken(open_data, store, mails):
    add_user_dataset(
        store.root, "Mails", label_texts(mails.assign(body=mails.body + "!"), "body", "folder"), "mails.csv"
    )
    app = upload(open_data(data_view=OWN), mails.to_csv(index=False), "Mails.csv")
    app.button(key="add_dataset").click().run()
    assert "choose another name" in texts(app, "error")
    assert app.get("file_uploader")[0].value is not None  # what was chosen is still there


def test_runs_of_a_deleted_dataset_can_be_looked_at(open_data, store, finish, mails):
    added = add_user_dataset(store.root, "Mails", label_texts(mails, "body", "folder"), "mails.csv")
    spec = RunSpec.create(dataset=added.name, fingerprint=added.fingerprint(store.root), architecture="gru")
    run = finish(spec, [0.8, 0.9])
    datasets.delete_user_dataset(store.root, added.name)
    app = open_data()
    app.switch_page("app_pages/runs.py")
    app.query_params["run"] = str(run.id)
    app.query_params["part"] = "Layers"
    app.run()
    assert not app.exception and not app.error
    assert "Its dataset was deleted" in texts(app, "caption")
    assert "Look inside" not in [link.proto.label for link in app.get("page_link")]
    assert "Mails" in str(app.dataframe[0].value)
    assert "Dense(4, " in str(app.dataframe[-1].value)


def test_a_read_only_cache_takes_nothing(open_data, store, monkeypatch):
    open_data()
    monkeypatch.setenv("UNROLL_READ_ONLY", "1")
    session._store_at.clear()
    app = open_data(data_view=OWN)
    assert "This cache is read-only" in texts(app, "info") and not app.get("file_uploader")


def test_a_link_to_a_dataset_that_was_deleted_is_reported(open_data):
    app = open_data(dataset="Mails", length="3")
    assert "asks for “Mails” as dataset" in texts(app, "warning")
    assert "asks for “3” as length" in texts(app, "warning")


def answer(app, name, value):
    (question,) = [radio for radio in app.radio if radio.key.startswith(f"own_{name}_")]
    question.set_value(value).run()
    assert not app.exception


def test_what_was_read_is_shown_with_its_counts(open_data):
    table = pd.DataFrame({"v1": ["ham", "spam"] * 60, "v2": [f"text {number}" for number in range(120)], "": ""})
    app = upload(open_data(data_view=OWN), table.to_csv(index=False))
    shown = texts(app, "caption")
    assert "The file has 121 lines, read as 120 rows and 2 columns." in shown and "1 column has no name" in shown
    assert app.dataframe[0].value.to_numpy().tolist() == table.iloc[:5, :2].to_numpy().tolist()
    assert not app.radio


def test_an_open_quotation_mark_is_a_question(open_data):
    lines = [f"{('ham', 'spam')[number % 2]}\ttext {number}" for number in range(120)]
    lines[10], lines[31] = lines[10].replace("text", '"text'), lines[31].replace("text", '"text')
    app = upload(open_data(data_view=OWN), "label\ttext\n" + "\n".join(lines), "sms.tsv")
    assert "The first is at line 12. Read as marks around texts, the file has 99 rows" in texts(app, "warning")
    assert "120 texts in 2 classes" in texts(app, "caption")
    answer(app, "quotes", "around")
    assert "read as 99 rows" in texts(app, "caption")
    answer(app, "quotes", "lines")
    assert "120 texts in 2 classes" in texts(app, "caption")


def test_rows_with_too_many_cells_have_to_be_decided_on(open_data):
    lines = [f"{('ham', 'spam')[number % 2]},text {number}" + ", and more" * (number == 7) for number in range(120)]
    app = upload(open_data(data_view=OWN), "label,text\n" + "\n".join(lines))
    assert "1 of 120 rows does not have 2 cells" in texts(app, "warning")
    assert "Answer the questions above" in texts(app, "info")
    assert not [button for button in app.button if button.key == "add_dataset"]
    answer(app, "ragged", "keep")
    assert "120 texts in 2 classes" in texts(app, "caption")
    answer(app, "ragged", "drop")
    assert "119 texts in 2 classes" in texts(app, "caption")


def test_a_first_row_that_names_no_columns_is_a_question(open_data):
    lines = [f"{('ham', 'spam')[number % 2]},a text of number {number}" for number in range(120)]
    app = upload(open_data(data_view=OWN), "\n".join(lines))
    assert "Does it name the columns?" in texts(app, "warning")
    assert "120 texts in 2 classes" in texts(app, "caption") and app.selectbox[0].value == "column 2"
    answer(app, "header", "yes")
    assert "119 texts in 2 classes" in texts(app, "caption")


def test_labels_that_differ_in_spelling_only_are_joined_by_a_button(open_data):
    table = pd.DataFrame({"text": [f"text {number}" for number in range(120)], "label": ["yes", "no", "Yes "] * 40})
    app = upload(open_data(data_view=OWN), table.to_csv(index=False))
    assert "differ in spelling only: “Yes”, “yes”." in texts(app, "warning")
    assert "120 texts in 3 classes" in texts(app, "caption")
    app.button(key="join_spellings").click().run()
    assert "120 texts in 2 classes" in texts(app, "caption") and "joined with it" in texts(app, "caption")
    app.button(key="join_spellings").click().run()
    assert "120 texts in 3 classes" in texts(app, "caption")


def test_too_few_texts_of_a_spelling_can_be_joined_all_the_same(open_data):
    labels = ["yes", "no"] * 58 + ["YES", "no"] * 2
    table = pd.DataFrame({"text": [f"text {number}" for number in range(120)], "label": labels})
    app = upload(open_data(data_view=OWN), table.to_csv(index=False))
    assert "“YES” has 2" in texts(app, "error")
    app.button(key="join_spellings").click().run()
    assert not app.error and "120 texts in 2 classes" in texts(app, "caption")


def test_texts_without_words_are_warned_of_before_they_are_added(open_data):
    rows = [("😀" * (number + 1), number % 2) for number in range(120)]
    app = upload(open_data(data_view=OWN), pd.DataFrame(rows, columns=["text", "label"]).to_csv(index=False))
    assert "The texts hold no words" in texts(app, "warning")


def test_what_was_added_can_be_compared_on_with_what_suits_its_texts(open_data, mails):
    app = upload(open_data(data_view=OWN), mails.to_csv(index=False), "नमस्ते.csv")
    app.button(key="add_dataset").click().run()
    assert "“नमस्ते” can be chosen" in texts(app, "success")
    compare = app.get("page_link")[0]
    assert compare.proto.label == "Compare on it"
    wanted = {"dataset": ["नमस्ते"], "tokens": ["words"], "vocabulary": ["170"], "length": ["5"]}
    assert parse_qs(compare.proto.query_string) == wanted
    app.button(key="look added").click().run()
    assert not app.exception and app.number_input(key="length").value == 5
    assert {metric.label: metric.value for metric in app.metric}["Training texts"] == "160"


def test_a_small_dataset_is_counted_without_a_click(open_data, store, mails, started_tasks):
    add_user_dataset(store.root, "Mails", label_texts(mails, "body", "folder"), "mails.csv")
    app = open_data(dataset="Mails")
    assert not app.exception and not started_tasks
    assert {metric.label: metric.value for metric in app.metric}["Training texts"] == "160"
    assert app.button(key="shorter").label == "Most texts have at most 5 tokens: read them with 5"
    app.button(key="shorter").click().run()
    assert not app.exception, app.exception
    assert app.number_input(key="length").value == 5 and not [each for each in app.button if each.key == "shorter"]


def test_texts_that_words_do_not_suit_are_hinted_at(open_data, store):
    rows = [(f"电影真好看{number}，音乐也好{number}", number % 2) for number in range(200)]
    labelled = label_texts(pd.DataFrame(rows, columns=["text", "label"]), "text", "label")
    add_user_dataset(store.root, "影评", labelled, "x.csv")
    assert "Use subwords" in texts(open_data(dataset="影评"), "warning")
    assert "subwords may help" in texts(open_data(dataset="影评"), "warning")
    assert "ubwords" not in texts(open_data(dataset="影评", tokens="subwords", length="20"), "warning")


def test_reference_datasets_have_their_counts_at_once(open_data, monkeypatch):
    monkeypatch.delenv("UNROLL_REFERENCE")
    monkeypatch.setattr("dashboard.shell.session.bring_in", lambda *arguments: [])
    monkeypatch.setattr("dashboard.shell.session.read_texts", lambda *arguments: None)
    for title, number in (("IMDB reviews", "20,000"), ("Rotten Tomatoes sentences", "6,824")):
        app = open_data(dataset=title)
        assert {metric.label: metric.value for metric in app.metric}["Training texts"] == number
