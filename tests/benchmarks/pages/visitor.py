"""One person's session with a real server, by the protocol that the browser speaks: opens pages, changes widgets, waits
for the answer. No browser is needed, so that many fit on a machine without being what is measured."""

import asyncio
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from urllib.parse import urlencode

from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.proto.WidgetStates_pb2 import WidgetState
from websockets.asyncio.client import ClientConnection, connect

PATIENCE_SECONDS = 60.0
TEXTS = {"markdown": "body", "alert": "body", "vega_lite_chart": "alt"}
"""The elements that are read, and which of their fields says it."""


class WentWrong(RuntimeError):
    """The page showed an exception, or nothing at all."""


@dataclass
class Visitor:
    """``texts`` is what the last answer said, which may be of a part of the page alone; ``seconds`` is how long each
    answer took, from the click to its end."""

    url: str
    seconds: list[float] = field(default_factory=list)
    texts: list[str] = field(default_factory=list)
    _socket: ClientConnection | None = None
    _pages: dict[str, str] = field(default_factory=dict)
    _page: str = ""
    _query: dict[str, list[str]] = field(default_factory=dict)
    _ids: dict[str, str] = field(default_factory=dict)
    _parts: dict[str, str] = field(default_factory=dict)
    _states: dict[str, WidgetState] = field(default_factory=dict)

    async def enter(self) -> None:
        address = self.url.replace("http", "ws", 1).rstrip("/") + "/_stcore/stream"
        self._socket = await connect(address, subprotocols=["streamlit"], max_size=None, ping_interval=None)

    async def leave(self) -> None:
        if self._socket:
            await self._socket.close()

    async def open(self, page: str = "", query: Mapping[str, Sequence[str]] | None = None) -> None:
        """A page by its name in the address, as a link does: what was chosen before is left behind."""
        self._states.clear()
        self._query = {key: list(values) for key, values in (query or {}).items()}
        self._page = self._pages.get(page, "")
        await self._ask(page)

    async def choose(self, key: str, values: Sequence[str]) -> None:
        """Picks options of a list, a row of buttons or pills, which is bound to ``key`` in the address."""
        state = WidgetState(id=self._id(key))
        state.string_array_value.data[:] = values
        await self._change(key, state, list(values))

    async def pick(self, key: str, value: str) -> None:
        await self._change(key, WidgetState(id=self._id(key), string_value=value), [value])

    async def press(self, key: str) -> None:
        """Clicks a button."""
        state = WidgetState(id=self._id(key), trigger_value=True)
        await self._ask(part=self._parts[state.id], clicked=state)

    async def enter_number(self, key: str, value: float) -> None:
        await self._change(key, WidgetState(id=self._id(key), double_value=value), [f"{value:g}"])

    async def _change(self, key: str, state: WidgetState, values: list[str]) -> None:
        self._states[state.id] = state
        self._query[key] = values
        await self._ask(part=self._parts[state.id])

    def _id(self, key: str) -> str:
        if key not in self._ids:
            raise WentWrong(f"The page shows no widget {key!r}.")
        return self._ids[key]

    async def _ask(self, page: str = "", part: str = "", clicked: WidgetState | None = None) -> None:
        """Asks for the whole page, or for the part of it that can be drawn alone; ``clicked`` is told once."""
        message = BackMsg()
        asked = message.rerun_script
        asked.query_string = urlencode(self._query, doseq=True)
        asked.page_script_hash, asked.page_name, asked.fragment_id = self._page, page, part
        asked.context_info.url, asked.context_info.color_scheme = f"{self.url}{page}", "light"
        asked.widget_states.widgets.extend([*self._states.values(), *([clicked] if clicked else [])])
        began = time.perf_counter()
        await self._socket.send(message.SerializeToString())
        async with asyncio.timeout(PATIENCE_SECONDS):
            await self._read(bool(part))
        self.seconds.append(time.perf_counter() - began)

    async def _read(self, is_part: bool) -> None:
        self.texts = []
        whole = ForwardMsg.FINISHED_SUCCESSFULLY
        ended = ForwardMsg.FINISHED_FRAGMENT_RUN_SUCCESSFULLY if is_part else whole
        while True:
            message = ForwardMsg.FromString(await self._socket.recv())
            kind = message.WhichOneof("type")
            if kind == "navigation":
                self._pages = {page.url_pathname: page.page_script_hash for page in message.navigation.app_pages}
            elif kind == "new_session":
                self._page = message.new_session.page_script_hash
            elif kind == "page_not_found":
                raise WentWrong("There is no such page.")
            elif kind == "delta" and message.delta.WhichOneof("type") == "new_element":
                self._note(message.delta.new_element, message.delta.fragment_id)
            elif kind == "script_finished" and message.script_finished == ended:
                return

    def _note(self, element, part: str) -> None:
        kind = element.WhichOneof("type")
        shown = getattr(element, kind)
        if kind == "exception":
            raise WentWrong(f"{shown.type}: {shown.message}")
        if kind in TEXTS:
            self.texts.append(getattr(shown, TEXTS[kind]))
        # A widget's id ends in the key that was given to it.
        if identity := getattr(shown, "id", ""):
            self._ids[identity.rpartition("-")[2]] = identity
            self._parts[identity] = part
