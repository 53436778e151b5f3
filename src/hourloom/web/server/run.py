"""Run an ASGI app on listening sockets until a signal, then finish what was asked and stop."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import logging
import signal
import socket
import sys
import threading
import time
from collections.abc import AsyncIterator, Callable, Sequence
from pathlib import Path
from typing import Any

from hourloom.core.errors import Refused
from hourloom.web.server.lean import without_command_line
from hourloom.web.server.listening import BACKLOG, listen_unix
from hourloom.web.server.protocol import Protocol

without_command_line()

from uvicorn.config import Config  # noqa: E402
from uvicorn.server import ServerState  # noqa: E402

GRACE = 5.0
"""Seconds that requests under way are given when the server stops."""
KEEP_ALIVE = 75
COLLECTIONS = (20_000, 20, 20)
"""How seldom rubbish in cycles is looked for: queries make tuples by the ten thousand, hardly a cycle."""
WEBSOCKET_MESSAGE_LIMIT = 1024 * 1024

App = Callable[..., Any]  # an ASGI application: its messages are dictionaries of anything


class StartFailed(Refused):
    """The server could not start: {reason}."""


class Running:
    """A server that accepts connections: where it listens, and how to stop it from any thread."""

    def __init__(self, addresses: list[tuple[str, int]], stop: Callable[[], object]) -> None:
        self.addresses = addresses
        self.stop = stop


def serve(
    app: App,
    *,
    tcp: Sequence[socket.socket] = (),
    unix_path: Path | None = None,
    on_ready: Callable[[Running], None] = lambda running: None,
    on_stopping: Callable[[], None] = lambda: None,
    grace: float = GRACE,
) -> bool:
    """Serve until SIGTERM, SIGINT or `Running.stop`; a second signal ends the waiting for requests.

    SIGHUP ends it too, and is answered by True: whoever supervises is to start the server again.

    Sockets given are closed in the end, but never shut down for others who hold them. The app's lifespan
    begins before the first connection is accepted and ends after the last answer; an exception of its start
    is raised here. `on_stopping` comes before the wait for requests under way: endless answers end there.
    """
    # A writer thread that wakes up often must not wait 5 ms for the interpreter.
    sys.setswitchinterval(0.001)
    _raise_descriptor_limit()
    with asyncio.Runner(loop_factory=_loop_factory()) as runner:
        return runner.run(_serve(app, tcp, unix_path, on_ready, on_stopping, grace))


async def _serve(
    app: App,
    tcp: Sequence[socket.socket],
    unix_path: Path | None,
    on_ready: Callable[[Running], None],
    on_stopping: Callable[[], None],
    grace: float,
) -> bool:
    loop = asyncio.get_running_loop()
    stopping, hurry, again = asyncio.Event(), asyncio.Event(), asyncio.Event()

    def stop() -> None:
        (hurry if stopping.is_set() else stopping).set()

    def start_again() -> None:
        again.set()
        stopping.set()

    state = ServerState()
    config = _config(app)
    with _signals(loop, stop, start_again):
        async with _lifespan(app) as app_state:
            sockets = [*tcp, listen_unix(unix_path)] if unix_path else list(tcp)

            def connection() -> Protocol:
                return Protocol(config=config, server_state=state, app_state=app_state, _loop=loop)

            servers = [await loop.create_server(connection, sock=each, backlog=BACKLOG) for each in sockets]
            gc.freeze()
            gc.set_threshold(*COLLECTIONS)
            gc.enable()
            addresses = [each.getsockname()[:2] for each in tcp]
            on_ready(Running(addresses, lambda: _call(loop, stop)))
            await stopping.wait()
            on_stopping()
            if unix_path:
                unix_path.unlink(missing_ok=True)  # noqa: ASYNC240 - one call, at the end
            for server in servers:
                server.close()
            await _finish(state, time.monotonic() + grace, hurry)
    return again.is_set()


def _call(loop: asyncio.AbstractEventLoop, stop: Callable[[], None]) -> None:
    # A server that has ended meanwhile needs no more stopping.
    with contextlib.suppress(RuntimeError):
        loop.call_soon_threadsafe(stop)


async def _finish(state: ServerState, deadline: float, hurry: asyncio.Event) -> None:
    """Let requests under way end until the deadline, then drop what is left."""
    for connection in list(state.connections):
        connection.shutdown()
    # uvicorn tells nobody when the last of these has ended.
    while not _is_over(state, deadline) and not hurry.is_set():  # noqa: ASYNC110
        await asyncio.sleep(0.01)
    for left in list(state.connections):
        left.transport.abort()
    # A traceback of each cancelled request would tell nobody anything.
    logging.getLogger("uvicorn.error").disabled = bool(state.tasks)
    for task in list(state.tasks):
        task.cancel()
    if state.tasks:
        await asyncio.wait(list(state.tasks), timeout=1)


def _is_over(state: ServerState, deadline: float) -> bool:
    return not (state.connections or state.tasks) or time.monotonic() >= deadline


@contextlib.asynccontextmanager
async def _lifespan(app: App) -> AsyncIterator[dict[str, Any]]:
    """Run the app's lifespan around the body; its own exceptions come out here."""
    to_app: asyncio.Queue[dict[str, str]] = asyncio.Queue()
    started: asyncio.Future[None] = asyncio.get_running_loop().create_future()
    state: dict[str, Any] = {}

    async def send(message: dict[str, Any]) -> None:
        if message["type"] == "lifespan.startup.complete":
            started.set_result(None)
        elif message["type"] == "lifespan.startup.failed" and not started.done():
            reason = str(message.get("message", "")).strip().rpartition("\n")[2]
            started.set_exception(StartFailed(reason=reason or "it gave no reason"))

    scope = {"type": "lifespan", "asgi": {"version": "3.0", "spec_version": "2.0"}, "state": state}
    life = asyncio.ensure_future(app(scope, to_app.get, send))
    to_app.put_nowait({"type": "lifespan.startup"})
    await asyncio.wait((life, started), return_when=asyncio.FIRST_COMPLETED)
    if not started.done() or started.exception():
        # The app's own exception tells more than the message it sent.
        await asyncio.wait((life,), timeout=1)
        if life.done():
            life.result()
        started.result() if started.done() else None
        raise StartFailed(reason="the app ended before it had started")
    try:
        yield state
    finally:
        to_app.put_nowait({"type": "lifespan.shutdown"})
        await life


@contextlib.contextmanager
def _signals(
    loop: asyncio.AbstractEventLoop, stop: Callable[[], None], start_again: Callable[[], None]
) -> Any:
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    handled = {signal.SIGTERM: stop, signal.SIGINT: stop}
    if sys.platform != "win32":
        handled[signal.SIGHUP] = start_again
    for number, answer in handled.items():
        if sys.platform == "win32":
            signal.signal(number, lambda *_: loop.call_soon_threadsafe(stop))
        else:
            loop.add_signal_handler(number, answer)
    try:
        yield
    finally:
        if sys.platform != "win32":
            for number in handled:
                loop.remove_signal_handler(number)


def _config(app: App) -> Config:
    """Return uvicorn's settings: no logs of requests, no headers of its own, no trust in proxies."""
    config = Config(
        app,
        loop="none",
        http=Protocol,
        ws="none",
        lifespan="off",
        interface="asgi3",
        log_config=None,
        log_level="error",
        access_log=False,
        proxy_headers=False,
        server_header=False,
        date_header=False,
        timeout_keep_alive=KEEP_ALIVE,
        ws_max_size=WEBSOCKET_MESSAGE_LIMIT,
        ws_per_message_deflate=False,
    )
    config.load()
    return config


def _loop_factory() -> Callable[[], asyncio.AbstractEventLoop] | None:
    if sys.platform == "win32":
        return None
    import uvloop  # noqa: PLC0415 - there is none on Windows

    return uvloop.new_event_loop


def _raise_descriptor_limit() -> None:
    if sys.platform == "win32":
        return
    import resource  # noqa: PLC0415 - there is none on Windows

    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = min(hard, 65536) if hard != resource.RLIM_INFINITY else 65536
    if soft != resource.RLIM_INFINITY and soft < wanted:
        with contextlib.suppress(ValueError, OSError):
            resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
