"""Vega-Lite specs as PNG or SVG, and the JavaScript that draws them in a browser, by ``vl-convert``, with no network.

It holds a whole JavaScript engine of over 100 MB, so it runs in a process that ends.
"""

import json
import subprocess
import sys
from collections.abc import Mapping
from functools import cache
from typing import Any

from cache.core.processes import PROJECT_ROOT

PNG, SVG, JAVASCRIPT = KINDS = ("png", "svg", "javascript")
SCALE = 2
"""Pixels of a PNG for each of the chart's, so that it is sharp in print."""
TIMEOUT_SECONDS = 60


def draw(kind: str, spec: Mapping[str, Any]) -> bytes:
    """Draw a spec as PNG or SVG.

    Raises:
        RuntimeError: It cannot be drawn; the message gives the reason.
    """
    return _ask(kind, json.dumps(spec))


@cache
def javascript() -> str:
    """Return the script that defines ``vegaEmbed``, about 0.9 MB, the same for all charts."""
    return _ask(JAVASCRIPT, "{}").decode()


def _ask(kind: str, text: str) -> bytes:
    import altair  # not in the process that draws

    number = ".".join(altair.SCHEMA_VERSION.removeprefix("v").split(".")[:2])
    try:
        answer = subprocess.run(
            [sys.executable, "-m", "dashboard.charts.render", kind, number],
            input=text.encode(),
            capture_output=True,
            cwd=PROJECT_ROOT,
            timeout=TIMEOUT_SECONDS,
        )
    except subprocess.TimeoutExpired as error:
        raise RuntimeError(f"Drawing took more than {TIMEOUT_SECONDS} s.") from error
    if answer.returncode:
        reason = answer.stderr.decode(errors="replace").strip().splitlines()
        raise RuntimeError(f"The chart could not be drawn: {reason[-1] if reason else 'no reason was given'}")
    return answer.stdout


def main(kind: str, number: str) -> None:
    import vl_convert

    answer: str | bytes
    if kind == JAVASCRIPT:
        answer = vl_convert.javascript_bundle(vl_version=number)  # type: ignore[call-arg]  # its own stub is wrong
    elif kind == SVG:
        answer = vl_convert.vegalite_to_svg(json.load(sys.stdin), vl_version=number, allowed_base_urls=[])
    else:
        answer = vl_convert.vegalite_to_png(json.load(sys.stdin), vl_version=number, scale=SCALE, allowed_base_urls=[])
    sys.stdout.buffer.write(answer.encode() if isinstance(answer, str) else answer)


if __name__ == "__main__":
    main(*sys.argv[1:])
