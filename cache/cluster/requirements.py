"""What has to be set and installed before a runner can connect to a Ray cluster. Ray is not imported for it."""

import os
from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path

from cache.core.settings import RAY_ADDRESS

MODE, TOKEN, TOKEN_PATH = "RAY_AUTH_MODE", "RAY_AUTH_TOKEN", "RAY_AUTH_TOKEN_PATH"


class ClusterProblem(RuntimeError):
    """The cluster cannot be used; the message says why and what to do."""


def require_settings() -> None:
    """Raises ClusterProblem if there is no address, Ray or token on this machine."""
    if not RAY_ADDRESS.text:
        raise ClusterProblem(f"{RAY_ADDRESS} is not set, so no cluster trains these runs: set it, or cancel them.")
    if find_spec("ray") is None:
        raise ClusterProblem(f"{RAY_ADDRESS} is set and Ray is missing: install cache/requirements-ray.txt.")
    require_token()


def require_token(environment: Mapping[str, str] | None = None) -> None:
    """Raises ClusterProblem unless this process shows a token to the cluster; an address alone does not."""
    values = os.environ if environment is None else environment
    if values.get(MODE, "").strip().lower() != "token":
        raise ClusterProblem(
            f"A Ray cluster runs the code of everybody who reaches it: set {MODE}=token here and there."
        )
    if not values.get(TOKEN, "").strip() and not _has_text(
        Path(values.get(TOKEN_PATH) or Path.home() / ".ray" / "auth_token")
    ):
        raise ClusterProblem(
            f"The token of the Ray cluster is missing: set {TOKEN} or {TOKEN_PATH}, or write it to ~/.ray/auth_token."
        )


def _has_text(path: Path) -> bool:
    try:
        return bool(path.read_text().strip())
    except (OSError, UnicodeDecodeError):
        return False
