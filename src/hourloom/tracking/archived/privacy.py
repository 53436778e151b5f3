"""Privacy rules in archives. They come behind the record: it was let in without them, where it was made."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Annotated

import msgspec
from msgspec import Meta

from hourloom.core.archiving import NOT_IN_ORDER, Incoming, Judged, Outgoing, PlainTable, Verdict
from hourloom.core.decoding import decode
from hourloom.core.ids import WorkspaceId
from hourloom.core.privacy import MOST_RULES, PrivacyRule, problem_of
from hourloom.db.sequences import skip_numbers
from hourloom.db.transaction import Transaction
from hourloom.tracking import store
from hourloom.tracking.privacy import rules_changed, text_of


class PrivacyRuleRow(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A rule, and its place among the others."""

    id: Annotated[int, Meta(ge=1, le=2**63 - 1)]
    position: Annotated[int, Meta(ge=0, le=2**31)]
    rule: PrivacyRule


class _RuleAdded(msgspec.Struct, frozen=True):
    id: int


class ArchivedPrivacyRules(PlainTable):
    """The privacy rules of the workspace; merged, those that are not here yet come behind the others."""

    name = "privacy_rules"
    row = PrivacyRuleRow
    numbered = True
    most = MOST_RULES

    def __init__(self, forget: Callable[[], None]) -> None:
        self._forget = forget

    def count(self, tx: Transaction, out: Outgoing) -> int:
        return len(store.privacy_rules(tx, out.workspace_id))

    def going_out(self, tx: Transaction, out: Outgoing) -> Iterator[Sequence[PrivacyRuleRow]]:
        rules = sorted(store.privacy_rules(tx, out.workspace_id), key=lambda rule: rule.id)
        yield [PrivacyRuleRow(rule.id, rule.position, _bare(rule)) for rule in rules]

    def hinders(self, tx: Transaction, workspace: WorkspaceId, first: int, last: int) -> bool:
        return store.has_privacy_rules(tx, first, last)

    def reserve(self, tx: Transaction, upto: int) -> None:
        skip_numbers(tx, self.name, upto)

    def fault(self, row: PrivacyRuleRow, into: Incoming) -> str | None:
        if not into.is_next(self.name, (row.id,)):
            return NOT_IN_ORDER
        # What is wrong is said without the words that somebody looks for.
        return None if problem_of(row.rule) is None else "it cannot be used"

    def judge(self, tx: Transaction, into: Incoming, rows: Sequence[PrivacyRuleRow]) -> list[Judged]:
        kept = store.privacy_rules(tx, into.workspace_id)
        here, room = {text_of(rule) for rule in kept}, MOST_RULES - len(kept)
        judged = []
        for row in rows:
            if text_of(row.rule) in here:
                judged.append(Judged(Verdict.SAME))
            elif room > 0:
                judged.append(Judged(Verdict.NEW))
                room -= 1
            else:
                judged.append(Judged(Verdict.LEFT_OUT))
        return judged

    def take_in(
        self, tx: Transaction, into: Incoming, rows: Sequence[PrivacyRuleRow], judged: Sequence[Judged]
    ) -> Sequence[int]:
        kept = store.privacy_rules(tx, into.workspace_id)
        behind = 0 if into.keeps_numbers else 1 + max((rule.position for rule in kept), default=-1)
        new = [row for row, each in zip(rows, judged, strict=True) if each.verdict is Verdict.NEW]
        for row in new:
            number, position, text = row.id, row.position + behind, text_of(row.rule)
            if into.keeps_numbers:
                store.put_privacy_rule(tx, into.workspace_id, number, position, text)
            else:
                number = store.add_privacy_rule(tx, into.workspace_id, position, text)
            into.keep(self.name, _RuleAdded(number))
        if new:
            self._tell(tx, into.workspace_id)
        return [0] * len(rows)

    def take_back(self, tx: Transaction, workspace: WorkspaceId, was: bytes) -> None:
        store.drop_privacy_rule(tx, workspace, decode(was, _RuleAdded).id)
        self._tell(tx, workspace)

    def _tell(self, tx: Transaction, workspace: WorkspaceId) -> None:
        self._forget()
        tx.after_commit(self._forget)
        tx.changed(workspace, rules_changed(store.privacy_rules(tx, workspace)))


def _bare(rule: PrivacyRule) -> PrivacyRule:
    return msgspec.structs.replace(rule, id=0, position=0)
