"""An outbox takes beats at once, keeps them on disk, and sends them in order when the server is there."""

from __future__ import annotations

import logging
import os
import threading
import time
from collections.abc import Callable, Collection, Sequence
from pathlib import Path
from typing import BinaryIO, NamedTuple, Self

import msgspec

from hourloom.core.clock import SECOND, Clock, Duration, Instant, SystemClock
from hourloom.core.decoding import decode
from hourloom.core.errors import Conflict
from hourloom.sdk.outbox.beats import Beat, BeatRefused, Declaration, Waiting, named, waiting_of
from hourloom.sdk.outbox.lane import SUFFIX, Lane, series_of
from hourloom.sdk.outbox.letters import Letter, Letters
from hourloom.sdk.outbox.locking import is_locked, key_at
from hourloom.sdk.outbox.post import Line, Post, Refusal, Trouble, Verdict
from hourloom.sdk.outbox.segment import Seal

log = logging.getLogger(__name__)

MOST_AT_ONCE = 500
MOST_BUCKETS = 1_000
MOST_UNSAVED, MOST_UNSAVED_BYTES = 5_000, 4 * 1024 * 1024
LASTING = Duration(10 * SECOND)
"""When there is no room, only what lasts so long is kept."""
LONGEST_PAUSE, LOCAL_PAUSE, FIRST_PAUSE = 30.0, 2.0, 0.25
SYNCED_WITHIN = 0.5
POISONED_AFTER = 6
"""A beat that makes the server fail so often in a row becomes a letter, so that the others get through."""
_CLOSING = 2.0


class OutboxInUse(Conflict):
    """Another program uses the outbox in {path}."""


class TooManyBuckets(Conflict):
    """An outbox is for {most} buckets at most."""


class Bounds(NamedTuple):
    """How much may wait."""

    beats: int = 500_000
    bytes: int = 200 * 1024 * 1024


class State(NamedTuple):
    """How an outbox is doing."""

    waiting: int
    """Beats that the server has not taken yet."""
    oldest: Instant | None
    """When the first of them began."""
    letters: int
    """Beats that the server refused for good."""
    last_answer: Instant | None
    """When the server last took what it was sent."""
    trouble: str | None
    """A stable code for why something cannot be sent: "server_not_running", "not_signed_in", ..."""
    sentence: str
    """The same for a person, or nothing."""
    full: bool
    """Whether there is no room: only what lasts ten seconds is kept."""
    left_out: int
    """Beats that were left out for want of room, and letters that could not be kept."""
    unsaved: int
    """Beats that are in memory alone, since the disk takes nothing."""
    unreadable: int
    """Bytes of an earlier outbox whose key is gone, and records that a fault of the disk destroyed."""
    bytes: int
    """What it takes on disk."""


class Outbox:
    """Takes beats and sends them from a thread of its own, which sleeps while nothing waits.

    `folder` is where beats wait, sealed with the key in `key_file`; both are made if need be. `reach`
    opens a way to the server; it is called again whenever the way broke, and may raise.
    """

    def __init__(
        self,
        folder: Path,
        reach: Callable[[], Line],
        *,
        key_file: Path,
        clock: Clock | None = None,
        bounds: Bounds = Bounds(),  # noqa: B008 - it cannot be changed
        pause: Callable[[int], float] | None = None,
    ) -> None:
        self._clock, self._bounds = clock or SystemClock(), bounds
        self._pause = pause or _pause
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._lock_file: BinaryIO = _locked(folder)
        try:
            seal = Seal(key_at(key_file))
        except BaseException:
            self._lock_file.close()
            raise
        self._seal, self._folder = seal, folder / seal.name
        self._folder.mkdir(mode=0o700, exist_ok=True)
        self._unreadable = _bytes_of_others(folder, seal.name)
        self._lanes: dict[str, Lane] = {}
        for numbers in series_of(self._folder).values():
            lane = Lane.found(self._folder, seal, numbers)
            if lane is None:
                self._unreadable += sum(path.stat().st_size for _, path in numbers)
            else:
                self._lanes[lane.declaration.name] = lane
        self._letters = Letters(self._folder, seal)
        self._post = Post(reach)
        self._stirred = threading.Condition(threading.RLock())
        self._trouble: Trouble | None = None
        self._not_before, self._failures = 0.0, 0
        self._last_answer: Instant | None = None
        self._left_out = self._failed_attempts = 0
        self._dirty_since: float | None = None
        self._closed = False
        self._thread = threading.Thread(target=self._run, name="outbox", daemon=True)
        self._thread.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def declare(self, bucket: str, *, type: str, client: str, hostname: str) -> None:  # noqa: A002 - the API's word
        """Say what a bucket is: the server is told before its first beat, and again should it forget.

        Raises BeatRefused for names that no server would take.
        """
        declaration = Declaration(
            named("bucket's name", bucket, required=True),
            named("type", type),
            named("client", client),
            named("hostname", hostname),
        )
        with self._stirred:
            lane = self._lanes.get(bucket)
            if lane is None:
                self._lanes[bucket] = self._new_lane(declaration)
            else:
                lane.declare(declaration)
                lane.not_before = 0.0
            self._stirred.notify_all()

    def put(self, beat: Beat) -> None:
        """Take a beat; it never waits for the network.

        When this returns, the beat survives the end of this program by any signal, and a second later a power
        cut as well. It extends the newest beat that waits in its bucket where the server would do the same.
        Raises BeatRefused for what no server would take.
        """
        waiting = waiting_of(beat)
        with self._stirred:
            if self._closed:
                raise BeatRefused(reason="the outbox is closed")
            lane = self._lanes.get(beat.bucket)
            if lane is None:
                name = named("bucket's name", beat.bucket, required=True)
                lane = self._lanes[name] = self._new_lane(Declaration(name, "", "", ""))
            self._take(lane, waiting)
            self._sync_if_late()
            self._stirred.notify_all()

    def wake(self) -> None:
        """Try to send at once, as when somebody knows that the server is back."""
        with self._stirred:
            self._not_before = 0.0
            for lane in self._lanes.values():
                lane.not_before = 0.0
            self._stirred.notify_all()

    def flush(self, timeout: float, *, patient: bool = True) -> bool:
        """Try at once, and wait for so many seconds until nothing waits; tell whether that came true.

        Who is not patient waits no longer once an attempt has failed.
        """
        deadline = time.monotonic() + timeout
        with self._stirred:
            failed = self._failed_attempts
            self.wake()
            while any(lane.waiting for lane in self._lanes.values()):
                left = deadline - time.monotonic()
                if left <= 0 or self._closed or (not patient and self._failed_attempts > failed):
                    return False
                self._stirred.wait(left)
        return True

    def close(self) -> None:
        """Stop sending; what waits is on disk and is sent by the next outbox on this folder."""
        with self._stirred:
            if self._closed:
                return
            self._closed = True
            self._stirred.notify_all()
        self._thread.join(_CLOSING)
        with self._stirred:
            for lane in self._lanes.values():
                lane.close()
            self._letters.close()
            self._lock_file.close()

    def state(self) -> State:
        """Say how it is doing."""
        with self._stirred:
            lanes = self._lanes.values()
            heads = [head.started_at for lane in lanes if (head := lane.head()) is not None]
            trouble = self._trouble or next((lane.trouble for lane in lanes if lane.trouble), None)
            return State(
                waiting=sum(lane.waiting for lane in lanes),
                oldest=Instant(min(heads)) if heads else None,
                letters=self._letters.count,
                last_answer=self._last_answer,
                trouble=None if trouble is None else trouble.code,
                sentence="" if trouble is None else trouble.sentence,
                full=self._is_full(1),
                left_out=self._left_out + self._letters.left_out,
                unsaved=sum(lane.unsaved[0] for lane in lanes),
                unreadable=self._unreadable + sum(lane.damaged for lane in lanes),
                bytes=sum(lane.size for lane in lanes),
            )

    def dead_letters(self) -> list[Letter]:
        """Return the beats that the server refused for good, the oldest first."""
        with self._stirred:
            return self._letters.all()

    def discard(self, ids: Collection[str] | None = None) -> int:
        """Forget some dead letters, or all of them; return how many."""
        with self._stirred:
            return self._letters.take(ids, lambda letter: None)

    def retry(self, ids: Collection[str] | None = None) -> int:
        """Send some dead letters again, or all of them, behind what waits; return how many."""
        with self._stirred:
            count = self._letters.take(ids, self._again)
            self._stirred.notify_all()
            return count

    def _again(self, letter: Letter) -> None:
        beat = Beat(letter.bucket, letter.at, decode(letter.data), letter.pulsetime, letter.duration)
        self.put(beat)

    def _new_lane(self, declaration: Declaration) -> Lane:
        if len(self._lanes) >= MOST_BUCKETS:
            raise TooManyBuckets(most=MOST_BUCKETS)
        return Lane.new(self._folder, self._seal, declaration)

    def _take(self, lane: Lane, waiting: Waiting) -> None:
        if self._is_full(2):
            self._left_out += 1
        elif not self._is_full(1):
            lane.put(waiting)
        elif not lane.squeeze(waiting, LASTING):
            self._left_out += 1

    def _is_full(self, times: int) -> bool:
        lanes = self._lanes.values()
        if any(
            lane.unsaved[0] >= MOST_UNSAVED * times or lane.unsaved[1] >= MOST_UNSAVED_BYTES * times
            for lane in lanes
            if lane.unsaved[0]
        ):
            return True
        return (
            sum(lane.waiting for lane in lanes) >= self._bounds.beats * times
            or sum(lane.size for lane in lanes) >= self._bounds.bytes * times
        )

    def _sync_if_late(self) -> None:
        now = time.monotonic()
        if self._dirty_since is None:
            self._dirty_since = now
        elif now - self._dirty_since >= SYNCED_WITHIN:
            self._sync()

    def _sync(self) -> None:
        self._dirty_since = None
        for lane in self._lanes.values():
            lane.sync()

    def _run(self) -> None:
        """Send what waits until closed."""
        while (job := self._awaited_job()) is not None:
            lane, batch = job
            verdict = self._delivered(lane, batch)
            with self._stirred:
                if not self._closed:
                    self._settle(lane, batch, verdict)
                    self._stirred.notify_all()
        self._post.close()

    def _awaited_job(self) -> tuple[Lane, list[Waiting]] | None:
        with self._stirred:
            while not self._closed:
                job = self._next_job(time.monotonic())
                if job is not None:
                    if (self._trouble or job[0].trouble) and self._dirty_since is not None:
                        self._sync()
                    return job
                self._stirred.wait(self._rest(time.monotonic()))
            return None

    def _next_job(self, now: float) -> tuple[Lane, list[Waiting]] | None:
        """Take the next batch, from one bucket after another."""
        if now < self._not_before:
            return None
        for lane in list(self._lanes.values()):
            if lane.waiting and lane.not_before <= now:
                batch = lane.take(MOST_AT_ONCE)
                if batch:
                    # To the end of the line, so that the others have their turn.
                    self._lanes[lane.declaration.name] = self._lanes.pop(lane.declaration.name)
                    return lane, batch
        return None

    def _rest(self, now: float) -> float | None:
        """Return for how long there is nothing to do, which is for ever when nothing waits; tend the disk."""
        waiting = [lane for lane in self._lanes.values() if lane.waiting]
        if not waiting:
            self._dirty_since = None
            return None
        until = [max(self._not_before, min(lane.not_before for lane in waiting))]
        if self._dirty_since is not None:
            if now - self._dirty_since >= SYNCED_WITHIN:
                self._sync()
            else:
                until.append(self._dirty_since + SYNCED_WITHIN)
        return max(0.001, min(until) - now)

    def _delivered(self, lane: Lane, batch: Sequence[Waiting]) -> Verdict:
        """Send a batch, after the server was told of its bucket."""
        try:
            if not lane.is_confirmed:
                if not lane.declaration.type:
                    return Verdict(trouble=_UNDECLARED)
                verdict = self._post.declare(lane.declaration)
                if verdict.trouble is not None:
                    return verdict
                lane.is_confirmed = True
            return self._post.send(lane.declaration.name, batch)
        except Exception as error:  # noqa: BLE001 - the thread must live, or nothing would ever be sent again
            # Its message might quote a title.
            log.error("unforeseen %s while sending", type(error).__name__)  # noqa: TRY400 - as above
            self._post.close()
            return Verdict(trouble=Trouble("unforeseen", "Something unforeseen went wrong while sending."))

    def _settle(self, lane: Lane, batch: Sequence[Waiting], verdict: Verdict) -> None:
        """Act on what the server said."""
        if verdict.is_unknown:
            # The server lost the bucket; when it has lost it again after being told, there is no hurry.
            forgotten = lane.failures > 0
            lane.is_confirmed, lane.failures = False, lane.failures + 1
            if forgotten:
                lane.not_before = time.monotonic() + self._pause(lane.failures)
        for beat, refusal in zip(batch, verdict.settled, strict=False):
            if refusal is not None:
                self._keep_letter(lane, beat, refusal)
        if verdict.refused is not None:
            self._narrow(lane, batch, verdict.refused)
            return
        if verdict.settled:
            lane.failures = 0
        lane.settle(len(verdict.settled))
        if verdict.trouble is None:
            self._note_answer(lane)
        else:
            self._wait_for(lane, verdict.trouble, batch[len(verdict.settled)])

    def _note_answer(self, lane: Lane) -> None:
        self._failures, self._trouble, lane.trouble = 0, None, None
        lane.most_at_once = min(MOST_AT_ONCE, lane.most_at_once * 2)
        self._last_answer = self._clock.now()

    def _narrow(self, lane: Lane, batch: Sequence[Waiting], refusal: Refusal) -> None:
        """Halve what is sent until the faulty beat is alone, and let that one become a letter."""
        if len(batch) > 1:
            lane.most_at_once = len(batch) // 2
            lane.release()
            return
        self._keep_letter(lane, batch[0], refusal)
        lane.settle(1)
        self._note_answer(lane)

    def _wait_for(self, lane: Lane, trouble: Trouble, first: Waiting) -> None:
        """Leave the server, or only this bucket, alone for a while."""
        self._failed_attempts += 1
        now = time.monotonic()
        if not trouble.of_bucket:
            self._trouble = trouble
            self._failures += 1
            pause = self._pause(self._failures)
            if trouble.local:
                pause = min(pause, LOCAL_PAUSE)
            self._not_before = now + max(pause, trouble.wish)
            return
        # Others get through, so that the server itself is well.
        self._failures, self._trouble, lane.trouble = 0, None, trouble
        lane.failures += 1
        lane.not_before = now + max(self._pause(lane.failures), trouble.wish)
        if trouble.of_beat and lane.failures >= POISONED_AFTER:
            self._keep_letter(lane, first, Refusal(500, trouble.code, trouble.sentence))
            lane.take(1)
            lane.settle(1)
            lane.failures = 0

    def _keep_letter(self, lane: Lane, beat: Waiting, refusal: Refusal) -> None:
        bucket = lane.declaration.name
        self._letters.add(
            Letter(
                id=self._letters.name_of(bucket, beat),
                bucket=bucket,
                at=Instant(beat.started_at),
                duration=(beat.ended_at - beat.started_at) / SECOND,
                pulsetime=beat.pulsetime / SECOND,
                data=msgspec.Raw(beat.data),
                status=refusal.status,
                code=refusal.code,
                reason=refusal.reason,
                refused_at=self._clock.now(),
            )
        )


_UNDECLARED = Trouble(
    "bucket_not_declared",
    "Nobody has said what the bucket is; its program has to declare it.",
    of_bucket=True,
)


def _pause(failures: int) -> float:
    """Return for how long to wait after so many failures: longer each time, and never quite the same."""
    longest = min(LONGEST_PAUSE, FIRST_PAUSE * 2.0 ** min(failures, 10))
    return longest * (256 + os.urandom(1)[0]) / 512


def _locked(folder: Path) -> BinaryIO:
    flags = os.O_RDWR | os.O_CREAT | os.O_APPEND
    file = open(os.open(folder / "lock", flags, 0o600), "a+b")  # noqa: SIM115 - held while the outbox is open
    if is_locked(file):
        file.close()
        raise OutboxInUse(path=folder)
    return file


def _bytes_of_others(folder: Path, name: str) -> int:
    """Return how much lies there that another key sealed; it is left alone, for the key may come back."""
    return sum(
        path.stat().st_size
        for path in folder.glob("*/*")
        if path.parent.name != name and path.suffix == SUFFIX
    )
