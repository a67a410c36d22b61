from urllib.parse import parse_qs

import pytest

from cache.core.processes import ProcessIdentity
from cache.operations.saved_views import save_view
from cache.tasks.task_status import DONE, RUNNING, TaskStatus
from cache.tasks.text_tasks import ReadTestTexts
from dashboard.shell import links, session
from models.experiments.memory_series import SERIES
from models.experiments.spec import RunSpec
from models.experiments.studies import STUDIES
from models.statistics.learnt import CAVEAT
from tests.dashboard.pages import texts

HERE = "Test CPU (2 cores)"


@pytest.fixture
def open_home(open_page):
    """Opens Home, or where it leads to."""
    return lambda page="home", **query: open_page(page, **query)


def specs_of(comparison):
    return [spec for each in comparison.specs(comparison.dataset.fingerprint(None)).values() for spec in each]


def rows(test, seconds=2.0):
    return [(0.9, 0.7, test - 0.1, seconds), (0.9, 0.8, test, seconds), *[(0.95, 0.75, test - 0.05, seconds)] * 8]


def links_of(app):
    """(label, page, query) of every link on the page."""
    return [(link.proto.label, link.proto.page, parse_qs(link.proto.query_string)) for link in app.get("page_link")]


def charts(app):
    return [chart.proto.alt for chart in app.get("vega_lite_chart")]


def test_an_empty_cache_shows_what_this_is_and_what_to_do(open_home):
    app = open_home()
    assert app.title[0].value == "Which sequence architecture should you use?"
    shown = texts(app, "markdown")
    assert "Nothing yet. Open a question below and press **Train**" in shown
    assert "No run is training or waiting." in shown
    for study in STUDIES.values():
        assert f"#### {study.title}" in shown and study.question in shown
    for study in STUDIES.values():
        num_runs = len({spec.identity for each in study.comparisons for spec in specs_of(each)})
        assert f"**0 of {num_runs} runs cached**, {num_runs} to train." in shown
    assert not charts(app) and not app.warning
    assert {"Compare architectures", "Take the guided tour"} <= {label for label, *_ in links_of(app)}


def test_while_test_texts_are_read_it_says_that_answers_follow(open_home, store):
    me = ProcessIdentity.current().to_json()
    TaskStatus(RUNNING, "Reading IMDB reviews", me, 0).write(ReadTestTexts("imdb").status_file(store.root))
    shown = "Reading the test texts of IMDB reviews … Then each question says which architecture to take."
    app = open_home()
    assert shown in texts(app, "caption")
    TaskStatus(DONE, "", me, 0).write(ReadTestTexts("imdb").status_file(store.root))
    app.run()
    assert not app.exception and shown not in texts(app, "caption")


def test_what_is_cached_is_reported_and_drawn(open_home, measured):
    (line_up,) = STUDIES["line_up"].comparisons
    accuracies = {"flatten": 0.80, "gru": 0.86, "lstm": 0.85}
    specs = [spec for spec in specs_of(line_up) if spec.architecture in accuracies]
    ids = measured(
        (spec, rows(accuracies[spec.architecture] + 0.02 * spec.seed / (line_up.num_seeds - 1))) for spec in specs
    )
    app = open_home()
    shown = texts(app, "markdown")
    seeds = line_up.num_seeds
    assert f"**{3 * seeds} finished runs**: 3 architectures, 1 dataset" in shown
    assert f"Measured on {HERE}." in texts(app, "caption")
    assert f"**{3 * seeds} of {4 * seeds} runs cached**, {seeds} to train" in shown
    assert "Dots: test accuracy. GRU 87.0%; LSTM 86.0%; Flatten 81.0%" in charts(app)
    assert f"Test accuracy: mean ± standard deviation over {seeds} seeds, {HERE}." in texts(app, "caption")
    newest = {query["run"][0]: label.replace("\\", "") for label, _, query in links_of(app) if "run" in query}
    assert list(newest) == [str(run_id) for run_id in sorted(ids, reverse=True)[:5]]
    assert next(iter(newest.values())) == f"GRU, seed {seeds - 1} (run {max(ids)}): 88.0% on IMDB reviews, {HERE}"


def test_a_sweep_is_drawn_by_its_setting(open_home, measured):
    asked = STUDIES["length"].comparisons
    measured((spec, rows(0.7 + spec.encoding.length / 2_400)) for each in asked for spec in specs_of(each))
    app = open_home()
    assert any("test accuracy by words read of a text. At the most: Flatten 80.0%; Conv1D 80.0%" in each
               for each in charts(app))  # fmt: skip
    assert "**36 of 36 runs cached**." in texts(app, "markdown")


@pytest.mark.parametrize(
    ("name", "place"), [("line_up", 0), ("layers", 0), ("vocabulary", 1), ("length", 1), ("examples", 0),
                        ("refinements", 1), ("next_word", 0)]
)  # fmt: skip
def test_a_link_asks_exactly_what_the_study_asks(open_home, store, name, place):
    comparison = STUDIES[name].comparisons[place]
    wanted = {spec.identity for spec in specs_of(comparison)}
    app = open_home("compare", **links.comparison_query(comparison))
    assert not app.warning and not app.error
    app.button(key="train").click().run()
    if not store.runs(["queued"]):  # above twenty runs it asks first
        app.button(key="yes train").click().run()
    assert {run.identity for run in store.runs(["queued"])} == wanted
    assert {run.epochs for run in store.runs()} == {comparison.epochs}


def test_the_memory_study_is_asked_on_its_own_page(open_home, store):
    wanted = {spec.identity for each in STUDIES["memory"].comparisons for spec in specs_of(each)}
    queries = {label: query for label, page, query in links_of(open_home()) if page == "memory"}
    assert list(queries) == [series.title for series in SERIES]
    for query in queries.values():
        app = open_home("memory", **query)
        assert not app.warning
        app.button(key="train").click().run()
        if again := [button for button in app.button if button.key == "yes train"]:
            again[0].click().run()
    assert {run.identity for run in store.runs(["queued"])} == wanted


def test_the_memory_tile_shows_every_seed_and_what_it_cannot_say(open_home, measured):
    (near, *_, far) = STUDIES["memory"].comparisons[: len(SERIES[0].steps)]
    measured(
        (spec, rows(0.99 if comparison == near or (spec.architecture == "lstm" and spec.seed == 1) else 0.26))
        for comparison in (near, far)
        for spec in specs_of(comparison)
    )
    app, steps = open_home(), SERIES[0].steps
    (alt,) = [each for each in charts(app) if "What each seed" in each or "what each seed learnt" in each]
    assert f"LSTM, seeds that learnt it by steps back: 3 of 3 at {steps[0]}, 1 of 3 at {steps[-1]}." in alt
    assert f"SimpleRNN, seeds that learnt it by steps back: 3 of 3 at {steps[0]}, 0 of 3 at {steps[-1]}." in alt
    assert CAVEAT in texts(app, "caption")


def test_every_comparison_is_one_click_away(open_home):
    found = [query for _, page, query in links_of(open_home()) if links.WHOLE in query]
    assert len(found) == sum(len(study.comparisons) for study in STUDIES.values() if study.name != "memory")


def test_what_trains_is_shown_and_can_be_stopped(open_home, store):
    (comparison,) = STUDIES["line_up"].comparisons
    first, second = store.submit(specs_of(comparison)[:2], 10, "cpu")
    store.claim("cpu", ProcessIdentity.current())
    store.set_progress(first, epoch=2, batch=30, num_batches=157, seconds=1.5)
    app = open_home()
    (bar,) = app.get("progress")
    assert "Flatten" in bar.proto.text and "epoch 2 of 10, batch 30 of 157" in bar.proto.text
    assert "1 run waiting." in texts(app, "markdown") and "2 in training or waiting" in texts(app, "markdown")
    app.button(key=f"stop_{first}").click().run()
    assert store.run(first).cancel_requested and store.run(second).state == "queued"


@pytest.mark.parametrize("query", [{"models": ["LSTM", "GRU"], "epochs": "2"}, {"lstm.units": "8"}, {"only": "GRU"}])
def test_an_address_of_the_time_when_compare_stood_here_goes_on_working(open_home, query):
    app = open_home(**query)
    assert app.title[0].value == "Compare architectures"
    assert {key: app.query_params.get(key) for key in query} == query


def test_so_does_an_old_short_link(open_home, store):
    code = save_view(store, {"models": ["LSTM"], "epochs": ["2"], "seeds": ["1"]})
    app = open_home(view=code)
    assert app.title[0].value == "Compare architectures"
    assert "0 of 1 run cached" in texts(app, "markdown")


def test_it_asks_no_more_of_ten_times_as_many_runs(open_home, store, measured, monkeypatch):
    counts = []
    read = type(store.db).read

    def counted(self, *arguments):
        counts[-1] += 1
        return read(self, *arguments)

    monkeypatch.setattr(type(store.db), "read", counted)
    for number in (5, 50):
        measured(
            (RunSpec.create(dataset="imdb", fingerprint="0" * 16, architecture="flatten", seed=seed), rows(0.8))
            for seed in range(number)
        )
        counts.append(0)
        open_home()
        session._store_at.clear()
    assert counts[0] == counts[1] > 0


def test_a_folder_with_other_files_does_not_become_a_cache(open_home, tmp_path, monkeypatch):
    (tmp_path / "thesis").mkdir()
    (tmp_path / "thesis" / "chapter.tex").touch()
    monkeypatch.setenv("UNROLL_CACHE", str(tmp_path / "thesis"))
    session._store_at.clear()
    assert "holds no cache, but other files: name another folder" in texts(open_home(), "error")
    assert [each.name for each in (tmp_path / "thesis").iterdir()] == ["chapter.tex"]
