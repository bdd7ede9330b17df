from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, urlsplit

import pytest

from flowengine.sandbox.oauth.scopes import SCOPES

if TYPE_CHECKING:
    from conftest import Clock, Person

    from flowengine.sandbox.oauth.authority import Authority
    from flowengine.sandbox.replies import Reply

LOGIN = "agent@example.com"


def answer_of(reply: Reply) -> dict[str, str]:
    return {name: value for name, [value] in parse_qs(urlsplit(reply.headers["Location"]).query).items()}


def test_login_then_consent_then_back(person: Person, authority: Authority) -> None:
    assert "<h1>Log in</h1>" in person.open().body.decode()
    first = person.cookie
    there = person.submit(login=LOGIN, password=authority.user.password)
    assert (there.status, there.headers["Location"].partition("?")[0]) == (303, "/oauth/authorize")
    assert person.cookie != first
    assert "<h1>Allow access?</h1>" in person.open().body.decode()
    back = person.submit(decision="allow")
    assert back.status == 303
    assert back.headers["Location"].startswith("http://127.0.0.1:50123/callback?code=")
    assert {**answer_of(back), "code": ""} == {"code": "", "state": "state-1", "iss": "http://127.0.0.1:8080"}


def test_the_request_survives_the_login_as_it_came(person: Person, authority: Authority) -> None:
    state = "&<>\"' +%41=#"
    person.open(state=state, unknown="x")
    there = person.submit({"state": state, "unknown": "x"}, login=LOGIN, password=authority.user.password)

    fields = answer_of(there)
    assert fields["state"] == state
    assert "unknown" not in fields


def test_what_is_asked_for_is_shown(person: Person) -> None:
    assert person.log_in(scope="conversations:read").body.count(b"<li>") == 1
    assert person.open(scope=None).body.count(b"<li>") == len(SCOPES)


@pytest.mark.parametrize(
    ("changes", "shown"),
    [
        ({"client_id": None}, "client_id"),
        ({"client_id": "someone"}, "client_id"),
        ({"redirect_uri": None}, "redirect_uri"),
        ({"redirect_uri": "http://evil.example/callback"}, "redirect_uri"),
        ({"redirect_uri": "http://127.0.0.1:50123/other"}, "redirect_uri"),
        ({"state": "x" * 1001}, "state"),
        ({"state": "a\r\nSet-Cookie: b=c"}, "state"),
        ({"state": "é"}, "state"),
    ],
)
def test_who_is_not_known_is_not_sent_anywhere(person: Person, changes: dict[str, str | None], shown: str) -> None:
    page = person.open(**changes)

    assert page.status == 400
    assert "Location" not in page.headers
    assert "Set-Cookie" not in page.headers
    assert shown in page.body.decode()


@pytest.mark.parametrize(
    "query", ["client_id=flowengine&client_id=flowengine", "client_id=%ff", "&".join(["a=1"] * 40), ""]
)
def test_a_query_that_cannot_be_read_is_a_page_too(authority: Authority, query: str) -> None:
    assert authority.authorize(query, "", None).status == 400


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"response_type": None}, "invalid_request"),
        ({"response_type": "token"}, "unsupported_response_type"),
        ({"response_type": "code token"}, "unsupported_response_type"),
        ({"code_challenge": None}, "invalid_request"),
        ({"code_challenge": "short"}, "invalid_request"),
        ({"code_challenge": "ü" * 43}, "invalid_request"),
        ({"code_challenge_method": None}, "invalid_request"),
        ({"code_challenge_method": "plain"}, "invalid_request"),
        ({"scope": "everything"}, "invalid_scope"),
        ({"scope": "conversations:read  conversations:write"}, "invalid_scope"),
    ],
)
@pytest.mark.parametrize("state", ["state-1", None])
def test_a_wrong_wish_goes_back_to_the_client(
    person: Person, changes: dict[str, str | None], error: str, state: str | None
) -> None:
    back = person.open(**changes, state=state)

    assert back.status == 303
    answer = answer_of(back)
    assert (answer["error"], answer.get("state"), answer["iss"]) == (error, state, "http://127.0.0.1:8080")
    assert re.fullmatch(r"[\x20-\x21\x23-\x5b\x5d-\x7e]+", answer["error_description"])


@pytest.mark.parametrize("log_in", [False, True])
def test_no_can_be_said_before_and_after_the_login(person: Person, *, log_in: bool) -> None:
    if log_in:
        person.log_in()
    else:
        person.open()

    answer = answer_of(person.submit(decision="deny"))
    assert (answer["error"], answer["state"]) == ("access_denied", "state-1")


def test_a_wrong_password_is_asked_for_again_and_too_many_are_not_looked_at(
    person: Person, authority: Authority, clock: Clock
) -> None:
    person.open()
    for _ in range(5):
        page = person.submit(login=LOGIN, password="wrong")  # noqa: S106 - a wrong one
        assert (page.status, b"do not belong together" in page.body) == (403, True)
    page = person.submit(login=LOGIN, password=authority.user.password)
    assert (page.status, page.headers["Retry-After"]) == (429, "30")
    assert b"Try again in 30 seconds" in page.body
    clock.pass_seconds(30)
    assert person.submit(login=LOGIN, password=authority.user.password).status == 303


def test_an_unknown_login_reads_like_a_wrong_password(person: Person) -> None:
    person.open()
    one = person.submit(login=LOGIN, password="wrong")  # noqa: S106 - a wrong one
    other = person.submit(login="nobody@example.com", password="wrong")  # noqa: S106 - likewise

    assert (one.status, one.body) == (other.status, other.body)


@pytest.mark.parametrize("form_token", ["", "wrong", "é"])
def test_a_form_that_is_not_our_pages_does_nothing(person: Person, authority: Authority, form_token: str) -> None:
    person.log_in()
    page = person.submit(decision="allow", form_token=form_token)

    assert page.status == 403
    assert "Location" not in page.headers
    # The session of whoever was lured stays out of it: they log in again.
    assert person.submit(login=LOGIN, password=authority.user.password).status == 303


def test_a_form_token_of_another_session_does_nothing(person: Person, authority: Authority) -> None:
    person.log_in()
    mine = person.cookie
    person.cookie = ""
    person.log_in()
    person.cookie = mine

    assert person.submit(decision="allow").status == 403
    assert authority.state()["tokens"] == {"access": 0, "refresh": 0}


def test_consent_needs_a_login(person: Person) -> None:
    person.open()
    page = person.submit(decision="allow")

    assert (page.status, "Location" in page.headers) == (403, False)


@pytest.mark.parametrize("decision", ["", "maybe"])
def test_consent_needs_a_yes(person: Person, decision: str) -> None:
    person.log_in()
    page = person.submit(decision=decision)

    assert (page.status, b"Allow access?" in page.body) == (200, True)


def test_a_session_ends(person: Person, clock: Clock) -> None:
    person.log_in()
    clock.pass_seconds(1800)

    assert person.submit(decision="allow").status == 403
    assert b"Log in" in person.open().body


def test_a_form_that_cannot_be_read_is_said(person: Person, authority: Authority) -> None:
    person.log_in()
    query = (
        "response_type=code&client_id=flowengine&redirect_uri=http://127.0.0.1:1/callback&code_challenge=" + "c" * 43
    )
    page = authority.authorize(f"{query}&code_challenge_method=S256", person.cookie, b"decision=deny&decision=allow")

    assert (page.status, b"more than once" in page.body) == (400, True)


def test_all_pages_and_redirects_are_guarded(person: Person, authority: Authority) -> None:
    replies = [person.open(client_id="x"), person.open(), person.submit(login=LOGIN, password=authority.user.password)]
    replies += [person.open(), person.submit(decision="allow"), person.open(scope="x")]
    for reply in replies:
        policy = reply.headers["Content-Security-Policy"].split("; ")
        assert policy[0] == "default-src 'none'"
        assert {"frame-ancestors 'none'", "base-uri 'none'", "style-src 'self'"} <= set(policy)
        assert "script" not in reply.headers["Content-Security-Policy"]
        assert "unsafe" not in reply.headers["Content-Security-Policy"]
        assert (reply.headers["X-Frame-Options"], reply.headers["Cache-Control"]) == ("DENY", "no-store")
        assert b"<script" not in reply.body
        assert not re.search(rb"\son\w+=|style=", reply.body)
    form_actions = [re.search(r"form-action ([^;]+)", each.headers["Content-Security-Policy"]) for each in replies]
    ours, theirs = "'self'", "'self' http://127.0.0.1:50123"
    assert [found and found[1] for found in form_actions] == [ours, theirs, ours, theirs, ours, ours]


def test_the_cookie_is_kept_from_scripts_other_sites_and_other_paths(person: Person) -> None:
    cookie = person.open().headers["Set-Cookie"]

    assert re.fullmatch(r"sandbox-session-8080=[^;]+; Path=/oauth; HttpOnly; SameSite=Lax", cookie)
    assert "Set-Cookie" not in person.open().headers
