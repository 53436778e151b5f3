"""Each row of OWASP ASVS 5.0 that concerns a program like this one, and the tests that prove it.

The tests that no feature has of its own stand below the table.
"""

from __future__ import annotations

import gzip
import inspect
from collections.abc import Iterator
from typing import get_type_hints

import msgspec
import pytest

from hourloom.assembly import all_routes
from hourloom.testing import Client, ServerInMemory
from hourloom.web.routes import Route
from tests.rigs.named_tests import REPOSITORY, exists

HERE = "tests/security/test_asvs_rows.py"
BYTES = "tests/security/test_foreign_bytes.py"
ROWS: dict[str, list[str]] = {
    "3.4.2 and DNS rebinding: only the names of this computer, with the exact port": [
        "tests/web/test_trust.py::test_foreign_hosts_are_refused_everywhere",
        "tests/web/test_trust.py::test_every_name_of_this_computer_is_ours",
        "tests/web/test_trust.py::test_a_target_with_a_host_of_its_own_is_refused",
        "tests/web/test_trust.py::test_http_1_0_without_a_host_is_refused",
        "tests/web/test_trust.py::test_an_address_is_no_name_of_ours_unless_it_is_configured",
        "tests/web/test_server.py::test_a_request_that_could_be_understood_in_two_ways_is_refused",
        "tests/live/test_socket.py::test_another_hosts_name_is_refused",
    ],
    "3.5.1-3 CSRF: a token, JSON, and what the browser says of the page": [
        "tests/web/test_trust.py::test_pages_of_other_sites_reach_nothing",
        "tests/web/test_trust.py::test_browsers_without_a_token_only_record",
        "tests/ui/test_shell.py::test_a_page_of_another_site_can_neither_ask_nor_frame_it",
        "tests/web/test_headers.py::test_nobody_else_may_ask_anything",
        "tests/tracking/test_bad_input.py::test_what_is_not_called_json_is_refused_everywhere",
    ],
    "4.2.1-5 HTTP: one meaning for each request, bounded heads": [
        "tests/web/test_server.py::test_a_request_that_could_be_understood_in_two_ways_is_refused",
        "tests/web/test_server.py::test_trailers_do_not_become_headers",
        f"{BYTES}::test_any_bytes_on_the_socket_leave_a_server_that_answers",
    ],
    "4.4.2-4 WebSocket: the exact origin, and a ticket in the first message": [
        "tests/live/test_socket.py::test_every_other_origin_is_refused",
        "tests/live/test_socket.py::test_cross_site_fetch_metadata_is_refused",
        "tests/live/test_socket.py::test_a_ticket_works_once",
        "tests/live/test_socket.py::test_a_ticket_works_for_a_minute",
        "tests/live/test_socket.py::test_a_first_message_that_is_no_ticket_ends_the_socket",
        "tests/live/test_socket.py::test_revoking_a_token_ends_its_sockets_at_once",
    ],
    "3.3.x, 7.2.4 sign-in: no cookies, a new token for each, revoked at once": [
        "tests/web/test_headers.py::test_every_answer_of_every_route_is_guarded",
        "tests/ui/test_shell.py::test_nothing_is_kept_but_the_token_and_the_look",
        "tests/accounts/test_sign_in.py::test_a_code_works_once",
        "tests/accounts/test_tokens.py::test_signing_out_revokes_the_token_of_the_page",
        "tests/accounts/test_tokens.py::test_a_revoked_token_is_useless_at_once",
        "tests/ui/test_shell.py::test_signing_out_in_one_tab_signs_out_the_others",
    ],
    "1.3.6, 13.2.4, 15.3.2 SSRF: the server asks nobody for what a request names": [
        f"{HERE}::test_the_server_asks_no_address_that_a_request_names",
    ],
    "5.3.2-3, 5.4.1 paths: names of files are made here, never taken from a request": [
        "tests/web/test_headers.py::test_there_are_no_other_files",
        "tests/tracking/test_bad_input.py::test_addresses_of_nothing_are_refused",
        "tests/tracking/test_bad_input.py::test_names_that_cannot_be_are_refused",
        "tests/backups/test_folder.py::test_links_and_folders_are_no_backups",
        "tests/backups/test_routes.py::test_only_the_local_socket_may_name_a_folder",
        "tests/archive/test_refused.py::test_a_zip_that_is_not_as_ours_is_refused_with_the_reason",
        f"{HERE}::test_a_request_names_no_file_of_the_server",
    ],
    "5.2.3 bombs: what unfolds is counted as it unfolds": [
        "tests/core/test_strict_json.py::test_nesting_has_a_bound",
        "tests/tracking/test_bad_input.py::test_bodies_beyond_the_limits_are_refused",
        "tests/archive/test_refused.py::test_a_zip_that_is_not_as_ours_is_refused_with_the_reason",
        "tests/archive/test_refused.py::test_overlapping_entries_are_refused",
        f"{BYTES}::test_bombs_take_little_time_and_memory",
        f"{HERE}::test_a_packed_body_is_not_unpacked",
    ],
    "1.2.10 formulas: no cell of a spreadsheet begins one": [
        "tests/exports/test_writers.py::test_no_text_of_csv_begins_like_a_formula",
        "tests/exports/test_writers.py::test_xlsx_reads_back_as_it_was",
    ],
    "1.3.12, 1.2.9 ReDoS: patterns run in linear time": [
        "tests/tracking/query/test_filters.py::test_a_pattern_that_cannot_be_used_is_named_with_the_reason",
        f"{HERE}::test_evil_patterns_take_no_time",
    ],
    "9.1.x tokens: opaque, 256 random bits, kept as hashes": [
        "tests/accounts/test_tokens.py::test_any_other_is_256_random_bits",
        "tests/accounts/test_tokens.py::test_its_secret_is_told_once_and_kept_nowhere",
        "tests/accounts/test_sign_in.py::test_a_code_has_256_bits",
    ],
    "6.5.1 codes work once, also when two come at the same moment": [
        "tests/accounts/test_sign_in.py::test_of_two_at_once_exactly_one_signs_in",
        "tests/accounts/test_sign_in.py::test_a_clock_that_goes_back_does_not_revive_a_used_code",
        "tests/accounts/test_pairing.py::test_of_two_at_once_exactly_one_is_paired",
    ],
    "6.3.1, 2.4.1 guessing: ever slower, and never locked out of one's own computer": [
        "tests/web/test_limits.py::test_a_thousand_wrong_tokens_take_their_time_also_on_this_computer",
        "tests/web/test_limits.py::test_wrong_guesses_never_slow_down_who_knows_the_token",
        "tests/web/test_trust.py::test_who_guesses_tokens_over_the_network_is_locked_out_for_a_while",
        "tests/accounts/test_pairing.py::test_after_five_wrong_tries_a_code_is_void",
    ],
    "7.5.1-3 what cannot be taken back asks once more who it is": [
        "tests/accounts/test_step_up.py::test_what_cannot_be_taken_back_is_guarded",
        "tests/accounts/test_step_up.py::test_a_token_alone_is_not_enough",
        "tests/accounts/test_step_up.py::test_a_ticket_holds_for_five_minutes",
        "tests/archive/test_routes.py::test_exporting_everything_asks_for_the_passphrase_once_more",
    ],
    "8.2.1-3 objects: what belongs to another does not exist": [
        "tests/accounts/test_workspaces.py::test_no_route_reaches_what_belongs_to_another",
        "tests/accounts/test_workspaces.py::test_lists_hold_only_ones_own",
        "tests/accounts/test_scopes.py::test_a_token_opens_only_what_its_scope_says",
    ],
    "2.3.3 transactions: all of a request or nothing": [
        "tests/tracking/test_v1_api.py::test_events_of_one_request_are_stored_together_or_not_at_all",
        "tests/db/test_writer.py::test_an_error_caught_outside_a_joined_begin_still_undoes_all",
    ],
    "2.3.4 a request sent twice is done once": [
        "tests/tracking/test_v1_api.py::test_a_key_makes_a_repeated_write_one",
        "tests/tracking/test_v1_api.py::test_a_key_holds_for_one_address",
    ],
    "15.3.3 only the fields that are meant to be set": [
        "tests/test_openapi.py::test_an_operation_is_as_documented",
        f"{HERE}::test_no_request_of_our_own_api_takes_fields_that_it_does_not_know",
    ],
    "1.5.2 JSON has one meaning: no NaN, no key twice, no half characters": [
        "tests/tracking/test_bad_input.py::test_what_is_not_json_is_refused_everywhere",
        "tests/tracking/test_bad_input.py::test_half_a_character_is_refused_by_our_own_api",
        "tests/core/test_strict_json.py::test_a_key_named_twice_in_one_object_is_refused_and_nothing_else",
    ],
    "16.2.5, 16.4.1 logs tell no titles, addresses or tokens, and cannot be forged": [
        "tests/web/test_canary.py::test_the_output_and_the_log_do_not_tell",
        "tests/web/test_unforeseen.py::test_what_nobody_foresaw_is_logged_without_its_words",
        "tests/core/test_log.py::test_line_breaks_and_control_characters_are_escaped",
        "tests/core/test_log.py::test_an_exception_is_written_without_its_message",
    ],
    "16.5.1-3 errors tell nothing of the inside, and none ends the server": [
        "tests/web/test_canary.py::test_problems_of_other_requests_do_not_tell",
        f"{BYTES}::test_any_body_of_any_write_is_answered",
        f"{BYTES}::test_any_address_and_any_header_is_answered",
    ],
    "11.3-5, 13.3 keys: wrapped, never shown, never in a command line or a log": [
        "tests/db/keys/test_unlock.py::test_keys_never_show",
        "tests/db/keys/test_unlock.py::test_files_with_keys_are_for_their_owner_alone",
        "tests/db/keys/test_wraps.py::test_the_seal_is_bound_to_everything_the_wrap_says",
        "tests/web/test_canary.py::test_the_command_line_of_the_server_holds_no_secret",
        "tests/security/test_nothing_readable.py::test_no_file_tells_anything_after_a_kill_and_a_new_start",
    ],
    "11.3.2, 11.3.4 sealed files: each change, cut and mixture is told": [
        "tests/sealing/test_stream.py::test_every_changed_byte_is_told",
        "tests/sealing/test_stream.py::test_every_missing_tail_is_told",
        "tests/sealing/test_stream.py::test_no_splice_of_two_files_of_one_key_opens",
        "tests/sealing/test_stream.py::test_the_same_content_never_looks_the_same",
    ],
    "11.4.3, 11.4.4 passphrases are stretched by argon2id, whose cost a file cannot choose": [
        "tests/db/keys/test_unlock.py::test_the_passphrase_records_how_it_was_stretched",
        "tests/sealing/test_header.py::test_a_file_cannot_ask_for_any_amount_of_memory_or_time",
    ],
}
DO_NOT_APPLY = {
    "6.5.x second factors": "signing in is by codes that the owner's own programs make",
}


@pytest.mark.parametrize("row", ROWS)
def test_each_row_is_proved_by_tests_that_there_are(row: str) -> None:
    assert ROWS[row]
    assert [name for name in ROWS[row] if not exists(name)] == []


def test_what_does_not_apply_still_does_not() -> None:
    source = REPOSITORY / "src" / "hourloom"
    words = ("totp", "pyotp", "webauthn")
    told = [str(file) for file in source.rglob("*.py") if any(it in file.read_text("utf-8") for it in words)]
    assert told == [], f"now these rows apply: {DO_NOT_APPLY}"


ASKS_OTHERS = {
    "imports/activitywatch/http.py": "a command of the user's reads from another tracker, never the server",
    "care/telemetry.py": "the operator says where, in the configuration file",
    "web/server/occupant.py": "looks who listens on this computer",
    "sdk": "programs that ask this server",
    "testing": "the test kit",
}


def test_the_server_asks_no_address_that_a_request_names() -> None:
    source = REPOSITORY / "src" / "hourloom"
    words = ("httpx2", "http.client", "urllib.request", "create_connection", "open_connection(", "smtplib")
    asking = {
        str(file.relative_to(source))
        for file in source.rglob("*.py")
        if any(word in file.read_text("utf-8") for word in words)
    }
    unforeseen = {name for name in asking if not name.startswith(tuple(ASKS_OTHERS))}
    assert unforeseen == set()
    named = [
        f"{route.name}: {parameter.name}"
        for route in all_routes()
        for parameter in route.parameters
        if parameter.name in ("url", "uri", "address", "host", "callback", "webhook")
    ]
    assert named == []


def bodies() -> Iterator[tuple[Route, type]]:
    """Yield the shapes of the bodies that our own API takes."""
    for route in all_routes():
        if route.is_for_editors or not route.path.startswith("/api/v1/"):
            continue
        for hint in get_type_hints(route.function).values():
            if inspect.isclass(hint) and issubclass(hint, msgspec.Struct) and takes(route, hint):
                yield route, hint


def takes(route: Route, hint: type) -> bool:
    return any(parameter.source == "body" and parameter.type is hint for parameter in route.parameters)


def test_no_request_of_our_own_api_takes_fields_that_it_does_not_know() -> None:
    shapes = list(bodies())
    assert len(shapes) > 10
    loose = [
        f"{route.name}: {shape.__name__}"
        for route, shape in shapes
        if not shape.__struct_config__.forbid_unknown_fields  # type: ignore[attr-defined]
    ]
    assert loose == []


def test_a_request_names_no_file_of_the_server() -> None:
    """The one folder that can be named is for the local socket alone, as the row above proves.

    The path that is tried against rules is a text that an editor told, and nobody opens it.
    """
    fields = {
        (route.name, field.name)
        for route, shape in bodies()
        for field in msgspec.structs.fields(shape)
        if field.name in ("path", "file", "filename", "folder", "directory")
    }
    assert fields <= {("make_backup", "folder"), ("test_rules", "path")}


@pytest.fixture
def dialect() -> str:
    return "sqlite"


@pytest.fixture
def admin(server: ServerInMemory) -> Client:
    client = server.client_with("admin")
    client.post("/api/0/buckets/w", {"client": "c", "type": "currentwindow", "hostname": "h"})
    return client


def test_a_packed_body_is_not_unpacked(admin: Client) -> None:
    packed = gzip.compress(b'{"a":"' + b"x" * 5_000_000 + b'"}')
    for path in ("/api/0/buckets/w/events", "/api/v1/heartbeats", "/api/0/import", "/api/0/query"):
        for encoding in ("gzip", "deflate", "br"):
            headers = {"content-type": "application/json", "content-encoding": encoding}
            answer = admin.request("POST", path, content=packed, headers=headers)
            assert 400 <= answer.status < 500, (path, encoding, answer.status)


EVIL = [
    "(a+)+$",
    "(a|aa)+$",
    "(a|a?)+$",
    "(.*a){25}",
    "^(([a-z])+.)+[A-Z]([a-z])+$",
    "([a-zA-Z]+)*$",
    "(x+x+)+y",
    r"^(\w+\s?)*$",
]


@pytest.mark.timeout(30)
def test_evil_patterns_take_no_time(admin: Client) -> None:
    """With a backtracking engine each of these runs for longer than the sun will."""
    title = "a" * 4_000 + "!"
    event = {"started_at": "2026-03-02T09:00:00Z", "duration": 1, "data": {"app": "a", "title": title}}
    assert admin.post("/api/v1/buckets/w/events", [event] * 20).status == 201
    for pattern in EVIL:
        escaped = pattern.replace("\\", "\\\\")
        lines = ['e = query_bucket("w");', f'RETURN = filter_keyvals_regex(e, "title", "{escaped}");']
        body = {"query": lines, "timeperiods": ["2026-03-02/2026-03-03"]}
        assert admin.post("/api/0/query", body).status == 200, pattern
