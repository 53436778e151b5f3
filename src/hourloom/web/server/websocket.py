"""One WebSocket connection: uvicorn's, with the peer's facts in its scope."""

from __future__ import annotations

from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.http11 import Request

from hourloom.web.peers import Peer


class WebSocket(WebSocketsSansIOProtocol):
    """Serve one WebSocket; the app's task starts after the scope is complete."""

    peer: Peer

    def handle_connect(self, event: Request) -> None:
        super().handle_connect(event)
        if "scope" in self.__dict__:
            self.scope["hourloom.peer"] = self.peer  # type: ignore[typeddict-unknown-key]
