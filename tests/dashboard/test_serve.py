"""The dashboard as a service: a real server and a real runner that end together, and what trains is put back."""

import json
import os
import re
import shlex
import shutil
import signal
import socket
import subprocess
import sys
import urllib.request
from contextlib import suppress
from pathlib import Path

import psutil
import pytest

from cache.core.logs import BEGINNING
from cache.execution.launching import ensure_runners
from cache.store.runs import FINISHED, QUEUED, RUNNING
from cache.store.store import RunStore
from dashboard.serve import main
from models.experiments.spec import Training
from models.training.training import train
from tests.models.training.trainings import curve
from tests.waiting import wait_for

ROOT = Path(__file__).resolve().parents[2]
DEPLOY = ROOT / ".deploy"


def answers(url):
    try:
        return urllib.request.urlopen(url, timeout=1).status == 200
    except OSError:
        return False


@pytest.fixture
def port():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


@pytest.fixture
def serve(tmp_path, port, data_root, small_data):
    """Starts a command as a service would, in a session of its own, and waits until the page answers."""
    started = []
    cache = tmp_path / "cache"
    cache.mkdir()
    (cache / "encoded").symlink_to(data_root / "encoded")

    def start(*command, cwd=ROOT, port=port):
        with (tmp_path / "server.log").open("ab") as log:
            process = subprocess.Popen(
                command, cwd=cwd, env=os.environ | {"UNROLL_CACHE": str(cache)}, stdout=log, stderr=log,
                start_new_session=True,
            )  # fmt: skip
        started.append(process)
        wait_for(lambda: process.poll() is not None or answers(f"http://127.0.0.1:{port}/_stcore/health"))
        assert process.poll() is None, (tmp_path / "server.log").read_text()
        return process

    start.store = RunStore(cache)
    yield start
    for process in started:
        if process.poll() is None:
            process.terminate()  # it ends its servers, which a kill would leave behind
            process.wait(timeout=60)


def here(port):
    return sys.executable, "-m", "dashboard.serve", "--server.port", str(port)


def training(store, spec):
    """A run that would go on for minutes, with the runner that trains it."""
    (run_id,) = store.submit([spec("gru", seed=6, training=Training(batch_size=1))], 100, "cpu")
    ensure_runners(store)
    wait_for(lambda: (run := store.run(run_id)).state == RUNNING and run.progress.get("batch"))
    runner = store.live_runner("cpu").process()
    return run_id, [runner, *runner.children(recursive=True)]


@pytest.mark.slow
def test_what_trains_is_put_back_and_the_next_start_goes_on_to_the_same_curve(
    serve, port, small_spec, small_data, tmp_path
):
    store, spec = serve.store, small_spec("gru", seed=6, training=Training(batch_size=2))
    service = serve(*here(port))
    (run_id,) = store.submit([spec], 3, "cpu")  # no page is open
    wait_for(lambda: store.run(run_id).num_epochs)
    runner = store.live_runner("cpu").process()
    processes = [runner, *runner.children(recursive=True)]
    service.send_signal(signal.SIGTERM)
    assert service.wait(timeout=30) == 0
    assert psutil.wait_procs(processes, timeout=60)[1] == [], "orphans"
    run = store.run(run_id)
    assert (run.state, run.attempts, run.reason) == (QUEUED, 0, "The runner was stopped.")
    assert store.epochs([run_id])[run_id] == [] and not answers(f"http://127.0.0.1:{port}/_stcore/health")

    service = serve(*here(port))
    run = wait_for(lambda: not (run := store.run(run_id)).is_active and run)
    assert (run.state, run.attempts) == (FINISHED, 1)
    (tmp_path / "straight").mkdir()
    assert curve(store.epochs([run_id])[run_id]) == curve(train(spec, small_data, 3, tmp_path / "straight"))
    service.terminate()
    assert service.wait(timeout=30) == 0
    shown = (tmp_path / "server.log").read_text().splitlines()
    assert all(map(BEGINNING.match, shown)), shown
    for words in ("run=- You can now view", f"run={run_id} queued", f"run={run_id} finished", "run=- asked to end"):
        assert any(words in line for line in shown), shown
    assert all(BEGINNING.match(line) and f"run={run_id} " in line for line in store.log_tail(run_id).splitlines())


@pytest.mark.slow
def test_it_is_put_back_when_all_processes_are_asked_to_end_at_once(serve, port, small_spec):
    """As systemd does, and Ctrl+C in a terminal."""
    service = serve(*here(port))
    run_id, processes = training(serve.store, small_spec)
    for process in [*processes[1:], processes[0]]:  # the worker hears it before its runner does
        process.send_signal(signal.SIGTERM)
    service.send_signal(signal.SIGINT)
    service.send_signal(signal.SIGTERM)
    assert service.wait(timeout=30) == 0
    assert psutil.wait_procs(processes, timeout=60)[1] == []
    run = serve.store.run(run_id)
    assert (run.state, run.attempts) == (QUEUED, 0)


def test_a_server_that_cannot_start_reports_it(port):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", port))
        taken.listen()
        ended = subprocess.run(
            [*here(port), "--server.address", "127.0.0.1"], cwd=ROOT, capture_output=True, text=True, timeout=60
        )
    assert ended.returncode != 0
    assert "not available" in ended.stderr + ended.stdout


# The container and the unit


def lines(name):
    """A file's instructions, continued lines joined, without comments."""
    text = re.sub(r"\\\n\s*", "", (DEPLOY / name).read_text())
    return [line for line in text.splitlines() if line and not line.startswith("#")]


def arguments(line):
    """Of CMD ["a", "b"]."""
    return json.loads(line[line.index("[") :])


def not_in_the_image(folder, names):
    """Of what is in a folder, by ``.dockerignore``."""
    return {"__pycache__", *(["data"] if Path(folder) == ROOT / "cache" else [])} & set(names)


def test_the_container_holds_all_that_the_server_needs(serve, port, tmp_path):
    """What is copied into the image is copied into a folder, and started there by the image's own command."""
    app = tmp_path / "app"
    app.mkdir()
    for line in lines("Containerfile"):
        if line.startswith("COPY"):
            _, source, target = line.split()
            assert (ROOT / source).exists()
            (app / target).parent.mkdir(parents=True, exist_ok=True)
            if (ROOT / source).is_dir():
                shutil.copytree(ROOT / source, app / target, ignore=not_in_the_image)
            else:
                folder = app / target if target.endswith("/") else (app / target).parent
                folder.mkdir(exist_ok=True)
                shutil.copy(ROOT / source, folder)
    (command,) = (arguments(line) for line in lines("Containerfile") if line.startswith("CMD"))
    assert command[0] == "python" and "0.0.0.0" in command
    service = serve(sys.executable, *(str(port) if word == "8501" else word for word in command[1:]), cwd=app)
    (check,) = (line for line in lines("Containerfile") if line.startswith("HEALTHCHECK"))
    healthy = [word.replace("8501", str(port)) for word in arguments(check)[1:]]
    assert subprocess.run([sys.executable, *healthy], timeout=60).returncode == 0
    service.terminate()
    assert service.wait(timeout=30) == 0
    assert subprocess.run([sys.executable, *healthy], timeout=60, capture_output=True).returncode != 0


@pytest.mark.slow
def test_the_unit_starts_the_server_and_gives_it_time_to_end(serve, port):
    unit = dict(line.split("=", 1) for line in lines("unroll.service") if "=" in line)
    command = shlex.split(unit["ExecStart"].replace("8501", str(port)))
    assert command[0] == f"{unit['WorkingDirectory']}/.venv/bin/python"
    assert int(unit["TimeoutStopSec"]) > 2 * 20
    service = serve(sys.executable, *command[1:])
    service.terminate()
    assert service.wait(timeout=30) == 0


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="systemd is not installed")
def test_systemd_knows_every_word_of_the_unit(tmp_path):
    unit = tmp_path / "unroll.service"
    text = (DEPLOY / "unroll.service").read_text().replace("/opt/unroll/.venv/bin/python", sys.executable)
    unit.write_text(text)
    checked = subprocess.run(["systemd-analyze", "verify", str(unit)], capture_output=True, text=True)
    assert "Unknown" not in checked.stderr and "Invalid" not in checked.stderr, checked.stderr


@pytest.fixture
def ports():
    """Two free ports, one after the other."""
    for first in range(20_000, 30_000, 7):
        with socket.socket() as one, socket.socket() as other, suppress(OSError):
            one.bind(("127.0.0.1", first))
            other.bind(("127.0.0.1", first + 1))
            return first, first + 1
    raise AssertionError("no two free ports")


def test_several_servers_start_and_end_together(serve, ports):
    service = serve(*here(ports[0]), "--servers", "2", port=ports[0])
    servers = psutil.Process(service.pid).children()
    wait_for(lambda: all(answers(f"http://127.0.0.1:{port}/_stcore/health") for port in ports))
    assert len(servers) == 2
    servers[1].kill()
    assert service.wait(timeout=60) != 0
    assert psutil.wait_procs(servers, timeout=30)[1] == []


@pytest.mark.parametrize("number", ["0", "65", "many"])
def test_an_impossible_number_of_servers_is_refused(number, capsys):
    with pytest.raises(SystemExit, match="2"):
        main(["--servers", number])
    assert "--servers" in capsys.readouterr().err


@pytest.mark.skipif(not shutil.which("caddy"), reason="Caddy is not installed")
def test_a_proxy_leads_a_browser_to_the_same_server_every_time(serve, port, ports, tmp_path):
    """By the Caddyfile of the documentation, without HTTPS, and with the server's port in each answer."""
    text = (DEPLOY / "Caddyfile").read_text()
    for old, new in (("8501", str(ports[0])), ("8502", str(ports[1])), (" 127.0.0.1:8503", "")):
        assert old in text
        text = text.replace(old, new)
    text = text.replace(
        "\t\tlb_policy", "\t\theader_down Answered-By {http.reverse_proxy.upstream.hostport}\n\t\tlb_policy"
    )
    (tmp_path / "Caddyfile").write_text("{\n\tadmin off\n\tauto_https off\n}\n" + text)
    serve(*here(ports[0]), "--servers", "2", port=ports[0])
    wait_for(lambda: answers(f"http://127.0.0.1:{ports[1]}/_stcore/health"))
    home = {"SITE": f"http://127.0.0.1:{port}", "HOME": str(tmp_path), "XDG_DATA_HOME": str(tmp_path)}
    with (tmp_path / "caddy.log").open("wb") as log:
        proxy = subprocess.Popen(
            ["caddy", "run", "--adapter", "caddyfile", "--config", tmp_path / "Caddyfile"],
            env=os.environ | home, stdout=log, stderr=log,
        )  # fmt: skip
    try:
        wait_for(lambda: proxy.poll() is not None or answers(f"http://127.0.0.1:{port}/_stcore/health"))
        assert proxy.poll() is None, (tmp_path / "caddy.log").read_text()
        answered = set()
        for _ in range(20):  # each a browser that comes for the first time, and then twice again
            browser = urllib.request.build_opener(urllib.request.HTTPCookieProcessor())
            same = {browser.open(f"http://127.0.0.1:{port}/").headers["Answered-By"] for _ in range(3)}
            assert len(same) == 1
            answered |= same
        assert len(answered) == 2
    finally:
        proxy.kill()
        proxy.wait()
