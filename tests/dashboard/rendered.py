"""Everything on a page that a browser takes for Markdown."""

from collections.abc import Iterator
from typing import Any

from streamlit.testing.v1 import AppTest

MARKDOWN_FIELDS = {"body", "label", "help", "text", "content", "caption", "captions", "tooltip", "options"}
AS_IT_STANDS = {"text", "code", "arrow_data_frame", "vega_lite_chart"}
"""Elements that take what they are given for letters alone."""


def markdown(app: AppTest) -> Iterator[tuple[str, str]]:
    """(kind of element, text) of titles, labels, tooltips and all else that is written in Markdown."""
    for node in _nodes(app._tree):
        kind = getattr(node, "type", "")
        proto = getattr(node, "proto", None)
        if proto is None:
            continue
        for name, text in _texts(proto):
            if (name != "options" or kind == "radio") and (kind not in AS_IT_STANDS or name in ("help", "label")):
                yield f"{kind}.{name}", text


def _nodes(node: Any) -> Iterator[Any]:
    yield node
    for child in getattr(node, "children", {}).values():
        yield from _nodes(child)


def _texts(proto: Any) -> Iterator[tuple[str, str]]:
    for field, value in proto.ListFields():
        is_one = isinstance(value, str | bytes) or not hasattr(value, "__len__")
        for each in [value] if is_one else list(value):
            if isinstance(each, str):
                if field.name in MARKDOWN_FIELDS:
                    yield field.name, each
            elif hasattr(each, "ListFields"):
                yield from _texts(each)
