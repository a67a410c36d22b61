import errno
import os
import socket
import socketserver
import subprocess
import sys
import threading
from dataclasses import replace

import pytest

from cache.core.processes import PROJECT_ROOT, ProcessIdentity
from cache.store.store import RunStore
from cache.tasks.download import Download
from cache.tasks.task_status import CANCELLED, DONE, FAILED, RUNNING, TaskStatus
from models.data.dataset import Dataset
from models.data.datasets import get_dataset

STOCK = get_dataset("imdb_reviews")
TASK = Download(STOCK.name)


@pytest.fixture(autouse=True)
def without_proxies(monkeypatch):
    for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)


def test_without_a_network_it_reports_it_and_what_to_do(tmp_path, monkeypatch, capsys):
    def unreachable(*_, **__):
        raise socket.gaierror(-3, "Temporary failure in name resolution")

    monkeypatch.setattr(socket, "create_connection", unreachable)
    ended = TASK.run(tmp_path)
    assert ended.state == FAILED and "Traceback" not in capsys.readouterr().err
    assert "no connection to ai.stanford.edu" in ended.message and "needs no download" in ended.message
    assert TASK.status(tmp_path) == ended


def test_a_reachable_host_leads_to_a_prepared_dataset(tmp_path, monkeypatch):
    monkeypatch.setattr(socket, "create_connection", lambda *_, **__: socket.socket())
    prepared = []
    monkeypatch.setattr(Dataset, "prepare", lambda self, folder: prepared.append(folder))
    assert TASK.run(tmp_path).state == DONE
    assert prepared == [tmp_path / "tfds"]


class Proxy(socketserver.ThreadingTCPServer):
    """A proxy on this machine that answers each request alike and keeps what was asked."""

    def __init__(self, answer: str) -> None:
        self.asked: list[list[str]] = []
        proxy = self

        class Handler(socketserver.StreamRequestHandler):
            def handle(self) -> None:
                lines = iter(lambda: self.rfile.readline().decode().strip(), "")
                proxy.asked.append(list(lines))
                self.wfile.write(answer.encode())

        super().__init__(("127.0.0.1", 0), Handler)

    def __enter__(self):
        threading.Thread(target=self.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self.shutdown()
        self.server_close()


def test_the_host_is_looked_for_through_the_proxy(tmp_path, monkeypatch):
    monkeypatch.setattr(Dataset, "prepare", lambda self, folder: None)
    monkeypatch.setattr(
        "cache.tasks.download.get_dataset", lambda name: replace(STOCK, download_host="nowhere.invalid")
    )
    with Proxy("HTTP/1.1 200 Connection established\r\n\r\n") as proxy:
        monkeypatch.setenv("HTTPS_PROXY", f"http://ada:se%20cret@127.0.0.1:{proxy.server_address[1]}")
        assert TASK.run(tmp_path).state == DONE
        ((first, *headers),) = proxy.asked
        assert first.startswith("CONNECT nowhere.invalid:443 HTTP/1.")
        assert "Proxy-Authorization: Basic YWRhOnNlIGNyZXQ=" in headers
        monkeypatch.setenv("NO_PROXY", "localhost,nowhere.invalid")
        assert "no connection to nowhere.invalid" in TASK.run(tmp_path).message
        assert len(proxy.asked) == 1, "the proxy is not asked for a host that it is not for"


@pytest.mark.parametrize("answer", ["HTTP/1.1 403 Forbidden\r\n\r\n", "no HTTP at all\r\n\r\n", ""])
def test_a_proxy_that_refuses_is_no_connection(tmp_path, monkeypatch, answer):
    with Proxy(answer) as proxy:
        monkeypatch.setenv("https_proxy", f"127.0.0.1:{proxy.server_address[1]}")
        ended = TASK.run(tmp_path)
        assert ended.state == FAILED and "no connection to ai.stanford.edu" in ended.message and proxy.asked


def test_a_full_disk_is_distinguished_from_a_missing_network(tmp_path, monkeypatch):
    monkeypatch.setattr(socket, "create_connection", lambda *_, **__: socket.socket())
    monkeypatch.setattr(Dataset, "prepare", lambda *_: (_ for _ in ()).throw(OSError(28, "No space left on device")))
    assert "free some space" in TASK.run(tmp_path).message


@pytest.mark.parametrize("number", [errno.ENETUNREACH, errno.EHOSTUNREACH, errno.ECONNREFUSED])
def test_an_unreachable_network_is_not_taken_for_a_full_disk(tmp_path, monkeypatch, number):
    def unreachable(*_, **__):
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(socket, "create_connection", unreachable)
    assert "no connection" in TASK.run(tmp_path).message


def test_any_other_error_is_reported_too(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(socket, "create_connection", lambda *_, **__: socket.socket())
    monkeypatch.setattr(Dataset, "prepare", lambda *_: (_ for _ in ()).throw(ValueError("wrong checksum")))
    assert "ValueError: wrong checksum" in TASK.run(tmp_path).message
    assert "Traceback" in capsys.readouterr().err, "for the log"


def test_a_running_download_can_be_cancelled(tmp_path):
    process = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    TaskStatus(RUNNING, "Downloading", ProcessIdentity.of(process.pid).to_json(), 0.0).write(TASK.status_file(tmp_path))
    TASK.start(RunStore(tmp_path))  # one is running: no second one
    assert TASK.status(tmp_path).message == "Downloading"
    TASK.cancel(RunStore(tmp_path), "The download was cancelled.")
    assert process.wait(10) != 0
    assert TASK.status(tmp_path).state == CANCELLED
    process.stdin.close()


def test_a_download_that_takes_too_long_is_stopped(tmp_path):
    """The real process with no time at all: it ends by itself with the reason, in any state of the network."""
    at_once = "from cache.tasks.download import Download as D; D.deadline_seconds = 0; import cache.tasks.__main__ as m"
    code = f"{at_once}; m.main(['download', '{{\"dataset\": \"{STOCK.name}\"}}', '--cache', '{tmp_path}'])"
    ended = subprocess.run([sys.executable, "-c", code], cwd=PROJECT_ROOT, capture_output=True, timeout=60)
    assert ended.returncode == 1
    assert TASK.status(tmp_path).state == FAILED and "took longer than 0 minutes" in TASK.status(tmp_path).message


def test_a_download_whose_process_died_is_not_running(tmp_path):
    dead = replace(ProcessIdentity.current(), started="1").to_json()
    TaskStatus(RUNNING, "Downloading", dead, 0.0).write(TASK.status_file(tmp_path))
    assert TASK.status(tmp_path).state == FAILED


def test_an_unknown_dataset_is_refused(tmp_path):
    with pytest.raises(ValueError, match="no dataset"):
        Download("nothing").start(RunStore(tmp_path))
