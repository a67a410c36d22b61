import pytest

from models.machine.processor import governor, megahertz, quota_cores


@pytest.fixture
def machine(tmp_path):
    """Writes files as Linux has them, by their paths below /; returns the root."""

    def make(**files):
        for path, text in files.items():
            file = tmp_path / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text)
        return tmp_path

    return make


def test_the_least_quota_of_all_groups_counts(machine):
    root = machine(**{
        "proc/self/cgroup": "0::/jobs/mine\n",
        "sys/fs/cgroup/jobs/mine/cpu.max": "max 100000\n",
        "sys/fs/cgroup/jobs/cpu.max": "150000 100000\n",
    })  # fmt: skip
    assert quota_cores(root) == 1.5


def test_without_a_quota_there_is_none(machine, tmp_path):
    assert quota_cores(tmp_path) is None
    assert quota_cores(machine(**{"proc/self/cgroup": "0::/\n", "sys/fs/cgroup/cpu.max": "max 100000\n"})) is None


def test_a_damaged_quota_is_none(machine):
    assert quota_cores(machine(**{"proc/self/cgroup": "0::/\n", "sys/fs/cgroup/cpu.max": "much\n"})) is None


def test_the_governor_is_the_kernels(machine, tmp_path):
    assert governor(tmp_path) is None
    assert governor(machine(**{"sys/devices/system/cpu/cpu0/cpufreq/scaling_governor": "powersave\n"})) == "powersave"


def test_the_frequency_is_a_number_or_unknown(monkeypatch):
    assert megahertz() is None or megahertz() > 0
    monkeypatch.setattr("psutil.cpu_freq", lambda: None)
    assert megahertz() is None
