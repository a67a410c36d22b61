"""Downloading a dataset. In the page it would block, since TFDS retries for minutes without a network."""

import base64
import errno
import socket
import traceback
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from urllib.parse import unquote, urlsplit
from urllib.request import getproxies, proxy_bypass

from filelock import FileLock, Timeout

from cache.tasks.task import OnProgress, Task
from models.data.datasets import get_dataset

CONNECT_SECONDS = 10
NO_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EACCES, errno.EROFS)


@dataclass(frozen=True)
class Download(Task):
    """``dataset`` is its name."""

    dataset: str
    name = "download"
    deadline_seconds = 1_800.0

    def status_file(self, root: Path) -> Path:
        return root / "downloads" / f"{get_dataset(self.dataset).name}.json"

    def work(self, root: Path, on_progress: OnProgress) -> str:
        dataset = get_dataset(self.dataset)
        try:
            on_progress(f"Looking for {dataset.download_host}")
            require_reachable(dataset.download_host)
            on_progress(f"Downloading and preparing {dataset.title}")
            (root / "tfds").mkdir(parents=True, exist_ok=True)
            with FileLock(root / "tfds" / f"{dataset.name}.lock", timeout=1):
                dataset.prepare(root / "tfds")
        except Timeout:
            raise RuntimeError("Another process is already downloading this dataset: wait for it.") from None
        except OSError as error:
            if error.errno in NO_ROOM:
                raise RuntimeError(
                    f"The download could not be written ({error.strerror}): free some space and try again."
                ) from error
            raise RuntimeError(
                f"There is no connection to {dataset.download_host}, so {dataset.title} cannot be downloaded. "
                "Connect to the network and try again, or choose a dataset that needs no download."
            ) from error
        except Exception as error:
            traceback.print_exc()
            raise RuntimeError(f"The download failed ({type(error).__name__}: {error}): try again.") from error
        return f"{dataset.title} is ready."


def require_reachable(host: str) -> None:
    """Connect to the host as the download does: through the proxy in HTTPS_PROXY, unless NO_PROXY excludes the host.
    Raises OSError.
    """
    proxy = None if proxy_bypass(host) else getproxies().get("https", getproxies().get("all"))
    if not proxy:
        socket.create_connection((host, 443), timeout=CONNECT_SECONDS).close()
        return
    at = urlsplit(proxy if "://" in proxy else f"http://{proxy}")
    if not at.hostname:
        raise OSError(f"The proxy {proxy!r} has no host.")
    if at.scheme != "http":  # it cannot be queried in plain text: a connection is enough
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
