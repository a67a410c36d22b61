import gc
import json
import re
import subprocess
from pathlib import Path

import pytest

from models.machine import environment
from models.machine.devices import cpu, usable_cores
from models.machine.environment import commit, describe, imported_at_once


def test_a_run_records_what_it_is_measured_in():
    described = describe("tensorflow", cpu())
    assert described["device"] == cpu().name and described["memory_bytes"] > 10**8
    assert (
        described["engine"] == "tensorflow" and described["versions"]["tensorflow"] and described["versions"]["keras"]
    )
    assert described["load_at_start"]["load_average"] >= 0 and described["cores"] == usable_cores()
    assert described["variables"]["TF_DETERMINISTIC_OPS"] == "1" and "PATH" not in described["variables"]
    assert described["cudnn"] is None and described["driver"] == ""
    assert json.loads(json.dumps(described)) == described


@pytest.mark.parametrize(
    ("name", "is_recorded"),
    [
        ("TF_XLA_FLAGS", True),
        ("TF_CUDNN_DETERMINISTIC", True),
        ("TF_CLI_CONFIG_FILE", False),
        ("TF_VAR_password", False),
        ("TF_DATA_DIR", False),
        ("TF_DATA_EXPERIMENT_OPT_IN", True),
        ("TF_PASSWD", False),
        ("NVIDIA_AUTH", False),
        ("TF_TOKEN_app_terraform_io", False),
        ("NVIDIA_API_KEY", False),
    ],
)
def test_variables_of_other_programs_and_secrets_are_not_recorded(monkeypatch, name, is_recorded):
    monkeypatch.setenv(name, "x")
    assert (name in describe("tensorflow", cpu())["variables"]) == is_recorded


def test_the_commit_of_the_code_is_reported_and_whether_files_were_changed():
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


def _fail_to_import():
    with imported_at_once():
        assert not gc.isenabled()
        raise ImportError


def test_garbage_is_collected_again_once_all_is_imported():
    before = gc.get_freeze_count()
    try:
        with pytest.raises(ImportError):
            _fail_to_import()
        assert gc.isenabled()
        assert gc.get_freeze_count() > before
    finally:
        gc.unfreeze()
