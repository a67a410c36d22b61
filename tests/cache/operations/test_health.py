import json
from collections import namedtuple

import pytest

from cache.__main__ import main
from cache.core.processes import ProcessIdentity
from cache.operations.health import checks


def checks_by_name(store):
    return {check.name: check for check in checks(store)}


def test_a_fresh_cache_is_well(store):
    found = checks_by_name(store)
    assert all(check.ok for check in found.values())
    assert found["database"].says == "whole, 0 runs"
    assert found["queue"].says == "0 runs waiting"


def test_a_run_without_a_runner_is_reported(store, small_spec):
    store.submit([small_spec()], 1, "cpu")
    assert checks_by_name(store)["queue"].ok, "it was queued only just now"
    with store.db.transaction() as db:
        db.execute("UPDATE runs SET created_at = created_at - 1000")
    found = checks_by_name(store)["queue"]
    assert not found.ok and found.says.startswith("1 run waiting, and no runner for cpu: open the dashboard")
    store.announce_runner("cpu", ProcessIdentity.current(), "a device")
    assert checks_by_name(store)["queue"].ok


def test_a_run_that_has_gone_silent_is_reported(store, small_spec):
    store.submit([small_spec()], 1, "cpu")
    store.claim("cpu", ProcessIdentity.current())
    assert checks_by_name(store)["training"].says == "1 run in training, each heard of within 1 s"
    with store.db.transaction() as db:
        db.execute("UPDATE runs SET heartbeat_at = heartbeat_at - 120")
    found = checks_by_name(store)["training"]
    assert not found.ok and found.says.startswith("silent: run 1 for ")


def test_a_full_disk_is_reported(store, monkeypatch):
    monkeypatch.setattr(
        "cache.operations.health.shutil.disk_usage", lambda path: namedtuple("usage", "free")(1_000_000)
    )
    assert not checks_by_name(store)["disk"].ok


@pytest.mark.parametrize(("free", "status"), [(10**10, 0), (10**6, 1)])
def test_the_command_ends_as_it_found_things(store, monkeypatch, capsys, free, status):
    monkeypatch.setattr("cache.operations.health.shutil.disk_usage", lambda path: namedtuple("usage", "free")(free))
    assert main(["--cache", str(store.root), "health", "--json"]) == status
    rows = json.loads(capsys.readouterr().out)
    assert [row["name"] for row in rows] == ["database", "disk", "queue", "training"]


def test_files_are_read_if_that_is_asked_for(store, finish, small_spec, capsys):
    for seed in (0, 1):
        finish(small_spec(seed=seed), [0.6])
    command = ["--cache", str(store.root), "health", "--files", "--json"]
    assert main(command) == 0
    assert json.loads(capsys.readouterr().out)[-1]["says"] == "those of 2 runs are intact"
    (store.files_dir(1) / "predictions.npz").unlink()
    assert main(command) == 1
    found = json.loads(capsys.readouterr().out)[-1]
    assert found["says"].startswith("1 run with damaged or missing files: run 1 (predictions.npz). Import a bundle ")
    assert main(command[:-2]) == 0, "it takes time, so it is left out otherwise"
