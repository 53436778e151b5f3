"""The questions of ActivityWatch's web interface, as it asks them."""

import json
from datetime import UTC, datetime, timedelta
from itertools import pairwise

from benchmarks.connection import Connection
from benchmarks.year import AFK, WEB, WINDOW

HOST = "bench-host"

CATEGORIES = [
    (["Work"], "Docs|Calc|ods"),
    (["Work", "Programming"], "github|Stack|Visual Studio|vim|pypi"),
    (["Work", "Programming", "Terminal"], "Alacritty|src/"),
    (["Work", "Image"], "GIMP|Inkscape"),
    (["Work", "Video"], "Kdenlive"),
    (["Work", "Audio"], "Audacity"),
    (["Work", "3D"], "Blender"),
    (["Media", "Games"], "Minecraft|RimWorld"),
    (["Media", "Video"], "youtube|Plex|VLC"),
    (["Media", "Social Media"], "reddit|facebook|twitter|instagram"),
    (["Media", "Music"], "spotify|deezer"),
    (["Comms", "IM"], "Messenger|Telegram|Signal|WhatsApp|Slack|Element|Discord|Mattermost"),
    (["Comms", "Email"], r"Gmail|Thunderbird|mail\.google|mutt"),
    (["Comms", "Meetings"], "Zoom|Meet"),
]


def bucket(prefix: str) -> str:
    """Return the id of the year's bucket of a watcher."""
    return f"{prefix}_{HOST}"


def rules() -> str:
    """Write the categories as the query language takes them, with its single backslashes."""
    listed = [
        [name, {"type": "regex", "regex": pattern, "ignore_case": len(name) > 1}]
        for name, pattern in CATEGORIES
    ]
    return json.dumps(listed).replace("\\\\", "\\")


CANONICAL = f"""\
events = flood(query_bucket("{bucket(WINDOW)}"));
not_afk = flood(query_bucket("{bucket(AFK)}"));
not_afk = filter_keyvals(not_afk, "status", ["not-afk"]);
browser_events = [];
web = flood(query_bucket("{bucket(WEB)}"));
win = filter_keyvals(events, "app", ["Google Chrome", "Google-chrome", "chrome.exe", "Chromium"]);
win_re = filter_keyvals_regex(events, "app", "(?i)^(google[-_ ]?chrome|chrome|chromium)");
win = sort_by_timestamp(concat(win, win_re));
web = filter_period_intersect(web, win);
web = split_url_events(web);
browser_events = concat(browser_events, web);
browser_events = sort_by_timestamp(browser_events);
audible_events = filter_keyvals(browser_events, "audible", [true]);
not_afk = period_union(not_afk, audible_events);
events = filter_period_intersect(events, not_afk);
events = categorize(events, {rules()});
"""

# Without the two sums of durations that the web interface asks for as well: they cost nothing, and aw-server
# 0.12.0 cannot write them as JSON.
DESKTOP = f"""\
{CANONICAL}
title_events = sort_by_duration(merge_events_by_keys(events, ["app", "title"]));
app_events = sort_by_duration(merge_events_by_keys(title_events, ["app"]));
cat_events = sort_by_duration(merge_events_by_keys(events, ["$category"]));
app_events = limit_events(app_events, 100);
title_events = limit_events(title_events, 100);
browser_events = split_url_events(browser_events);
urls = merge_events_by_keys(browser_events, ["url"]);
urls = sort_by_duration(urls);
urls = limit_events(urls, 100);
domains = merge_events_by_keys(browser_events, ["$domain"]);
domains = sort_by_duration(domains);
domains = limit_events(domains, 100);
titles = merge_events_by_keys(browser_events, ["title"]);
titles = sort_by_duration(titles);
titles = limit_events(titles, 100);
RETURN = {{"window": {{"app_events": app_events, "title_events": title_events, "cat_events": cat_events,
"active_events": not_afk}}, "browser": {{"domains": domains, "urls": urls, "titles": titles}}}};
"""

CATEGORY_TOTALS = f"""\
{CANONICAL}
cat_events = sort_by_duration(merge_events_by_keys(events, ["$category"]));
RETURN = {{"cat_events": cat_events}};
"""

ACTIVE_TIME = f"""\
not_afk = [];
cur = query_bucket("{bucket(AFK)}");
cur = filter_keyvals(cur, "status", ["not-afk"]);
not_afk = union_no_overlap(not_afk, cur);
not_afk = merge_events_by_keys(not_afk, ["status"]);
RETURN = not_afk;
"""


def period(year_end: datetime, back: int, days: int) -> str:
    """Return so many days that end so many days before the year does, at four in the morning."""
    end = year_end - timedelta(days=back) + timedelta(hours=4)
    return f"{(end - timedelta(days=days)).isoformat()}/{end.isoformat()}"


def ask(connection: Connection, query: str, periods: list[str]) -> tuple[float, list[object]]:
    """Ask a query and return the seconds it took, and its results."""
    answer = connection.post("/api/0/query/", {"query": query.splitlines(), "timeperiods": periods})
    results: list[object] = json.loads(answer.body)
    return answer.seconds, results


def day_view(connection: Connection, year_end: datetime, back: int) -> float:
    """Ask what draws one day, but for the settings (aw-server 0.12.0 has none), and return the seconds."""
    start = datetime.fromisoformat(period(year_end, back, 1).split("/")[0]).astimezone(UTC)
    hours = [start + timedelta(hours=hour) for hour in range(25)]
    seconds = connection.get("/api/0/buckets/").seconds
    seconds += ask(connection, DESKTOP, [period(year_end, back, 1)])[0]
    seconds += ask(connection, ACTIVE_TIME, [period(year_end, back + day, 1) for day in range(15, -16, -1)])[
        0
    ]
    for begin, end in pairwise(hours):
        seconds += ask(connection, CATEGORY_TOTALS, [f"{begin.isoformat()}/{end.isoformat()}"])[0]
    return seconds
