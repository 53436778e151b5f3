"""How fast callers may ask and guess, by a clock that only moves when somebody waits."""

from __future__ import annotations

import asyncio

import pytest

from hourloom.assembly import all_routes
from hourloom.core.actors import Actor
from hourloom.core.ids import TokenId, UserId, WorkspaceId
from hourloom.testing import Answer, Client, ServerInMemory
from hourloom.web.application import application
from hourloom.web.caller import Caller
from hourloom.web.endpoint import Context
from hourloom.web.limits import GUESSES, LONGEST_WAIT, REQUESTS, Limits, Permits, Rate, TooFast
from hourloom.web.peers.peer import Peer

REMOTE, HERE = Peer("tcp", None, loopback=False), Peer("tcp", 1000, loopback=True)
on_sqlite = pytest.mark.parametrize("dialect", ["sqlite"], indirect=True)


class Time:
    """A clock, and a sleep that moves it."""

    def __init__(self) -> None:
        self.now = 0.0
        self.slept: list[float] = []

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds


@pytest.fixture
def time() -> Time:
    return Time()


@pytest.fixture
def limits(time: Time) -> Limits:
    return Limits(lambda: time.now, time.sleep)


def an_actor(token: int | None) -> Actor:
    return Actor(WorkspaceId(1), UserId(1), frozenset(), None if token is None else TokenId(token))


def admit(limits: Limits, caller: Caller, token: int | None = None, *, times: int = 1) -> None:
    async def ask() -> None:
        for _ in range(times):
            await limits.admit(caller, an_actor(token), patient=False)

    asyncio.run(ask())


def test_permits_come_back_evenly() -> None:
    permits = Permits(Rate(burst=2, per_second=10))
    assert [permits.take("a", 0), permits.take("a", 0)] == [0, 0]
    assert permits.take("a", 0) == pytest.approx(0.1)
    assert permits.take("a", 0) == pytest.approx(0.2)
    assert permits.take("b", 0) == 0
    assert permits.take("a", 0.4) == pytest.approx(0)
    assert [permits.take("a", 100), permits.take("a", 100), permits.take("a", 100)] == [
        0,
        0,
        pytest.approx(0.1),
    ]


def test_idle_callers_are_forgotten_before_they_fill_the_memory() -> None:
    permits = Permits(Rate(burst=2, per_second=10))
    for number in range(25_000):
        permits.take(number, number)
    assert len(permits._left) <= 10_000


def test_programs_on_this_computer_are_never_slowed_down(limits: Limits, time: Time) -> None:
    admit(limits, Caller(peer=HERE), times=3 * REQUESTS.burst)
    assert time.slept == []


@pytest.mark.parametrize(
    "caller",
    [Caller(peer=REMOTE, address="192.0.2.1"), Caller(peer=HERE, fetch_site="none")],
    ids=["network", "browser"],
)
def test_browsers_and_the_network_wait_once_they_exceed_the_burst(
    limits: Limits, time: Time, caller: Caller
) -> None:
    admit(limits, caller, times=REQUESTS.burst)
    assert time.slept == []
    admit(limits, caller)
    assert time.slept == [pytest.approx(1 / REQUESTS.per_second)]


def test_each_token_and_each_address_has_its_own_permits(limits: Limits, time: Time) -> None:
    one, other = Caller(peer=REMOTE, address="192.0.2.1"), Caller(peer=REMOTE, address="192.0.2.2")
    admit(limits, one, token=1, times=REQUESTS.burst)
    admit(limits, one, token=2)
    admit(limits, one)
    admit(limits, other)
    assert time.slept == []


def crowd(limits: Limits, time: Time, size: int, *, patient: bool) -> list[object]:
    """Ask many times at once; nobody's wait is over before all have asked."""
    caller = Caller(peer=REMOTE, address="192.0.2.1")

    async def never(seconds: float) -> None:
        time.slept.append(seconds)

    limits._sleep = never

    async def all_at_once() -> list[object]:
        asked = [limits.admit(caller, an_actor(1), patient=patient) for _ in range(size)]
        return await asyncio.gather(*asked, return_exceptions=True)

    return asyncio.run(all_at_once())


FILL = round(REQUESTS.burst + LONGEST_WAIT * REQUESTS.per_second)


def test_v1_says_no_rather_than_keep_a_caller_for_more_than_ten_seconds(limits: Limits, time: Time) -> None:
    outcomes = crowd(limits, time, FILL + 50, patient=False)
    refused = [outcome for outcome in outcomes if isinstance(outcome, TooFast)]
    assert 45 <= len(refused) <= 50
    assert max(time.slept) <= LONGEST_WAIT + 0.01
    assert refused[0].fields["seconds"] > LONGEST_WAIT  # type: ignore[operator]


def test_activitywatchs_clients_wait_however_long_it_takes(limits: Limits, time: Time) -> None:
    assert crowd(limits, time, FILL + 50, patient=True) == [None] * (FILL + 50)
    assert max(time.slept) > LONGEST_WAIT


@pytest.fixture
def slow(server: ServerInMemory, limits: Limits) -> Client:
    """Return a client of the same server with a clock of its own for limits."""
    assembled = server.server
    context = Context(
        server.database,
        assembled.authenticator,
        assembled.services,
        allowed_hosts=frozenset({"localhost:5600"}),
        idempotency=assembled.idempotency,
        limits=limits,
    )
    return Client(application(all_routes(), context, [], assembled.running), server.run, port=5600)


def guess(client: Client, peer: Peer, path: str = "/api/v1/buckets") -> Answer:
    return client.with_token("wrong").get(path, peer=peer)


@on_sqlite
def test_a_thousand_wrong_tokens_take_their_time_also_on_this_computer(slow: Client, time: Time) -> None:
    assert {guess(slow, HERE).status for _ in range(1_000)} == {401}
    assert time.now == pytest.approx((1_000 - GUESSES.burst) / GUESSES.per_second, rel=0.05)


@on_sqlite
def test_wrong_guesses_never_slow_down_who_knows_the_token(
    slow: Client, server: ServerInMemory, time: Time
) -> None:
    right = server.client_with("tracking:read").headers["authorization"]
    for _ in range(200):
        guess(slow, HERE)
    waited = time.now
    answer = slow.get("/api/v1/buckets", headers={"authorization": right}, peer=HERE)
    assert (answer.status, time.now) == (200, waited)


@on_sqlite
@pytest.mark.parametrize(
    ("query", "page"),
    [
        ("?api_key=aaaaaaaaaaaaaaaaaaaa", {}),
        ("", {"Origin": "https://evil.example", "Authorization": "Basic x"}),
    ],
)
def test_a_page_of_another_site_locks_nobody_out(slow: Client, query: str, page: dict[str, str]) -> None:
    target = f"/api/v1/users/current{query}"
    asked = [slow.get(target, headers=page, peer=REMOTE).status for _ in range(GUESSES.burst + 1)]
    assert (asked[0], asked[-1]) == (401, 429)
    assert guess(slow, REMOTE).status == 401


@on_sqlite
def test_who_guesses_over_the_network_is_refused_until_a_permit_is_back(slow: Client, time: Time) -> None:
    assert {guess(slow, REMOTE).status for _ in range(GUESSES.burst)} == {401}
    refused = guess(slow, REMOTE)
    assert (refused.status, refused.headers["retry-after"]) == (429, "1")
    assert refused.json()["code"] == "too_many_guesses"
    time.now += 1
    assert guess(slow, REMOTE).status == 401


@on_sqlite
def test_activitywatchs_clients_are_kept_waiting_instead(slow: Client, time: Time) -> None:
    for _ in range(GUESSES.burst):
        guess(slow, REMOTE, "/api/0/buckets")
    assert guess(slow, REMOTE, "/api/0/buckets").status == 401
    assert time.slept != []


@on_sqlite
@pytest.mark.parametrize("path", ["/api/v1/sign-in", "/api/v1/pairing"])
def test_wrong_codes_are_guesses_too(slow: Client, time: Time, path: str) -> None:
    body = {"code": "WRONGAAA"} | ({"bucket": "web"} if path.endswith("pairing") else {})
    for _ in range(GUESSES.burst + 10):
        assert slow.post(path, body, peer=HERE).status == 401
    assert time.slept != []


@on_sqlite
def test_being_refused_without_a_token_is_no_guess(slow: Client, time: Time) -> None:
    for _ in range(GUESSES.burst + 10):
        assert slow.get("/api/v1/buckets", peer=HERE).status == 401
    assert time.slept == []
