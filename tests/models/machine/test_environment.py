import json
import re
import subprocess
from pathlib import Path

import pytest

from models.machine import environment
from models.machine.devices import cpu, usable_cores
from models.machine.environment import commit, describe


def test_a_run_records_what_it_is_measured_in():
    said = describe("tensorflow", cpu())
    assert said["device"] == cpu().name and said["memory_bytes"] > 10**8
    assert said["engine"] == "tensorflow" and said["versions"]["tensorflow"] and said["versions"]["keras"]
    assert said["load_at_start"]["load_average"] >= 0 and said["cores"] == usable_cores()
    assert said["variables"]["TF_DETERMINISTIC_OPS"] == "1" and "PATH" not in said["variables"]
    assert said["cudnn"] is None and said["driver"] == ""
    assert json.loads(json.dumps(said)) == said


def test_the_commit_of_the_code_is_told_and_whether_files_were_changed():
    root = Path(environment.__file__).parents[2]
    git = subprocess.run(["git", "rev-parse", "HEAD"], cwd=root, capture_output=True, text=True)
    if git.returncode:
        pytest.skip("not a git repository")
    found = re.fullmatch(r"([0-9a-f]{12,40})(-dirty)?", commit())
    assert found and git.stdout.startswith(found[1])


def test_without_git_there_is_no_commit(monkeypatch):
    monkeypatch.setenv("PATH", "")
    commit.cache_clear()
    assert commit() is None
    commit.cache_clear()
