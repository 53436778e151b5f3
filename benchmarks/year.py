"""A deterministic year of made-up ActivityWatch data: window, afk and web events.

Every day is generated from its own seed, so the same settings give the same data on any machine. The shape
imitates what the real watchers store: window events cut at whole polls with holes of about a second between
them (a quarter of them of zero length), one long idle window event while the user is away, afk events that
alternate, and one web event for each visited page, whether or not the browser has the focus.
"""

import random
from bisect import bisect
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from itertools import accumulate
from typing import NamedTuple, TypeVar

Payload = dict[str, str | bool | int]
Item = TypeVar("Item")

WINDOW, AFK, WEB = "aw-watcher-window", "aw-watcher-afk", "aw-watcher-web-chrome"
TYPES = {WINDOW: "currentwindow", AFK: "afkstatus", WEB: "web.tab.current"}
SHARES = {WINDOW: 0.68, AFK: 0.03, WEB: 0.29}
POLL = 1003
"""A watcher polls about once a second, in milliseconds."""

BROWSER = "Google-chrome"
APPS = [  # name, weight, number of titles, pattern of the titles
    (BROWSER, 30, 0, ""),
    ("Code", 22, 900, "{w}.{x} - {p} - Visual Studio Code"),
    ("Alacritty", 14, 400, "{u}@{p}: ~/src/{w}"),
    ("Slack", 8, 120, "({n}) {w} | {p} - Slack"),
    ("thunderbird", 6, 600, "Re: {w} {p} {w2} - Mozilla Thunderbird"),
    ("libreoffice-calc", 4, 150, "{w}-{n}.ods - LibreOffice Calc"),
    ("Zoom", 3, 60, "Zoom Meeting - {w} weekly"),
    ("Spotify", 3, 800, "{w} {w2} - {p}"),
    ("Evince", 3, 250, "{w}_{n}.pdf - {p}"),
    ("discord", 2, 80, "#{w} | {p} - Discord"),
    ("org.gnome.Nautilus", 2, 90, "{w}"),
    ("Gimp", 1, 60, "{w}_{n}.png-{n}.0 (RGB color) - GIMP"),
    ("steam_app_294100", 1, 5, "RimWorld by {p}"),
    ("Signal", 1, 10, "Signal ({n})"),
]
SITES = """github.com stackoverflow.com docs.python.org mail.google.com www.youtube.com
    news.ycombinator.com en.wikipedia.org www.reddit.com calendar.google.com
    jira.example.com wiki.example.com grafana.example.com www.google.com
    python.org developer.mozilla.org www.nytimes.com twitter.com maps.google.com
    bank.example.org shop.example.net""".split()  # noqa: SIM905
SYLLABLES = """ba be bi bo da de du fa fo ga go ka ki ko la le li lo ma me mi mo na ne no pa pe po
    ra re ri ro sa se si so ta te ti to va ve vi vo za ze""".split()  # noqa: SIM905
SUFFIXES = "py rs ts js md toml html css sql c".split()  # noqa: SIM905


class Event(NamedTuple):
    """One event: milliseconds since the day began, its length in milliseconds, and what was seen."""

    start: int
    length: int
    payload: Payload


class Page(NamedTuple):
    """A page of the web."""

    url: str
    title: str
    video: bool


class Stretch(NamedTuple):
    """A time of work, and the absence after it."""

    start: int
    active: int
    away: int


@dataclass(frozen=True)
class Year:
    """Which data to generate; `fresh` is the share of window and web events with a unique payload."""

    end: date = date(2026, 1, 1)
    days: int = 365
    events: int = 1_000_000
    seed: int = 42
    fresh: float = 0.0

    def generate(self) -> Iterator[tuple[datetime, dict[str, list[Event]]]]:
        """Yield each day with the events of each bucket, from the oldest to the newest."""
        words = Vocabulary(self.seed)
        for back in range(self.days, 0, -1):
            day = self.end - timedelta(days=back)
            chance = source(f"{self.seed}-{day.isoformat()}")
            events = Day(words, chance, self.events / self.days, weekend=day.weekday() >= 5).events()
            if self.fresh:
                freshen(events, day, self.fresh)
            yield datetime(day.year, day.month, day.day, tzinfo=UTC), events


class Vocabulary:
    """The apps, titles and pages that all days share; early ones come up far more often."""

    def __init__(self, seed: int) -> None:
        chance = source(f"pools-{seed}")
        words = ["".join(pick(SYLLABLES, chance) for _ in range(2 + below(3, chance))) for _ in range(3000)]
        self.titles = {app: [title(pattern, words, chance) for _ in range(n)] for app, _, n, pattern in APPS}
        self.pages = [page(words, chance) for _ in range(6000)]
        self._weights = list(accumulate(float(weight) for _, weight, _, _ in APPS))

    def app(self, chance: random.Random) -> str:
        return APPS[bisect(self._weights, chance.random() * self._weights[-1])][0]


def source(seed: str) -> random.Random:
    """Return a repeatable source of chance."""
    return random.Random(seed)  # noqa: S311


def below(bound: int, chance: random.Random) -> int:
    """Draw a number from 0 up to the bound; random() alone is the same in all versions of Python."""
    return int(chance.random() * bound)


def pick(items: Sequence[Item], chance: random.Random) -> Item:
    """Draw an item evenly."""
    return items[below(len(items), chance)]


def often(items: Sequence[Item], chance: random.Random) -> Item:
    """Draw an item, the early ones far more often."""
    return items[int(len(items) * chance.random() ** 3)]


def title(pattern: str, words: list[str], chance: random.Random) -> str:
    """Make up a window title."""
    w, w2, p = pick(words, chance), pick(words, chance), pick(words, chance)
    return pattern.format(w=w, w2=w2, p=p, u="user", x=pick(SUFFIXES, chance), n=1 + below(40, chance))


def page(words: list[str], chance: random.Random) -> Page:
    """Make up a page of the web."""
    site = SITES[int(len(SITES) * chance.random() ** 1.7)]
    url = f"https://{site}/" + "/".join(pick(words, chance) for _ in range(1 + below(3, chance)))
    if chance.random() < 0.3:
        url += f"?q={pick(words, chance)}&page={below(9, chance)}"
    if chance.random() < 0.1:
        url += f"#{pick(words, chance)}"
    name = f"{pick(words, chance)} {pick(words, chance)} {pick(words, chance)} - {site.removeprefix('www.')}"
    return Page(url, name, site == "www.youtube.com")


class Day:
    """One day's events, drawn in a fixed order from its own source of chance."""

    def __init__(self, words: Vocabulary, chance: random.Random, events: float, *, weekend: bool) -> None:
        self._words, self._chance = words, chance
        events *= 0.46 if weekend else 1.25  # a little over 1 on average, for stretches drop some
        self._windows = max(8, int(events * SHARES[WINDOW]))
        self._stretches = max(4, int(events * SHARES[AFK])) // 2
        self._pages = max(4, int(events * SHARES[WEB]))
        self._start = int((11.0 if weekend else 9.0) * 3_600_000 + chance.random() * 1_800_000)
        self._span = int((8.0 if weekend else 13.0) * 3_600_000)

    def events(self) -> dict[str, list[Event]]:
        """Return the events of each bucket, in the order of time."""
        stretches = self._draw_stretches()
        total = sum(stretch.active for stretch in stretches)
        windows = [event for stretch in stretches for event in self._windows_of(stretch, total)]
        pages = [event for stretch in stretches for event in self._pages_of(stretch, total)]
        return {WINDOW: windows, AFK: list(presence(stretches)), WEB: pages}

    def _draw_stretches(self) -> list[Stretch]:
        """Divide the span into stretches; about 70 % of it is active."""
        chance = self._chance.random
        active = [0.2 + chance() for _ in range(self._stretches)]
        away = [0.1 + chance() ** 4 * 3 for _ in range(self._stretches)]
        active_unit, away_unit = self._span * 0.70 / sum(active), self._span * 0.30 / sum(away)
        stretches, at = [], self._start
        for a, b in zip(active, away, strict=True):
            stretches.append(Stretch(at, int(a * active_unit), int(b * away_unit)))
            at += int(a * active_unit) + int(b * away_unit)
        return stretches

    def _windows_of(self, stretch: Stretch, total: int) -> Iterator[Event]:
        """Fill a stretch with windows, then its absence with one idle window."""
        chance, end = self._chance, stretch.start + stretch.active
        count = max(1, int((self._windows - self._stretches) * stretch.active / total))
        cuts = [0.0 if chance.random() < 0.25 else 0.05 + chance.random() ** 3 for _ in range(count)]
        unit, at = stretch.active / (sum(cuts) + 0.001), stretch.start
        for cut in cuts:
            step = max(POLL, int(cut * unit / POLL) * POLL)
            yield Event(at, step - POLL, self._window())
            at += step
            if at >= end:
                break
        idle: Payload = {"app": "Alacritty", "title": "user@idle: ~"}
        yield Event(max(at, end), max(0, stretch.away - 3000), idle)

    def _window(self) -> Payload:
        app = self._words.app(self._chance)
        if app == BROWSER:
            return {"app": app, "title": often(self._words.pages, self._chance).title + " - Google Chrome"}
        return {"app": app, "title": often(self._words.titles[app], self._chance)}

    def _pages_of(self, stretch: Stretch, total: int) -> Iterator[Event]:
        """Fill a stretch with visited pages."""
        chance = self._chance
        count = max(1, int(self._pages * stretch.active / total))
        cuts = [0.03 + chance.random() ** 3 for _ in range(count)]
        unit, at = stretch.active / sum(cuts), stretch.start + 500
        for cut in cuts:
            step = max(50, int(cut * unit))
            yield Event(at, step - 1, self._page())
            at += step

    def _page(self) -> Payload:
        seen = often(self._words.pages, self._chance)
        audible = seen.video and self._chance.random() < 0.7
        tabs = 3 + below(20, self._chance)
        return {
            "url": seen.url,
            "title": seen.title,
            "audible": audible,
            "incognito": False,
            "tabCount": tabs,
        }


def presence(stretches: list[Stretch]) -> Iterator[Event]:
    """Yield the afk watcher's events for stretches and their absences."""
    for start, active, away in stretches:
        yield Event(start, active, {"status": "not-afk"})
        yield Event(start + active + 1, away - 2, {"status": "afk"})


def freshen(events: dict[str, list[Event]], day: date, share: float) -> None:
    """Give this share of the window and web events a title that occurs nowhere else."""
    chance = source(f"fresh-{day.isoformat()}")
    for bucket in (WINDOW, WEB):
        for number, event in enumerate(events[bucket]):
            if chance.random() < share:
                event.payload["title"] = f"{event.payload['title']} · {day.isoformat()} {number}"


def as_json(day: datetime, event: Event) -> dict[str, object]:
    """Return an event as the API takes it."""
    at = day + timedelta(milliseconds=event.start)
    return {"timestamp": at.isoformat(), "duration": event.length / 1000, "data": event.payload}
