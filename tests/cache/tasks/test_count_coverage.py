from cache.tasks.count_coverage import CountCoverage
from cache.tasks.task_status import DONE, FAILED
from models.data.datasets import get_dataset
from models.text.encoding import TextEncoding
from models.vectors import word_vectors
from models.vectors.coverage import coverage_file, read_coverage
from tests.cache.cli.test_vector_commands import forget_vectors, glove  # noqa: F401


def test_what_is_covered_is_counted_and_kept(tmp_path, glove):  # noqa: F811
    with open(glove, "rb") as file:
        added, _ = word_vectors.add_vectors(tmp_path, file, "glove.3d.txt", "Mine")
    question = added.name, "rotten_tomatoes", 200, TextEncoding(500, 20)
    assert CountCoverage(*question).run(tmp_path).state == DONE
    found = read_coverage(
        coverage_file(added.name, get_dataset("rotten_tomatoes"), 200, TextEncoding(500, 90), tmp_path)
    )
    assert (found.num_entries, found.num_entries_covered) == (498, 9)
    assert 0.1 < found.tokens_share < 0.3 and found.missing[0][0] in ("is", "it", "that", "in")
    missing = CountCoverage("vectors_0", *question[1:]).run(tmp_path)
    assert missing.state == FAILED and "not in this cache" in missing.message
