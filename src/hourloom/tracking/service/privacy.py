"""Keep privacy rules, say what they do, and look what they would hide of what was recorded."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import msgspec

from hourloom.core.actors import Actor
from hourloom.core.clock import DAY, LATEST, Clock, Duration, Instant
from hourloom.core.days import zone_of
from hourloom.core.decoding import decode
from hourloom.core.errors import Forbidden
from hourloom.core.ids import OperationId
from hourloom.core.privacy import PrivacyRule, Ruleset, version_of
from hourloom.db.transaction import Database, Transaction
from hourloom.operations.model import ChangedSince, Operation
from hourloom.operations.service import Operations
from hourloom.settings.definitions import TIME_ZONE
from hourloom.settings.service import Settings
from hourloom.tracking import store
from hourloom.tracking.door import Door, InForce, object_of
from hourloom.tracking.model import Bucket
from hourloom.tracking.privacy import (
    LARGEST_SAMPLE,
    SAMPLED,
    HistoryPlace,
    NoSuchPrivacyRule,
    RulesChange,
    RulesInForce,
    Sample,
    Tried,
    WouldHide,
    in_order,
    require_room,
    require_usable,
    rules_changed,
    text_of,
)
from hourloom.tracking.service.hiding import Found, found_in

READ, WRITE = "tracking:read", "tracking:write"
KIND = "change_privacy_rules"
RECENT = Duration(30 * DAY)
PREVIEWED_AT_ONCE = 5_000


class NotForThisToken(Forbidden):
    """The token may neither read the record nor send heartbeats."""


class Privacy:
    """The rules that say what is dropped or redacted before it is stored."""

    is_service = True

    def __init__(
        self,
        database: Database,
        clock: Clock,
        operations: Operations,
        settings: Settings,
        door: Door,
        owner: Actor,
    ) -> None:
        self._database, self._clock, self._operations = database, clock, operations
        self._settings, self._door = settings, door
        # Whose day it is at the door: a workspace here has one user.
        door.zone = lambda workspace: settings.value(
            msgspec.structs.replace(owner, workspace_id=workspace), TIME_ZONE
        )
        operations.register(KIND, WRITE, self._undo, self._purge)

    def in_force(self, who: Actor) -> RulesInForce:
        """Return all rules; whoever records may know them, so that nothing hidden leaves its computer."""
        records = any(scope.startswith("heartbeats:write") for scope in who.scopes)
        if not (records or who.may(READ)):
            raise NotForThisToken
        with self._database.read() as tx:
            rules = store.privacy_rules(tx, who.workspace_id)
        zone = self._settings.value(who, TIME_ZONE)
        return RulesInForce(version_of(rules, zone), zone, rules)

    def add(self, who: Actor, new: Sequence[PrivacyRule]) -> tuple[list[PrivacyRule], OperationId]:
        """Add rules behind those that are there."""
        who.require(WRITE)
        for rule in new:
            require_usable(rule)
        with self._database.begin() as tx:
            before = store.privacy_rules(tx, who.workspace_id)
            require_room(len(before) + len(new))
            position = 1 + max((rule.position for rule in before), default=-1)
            for place, rule in enumerate(new, position):
                store.add_privacy_rule(tx, who.workspace_id, place, text_of(rule))
            operation, after = self._changed(tx, who, before)
            known = {rule.id for rule in before}
            return [rule for rule in after if rule.id not in known], operation

    def change(self, who: Actor, number: int, rule: PrivacyRule) -> tuple[PrivacyRule, OperationId]:
        """Put a rule in the place of one."""
        who.require(WRITE)
        require_usable(rule)
        with self._database.begin() as tx:
            before = store.privacy_rules(tx, who.workspace_id)
            was = _found(before, number)
            store.set_privacy_rule(tx, who.workspace_id, number, was.position, text_of(rule))
            operation, after = self._changed(tx, who, before)
            return _found(after, number), operation

    def remove(self, who: Actor, number: int) -> OperationId:
        """Remove a rule."""
        who.require(WRITE)
        with self._database.begin() as tx:
            before = store.privacy_rules(tx, who.workspace_id)
            store.drop_privacy_rule(tx, who.workspace_id, _found(before, number).id)
            return self._changed(tx, who, before)[0]

    def order(self, who: Actor, ids: Sequence[int]) -> OperationId:
        """Put the rules in another order."""
        who.require(WRITE)
        with self._database.begin() as tx:
            before = store.privacy_rules(tx, who.workspace_id)
            for rule in in_order(before, ids):
                store.set_privacy_rule(tx, who.workspace_id, rule.id, rule.position, text_of(rule))
            return self._changed(tx, who, before)[0]

    def tried(self, who: Actor, bucket_type: str, data: bytes, at: Instant | None) -> Tried:
        """Return what would be stored of an event."""
        who.require(READ)
        given = object_of(data)
        with self._database.read() as tx:
            ruleset = Ruleset(store.privacy_rules(tx, who.workspace_id))
        moment = self._clock.now() if at is None else at
        zone = zone_of(self._settings.value(who, TIME_ZONE))
        verdict = ruleset.judge(bucket_type, given, ruleset.active(moment, zone))
        return Tried(verdict.data, [ruleset.rules[n].id for n in verdict.applied])

    def types_of_buckets(self, who: Actor) -> list[tuple[str, str]]:
        """Return names and types of the buckets there are."""
        who.require(READ)
        with self._database.read() as tx:
            return [(bucket.name, bucket.type) for bucket in store.buckets_of(tx, who.workspace_id)]

    async def preview(
        self,
        who: Actor,
        rules: Sequence[PrivacyRule] | None,
        started_at: Instant | None = None,
        ended_at: Instant | None = None,
    ) -> WouldHide:
        """Return what rules (None: those that are kept) would hide of what began in a period."""
        who.require(READ)
        for rule in rules or ():
            require_usable(rule)
        buckets, wanted = await self._database.run_read(partial(self._at_hand, who, rules), who=who)
        until = LATEST if ended_at is None else ended_at
        since = Instant(self._clock.now() - RECENT) if started_at is None else started_at
        hides = WouldHide(sample=[])
        for bucket in buckets:
            place: HistoryPlace | None = HistoryPlace(at=since - 1)
            while place is not None:
                found = await self._database.run_read(
                    partial(self._look, wanted, bucket, place, until), who=who
                )
                _count(hides, bucket, found)
                place = found.further
        return hides

    def _at_hand(self, who: Actor, rules: Sequence[PrivacyRule] | None) -> tuple[list[Bucket], InForce]:
        with self._database.read() as tx:
            kept = store.privacy_rules(tx, who.workspace_id) if rules is None else rules
            zone = self._settings.value(who, TIME_ZONE)
            return store.buckets_of(tx, who.workspace_id), InForce(kept, zone)

    def _look(self, rules: InForce, bucket: Bucket, place: HistoryPlace, until: int) -> Found:
        with self._database.read() as tx:
            return found_in(tx, rules, bucket, place, until, limit=PREVIEWED_AT_ONCE)

    def _changed(
        self, tx: Transaction, who: Actor, before: Sequence[PrivacyRule]
    ) -> tuple[OperationId, list[PrivacyRule]]:
        after = store.privacy_rules(tx, who.workspace_id)
        subject = RulesChange(len(after), version_of(after))
        operation = self._operations.record(who, KIND, subject)
        self._operations.keep_step(operation, "privacy_rules", before)
        self._tell(tx, who, after)
        return operation, after

    def _tell(self, tx: Transaction, who: Actor, after: Sequence[PrivacyRule]) -> None:
        # What comes later in this very commit is judged by the new rules already.
        self._door.forget()
        tx.after_commit(self._door.forget)
        tx.changed(who.workspace_id, rules_changed(after))

    def _undo(self, tx: Transaction, who: Actor, operation: Operation) -> None:
        here = store.privacy_rules(tx, who.workspace_id)
        made = decode(operation.subject, RulesChange).after
        if version_of(here) != made:
            raise ChangedSince("the privacy rules", [rule.id for rule in here])

        def take_back(tx: Transaction, _name: str, was: bytes) -> None:
            for rule in here:
                store.drop_privacy_rule(tx, who.workspace_id, rule.id)
            for rule in decode(was, list[PrivacyRule]):
                store.put_privacy_rule(tx, who.workspace_id, rule.id, rule.position, text_of(rule))

        self._operations.take_steps_back(operation.id, 1, take_back)
        self._tell(tx, who, store.privacy_rules(tx, who.workspace_id))

    def _purge(self, _tx: Transaction, operation: Operation) -> bool:
        return self._operations.forget_steps(operation.id, 1)


def _found(rules: Sequence[PrivacyRule], number: int) -> PrivacyRule:
    for rule in rules:
        if rule.id == number:
            return rule
    raise NoSuchPrivacyRule(id=number)


def _count(hides: WouldHide, bucket: Bucket, found: Found) -> None:
    hides.looked_at += found.looked_at
    for event, left in found.changed:
        hides.events += 1
        hides.dropped += left is None
        hides.redacted += left is not None
        hides.lasted += event.ended_at - event.started_at
        data = found.bodies[event.payload_id]
        if len(hides.sample) < SAMPLED and len(data) <= LARGEST_SAMPLE:
            lasted = Duration(event.ended_at - event.started_at)
            hides.sample.append(Sample(bucket.name, event.started_at, lasted, data, left))
