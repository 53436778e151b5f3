"""`/api/v1` for privacy rules: what they are, what they would do, and letting them do it to history."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

import msgspec
from msgspec import Meta

from hourloom.core import strict_json
from hourloom.core.actors import Actor
from hourloom.core.clock import SECOND, datetime_of, instant_of
from hourloom.core.privacy import MOST_RULES, PrivacyRule
from hourloom.tracking.filters import FilterRefused, imported
from hourloom.tracking.model import Word
from hourloom.tracking.privacy import Sample
from hourloom.tracking.service import Hiding, Privacy
from hourloom.web.caller import Caller
from hourloom.web.routes import Answer, Mode, Routes

routes = Routes("/api/v1", "privacy")

READ, WRITE = "tracking:read", "tracking:write"

Number = Annotated[int, Meta(ge=1, le=2**63 - 1)]
Moment = Annotated[datetime, Meta(tz=True)]
Data = Annotated[msgspec.Raw, Meta(extra_json_schema={"type": "object"})]


class RulesShape(msgspec.Struct):
    """All privacy rules in their order, and a version that changes with them; times are told in the zone."""

    version: str
    zone: str
    rules: list[PrivacyRule]


class RuleMade(msgspec.Struct):
    """A privacy rule as it is kept, and the operation with which this can be undone."""

    rule: PrivacyRule
    operation_id: int


class RulesChangeMade(msgspec.Struct):
    """The operation with which this can be undone."""

    operation_id: int


class RulesOrder(msgspec.Struct, forbid_unknown_fields=True):
    """All rules by their numbers, in the order wanted."""

    ids: Annotated[list[Number], Meta(max_length=MOST_RULES)]


class EventToTry(msgspec.Struct, forbid_unknown_fields=True):
    """An event as a watcher would send it; without `at` it is now."""

    bucket_type: Word
    data: Data
    at: Moment | None = None


class TriedShape(msgspec.Struct):
    """What would be stored, null where the event is dropped, and the numbers of the rules that say so."""

    data: dict[str, object] | None
    rules: list[int]


class ToPreview(msgspec.Struct, forbid_unknown_fields=True):
    """A rule, kept or not (left out: all that are), and when the events began (the last 30 days)."""

    rule: PrivacyRule | None = None
    started_at: Moment | None = None
    ended_at: Moment | None = None


class SampleShape(msgspec.Struct):
    """One event that would be hidden, and what would be left of its data."""

    bucket: str
    started_at: datetime
    duration: float
    data: Data
    becomes: Annotated[msgspec.Raw, Meta(extra_json_schema={"type": ["object", "null"]})]


class PreviewShape(msgspec.Struct):
    """What would be hidden of what was recorded."""

    events: int
    dropped: int
    redacted: int
    seconds: float
    looked_at: int
    sample: list[SampleShape]


class ToHide(msgspec.Struct, forbid_unknown_fields=True):
    """Rules by their numbers (left out: all), when the events began, and whether undo is done without."""

    rules: Annotated[list[Number], Meta(max_length=MOST_RULES)] | None = None
    started_at: Moment | None = None
    ended_at: Moment | None = None
    now: bool = False


class HidingMade(msgspec.Struct):
    """The job that hides what was recorded, and the operation with which that can be undone."""

    operation_id: int
    job_id: int


class HidingShape(msgspec.Struct):
    """How far rules have been applied to history."""

    operation_id: int
    finished: bool
    dropped: int
    redacted: int
    seconds: float


class FilterNotTaken(msgspec.Struct):
    """A filter that could not be taken over, by its place, and why."""

    place: int
    reason: str


class FiltersTaken(msgspec.Struct):
    """The rules that filters of another program became, and those that became none."""

    rules: list[PrivacyRule]
    refused: list[FilterNotTaken]
    operation_id: int | None


@routes.on(
    "GET", "/privacy/rules", extensions=True, shows=RulesShape, also={304: "They are those that you have."}
)
def list_privacy_rules(privacy: Privacy, who: Actor, caller: Caller) -> Answer:
    """List the privacy rules; programs that record apply them before they send."""
    found = privacy.in_force(who)
    tag = f'"{found.version}"'
    # No browser is to keep them in its files: they name what somebody hides.
    headers = {"etag": tag}
    if tag in [known.strip() for known in caller.if_none_match.split(",")]:
        return Answer(b"", 304, headers)
    return Answer(RulesShape(found.version, found.zone, found.rules), headers=headers)


@routes.on("POST", "/privacy/rules", scope=WRITE, mode=Mode.WRITE, status=201)
def add_privacy_rule(privacy: Privacy, who: Actor, body: PrivacyRule) -> RuleMade:
    """Add a privacy rule behind those that are there."""
    (rule,), operation = privacy.add(who, [body])
    return RuleMade(rule, operation)


@routes.on("PUT", "/privacy/rules", scope=WRITE, mode=Mode.WRITE)
def order_privacy_rules(privacy: Privacy, who: Actor, body: RulesOrder) -> RulesChangeMade:
    """Put the privacy rules in another order."""
    return RulesChangeMade(privacy.order(who, body.ids))


@routes.on("PUT", "/privacy/rules/{rule}", scope=WRITE, mode=Mode.WRITE)
def change_privacy_rule(privacy: Privacy, who: Actor, rule: Number, body: PrivacyRule) -> RuleMade:
    """Put a privacy rule in the place of one."""
    return RuleMade(*privacy.change(who, rule, body))


@routes.on("DELETE", "/privacy/rules/{rule}", scope=WRITE, mode=Mode.WRITE)
def remove_privacy_rule(privacy: Privacy, who: Actor, rule: Number) -> RulesChangeMade:
    """Remove a privacy rule; what it hid stays hidden."""
    return RulesChangeMade(privacy.remove(who, rule))


@routes.on("POST", "/privacy/try", scope=READ)
def try_privacy_rules(privacy: Privacy, who: Actor, body: EventToTry) -> TriedShape:
    """Show what would be stored of an event, and by which rules; nothing of it is stored."""
    at = None if body.at is None else instant_of(body.at)
    tried = privacy.tried(who, body.bucket_type, bytes(body.data), at)
    return TriedShape(tried.data, tried.rules)


@routes.on("POST", "/privacy/preview", scope=READ, mode=Mode.AWAITED)
async def preview_privacy(privacy: Privacy, who: Actor, body: ToPreview) -> PreviewShape:
    """Show what a rule, or all that are kept, would hide of what was recorded."""
    hides = await privacy.preview(
        who,
        None if body.rule is None else [body.rule],
        None if body.started_at is None else instant_of(body.started_at),
        None if body.ended_at is None else instant_of(body.ended_at),
    )
    return PreviewShape(
        hides.events,
        hides.dropped,
        hides.redacted,
        hides.lasted / SECOND,
        hides.looked_at,
        [_sample(each) for each in hides.sample],
    )


@routes.on("POST", "/privacy/apply", scope=WRITE, mode=Mode.WRITE, status=202)
def hide_history(hiding: Hiding, who: Actor, body: ToHide) -> HidingMade:
    """Apply privacy rules to what was recorded before; can be undone for a week unless it is `now`."""
    return HidingMade(
        *hiding.hide(
            who,
            body.rules,
            None if body.started_at is None else instant_of(body.started_at),
            None if body.ended_at is None else instant_of(body.ended_at),
            now=body.now,
        )
    )


@routes.on("GET", "/privacy/apply/{operation}", scope=WRITE)
def show_hiding(hiding: Hiding, who: Actor, operation: Number) -> HidingShape:
    """Show how far rules have been applied to history."""
    state = hiding.state(who, operation)  # type: ignore[arg-type]  # as it came
    return HidingShape(operation, state.finished, state.dropped, state.redacted, state.lasted / SECOND)


@routes.on("POST", "/privacy/apply/{operation}/advance", scope=WRITE, mode=Mode.AWAITED)
async def advance_hiding(hiding: Hiding, who: Actor, operation: Number) -> HidingShape:
    """Go on for a second with applying rules to history, where one does not want to wait for the job."""
    state = await hiding.advance(who, operation)  # type: ignore[arg-type]  # as it came
    return HidingShape(operation, state.finished, state.dropped, state.redacted, state.lasted / SECOND)


@routes.on("POST", "/privacy/import", scope=WRITE, mode=Mode.WRITE)
def import_privacy_rules(privacy: Privacy, who: Actor, body: msgspec.Raw) -> FiltersTaken:
    """Take over ActivityWatch's privacy filters or ProductivityPro's exclusions, as they export them."""
    found = imported(strict_json.loads(bytes(body)), privacy.types_of_buckets(who))
    rules = [each for each in found if isinstance(each, PrivacyRule)]
    refused = [
        FilterNotTaken(place, each.reason)
        for place, each in enumerate(found, 1)
        if isinstance(each, FilterRefused)
    ]
    if not rules:
        return FiltersTaken([], refused, None)
    added, operation = privacy.add(who, rules)
    return FiltersTaken(added, refused, operation)


def _sample(sample: Sample) -> SampleShape:
    becomes = b"null" if sample.becomes is None else sample.becomes
    return SampleShape(
        sample.bucket,
        datetime_of(sample.started_at),
        sample.lasted / SECOND,
        msgspec.Raw(sample.data),
        msgspec.Raw(becomes),
    )
