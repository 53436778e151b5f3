"""The comparison of answers sees what differs, and passes over what is meant to differ."""

from tests.soak.equality import first_difference

EVENT = {"id": 3, "timestamp": "2026-01-01T00:00:00.005000+00:00", "duration": 2.5, "data": {"app": "a"}}


def test_ids_of_events_and_a_millisecond_are_passed_over() -> None:
    theirs = EVENT | {"id": 9, "timestamp": "2026-01-01T00:00:00.004Z", "duration": 2.501}
    assert first_difference([EVENT], [theirs]) is None


def test_two_milliseconds_are_a_difference() -> None:
    assert first_difference([EVENT], [EVENT | {"duration": 2.502}]) == "[0].duration: 2.5 and 2.502"


def test_a_payload_that_differs_is_named_with_its_place() -> None:
    assert first_difference([EVENT], [EVENT | {"data": {"app": "b"}}]) == "[0].data.app: 'a' and 'b'"


def test_a_missing_event_is_a_difference() -> None:
    assert first_difference([EVENT], [EVENT, EVENT]) == ": 1 and 2 elements"


def test_true_is_not_one() -> None:
    assert first_difference({"audible": True}, {"audible": 1}) == ".audible: True and 1"


def test_a_missing_key_is_a_difference() -> None:
    assert first_difference({"a": 1}, {"a": 1, "b": 2}) == " has ['a'] and ['a', 'b']"
