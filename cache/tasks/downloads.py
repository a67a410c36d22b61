"""Downloading a dataset in a process of its own, with a deadline: ``python -m cache.tasks.downloads NAME``.

Asking the network from the page would freeze it, and TFDS retries for minutes when there is no network.
"""

import argparse
import base64
import errno
import os
import socket
import sys
import threading
import time
import traceback
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from urllib.parse import unquote, urlsplit
from urllib.request import getproxies, proxy_bypass

from filelock import FileLock, Timeout

from cache.core.access import CacheReadOnly, require_writable
from cache.core.paths import cache_root
from cache.core.processes import ProcessIdentity
from cache.store.store import RunStore
from cache.tasks.task_status import DONE, FAILED, RUNNING, TaskStatus, cancel, start
from models.data.dataset import Dataset
from models.data.datasets import DATASETS, get_dataset

DEADLINE_SECONDS = 1_800.0
CONNECT_SECONDS = 10


def status_file(root: Path, name: str) -> Path:
    return root / "downloads" / f"{name}.json"


def start_download(store: RunStore, name: str) -> None:
    """Starts the download unless one runs. Raises ValueError for an unknown dataset, CacheReadOnly."""
    get_dataset(name)
    start(store, status_file(store.root, name), "cache.tasks.downloads", name, log=f"download-{name}")


def cancel_download(store: RunStore, name: str) -> None:
    """Kills the download's process, if one runs. Raises CacheReadOnly."""
    cancel(store, status_file(store.root, name), "The download was cancelled.")


def download(dataset: Dataset, root: Path, deadline_seconds: float) -> TaskStatus:
    """Downloads and prepares ``dataset``; returns how it ended. Raises CacheReadOnly."""
    require_writable(root)
    owner, started_at = ProcessIdentity.current().to_json(), time.time()

    writing = threading.RLock()  # the deadline comes in a thread of its own, and has the last word

    def status(state: str, message: str) -> TaskStatus:
        with writing:
            written = TaskStatus(state, message, owner, started_at)
            written.write(status_file(root, dataset.name))
            return written

    def give_up() -> None:
        with writing:
            minutes = deadline_seconds / 60
            status(FAILED, f"The download took longer than {minutes:.0f} minutes and was stopped: try again.")
            os._exit(1)

    timer = threading.Timer(deadline_seconds, give_up)
    timer.daemon = True
    timer.start()
    try:
        status(RUNNING, f"Looking for {dataset.download_host}")
        require_reachable(dataset.download_host)
        status(RUNNING, f"Downloading and preparing {dataset.title}")
        (root / "tfds").mkdir(parents=True, exist_ok=True)
        with FileLock(root / "tfds" / f"{dataset.name}.lock", timeout=1):
            dataset.prepare(root / "tfds")
        return status(DONE, f"{dataset.title} is ready.")
    except Timeout:
        return status(FAILED, "Another process is already downloading this dataset: wait for it.")
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EACCES, errno.EROFS):
            return status(
                FAILED, f"The download could not be written ({error.strerror}): free some space and try again."
            )
        return status(
            FAILED,
            f"There is no connection to {dataset.download_host}, so {dataset.title} cannot be downloaded. "
            "Connect to the network and try again, or choose a dataset that needs no download.",
        )
    except Exception as error:
        traceback.print_exc()
        return status(FAILED, f"The download failed ({type(error).__name__}: {error}): try again.")
    finally:
        timer.cancel()


def require_reachable(host: str) -> None:
    """Connects to the host as the download will: through the proxy that HTTPS_PROXY names, unless NO_PROXY excepts
    the host. Raises OSError.
    """
    proxy = None if proxy_bypass(host) else getproxies().get("https", getproxies().get("all"))
    if not proxy:
        socket.create_connection((host, 443), timeout=CONNECT_SECONDS).close()
        return
    at = urlsplit(proxy if "://" in proxy else f"http://{proxy}")
    if not at.hostname:
        raise OSError(f"The proxy {proxy!r} has no host.")
    if at.scheme != "http":  # one that cannot be asked in plain text: that it is there has to do
        socket.create_connection((at.hostname, at.port or 443), timeout=CONNECT_SECONDS).close()
        return
    headers = {}
    if at.username:
        name = f"{unquote(at.username)}:{unquote(at.password or '')}"
        headers["Proxy-Authorization"] = f"Basic {base64.b64encode(name.encode()).decode()}"
    connection = HTTPConnection(at.hostname, at.port or 80, timeout=CONNECT_SECONDS)
    connection.set_tunnel(host, 443, headers)
    try:
        connection.connect()
    except HTTPException as error:
        raise OSError(f"The proxy gave no answer: {error}") from error
    finally:
        connection.close()


def main() -> int:
    downloadable = [name for name, dataset in DATASETS.items() if dataset.download_mb]
    parser = argparse.ArgumentParser(prog="python -m cache.tasks.downloads", description=__doc__)
    parser.add_argument("name", choices=downloadable, help="the dataset")
    parser.add_argument(
        "--cache", type=Path, default=cache_root(), help="folder of the run cache (default: %(default)s)"
    )
    parser.add_argument("--deadline-seconds", type=float, default=DEADLINE_SECONDS, help="default: %(default)s")
    arguments = parser.parse_args()
    try:
        ended = download(get_dataset(arguments.name), arguments.cache, arguments.deadline_seconds)
    except CacheReadOnly as error:
        print(error, file=sys.stderr)
        return 1
    print(ended.message)
    return 0 if ended.state == DONE else 1


if __name__ == "__main__":
    sys.exit(main())
