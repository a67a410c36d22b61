from dashboard.inside import embeddings_charts
from dashboard.inside.embeddings_frames import AFTER, BEFORE, NEIGHBOUR, OTHER, map_frame
from tests.dashboard.inside.test_embeddings_frames import embedding


def drawn(words, word):
    model = embedding(words, range(len(words)))
    frame, _ = map_frame(model, word, model.neighbours(word))
    return embeddings_charts.embedding_map(frame, word, "#123456", "#000000").to_dict()


def test_map_tells_before_from_after_by_filling_and_roles_by_colour():
    chart = drawn([f"w{number}" for number in range(40)], "w5")
    points = [layer for layer in chart["layer"] if layer["mark"]["type"] == "point"]
    rows = [{row["when"] for row in chart["datasets"][layer["data"]["name"]]} for layer in points]
    assert [(layer["mark"]["filled"], when) for layer, when in zip(points, rows, strict=True)] == [
        (False, {BEFORE}), (True, {AFTER}), (False, {BEFORE}), (True, {AFTER}),
    ]  # fmt: skip
    assert points[0]["encoding"]["color"]["scale"]["domain"] == ["w5", NEIGHBOUR, OTHER]


def test_lines_join_only_the_searched_word_and_its_neighbours():
    chart = drawn([f"w{number}" for number in range(40)], "w5")
    (line,) = [layer for layer in chart["layer"] if layer["mark"]["type"] == "line"]
    assert {row["role"] for row in chart["datasets"][line["data"]["name"]]} == {"w5", NEIGHBOUR}


def test_map_of_a_single_word_is_drawn():
    assert drawn(["a"], "a")["layer"]
