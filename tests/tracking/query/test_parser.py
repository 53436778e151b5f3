"""Reading queries in both dialects, and saying where one cannot be read."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hourloom.tracking.query.errors import QueryError, QueryInterpretError, QueryParseError
from hourloom.tracking.query.parser import MAX_BYTES, MAX_DEPTH, MAX_STATEMENTS, parse_query
from hourloom.tracking.query.values import Value
from tests.tracking.query.builders import an_event, answer, steady


@pytest.mark.parametrize(
    ("query", "result"),
    [
        ("RETURN = 1;", 1),
        ("RETURN = 1", 1),
        ("RETURN='a;b';", "a;b"),
        ('RETURN = "it\'s";', "it's"),
        (r'RETURN = "say \"hi\"";', 'say "hi"'),
        (r"RETURN = 'it\'s';", "it's"),
        (r'RETURN = "\d+\.\w\\b\'";', r"\d+\.\w\\b\'"),
        ("RETURN = true;", True),
        ("RETURN = [True, False, true, false];", [True, False, True, False]),
        ("RETURN = [];", []),
        ("RETURN = [ ];", []),
        ("RETURN = { };", {}),
        ("RETURN = [1, [2, 'three'], {}];", [1, [2, "three"], {}]),
        ("RETURN = [1, 2,];", [1, 2]),
        ("RETURN = {'a': 1, \"b\" : [ 2 ] , 'c': {'d': nop()}};", {"a": 1, "b": [2], "c": {"d": 1}}),
        ("a = 1; b = a; RETURN = [a, b];", [1, 1]),
        ("a_1 = nop(); RETURN = a_1;", 1),
        (";; RETURN = 1;;", 1),
        ("RETURN = NAME;", "a name"),
        ("a = 1; a = a; RETURN = a;", 1),
        ("å = 1; RETURN = å;", 1),
    ],
)
def test_what_the_python_server_reads_is_read(query: str, result: Value) -> None:
    assert answer(query) == result


@pytest.mark.parametrize(
    ("query", "result"),
    [
        ("return 1;", 1),
        ("return 1.5;", 1.5),
        ("return 1.;", 1.0),
        ("a = 1; return a; a = 2;", 1),
        ("return 1; return 2;", 2),
        ("# nothing\nreturn 1; # 'more;\n# end", 1),
        ("return (1);", 1),
        ("return 1 + 2;", 3),
        ("return 1 + 2 * 3;", 9),
        ("return 1 + (2 * 3);", 7),
        ("return 7 % 4;", 3),
        ("return 0 - 7 % 4;", -3),
        ("return 1 / 2;", 0.5),
        ("return -1;", -1),
        ("return - -1;", 1),
        ("a = 2; return -a;", -2),
        ("return 3 -1;", 2),
        ("return 'a' + 'b';", "ab"),
        ("return [1] + [2];", [1, 2]),
        ("return 1 == 1;", True),
        ("return 1 == 1.0;", True),
        ("return 1 == true;", False),
        ("return 'a' == 'b';", False),
        ("return {'a': [1]} == {'a': [1]};", True),
        ("if true { return 1; }", 1),
        ("if 1 == 2 { return 1; } else { return 2; }", 2),
        (
            "a = 3; if a == 1 {return 1;} elif a == 2 {return 2;} elif a == 3 {return 3;} else {return 4;}",
            3,
        ),
        ("if true { if false { return 1; } else { return 2 } }", 2),
        ("print(1, 'two'); return nop();", 1),
        ("iffy = 1; return iffy;", 1),
        ("return contains([1, 2], 2);", True),
        ("return contains({'a': 1}, 'b');", False),
    ],
)
def test_what_the_rust_server_reads_is_read(query: str, result: Value) -> None:
    assert answer(query) == result


def test_lines_may_break_anywhere_between_words() -> None:
    assert answer("RETURN", "= [", "nop(),", "2", "]", ";") == [1, 2]


def test_a_line_that_cannot_go_on_ends_its_statement() -> None:
    assert answer("a = 1", "b = 2", "RETURN = [a, b]") == [1, 2]


def test_a_call_within_a_call_keeps_the_arguments_after_it() -> None:
    events = [an_event(0, 1, app="a", title="x"), an_event(1, 2, app="a", title="y")]
    query = 'RETURN = limit_events(sort_by_timestamp(query_bucket("window")), 1);'
    assert len(answer(query, window=events)) == 1  # type: ignore[arg-type]
    query = 'RETURN = merge_events_by_keys(query_bucket("window"), ["app"]);'
    assert len(answer(query, window=events)) == 1  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("query", "line", "column", "reason"),
    [
        ("RETURN = [1", 1, 12, "expected ',' or ']', found the end of the query."),
        ("a = 1;\nRETURN = 'x", 2, 10, "this string is not closed by another '."),
        ("RETURN = [;", 1, 11, "expected a value, found ';'."),
        ("a = 1 b = 2", 1, 7, "expected ';' or an operator, found 'b'."),
        ("a = 1;\n  b = @;", 2, 7, "the character '@' has no meaning here."),
        ("RETURN = {a: 1};", 1, 11, "expected a key in quotes, found 'a'."),
        ("RETURN = {'a' 1};", 1, 15, "expected ':', found '1'."),
        ("RETURN = f(1 2);", 1, 14, "expected ',' or ')', found '2'."),
        ("RETURN = ;", 1, 10, "expected a value, found ';'."),
        ("'a' = 1;", 1, 5, "only a variable can be assigned to."),
        ("true = 1;", 1, 1, "'true' cannot be assigned to."),
        ("if true { a = 1;", 1, 17, "expected '}', found the end of the query."),
        ("}", 1, 1, "expected a value, found '}'."),
        ("RETURN = else;", 1, 10, "'else' cannot stand here."),
        ("RETURN = 1" + "0" * 400 + ";", 1, 10, "this number is too large."),
    ],
)
def test_an_error_tells_line_and_column(query: str, line: int, column: int, reason: str) -> None:
    with pytest.raises(QueryParseError) as caught:
        parse_query([query])
    assert (caught.value.line, caught.value.column, caught.value.reason) == (line, column, reason)
    assert caught.value.message == f"Line {line}, column {column}: {reason}"
    assert caught.value.aw_type == "QueryParseException"


def test_each_line_of_the_list_is_a_line_of_the_message() -> None:
    with pytest.raises(QueryParseError, match="Line 3, column 5"):
        parse_query(["a = 1;", "b = 2;", "c = ];"])


def test_a_query_without_a_result_is_refused() -> None:
    with pytest.raises(QueryParseError, match="doesn't assign the RETURN variable"):
        answer("a = 1;")


@pytest.mark.parametrize("opening", ["[", "(", "-", "f(", "{'a':", "if true {"])
def test_a_query_nested_too_deep_is_refused(opening: str) -> None:
    parse_query(["x = " + "[" * (MAX_DEPTH - 1) + "]" * (MAX_DEPTH - 1)])
    with pytest.raises(QueryParseError, match="nested 64 deep at most"):
        parse_query([opening * 20_000])


def test_a_query_of_too_many_statements_is_refused() -> None:
    parse_query(["a=1;" * MAX_STATEMENTS])
    with pytest.raises(QueryParseError, match="10000 statements at most"):
        parse_query(["a=1;" * (MAX_STATEMENTS + 1)])


def test_a_query_too_long_is_refused() -> None:
    with pytest.raises(QueryParseError, match="longer than 256 KiB"):
        parse_query(["#" + "é" * (MAX_BYTES // 2)])


def test_half_a_character_is_refused() -> None:
    with pytest.raises(QueryParseError, match="half a character"):
        parse_query(["RETURN = '\ud800';"])


def test_a_long_chain_of_operators_is_no_deep_nesting() -> None:
    assert answer("return 0" + " + 1" * 50_000 + ";") == 50_000


@steady
@given(st.text())
def test_any_text_is_read_or_refused(text: str) -> None:
    with suppress(QueryParseError):
        parse_query([text])


WORDS = st.sampled_from(
    [
        *"=+-*/%()[]{},:;#\"'\\\n 1",
        *("==", "if ", "elif ", "else ", "return ", "RETURN", "a", "true", "1.5", "'s'"),
        *("nop(", "concat(", "flood(", "print(", "limit_events(", "query_bucket('window')", "categorize("),
    ]
)


@steady
@given(st.lists(WORDS, max_size=30))
def test_any_words_are_run_or_refused(words: list[str]) -> None:
    with suppress(QueryError):
        answer("RETURN = 1; " + "".join(words), window=[an_event(0, 1, app="a")])


@pytest.mark.parametrize(
    ("query", "reason"),
    [
        ("return 1 / 0;", "This divides by zero."),
        ("return 1 + 'a';", "'+' cannot be used between a number and a string."),
        ("return query_bucket('window') + [1];", "A list of events and another list cannot be joined."),
        ("if 1 { return 1; }", "a condition must be true or false"),
        ("a = 2;" + "a = a * a;" * 20 + "return a;", "This number is too large."),
        (
            "a = 'aaaaaaaaaaaaaaaa';" + "a = a + a;" * 20 + "return a;",
            "A string may have 1048576 characters at most.",
        ),
    ],
)
def test_what_operators_cannot_do_is_said(query: str, reason: str) -> None:
    with pytest.raises(QueryInterpretError) as caught:
        answer(query, window=[an_event(0, 1, app="a")])
    assert caught.value.reason == reason
    assert caught.value.line == 1
