"""Drive a server over many connections from one loop, fast enough that the server is the slower part."""

import select
import time
from collections.abc import Iterator

from benchmarks.connection import LARGEST_READ, LENGTH, Address, Reader, Refused


def drive(address: Address, streams: list[Iterator[bytes]], seconds: float) -> list[float]:
    """Send each stream on a connection of its own, one request at a time, and return all latencies.

    One loop serves all connections, for threads would compete with the server for the processors.
    """
    loop, latencies = Loop(), list[float]()
    lanes = [Lane(address, stream, latencies) for stream in streams]
    end = time.perf_counter() + seconds
    try:
        for lane in lanes:
            loop.enter(lane)
        while time.perf_counter() < end:
            loop.turn()
        loop.drain()
    finally:
        for lane in lanes:
            lane.socket.close()
    return latencies


class Lane:
    """One of the connections: its requests, and when the last one was sent."""

    def __init__(self, address: Address, requests: Iterator[bytes], latencies: list[float]) -> None:
        self.socket = address.dial()
        self._address, self._requests, self._latencies = address, requests, latencies
        self._reader: Reader | None = None
        self._sent_at = 0.0

    def send(self) -> None:
        """Send the next request."""
        self._sent_at = time.perf_counter()
        self.socket.sendall(next(self._requests))

    def receive(self) -> bool:
        """Take what has arrived and say whether the answer is complete."""
        piece = self.socket.recv(LARGEST_READ)
        if self._reader is None and is_whole_success(piece):
            self._latencies.append(time.perf_counter() - self._sent_at)
            return True
        return self._receive_slowly(piece)

    def redial(self) -> None:
        """Open the connection again after the server has closed it."""
        self.socket.close()
        self.socket = self._address.dial()

    @property
    def closed(self) -> bool:
        """Say whether the server closes the connection after the last answer."""
        reader, self._reader = self._reader, None
        return reader is not None and reader.closes

    def _receive_slowly(self, piece: bytes) -> bool:
        """Take a piece of an answer that comes in several, is a refusal, or ends the connection."""
        self._reader = self._reader or Reader()
        self._reader.take(piece)
        if self._reader.complete:
            if self._reader.status != 200:
                raise Refused(f"{self._reader.status} {self._reader.body[:300]!r}")
            self._latencies.append(time.perf_counter() - self._sent_at)
        return self._reader.complete


class Loop:
    """Waits for all connections together."""

    def __init__(self) -> None:
        self._poll = select.epoll()
        self._lanes: dict[int, Lane] = {}

    def enter(self, lane: Lane) -> None:
        """Take up a connection and send its first request."""
        number = lane.socket.fileno()
        self._lanes[number] = lane
        self._poll.register(number, select.EPOLLIN)
        lane.send()

    def turn(self) -> None:
        """Take the answers that are there and send the next requests."""
        for number, _ in self._poll.poll():
            lane = self._lanes[number]
            if not lane.receive():
                continue
            if lane.closed:
                self._leave(number)
                lane.redial()
                self.enter(lane)
            else:
                lane.send()

    def drain(self) -> None:
        """Take the answers that are still to come."""
        while self._lanes:
            for number, _ in self._poll.poll():
                if self._lanes[number].receive():
                    self._leave(number)
        self._poll.close()

    def _leave(self, number: int) -> None:
        self._poll.unregister(number)
        del self._lanes[number]


def is_whole_success(piece: bytes) -> bool:
    """Say quickly whether this is one whole answer of status 200 on a connection that stays open."""
    end = piece.find(b"\r\n\r\n")
    if end < 0 or not piece.startswith(b"HTTP/1.1 200"):
        return False
    length = LENGTH.search(piece, 0, end)
    return (
        length is not None and int(length[1]) == len(piece) - end - 4 and b"\nConnection: close" not in piece
    )


def percentile(values: list[float], percent: float) -> float:
    """Return the value that so many percent do not exceed."""
    ordered = sorted(values)
    return ordered[round(percent / 100 * (len(ordered) - 1))]
