"""Rules: what each condition meets, which rule is heard, and what is told of one that cannot be used."""

from __future__ import annotations

from typing import Any, cast

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hourloom.activities.classifying.classifier import Classifier
from hourloom.activities.classifying.patterns import MOST_LETTERS, MOST_STEPS, PatternSet, fault_of, size_of
from hourloom.activities.model.correction import Correction
from hourloom.activities.model.rule import Condition, NotTheSameRules, Outcome, Rule, RuleNotValid, reordered
from hourloom.activities.model.subject import Subject
from hourloom.activities.service.rules import (
    PatternNotUsable,
    PatternsTooLarge,
    problem_of,
    require_room_for_patterns,
    require_usable,
)
from hourloom.db.transaction import ReadTookTooLong
from tests.activities.deciding import (
    CODE,
    LEISURE,
    MAIL,
    VIDEO,
    WORK,
    NoDatabase,
    book,
    category_of,
    decided,
    rule,
    seen,
    where,
)

VIM = seen(app="Gvim", title="main.py (~/src/Loom) - VIM", device="desk")
PAGE = seen(
    app="firefox",
    title="A talk - YouTube",
    url="https://www.youtube.com/watch/Talk?v=1#t",
    audible=True,
)
FILE = seen(app="code", editor="vscode", file="/home/me/loom/app.py", project="Loom", language="Python")


@pytest.mark.parametrize(
    ("condition", "described"),
    [
        (where("app", "gvim", "equals"), VIM),
        (where("app", "org.mozilla.firefox", "equals"), PAGE),
        (where("app", "Firefox.exe", "equals"), PAGE),
        (where("app", "vim"), VIM),
        (where("title", "MAIN.PY"), VIM),
        (where("title", "vim", "words"), VIM),
        (where("title", "src/loom", "words"), VIM),
        (where("title", r"^main\.py .*VIM$", "pattern"), VIM),
        (where("title", "vim$", "pattern", ignore_case=True), VIM),
        (where("title", "main.py (~/src/loom) - vim", "equals"), VIM),
        (where("device", "desk", "equals"), VIM),
        (where("domain", "youtube.com", "equals"), PAGE),
        (where("domain", "www.youtube.com", "equals"), PAGE),
        (where("domain", "*.YouTube.com", "equals"), PAGE),
        (where("host", "www.youtube.com", "equals"), PAGE),
        (where("path", "/watch/talk", "equals"), PAGE),
        (where("path", "/watch"), PAGE),
        (where("url", "v=1"), PAGE),
        (where("any", "youtube"), PAGE),
        (where("any", "FIREFOX"), PAGE),
        (where("any", "/loom/"), FILE),
        (where("project", "loom", "equals"), FILE),
        (where("language", "python", "equals"), FILE),
        (where("path", r"\.py$", "pattern"), FILE),
        (where("title", "python", negated=True), PAGE),
    ],
)
def test_conditions_that_are_met(condition: Condition, described: Any) -> None:
    assert category_of(book(rule(1, CODE, condition)), described) == CODE
    turned = msgspec.structs.replace(condition, negated=not condition.negated)
    assert category_of(book(rule(1, CODE, turned)), described) is None


@pytest.mark.parametrize(
    ("condition", "described"),
    [
        (where("app", "emacs", "equals"), VIM),
        (where("title", "vi", "words"), VIM),
        (where("title", "tube", "words"), PAGE),
        (where("title", "vim$", "pattern"), VIM),
        (where("title", ".*"), VIM),
        (where("domain", "tube.com", "equals"), PAGE),
        (where("domain", "m.youtube.com", "equals"), PAGE),
        (where("host", "youtube.com", "equals"), PAGE),
        (where("any", "desk"), VIM),
        (where("device", "lap", "equals"), VIM),
        (where("url", "a"), VIM),
    ],
)
def test_conditions_that_are_not_met(condition: Condition, described: Any) -> None:
    assert category_of(book(rule(1, CODE, condition)), described) is None


def test_all_and_any() -> None:
    conditions = where("app", "gvim", "equals"), where("title", "python")
    assert category_of(book(rule(1, CODE, *conditions, match="all")), VIM) is None
    assert category_of(book(rule(1, CODE, *conditions, match="any")), VIM) == CODE
    either = where("title", "python"), where("title", "java", negated=True)
    assert category_of(book(rule(1, CODE, *either, match="any")), VIM) == CODE
    both = where("app", "gvim", "equals"), where("title", "main.py", negated=True)
    assert category_of(book(rule(1, CODE, *both, match="all")), VIM) is None


def test_the_first_rule_by_priority_and_place_gives_each_aspect_and_tags_add_up() -> None:
    rules = (
        rule(1, None, where("title", "vim"), outcome=Outcome(project_id=7, tag_ids=(3,))),
        rule(2, CODE, where("title", "vim"), outcome=Outcome(CODE, 8, (1,))),
        rule(3, MAIL, where("title", "vim")),
    )
    verdict = decided(book(*rules), VIM)
    assert (verdict.category_id, verdict.project_id, verdict.tag_ids) == (CODE, 7, (1, 3))
    assert (verdict.source, verdict.rule_id, verdict.confidence) == ("rule", 2, 1.0)
    first = msgspec.structs.replace(rules[2], priority=1)
    assert decided(book(*rules[:2], first), VIM).rule_id == 3


def test_a_correction_of_the_payload_goes_before_one_of_the_site_app_and_all_rules() -> None:
    def said(number: int, kind: Any, subject: str, category: int, payload: int | None = None) -> Correction:
        return Correction(number, kind, subject, Outcome(category), payload)

    all_rules = rule(1, WORK, where("title", "talk"), outcome=Outcome(WORK, 9))
    on_app, on_site = said(1, "app", "firefox", MAIL), said(2, "domain", "youtube.com", LEISURE)
    on_page = said(3, "payload", "00", VIDEO, 12)
    page = Subject(3, 12, 1)
    for corrections, category in (
        ((), WORK),
        ((on_app,), MAIL),
        ((on_app, on_site), LEISURE),
        ((on_app, on_site, on_page), VIDEO),
    ):
        verdict = decided(book(all_rules, corrections=corrections), PAGE, page)
        assert verdict.category_id == category
        # What a correction leaves open is left to rules.
        assert verdict.project_id == 9
        assert verdict.source == ("correction" if corrections else "rule")
    assert decided(book(corrections=(on_page,)), PAGE, Subject(12, 0, 1)).category_id == VIDEO


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        (rule(1, CODE), "give a condition"),
        (rule(1, None, where("title", "x")), "gives nothing"),
        (rule(1, CODE, where("title", " ")), "give a text"),
        (rule(1, CODE, where("title", "--", "words")), "letters or digits"),
        (rule(1, CODE, where("time")), "`times`"),
        (rule(1, CODE, where("title", "x", times={})), "`times`"),
        (rule(1, CODE, where("dwell")), "`seconds`"),
        (rule(1, CODE, where("title", "x", seconds=3)), "`seconds`"),
        (rule(1, CODE, where("dwell", "x", seconds=3)), "no text"),
        (rule(1, CODE, where("title", "x", ignore_case=True)), "ignore_case"),
        (rule(1, CODE, where("title", "x"), name="a\nb"), "control"),
    ],
)
def test_rules_that_cannot_be_used(given: Rule, reason: str) -> None:
    with pytest.raises(RuleNotValid, match=reason):
        require_usable(given)


@pytest.mark.parametrize(
    ("pattern", "reason", "position"),
    [
        ("one(?=two)", "look-ahead", 4),
        ("one(?!two)", "look-ahead", 4),
        ("(?<=a)b", "look-behind", 1),
        (r"(a)x\1", "back-references", 5),
        ("(?P<n>a)(?P=n)", "back-references", 9),
        ("a**b", "bad repetition", 2),
        ("*a", "repetition", 1),
        ("[z-a]", "range", 2),
        ("ab(c", r"missing \): nothing closes this '\('", 3),
        (r"[(](a[])(]\(", r"missing \)", 4),
        ("(a))", r"unexpected \): this '\)' closes nothing", 4),
        (r"[)]\)(x)b)", "unexpected", 10),
        ("[a", "for the character itself", 1),
        (r"a\Z", r"is \\z", 2),
        ("a{2,1}", "the smaller number comes first", 2),
        ("a{2000}", "repetition size.*1,000", 2),
        ("((((a{100}){100}){100}){100})", "large|size", None),
        ("\ud800", "surrogate", None),
    ],
)
def test_patterns_that_cannot_be_used_say_what_and_where(
    pattern: str, reason: str, position: int | None
) -> None:
    bad = rule(1, CODE, where("title", "fine"), where("title", pattern, "pattern"))
    with pytest.raises(PatternNotUsable, match=reason) as refused:
        require_usable(bad)
    assert refused.value.fields["condition"] == 2
    assert refused.value.fields["position"] == position or position is None
    problem = problem_of(bad)
    assert problem is not None
    # One that came from elsewhere does nothing, and does not keep others from working.
    assert category_of(book(bad, rule(2, MAIL, where("title", "main"))), VIM) == MAIL


def test_patterns_are_bounded_together() -> None:
    pattern = "[a-z]{9}"
    enough = 2 + MOST_STEPS // size_of(pattern)
    many = [rule(n, CODE, where("title", f"{pattern}{n}", "pattern")) for n in range(1, enough)]
    with pytest.raises(PatternsTooLarge):
        require_room_for_patterns(many)
    require_room_for_patterns(many[:2])


def test_an_order_names_each_rule_once() -> None:
    rules = [rule(1, CODE, where("title", "a")), rule(2, CODE, where("title", "b"))]
    assert [(each.id, each.position) for each in reordered(rules, [2, 1])] == [(2, 0), (1, 1)]
    for wrong in ([1], [1, 1], [1, 2, 3]):
        with pytest.raises(NotTheSameRules):
            reordered(rules, wrong)


WORDS = st.sampled_from(["alpha", "beta", "gamma", "Delta", "straße", "a.b", "ß", "İ", "(x"])
CONDITIONS = st.builds(
    Condition,
    field=st.sampled_from(["any", "app", "title", "url", "host", "project"]),
    form=st.sampled_from(["contains", "equals", "words"]),
    text=WORDS.filter(lambda text: any(map(str.isalnum, text))),
    negated=st.booleans(),
)
OUTCOMES = st.builds(
    Outcome,
    category_id=st.none() | st.integers(1, 5),
    project_id=st.none() | st.integers(1, 3),
    tag_ids=st.lists(st.integers(1, 4), max_size=2, unique=True).map(tuple),
).filter(bool)
RULES = st.lists(
    st.tuples(
        st.lists(CONDITIONS, min_size=1, max_size=3).map(tuple),
        OUTCOMES,
        st.sampled_from(["all", "any"]),
        st.integers(-1, 1),
        st.booleans(),
    ),
    max_size=8,
).map(
    lambda found: [
        Rule(n, n, enabled, "", priority, match, conditions, outcome)  # type: ignore[arg-type]
        for n, (conditions, outcome, match, priority, enabled) in enumerate(found, 1)
    ]
)
TEXTS = st.lists(WORDS, max_size=3).map(" ".join)
SEEN = st.builds(seen, app=TEXTS, title=TEXTS, project=TEXTS)


def _plainly(rules: list[Rule], described: Any) -> tuple[object, ...]:
    """Return category, project and tags as rules are told of: one after another, each text for itself."""
    category = project = None
    tags: set[int] = set()
    for each in sorted(rules, key=lambda it: (-it.priority, it.position)):
        met = [_meets(condition, described) for condition in each.conditions]
        if each.enabled and (all(met) if each.match == "all" else any(met)):
            category = category or each.outcome.category_id
            project = project or each.outcome.project_id
            tags |= set(each.outcome.tag_ids)
    return category, project, tuple(sorted(tags))


def _meets(condition: Condition, described: Any) -> bool:
    fields: list[str] = [condition.field]
    if condition.field == "any":
        fields = ["app_name", "app", "title", "url", "path"]
    if condition.field == "app":
        fields.append("app_name")
    texts = [getattr(described, field).casefold() for field in fields]
    wanted = condition.text.casefold()
    if condition.form == "contains":
        met = any(wanted in text for text in texts)
    elif condition.form == "equals":
        met = wanted in texts
    else:
        met = any(f" {wanted} " in f" {text} " for text in texts)
    return met is not condition.negated


@settings(max_examples=80)
@given(RULES, SEEN)
def test_all_rules_at_once_decide_as_one_after_another(rules: list[Rule], described: Any) -> None:
    verdict = decided(book(*rules), described)
    assert (verdict.category_id, verdict.project_id, verdict.tag_ids) == _plainly(rules, described)


@settings(max_examples=30)
@given(RULES, SEEN, st.randoms(use_true_random=False))
def test_the_order_in_which_rules_are_read_changes_nothing(
    rules: list[Rule], described: Any, chance: Any
) -> None:
    mixed = list(rules)
    chance.shuffle(mixed)
    assert decided(book(*mixed), described) == decided(book(*rules), described)


@settings(max_examples=30)
@given(RULES, SEEN, st.lists(CONDITIONS, min_size=1, max_size=2).map(tuple))
def test_a_rule_that_is_switched_off_changes_nothing(
    rules: list[Rule], described: Any, conditions: tuple[Condition, ...]
) -> None:
    off = Rule(99, -1, enabled=False, priority=9, conditions=conditions, outcome=Outcome(1, 1, (9,)))
    assert decided(book(off, *rules), described) == decided(book(*rules), described)


@settings(max_examples=30)
@given(RULES, SEEN, st.lists(CONDITIONS, min_size=1, max_size=2).map(tuple))
def test_a_rule_behind_all_others_takes_nothing_from_them(
    rules: list[Rule], described: Any, conditions: tuple[Condition, ...]
) -> None:
    last = Rule(99, 99, priority=-9, conditions=conditions, outcome=Outcome(1, 1))
    before, after = decided(book(*rules), described), decided(book(*rules, last), described)
    assert before.category_id in (None, after.category_id)
    assert before.project_id in (None, after.project_id)


@given(st.text(max_size=40))
def test_any_text_is_a_pattern_or_told_to_be_none(pattern: str) -> None:
    fault = fault_of(pattern)
    assert fault is None or (fault.reason and (fault.position is None or 1 <= fault.position <= len(pattern)))


def test_texts_count_as_well_and_what_is_beyond_is_not_even_compiled() -> None:
    size_of.cache_clear()
    with pytest.raises(PatternsTooLarge):
        require_room_for_patterns(
            rule(n, CODE, where("title", f"[a-z]{{90}}{n}", "pattern")) for n in range(2_000)
        )
    assert size_of.cache_info().misses < 200
    long = [rule(n, CODE, where("title", f"{n:01000}")) for n in range(200)]
    require_room_for_patterns(long[:190])
    with pytest.raises(PatternsTooLarge):
        require_room_for_patterns(long)


def test_patterns_look_at_the_beginning_of_a_text_and_many_texts_at_all_of_it() -> None:
    late = "x" * MOST_LETTERS + "needle"
    assert category_of(book(rule(1, CODE, where("title", "need.e", "pattern"))), seen(title=late)) is None
    assert category_of(book(rule(1, CODE, where("title", "needle"))), seen(title=late)) == CODE
    both = PatternSet(["[invalid", "b"], ["a", "b"])
    assert both.found_in("xbx") == [1]


def test_reading_stops_where_the_time_is_over() -> None:
    class Late(NoDatabase):
        def check_time(self) -> None:
            raise ReadTookTooLong(seconds=1)

    with pytest.raises(ReadTookTooLong):
        Classifier(book()).plain([Subject(1, 0, 0)], cast("Any", Late()))
