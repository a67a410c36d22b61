import os
import socket
import time

import pytest

from cache.downloads import CANCELLED, DONE, FAILED, RUNNING, Download, cancel_download, download, start_download
from cache.processes import ProcessIdentity
from models.datasets import Dataset, get_dataset

STOCK = get_dataset("imdb_reviews")


def test_without_a_network_it_says_so_and_what_to_do(tmp_path, monkeypatch):
    def unreachable(*_, **__):
        raise socket.gaierror(-3, "Temporary failure in name resolution")

    monkeypatch.setattr(socket, "create_connection", unreachable)
    ended = download(STOCK, tmp_path, deadline_seconds=60)
    assert ended.state == FAILED
    assert "no connection to ai.stanford.edu" in ended.message and "needs no download" in ended.message
    assert Download.of(tmp_path, STOCK.name) == ended


def test_a_reachable_host_leads_to_a_prepared_dataset(tmp_path, monkeypatch):
    monkeypatch.setattr(socket, "create_connection", lambda *_, **__: socket.socket())
    prepared = []
    monkeypatch.setattr(Dataset, "prepare", lambda self, folder: prepared.append(folder))
    assert download(STOCK, tmp_path, deadline_seconds=60).state == DONE
    assert prepared == [tmp_path / "tfds"]


def test_a_full_disk_is_told_apart_from_a_missing_network(tmp_path, monkeypatch):
    monkeypatch.setattr(socket, "create_connection", lambda *_, **__: socket.socket())
    monkeypatch.setattr(Dataset, "prepare", lambda *_: (_ for _ in ()).throw(OSError(28, "No space left on device")))
    assert "free some space" in download(STOCK, tmp_path, deadline_seconds=60).message


def test_the_process_reports_how_it_ended(tmp_path):
    """On a machine without a network it fails at once; with one it runs and can be cancelled."""
    start_download(tmp_path, STOCK.name)
    assert Download.of(tmp_path, STOCK.name) is not None
    until = time.monotonic() + 20
    while Download.of(tmp_path, STOCK.name).state == RUNNING and time.monotonic() < until:
        if "Downloading" in Download.of(tmp_path, STOCK.name).message:
            cancel_download(tmp_path, STOCK.name)
        time.sleep(0.1)
    assert Download.of(tmp_path, STOCK.name).state in (FAILED, CANCELLED)


def test_a_download_whose_process_died_is_not_running(tmp_path):
    dead = ProcessIdentity(ProcessIdentity.current().host, os.getpid(), 1.0).to_json()
    Download(RUNNING, "Downloading", dead, 0.0).write(tmp_path, "imdb_reviews")
    assert Download.of(tmp_path, "imdb_reviews").state == FAILED


def test_an_unknown_dataset_is_refused(tmp_path):
    with pytest.raises(ValueError, match="no dataset"):
        start_download(tmp_path, "nothing")
