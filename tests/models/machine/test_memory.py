from types import SimpleNamespace

import pytest

from models.machine.memory import free_bytes, total_bytes


@pytest.fixture
def group(tmp_path, monkeypatch):
    """Writes the files of a control group below a root, which is returned; the system has 1,000 bytes, 600 of them
    free."""
    monkeypatch.setattr("psutil.virtual_memory", lambda: SimpleNamespace(total=1_000, available=600))

    def make(folder="jobs", **files):
        (tmp_path / "proc/self").mkdir(parents=True, exist_ok=True)
        (tmp_path / "proc/self/cgroup").write_text("0::/jobs/mine\n")
        place = tmp_path / "sys/fs/cgroup" / folder
        place.mkdir(parents=True, exist_ok=True)
        for name, text in files.items():
            (place / f"memory.{name}").write_text(text)
        return tmp_path

    return make


def test_without_control_groups_it_is_the_systems(group):
    assert (total_bytes(group()), free_bytes(group())) == (1_000, 600)
    group(max="max\n", current="5\n", stat="anon 5\n")
    assert (total_bytes(group()), free_bytes(group())) == (1_000, 600)


def test_the_limit_of_a_group_counts_without_its_copies_of_files(group):
    root = group(max="500\n", current="450\n", stat="anon 100\ninactive_file 300\nactive_file 50\n")
    assert (total_bytes(root), free_bytes(root)) == (500, 350)


def test_the_narrowest_of_all_groups_counts(group):
    group("jobs/mine", max="400\n", current="10\n", stat="inactive_file 0\n")
    root = group(max="500\n", current="450\n", stat="inactive_file 0\n")
    assert (total_bytes(root), free_bytes(root)) == (400, 50)


def test_a_group_over_its_limit_has_no_room_and_a_damaged_file_is_no_limit(group):
    assert free_bytes(group(max="500\n", current="700\n", stat="inactive_file 0\n")) == 0
    assert free_bytes(group(max="many\n")) == 600
