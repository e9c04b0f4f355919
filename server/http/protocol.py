"""How uvicorn is run: slow clients are cut off, and a stop lets every client finish first."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable
from typing import Any

import uvicorn
from starlette.types import ASGIApp
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle

from server.http.deadline import LISTEN

HEADER_SECONDS = 10.0
STALL_SECONDS = 30.0
DRAIN_SECONDS = 1.0
STOP_SECONDS = 8
LONGEST_WEBSOCKET_MESSAGE = 131_072


class DeadlineProtocol(HttpToolsProtocol):
    """Closes connections that have not sent a whole request head within `header_seconds`, and those that take
    nothing of a waiting answer for `stall_seconds`.

    Uvicorn itself waits for ever, so a few hundred silent connections would use up the process: its sockets, or
    its memory for the answers.
    """

    header_seconds = HEADER_SECONDS
    stall_seconds = STALL_SECONDS
    _deadline: asyncio.TimerHandle | None = None
    _stalled: asyncio.TimerHandle | None = None
    _tell: Callable[[], None] | None = None
    _is_lost = False

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn
        super().connection_made(transport)
        self._await_head()

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        # The first bytes of a further request end uvicorn's keep-alive timer; this one takes over.
        cycle: RequestResponseCycle | None = self.cycle
        if cycle is not None and cycle.response_complete and self.timeout_keep_alive_task is None:
            self._await_head()

    def on_headers_complete(self) -> None:
        self._head_arrived()
        self.scope[LISTEN] = self.listen  # type: ignore[literal-required]  # ours
        super().on_headers_complete()

    def connection_lost(self, exc: Exception | None) -> None:
        self._head_arrived()
        self._went_on()
        super().connection_lost(exc)
        self._is_lost = True
        if self._tell is not None:
            self._tell()

    def listen(self, tell: Callable[[], None] | None) -> None:
        """Call `tell` when the client hangs up: a `server.http.deadline.Listen`."""
        self._tell = tell
        if self._is_lost and tell is not None:
            tell()

    def pause_writing(self) -> None:
        super().pause_writing()
        if self._stalled is None:
            self._stalled = self.loop.call_later(self.stall_seconds, self.transport.abort)

    def resume_writing(self) -> None:
        self._went_on()
        super().resume_writing()

    def _went_on(self) -> None:
        if self._stalled is not None:
            self._stalled.cancel()
            self._stalled = None

    def _await_head(self) -> None:
        if self._deadline is None:
            self._deadline = self.loop.call_later(self.header_seconds, self._cut_off)

    def _head_arrived(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None

    def _cut_off(self) -> None:
        self._deadline = None
        if not self.transport.is_closing():
            self.transport.close()


class DrainingServer(uvicorn.Server):
    """Stops in two steps: for `drain_seconds` it answers on, telling clients to close, then it stops.

    A connection that is closed while the client sends its next request looks like a failure to the client;
    one that was told to close does not.
    """

    def __init__(
        self,
        config: uvicorn.Config,
        *,
        on_drain: Callable[[], None] | None = None,
        drain_seconds: float = DRAIN_SECONDS,
    ) -> None:
        super().__init__(config)
        self._on_drain, self._drain_seconds = on_drain, drain_seconds

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Drain, then do what uvicorn does."""
        if self._on_drain is not None:
            self._on_drain()
        self.server_state.default_headers = [*self.server_state.default_headers, (b"connection", b"close")]
        if not self.force_exit:
            await asyncio.sleep(self._drain_seconds)
        await super().shutdown(sockets)
        # Uvicorn would now send itself the signal again, and die of it before exit handlers run.
        self._captured_signals.clear()


def uvicorn_config(app: ASGIApp | str, *, host: str, port: int, **further: Any) -> uvicorn.Config:
    """The configuration for `DrainingServer`. `configure_logging` must have run."""
    options: dict[str, Any] = {
        "http": DeadlineProtocol,
        "ws_max_size": LONGEST_WEBSOCKET_MESSAGE,
        "timeout_graceful_shutdown": STOP_SECONDS,
        "server_header": False,
        "access_log": False,
        "log_config": None,
        **further,
    }
    return uvicorn.Config(app, host=host, port=port, **options)
