"""`hourloom privacy`: what is dropped or hidden before it is stored."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal, get_args

import msgspec
import typer

from hourloom.cli.options import Config, DataDir, Json, configured, examples, handed
from hourloom.cli.output import bar, hours, local, print_json, print_table, say, say_gone
from hourloom.core.decoding import convert, decode
from hourloom.core.errors import Invalid
from hourloom.core.privacy import PrivacyRule, Redaction, Times
from hourloom.sdk.answers import (
    HidingProgress,
    MadeHiding,
    MadeOperation,
    MadePrivacyRule,
    PrivacyPreview,
    PrivacyRules,
    TakenFilters,
    TriedPrivacy,
)
from hourloom.sdk.api import Api

RULES = "/api/v1/privacy/rules"
LARGEST_FILE = 1_000_000

Place = Literal["app", "domain", "url", "title", "any"]
Number = Annotated[int, typer.Argument(metavar="ID", help="Its number in `hourloom privacy list`.", min=1)]


class NothingNamed(Invalid):
    """Say what to look for: --app, --domain, --url, --title, --any, --private, --times or --type."""


class TooMuchNamed(Invalid):
    """Give only one of --app, --domain, --url, --title and --any; for several, add several rules."""


class NotTimes(Invalid):
    """'{text}' are no times of day; write 22:00-06:00."""


class NotADay(Invalid):
    """'{text}' names no days of the week; write 1-5 or 6,7, where 1 is Monday."""


class NotAField(Invalid):
    """'{text}' does not say what becomes of a field; write title=remove, url=origin or title=replace."""


class NoFilters(Invalid):
    """The file {file} cannot be read."""


class NotData(Invalid):
    """'{text}' is no JSON object such as {{"app": "firefox", "title": "News"}}."""


def list_(
    context: typer.Context, *, data_dir: DataDir = None, config: Config = None, as_json: Json = False
) -> None:
    """List the privacy rules."""
    with handed(context).reach(configured(data_dir, config), False) as way:
        found = Api(way).get(RULES, PrivacyRules)
    if as_json:
        print_json(found)
        return
    rows = [
        (str(rule.id), "on" if rule.enabled else "off", rule.action, _said(rule), rule.name)
        for rule in found.rules
    ]
    print_table(("ID", "", "DOES", "WITH", "NAME"), rows)
    if not rows:
        say("There are no privacy rules; `hourloom privacy add --domain bank.example` adds one.")


def add(  # noqa: PLR0913 - each is an option
    context: typer.Context,
    *,
    app: Annotated[str | None, typer.Option("--app", metavar="TEXT", help="Look at the program.")] = None,
    domain: Annotated[
        str | None, typer.Option("--domain", metavar="NAME", help="That site and those below it.")
    ] = None,
    url: Annotated[str | None, typer.Option("--url", metavar="TEXT", help="Look at the URL.")] = None,
    title: Annotated[str | None, typer.Option("--title", metavar="TEXT", help="Look at the title.")] = None,
    anywhere: Annotated[
        str | None, typer.Option("--any", metavar="TEXT", help="Look at every text of an event.")
    ] = None,
    whole: Annotated[bool, typer.Option("--is", help="The whole text, not a part of it.")] = False,
    re2: Annotated[bool, typer.Option("--re2", help="TEXT is a regular expression (RE2).")] = False,
    private: Annotated[
        bool | None, typer.Option("--private/--not-private", help="Only in private windows, or not in them.")
    ] = None,
    times: Annotated[
        str | None, typer.Option("--times", metavar="FROM-TO", help="Only then, such as 22:00-06:00.")
    ] = None,
    days: Annotated[
        str | None, typer.Option("--days", metavar="DAYS", help="Only on these days: 1-5; 1 is Monday.")
    ] = None,
    types: Annotated[
        list[str] | None, typer.Option("--type", metavar="TYPE", help="Only in buckets of this type.")
    ] = None,
    redact: Annotated[
        bool, typer.Option("--redact", help="Hide what tells of content, keep the time.")
    ] = False,
    fields: Annotated[
        list[str] | None,
        typer.Option("--field", metavar="NAME=HOW", help="Redact only this: replace, origin or remove."),
    ] = None,
    replacement: Annotated[
        str, typer.Option("--replacement", metavar="TEXT", help="What is put there.")
    ] = "hidden",
    name: Annotated[str, typer.Option("--name", metavar="TEXT", help="A name of your own.")] = "",
    preview: Annotated[
        bool, typer.Option("--preview", help="Only show what it would have hidden in the last 30 days.")
    ] = False,
    data_dir: DataDir = None,
    config: Config = None,
    as_json: Json = False,
) -> None:
    """Add a rule: what it meets is dropped, or with --redact hidden, before it is stored."""
    where, pattern = _looked_for(app=app, domain=domain, url=url, title=title, any=anywhere)
    form = "re2" if re2 else "is" if whole else "domain" if where == "domain" and pattern else "contains"
    rule = PrivacyRule(
        name=name,
        where=where,
        form=form,  # type: ignore[arg-type]  # one of its words
        pattern=pattern,
        bucket_types=types or [],
        private=private,
        times=_times(times, days),
        action="redact" if redact or fields else "drop",
        fields=dict(map(_field, fields or [])),
        replacement=replacement,
    )
    if not (pattern or types or private is not None or rule.times):
        raise NothingNamed
    with handed(context).reach(configured(data_dir, config), False) as way:
        api = Api(way)
        if preview:
            _show_preview(
                api.post("/api/v1/privacy/preview", {"rule": rule}, PrivacyPreview), as_json=as_json
            )
            return
        made = api.post(RULES, rule, MadePrivacyRule)
    if as_json:
        print_json(made)
    else:
        say(f"Added as {made.rule.id}; `hourloom undo {made.operation_id}` takes it back.")


def remove(
    context: typer.Context,
    number: Number,
    *,
    data_dir: DataDir = None,
    config: Config = None,
    as_json: Json = False,
) -> None:
    """Remove a rule; what it hid stays hidden."""
    with handed(context).reach(configured(data_dir, config), False) as way:
        made = Api(way).erase(f"{RULES}/{number}", MadeOperation)
    say_gone(made, "Removed", as_json=as_json)


def try_(
    context: typer.Context,
    data: Annotated[str, typer.Argument(metavar="JSON", help="The data of an event.")],
    *,
    type_: Annotated[
        str, typer.Option("--type", metavar="TYPE", help="The type of the bucket.")
    ] = "currentwindow",
    at: Annotated[
        str | None, typer.Option("--at", metavar="TIME", help="When it begins: 2026-03-01T22:00:00+01:00.")
    ] = None,
    data_dir: DataDir = None,
    config: Config = None,
    as_json: Json = False,
) -> None:
    """Show what would be stored of an event, and by which rules; nothing of it is stored."""
    try:
        given = decode(data, dict[str, object])
    except msgspec.MsgspecError:
        raise NotData(text=data[:80]) from None
    asked: dict[str, object] = {"bucket_type": type_, "data": given}
    if at is not None:
        asked["at"] = at
    with handed(context).reach(configured(data_dir, config), False) as way:
        found = Api(way).post("/api/v1/privacy/try", asked, TriedPrivacy)
    if as_json:
        print_json(found)
        return
    by = f" (by {', '.join(map(str, found.rules))})" if found.rules else ""
    if found.data is None:
        say(f"Nothing would be stored{by}.")
    else:
        say(f"Stored would be{by}:")
        print(msgspec.json.encode(found.data).decode())


def apply(
    context: typer.Context,
    *,
    rules: Annotated[
        list[int] | None, typer.Option("--rule", metavar="ID", help="Only this rule; may be repeated.", min=1)
    ] = None,
    preview: Annotated[
        bool, typer.Option("--preview", help="Only show what all rules would hide of the last 30 days.")
    ] = False,
    now: Annotated[bool, typer.Option("--now", help="Keep nothing for undo: the texts go at once.")] = False,
    data_dir: DataDir = None,
    config: Config = None,
    as_json: Json = False,
) -> None:
    """Apply rules to all that was recorded before; it can be undone for a week."""
    with handed(context).reach(configured(data_dir, config), False) as way:
        api = Api(way)
        if preview:
            _show_preview(api.post("/api/v1/privacy/preview", {}, PrivacyPreview), as_json=as_json)
            return
        made = api.post("/api/v1/privacy/apply", {"rules": rules, "now": now}, MadeHiding)
        path = f"/api/v1/privacy/apply/{made.operation_id}/advance"
        with bar("Hiding", None) as meter:
            while not (done := api.post(path, {}, HidingProgress)).finished:
                meter.move(done.dropped + done.redacted)
    if as_json:
        print_json(done)
        return
    undo = "" if now else f" `hourloom undo {made.operation_id}` brings it back, for a week."
    say(
        f"Dropped: {done.dropped:,} events; redacted: {done.redacted:,}; "
        f"together {hours(done.seconds)}.{undo}"
    )


def import_(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="JSON of ActivityWatch or ProductivityPro.")],
    *,
    data_dir: DataDir = None,
    config: Config = None,
    as_json: Json = False,
) -> None:
    """Take over ActivityWatch's privacy filters or ProductivityPro's exclusions."""
    try:
        with file.open("rb") as opened:
            content = opened.read(LARGEST_FILE)
    except OSError:
        raise NoFilters(file=file) from None
    with handed(context).reach(configured(data_dir, config), False) as way:
        taken = Api(way).post_bytes("/api/v1/privacy/import", content, TakenFilters)
    if as_json:
        print_json(taken)
        return
    say(f"Taken over: {len(taken.rules)} rules.")
    for each in taken.refused:
        say(f"Not taken over: number {each.place}: {each.reason}.")


def _looked_for(**given: str | None) -> tuple[Place, str]:
    named = [(where, text) for where, text in given.items() if text is not None]
    if len(named) > 1:
        raise TooMuchNamed
    return named[0] if named else ("any", "")  # type: ignore[return-value]  # the names are those of places


def _times(text: str | None, days: str | None) -> Times | None:
    if text is None and days is None:
        return None
    starts, _, ends = (text or "00:00-00:00").partition("-")
    try:
        return convert({"starts": starts, "ends": ends, "weekdays": _days(days or "")}, Times)
    except msgspec.ValidationError:
        raise NotTimes(text=(text or "")[:40]) from None


def _days(text: str) -> list[int]:
    found: list[int] = []
    for part in filter(None, text.split(",")):
        first, dash, last = part.partition("-")
        if not (first.isdecimal() and (last.isdecimal() or not dash)):
            raise NotADay(text=text[:40])
        found += range(int(first), int(last or first) + 1)
    if not all(1 <= day <= 7 for day in found):
        raise NotADay(text=text[:40])
    return found


def _field(text: str) -> tuple[str, Redaction]:
    name, _, how = text.partition("=")
    if not name or how not in get_args(Redaction):
        raise NotAField(text=text[:60])
    return name, how  # type: ignore[return-value]  # it was just compared


def _said(rule: PrivacyRule) -> str:
    """Return what a rule meets, in a few words."""
    words = []
    if rule.pattern:
        how = {"contains": "with", "is": "that is", "domain": "at", "re2": "like"}[rule.form]
        words.append(f"{rule.field or rule.where} {how} {rule.pattern}")
    if rule.private is not None:
        words.append("private windows" if rule.private else "windows that are not private")
    if rule.times is not None:
        days = ",".join(map(str, rule.times.weekdays))
        words.append(f"{rule.times.starts}-{rule.times.ends}" + (f" on days {days}" if days else ""))
    if rule.bucket_types:
        words.append("in " + ", ".join(rule.bucket_types))
    return "; ".join(words)


def _show_preview(found: PrivacyPreview, *, as_json: bool) -> None:
    if as_json:
        print_json(found)
        return
    rows = [
        (
            local(each.started_at),
            hours(each.duration),
            msgspec.json.encode(each.data).decode()[:60],
            "nothing" if each.becomes is None else msgspec.json.encode(each.becomes).decode()[:60],
        )
        for each in found.sample
    ]
    if rows:
        print_table(("WHEN", "TIME", "WAS", "WOULD BE"), rows)
    say(f"It would have hidden {found.events:,} of {found.looked_at:,} events, {hours(found.seconds)}.")


def add_to(app: typer.Typer) -> None:
    """Add the commands."""
    family = typer.Typer(help="Decide what is dropped or hidden before it is stored.", no_args_is_help=True)
    family.command("list", epilog=examples("hourloom privacy list"))(list_)
    family.command(
        "add",
        epilog=examples(
            "hourloom privacy add --domain bank.example",
            "hourloom privacy add --title salary --redact --preview",
            "hourloom privacy add --private",
            "hourloom privacy add --any '' --times 18:00-08:00 --days 1-5 --redact",
        ),
    )(add)
    family.command("remove", epilog=examples("hourloom privacy remove 3"))(remove)
    family.command(
        "try", epilog=examples("""hourloom privacy try '{"app": "firefox", "title": "My bank"}'""")
    )(try_)
    family.command(
        "apply", epilog=examples("hourloom privacy apply --rule 3", "hourloom privacy apply --now")
    )(apply)
    family.command("import", epilog=examples("hourloom privacy import filters.json"))(import_)
    app.add_typer(family, name="privacy")
