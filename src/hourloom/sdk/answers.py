"""The shapes of the server's answers, as far as programs of ours read them."""

from __future__ import annotations

from datetime import date, datetime

import msgspec

from hourloom.core.privacy import PrivacyRule


class Info(msgspec.Struct):
    """What the server is."""

    hostname: str
    version: str
    testing: bool
    device_id: str


class Bucket(msgspec.Struct):
    """A bucket and where its events begin and end."""

    name: str
    type: str
    client: str
    hostname: str
    started_at: datetime | None
    ended_at: datetime | None


class Event(msgspec.Struct):
    """An interval that a watcher saw, with what it saw; the duration is in seconds."""

    id: int
    started_at: datetime
    duration: float
    data: dict[str, object]


class EventPage(msgspec.Struct):
    """Events from the newest on."""

    events: list[Event]
    next_cursor: str | None


class Token(msgspec.Struct):
    """A token without its secret."""

    id: int
    name: str
    purpose: str
    scopes: list[str]
    created_at: datetime
    expires_at: datetime | None
    last_used_at: datetime | None
    revoked_at: datetime | None


class IssuedToken(msgspec.Struct):
    """A new token."""

    id: int
    name: str
    scopes: list[str]
    secret: str


class Code(msgspec.Struct):
    """A single-use code."""

    code: str


class Operation(msgspec.Struct):
    """One deliberate change."""

    id: int
    kind: str
    subject: dict[str, object]
    at: datetime
    undone_at: datetime | None
    can_be_undone: bool


class OperationPage(msgspec.Struct):
    """Operations from the newest on."""

    operations: list[Operation]
    next_cursor: int | None


class Notice(msgspec.Struct):
    """Something that the user should know."""

    id: int
    kind: str
    severity: str
    sentence: str
    advice: str
    raised_at: datetime
    read_at: datetime | None
    cleared_at: datetime | None


class NoticePage(msgspec.Struct):
    """Notices from the newest on."""

    notices: list[Notice]
    next_cursor: int | None


class Table(msgspec.Struct):
    """One table with its indexes."""

    name: str
    rows: int
    bytes: int


class Statistics(msgspec.Struct):
    """What is in the database."""

    at: datetime
    database: str
    tables: list[Table]
    sizes_are_estimates: bool
    bytes: int
    free_bytes: int
    gives_space_back: bool
    log_bytes: int
    payloads: int
    unused_payloads: int
    deleted_buckets: int
    undoable_operations: int
    events_kept_for_undo: int
    oldest_event: datetime | None
    newest_event: datetime | None


class Import(msgspec.Struct):
    """What an import did so far."""

    operation_id: int
    source: str
    created: int
    skipped: int
    buckets_created: list[str]
    buckets_merged: list[str]
    cursors: dict[str, str]


class MadeOperation(msgspec.Struct):
    """The operation with which something can be undone."""

    operation_id: int


class MadeJob(msgspec.Struct):
    """The job that does something."""

    job_id: int


class Meeting(msgspec.Struct):
    """How much of one bucket would be deleted."""

    bucket: str
    events: int
    seconds: float
    started_at: datetime
    ended_at: datetime


class ErasurePreview(msgspec.Struct):
    """What would be deleted."""

    events: int
    seconds: float
    payloads: int
    buckets: list[Meeting]


class Proof(msgspec.Struct):
    """A place that was searched for what was erased, and what was found there."""

    place: str
    found: int
    searched: int | None
    names: list[str]


class Erasure(msgspec.Struct):
    """A final deletion, from asking for it to its proof."""

    id: int
    kind: str
    state: str
    operation_id: int | None
    requested_at: datetime
    due_at: datetime
    done_at: datetime | None
    events: int
    seconds: float
    can_be_undone: bool
    proof: list[Proof]


class ErasurePage(msgspec.Struct):
    """Erasures from the newest on."""

    erasures: list[Erasure]
    next_cursor: int | None


class DeletedBucket(msgspec.Struct):
    """A bucket in the trash."""

    id: int
    name: str
    type: str
    deleted_at: datetime


class Retention(msgspec.Struct):
    """For how many days each kind of record is kept."""

    titles_days: int | None
    events_days: int | None
    everything_days: int | None
    totals: bool
    last_run_at: datetime | None


class RetentionCount(msgspec.Struct):
    """How much is too old in one way."""

    kind: str
    count: int
    seconds: float
    started_at: datetime | None
    ended_at: datetime | None


class RetentionRun(msgspec.Struct):
    """What a part of a run did, and where to go on."""

    place: msgspec.Raw
    deleted: int
    reduced: int
    totals: int
    marks: int = 0


class PrivacyRules(msgspec.Struct):
    """All privacy rules, in the zone that their times are told in."""

    version: str
    zone: str
    rules: list[PrivacyRule]


class MadePrivacyRule(msgspec.Struct):
    """A privacy rule as it is kept."""

    rule: PrivacyRule
    operation_id: int


class TriedPrivacy(msgspec.Struct):
    """What would be stored of an event, and the rules that say so."""

    data: dict[str, object] | None
    rules: list[int]


class HiddenSample(msgspec.Struct):
    """One event that would be hidden."""

    bucket: str
    started_at: datetime
    duration: float
    data: dict[str, object]
    becomes: dict[str, object] | None


class PrivacyPreview(msgspec.Struct):
    """What privacy rules would hide of what was recorded."""

    events: int
    dropped: int
    redacted: int
    seconds: float
    looked_at: int
    sample: list[HiddenSample]


class MadeHiding(msgspec.Struct):
    """The job that hides what was recorded."""

    operation_id: int
    job_id: int


class HidingProgress(msgspec.Struct):
    """How far rules have been applied to history."""

    operation_id: int
    finished: bool
    dropped: int
    redacted: int
    seconds: float


class RefusedFilter(msgspec.Struct):
    """A filter that could not be taken over."""

    place: int
    reason: str


class TakenFilters(msgspec.Struct):
    """What filters of another program became."""

    rules: list[PrivacyRule]
    refused: list[RefusedFilter]
    operation_id: int | None


class UndoProgress(msgspec.Struct):
    """Whether something is left to take back."""

    more: bool


class ProjectShown(msgspec.Struct):
    """A project."""

    id: int
    name: str
    color: str | None
    archived_at: str | None
    deleted_at: str | None


class ListedProjects(msgspec.Struct):
    """Projects by name."""

    projects: list[ProjectShown]


class MadeProject(msgspec.Struct):
    """A project as it is kept."""

    project: ProjectShown
    operation_id: int


class TagShown(msgspec.Struct):
    """A tag."""

    id: int
    name: str
    deleted_at: str | None


class ListedTags(msgspec.Struct):
    """Tags by name."""

    tags: list[TagShown]


class MadeTag(msgspec.Struct):
    """A tag as it is kept."""

    tag: TagShown
    operation_id: int


class ShownUse(msgspec.Struct):
    """Something that referred to a project or tag."""

    kind: str
    id: int
    name: str


class DeletedLabel(msgspec.Struct):
    """What referred to a project or tag that was deleted."""

    uses: list[ShownUse]
    operation_id: int


class NamedThing(msgspec.Struct):
    """Something by its number; without a name it does not exist any more."""

    id: int
    name: str | None


class GoalLooksAt(msgspec.Struct):
    """What a goal looks at."""

    categories: list[NamedThing]
    projects: list[NamedThing]
    apps: list[str]
    domains: list[str]
    tags: list[NamedThing]
    scores: list[int]


class DaysOff(msgspec.Struct):
    """Days on which a goal does not count."""

    first_day: date
    last_day: date


class KeptGoal(msgspec.Struct):
    """A goal; its target is in the unit."""

    id: int
    name: str
    measure: str
    unit: str
    direction: str
    target: float
    period: str
    where: GoalLooksAt
    shortest_seconds: int
    weekdays: list[int]
    days_off: list[DaysOff]
    prorated: bool
    notices: bool
    starts_on: date
    ends_on: date | None
    created_at: datetime


class GoalPeriod(msgspec.Struct):
    """A day, week or month of a goal."""

    first_day: date
    last_day: date
    days: int
    state: str
    target: float
    done: float | None
    left: float
    share: float | None


class GoalStreak(msgspec.Struct):
    """How many periods in a row a goal was met, as far as was looked back."""

    current: int
    longest: int
    since: date


class StandingGoal(msgspec.Struct):
    """A goal and how its present period stands."""

    goal: KeptGoal
    progress: GoalPeriod
    started_at: datetime
    ended_at: datetime
    days_left: int
    per_day: float | None
    streak: GoalStreak


class GoalsThere(msgspec.Struct):
    """Goals as they stand."""

    today: date
    zone: str
    goals: list[StandingGoal]


class MadeGoal(msgspec.Struct):
    """A goal as it is kept."""

    goal: KeptGoal
    operation_id: int


class GoalPeriods(msgspec.Struct):
    """How a goal went, the newest period first."""

    unit: str
    periods: list[GoalPeriod]
    next_before: date | None


class OffDays(msgspec.Struct):
    """Of how many goals days were taken off."""

    goals: int
    operation_id: int
