import shlex
from datetime import datetime

import pytest

from cache.browsing import annotations
from cache.browsing.listing import list_runs
from cache.browsing.query import BadQuery, fields, parse
from cache.browsing.query_fields import FLAGS, value_of
from cache.browsing.query_terms import All, Word
from cache.core.formatting import moment
from models.data.datasets import add_user_dataset, delete_user_dataset
from models.data.labelled import Labelled
from models.experiments.spec import LOOPS, Training


@pytest.fixture
def found(store, finish, small_spec):
    """Lists what a query finds, by labels and seeds, among five runs."""
    finish(small_spec("lstm", hyperparameters={"units": 64}), [0.8, 0.9])
    finish(small_spec("lstm"), [0.8, 0.7], device="Another_device 100%")
    finish(small_spec("gru", seed=1), [0.6], contended="other programs used 1.0 of 2 cores")
    finish(small_spec("flatten", seed=2), [0.7, 0.75, 0.72])
    store.submit([small_spec("flatten", seed=3)], 4, "cpu")

    def search(text, **options):
        return [run.id for run in list_runs(store, parse(text), descending=False, **options).runs]

    return search


def finds(found, expected):
    """Each query finds these runs; compared at once, so that a failure shows every query that is wrong."""
    assert {query: found(query) for query in expected} == expected


def test_what_a_query_finds(found):
    finds(
        found,
        {
            "": [1, 2, 3, 4, 5],
            "lstm": [1, 2],
            "LSTM": [1, 2],
            "architecture=LSTM": [1, 2],
            "architecture=gru,flatten": [3, 4, 5],
            "architecture!=flatten": [1, 2, 3],
            "units=64": [1],
            "units>=32": [1, 2, 3],
            "units!=64": [2, 3, 4, 5],
            "seed<2 units>=32": [1, 2, 3],
            "state=queued": [5],
            "device=none": [5],
            "test_accuracy>0.7": [1, 2, 4],
            "test_accuracy>70%": [1, 2, 4],
            "test_accuracy>70": [1, 2, 4],
            "units >= 64": [1],
            "parameters>1,000,000": [],
            "train_examples=200": [1, 2, 3, 4, 5],
            "train_examples=all": [],
            "architecture='Conv1D, max-pooled'": [],
            "learning_rate=1e-3 length=20": [1, 2, 3, 4, 5],
            "length=21": [],
            "another_device": [2],
            "100%": [2],
            "%": [2],
            "contended=yes": [3],
            "contended=no": [1, 2, 4, 5],
            "rotten": [1, 2, 3, 4, 5],
            "'rotten tomatoes'": [1, 2, 3, 4, 5],
            "created>2020-01-01": [1, 2, 3, 4, 5],
            "created<2020-01-01": [],
            "name'; DROP TABLE runs; --'": [],
            "🦜": [],
            "test_loss<0.61": [1, 2, 3, 4],
            "test_loss=0.6": [1, 2, 3, 4],
            "test_f1>0": [],
            "test_f1=none": [1, 2, 3, 4, 5],
        },
    )


def test_every_field_can_be_asked_for(found):
    odd = {"created": "2026-11-21", "state": "failed", "architecture": "lstm", "dataset": "imdb", "engine": "jax"}
    odd |= {"padding": "pre", "truncating": "post", "tokenizer": "words", "optimizer": "sgd", "loop": "epochs"}
    odd |= {"embedding": "frozen", "merge_mode": "sum"}
    for field in fields():
        text = odd.get(field, "yes" if field in FLAGS else "1")
        assert found(f"{field}={text} {field}!={text}") == []


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ("unitz=3", "There is no field “unitz”; did you mean “units”?"),
        ("beauty=3", "There is no field “beauty”; there are: run, name, note, state"),
        ("state=banana", "“state” is one of queued, running, finished, failed, cancelled, not “banana”"),
        ("units=", "“units=”: a value is missing"),
        ("test_accuracy>good", "a number such as 84%, not “good”"),
        ("units>many", "needs a number"),
        ("tag>1", "only = and != can be used here"),
        ("pinned=maybe", "yes or no, not “maybe”"),
        ("created>soon", "a date such as 2026-11-21"),
        ("units=abc", "“units” needs a number such as 32, not “abc”"),
        ("units=nan", "“units” needs a number such as 32"),
        ("dropout=0,2", "can be one number or two: write 0.2 for one"),
        ("units=50%", "“units” needs a number such as 32, not “50%”"),
        ("padding=left", "“padding” is one of pre, post, not “left”"),
        ("merge_mode=multiply", "“merge_mode” is one of .*, not “multiply”"),
        ("architecture=transformer", "There is no architecture “transformer”; there are: Flatten; "),
        ("dataset=imdbb", "There is no dataset “imdbb”; there are: IMDB reviews; Rotten Tomatoes sentences; "),
        ("learning-rate=1", "no field “learning-rate”; did you mean “learning_rate”"),
        ("name>abc", "> needs a number"),
        ("größe=3", "There is no field “größe”"),
        ("lstm or", "need a word or condition"),
        ("or lstm", "need a word or condition"),
        ("()", "need a word or condition"),
        ("lstm not", "“not” needs a word or condition after it"),
        ("(lstm or gru", "A parenthesis is not closed"),
        ("(" * 5_000, "at most 100 words and conditions, 20 deep"),
        ("not " * 5_000, "at most 100 words and conditions, 20 deep"),
        ("lstm " * 101, "at most 100 words and conditions"),
        ('"open', "quotation mark is not closed"),
    ],
)
def test_what_cannot_be_understood_gets_one_sentence(query, message):
    with pytest.raises(BadQuery, match=message):
        parse(query)


def test_or_not_and_parentheses(found):
    finds(
        found,
        {
            "lstm or gru": [1, 2, 3],
            "lstm OR units=32 seed=1": [1, 2, 3],
            "(lstm or gru) seed=1": [3],
            "(lstm OR gru) AND NOT seed=1": [1, 2],
            "not lstm": [3, 4, 5],
            "not (lstm or gru)": [4, 5],
            "not units>=32": [4, 5],
            "not not lstm": [1, 2],
            "((lstm))": [1, 2],
            "state=queued or (units>=32 and contended=yes)": [3, 5],
            "or_": [],
            "LSTM (64 units), seed 0": [1],
            ":)": [],
        },
    )
    assert parse("'or' lstm").typed == All((Word("or"), Word("lstm")))


def test_apostrophes_quotation_marks_and_letters_of_any_alphabet(found, store):
    annotations.rename(store, 1, "It's Über Größe, don't")
    annotations.tag(store, [2], add=["2024", "Größe"])
    annotations.annotate(store, 3, "İstanbul ΣΊΣΥΦΟΣ Москва, or not")
    annotations.rename(store, 4, "2024")
    finds(
        found,
        {
            "don't": [1],
            "it's": [1],
            "it’s": [1],
            "'it's über'": [1],
            "über": [1],
            "ÜBER GRÖSSE": [1],
            "u\u0308ber": [1],
            "name=“it's über größe, don't”": [1],
            "name!=\"it's über größe, don't\" lstm": [2],
            "größe": [1, 2],
            "tag=GRÖSSE": [2],
            "tag=2024": [2],
            "tag=2024.0": [],
            "tag!=2024": [1, 3, 4, 5],
            "tag=none": [1, 3, 4, 5],
            "name=2024": [4],
            "name=none": [2, 3, 5],
            "2024": [2, 4],
            "москва σίσυφοσ": [3],
            '"or not"': [3],
            "'tis": [],
        },
    )


def test_numbers_as_people_write_them(found):
    finds(
        found,
        {
            "test_accuracy>0,8": [1],
            "test_accuracy>80,5%": [1],
            "test_accuracy > 80 %": [1],
            "test_accuracy=89%": [1],
            "test_accuracy=89.00%": [1],
            "test_accuracy=0.89": [1],
            "test_accuracy=88": [],
            "vocabulary_size=1,000": [1, 2, 3, 4, 5],
            "vocabulary_size!=1,000": [],
            "vocabulary_size=1000,2000": [1, 2, 3, 4, 5],
            "units=1,064": [],
            "units=16,64": [1],
            "units=16, 64": [1],
            "units==64": [1],
            "units≥64": [1],
            "learning_rate<0,002 units=64": [1],
            "seconds_per_epoch=2": [1, 2, 4],
            "seed<−1": [],
        },
    )


def test_a_day_is_a_whole_day(found, store):
    at = datetime(2026, 11, 21, 14, 3, 5, 600_000).timestamp()
    with store.db.transaction() as db:
        db.execute("UPDATE runs SET created_at = ? WHERE id < 3", (at,))
        db.execute("UPDATE runs SET created_at = ? WHERE id >= 3", (at + 86_400,))
    finds(
        found,
        {
            "created=2026-11-21": [1, 2],
            "created!=2026-11-21": [3, 4, 5],
            "created>2026-11-21": [3, 4, 5],
            "created>=2026-11-22": [3, 4, 5],
            "created<=2026-11-21": [1, 2],
            "created<2026-11-21": [],
            "created='2026-11-21 14:03'": [1, 2],
            f"created='{moment(at)}'": [1, 2],
        },
    )


def test_datasets_and_architectures_go_by_their_titles(found, store, finish, small_spec):
    store.cancel([5])  # so that others can be trained
    texts = [f"letter number {number} about {topic}" for number in range(120) for topic in ("rain", "sun")]
    labelled = Labelled(texts, [0, 1] * 120, ("rain", "sun"), ())
    dataset = add_user_dataset(store.root, "Our mails, März", labelled, "mails.csv")
    finish(small_spec("flatten", dataset=dataset.name, fingerprint=dataset.fingerprint(store.root)), [0.5])
    finish(small_spec("lstm", dataset="memory_20", fingerprint="f", train_examples=None), [0.5])
    finish(small_spec("next_word_gru", dataset="imdb", fingerprint="f"), [0.5])
    expected = {
        "our mails": [6],
        "MÄRZ": [6],
        'dataset="our mails, märz"': [6],
        "dataset=Our mails, März flatten": [6],
        "'dataset=Our mails, März'": [6],
        'dataset="Our mails"': [6],
        f"dataset={dataset.name}": [6],
        "'Rotten Tomatoes'": [1, 2, 3, 4, 5],
        'dataset="Rotten Tomatoes"': [1, 2, 3, 4, 5],
        "dataset=Rotten Tomatoes sentences lstm": [1, 2],
        "dataset=rotten_tomatoes,imdb lstm": [1, 2],
        "dataset!=rotten_tomatoes": [6, 7, 8],
        "dataset=memory_20": [7],
        "dataset='Memory test'": [7],
        "'20 steps back'": [7],
        "architecture=Conv1D, max-pooled": [],
        "architecture='lstm' dataset=rotten_tomatoes": [1, 2],
        "'64 units'": [1, 8],
        "'next word'": [8],
        "'next word by gru'": [8],
        "architecture='next word'": [8],
    }
    finds(found, expected)
    delete_user_dataset(store.root, dataset.name)
    finds(found, {"dataset='Our mails, März'": [6], "our mails": [6]})


def test_what_older_runs_leave_out_is_found_by_its_value(found, store, finish, small_spec):
    """Runs of before there was a choice read in both directions; those of other architectures in none."""
    store.cancel([5])
    run = finish(small_spec("gru", hyperparameters={"directions": 1}), [0.5])
    both = found("gru directions=2") + found("lstm directions=2")
    assert both and run.id not in both and found("flatten directions=2") == []
    assert found("directions=1") == [run.id] and found("directions<2") == [run.id]
    assert value_of(run, "directions") == 1
    assert {value_of(store.run(run_id), "directions") for run_id in both} == {2}
    assert found("directions=none") == found("flatten")


def test_both_loops_of_jax_are_found(found, store, finish, small_spec):
    """Runs of before there was a choice were trained batch by batch; other backends have no loop."""
    store.cancel([5])
    older, whole = (
        finish(small_spec(training=Training(backend="jax", loop=loop)), [0.5], device="A GPU") for loop in LOOPS
    )
    assert found("loop=batches") == [older.id] and found("loop=epochs") == [whole.id]
    assert found("loop=none") == [1, 2, 3, 4, 5] and found("engine=jax") == [older.id, whole.id]
    assert [value_of(run, "loop") for run in (older, whole)] == ["batches", "epochs"]
    assert "loop" not in older.spec_json and older.settings["training.loop"] == "batches"
    assert "jax" in older.description and "whole epochs" not in older.description
    assert "jax, whole epochs" in whole.description


def test_the_shell_may_quote_what_it_likes(found):
    for word in ("units>=64", "it's", "state=failed,cancelled", "another device"):
        assert parse(shlex.quote(word)) == parse(word if word != "another device" else f'"{word}"')
    assert found(shlex.quote("units!=16,32") + " lstm") == [1]


def test_a_query_is_as_long_as_it_may_be(found):
    numbers = ",".join(map(str, range(40_000)))
    assert found(f"run={numbers}") == [1, 2, 3, 4, 5]
    assert found(" ".join(["lstm"] * 100)) == [1, 2]
