"""Making authorizations: what is asked for, what is refused, and that no secret is shown."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result

from flowengine.authorizations.store import FileStore

Cli = Callable[..., Result]
TOKEN = "token-canary-1234567890"  # noqa: S105 - what must not be seen anywhere


@pytest.mark.parametrize(
    ("options", "headers"),
    [
        (["--kind", "bearer"], {"Authorization": f"Bearer {TOKEN}"}),
        (["--header", "X-Api-Key"], {"X-Api-Key": TOKEN}),
        (["--username", "ada"], {"Authorization": "Basic YWRhOnRva2VuLWNhbmFyeS0xMjM0NTY3ODkw"}),
    ],
)
def test_a_secret_from_standard_input_is_kept_and_not_shown(
    cli: Cli, options: list[str], headers: dict[str, str]
) -> None:
    done = cli("auth", "add", "crm", "--host", "CRM.example.com:8443", "--secret", "-", *options, stdin=f"{TOKEN}\n")
    assert done.exit_code == 0, done.output
    assert TOKEN not in done.output + done.stderr
    kept = FileStore().read()["crm"]
    assert (kept.state, kept.hosts, kept.headers()) == ("authorized", ("crm.example.com:8443",), headers)


def test_a_secret_from_a_file(cli: Cli, here: Path) -> None:
    (here / "token").write_bytes(TOKEN.encode() + b"\r\n")
    assert cli("auth", "add", "crm", "--kind", "bearer", "--host", "h", "--secret", "token").exit_code == 0
    assert FileStore().read()["crm"].headers() == {"Authorization": f"Bearer {TOKEN}"}


def test_a_signing_secret_is_for_no_host(cli: Cli) -> None:
    done = cli("auth", "add", "sms-hook", "--kind", "signing-secret", "--secret", "-", stdin=TOKEN)
    assert done.exit_code == 0, done.stderr
    kept = FileStore().read()["sms-hook"]
    assert (kept.hosts, kept.signing_secret().reveal()) == ((), TOKEN)
    assert TOKEN not in done.output + done.stderr + cli("auth", "show", "sms-hook").output
    tried = cli("auth", "test", "sms-hook")
    assert (tried.exit_code, "never sent" in tried.stderr) == (2, True)


@pytest.mark.parametrize(
    ("arguments", "stdin", "said"),
    [
        (["a b", "--kind", "bearer", "--host", "h"], TOKEN, "a name has 1 to 64 letters"),
        (["crm", "--kind", "bearer"], TOKEN, "--host"),
        (["crm", "--host", "h"], TOKEN, "--kind"),
        (["crm", "--kind", "bearer", "--host", "https://h/"], TOKEN, "'https://h/' is no host"),
        (["crm", "--kind", "bearer", "--host", "a@h"], TOKEN, "'a@h' is no host"),
        (["crm", "--kind", "bearer", "--host", "h"], "", "the access token is empty"),
        (["crm", "--kind", "bearer", "--host", "h"], "a\nb", "line break"),
        (["crm", "--kind", "bearer", "--host", "h"], b"\xff", "is not text"),
        (["crm", "--kind", "bearer", "--host", "h"], "x" * 20_000, "longer than"),
        (["crm", "--kind", "basic", "--host", "h"], TOKEN, "--username"),
        (["crm", "--kind", "header", "--host", "h"], TOKEN, "--header"),
        (["crm", "--header", "X Y", "--host", "h"], TOKEN, "'X Y' is no name of a header"),
        (["crm", "--kind", "client-credentials", "--host", "h"], TOKEN, "--token-url"),
        (["crm", "--kind", "client-credentials", "--host", "h", "--token-url", "http://h/"], TOKEN, "use https"),
        (["crm", "--kind", "client-credentials", "--host", "h", "--token-url", "https://h/t"], TOKEN, "--client-id"),
        (
            ["crm", "--kind", "authorization-code", "--host", "h", "--token-url", "https://h/t"],
            TOKEN,
            "--authorize-url",
        ),
        (["crm", "--username", "a:b", "--host", "h"], TOKEN, "no colon"),
        (["crm", "--header", "host", "--host", "h"], TOKEN, "the header 'host' is set by the engine"),
        (["crm", "--header", "X-Key", "--kind", "bearer", "--host", "h"], TOKEN, "--header is for the kind header"),
        (["crm", "--client-id", "c", "--kind", "bearer", "--host", "h"], TOKEN, "--client-id is for the kind"),
        (["crm", "--kind", "signing-secret", "--host", "h"], TOKEN, "--host is for the kind"),
        (["crm", "--env", "production", "--kind", "bearer"], TOKEN, "--integration"),
        (["crm", "--integration", "webex-engage", "--kind", "bearer"], TOKEN, "embedded sandbox"),
        (["crm", "--integration", "nowhere", "--kind", "bearer"], TOKEN, "'nowhere' is not bound"),
    ],
)
def test_what_cannot_be_an_authorization_is_refused(
    cli: Cli, arguments: list[str], stdin: str | bytes, said: str
) -> None:
    done = cli("auth", "add", *arguments, "--secret", "-", stdin=stdin)
    assert done.exit_code == 2
    assert said in done.stderr
    assert TOKEN not in done.stderr
    assert FileStore().read() == {}


def test_a_name_is_unique(cli: Cli, keep: Callable[..., Any]) -> None:
    keep("crm")
    done = cli("auth", "add", "crm", "--kind", "bearer", "--host", "other", "--secret", "-", stdin="another-token")
    assert done.exit_code == 2
    assert "auth authorize crm" in done.stderr
    assert FileStore().read()["crm"].hosts == ("crm.example.com",)


def test_no_option_takes_a_secret(cli: Cli) -> None:
    missing = cli("auth", "add", "crm", "--kind", "bearer", "--host", "h", "--secret", TOKEN)
    assert missing.exit_code == 2
    assert "cannot be read" in missing.stderr


def test_the_project_file_says_where_an_integration_is(cli: Cli, served: Any) -> None:
    sandbox = served.sandbox
    secret = sandbox.client_secret
    arguments = ["--integration", "webex-engage", "--kind", "client-credentials", "--client-id", sandbox.client_id]
    done = cli("auth", "add", "engage-local", *arguments, "--secret", "-", stdin=secret)
    assert done.exit_code == 0, done.stderr
    kept = FileStore().read()["engage-local"]
    assert kept.state == "authorized"
    assert kept.hosts == (f"127.0.0.1:{sandbox.port}",)
    assert kept.token_url == f"{sandbox.url}/oauth/token"
    assert secret not in done.output + done.stderr
    assert cli("auth", "test", "engage-local").exit_code == 0


def test_a_refused_client_secret_leaves_it_pending(cli: Cli, served: Any) -> None:
    arguments = ["--integration", "webex-engage", "--kind", "client-credentials", "--client-id", "wrong"]
    done = cli("auth", "add", "engage-local", *arguments, "--secret", "-", stdin="not-the-secret")
    assert done.exit_code == 1
    assert "auth authorize engage-local" in done.stderr
    assert FileStore().read()["engage-local"].state == "pending"
    renewed = cli("auth", "authorize", "engage-local", "--secret", "-", stdin=served.sandbox.client_secret)
    assert renewed.exit_code == 1  # the client id is wrong, too
    assert "not-the-secret" not in done.stderr + renewed.stderr


def test_later_leaves_a_login_pending(cli: Cli, served: Any) -> None:
    done = cli("auth", "add", "engage-local", "--integration", "webex-engage", "--later")
    assert done.exit_code == 0, done.stderr
    kept = FileStore().read()["engage-local"]
    assert (kept.state, kept.kind, kept.client_id) == ("pending", "authorization-code", "flowengine")
    assert kept.authorize_url == f"{served.sandbox.url}/oauth/authorize"


def test_a_secret_leaves_nothing_for_later(cli: Cli) -> None:
    done = cli("auth", "add", "crm", "--kind", "bearer", "--host", "h", "--later", "--secret", "-", stdin=TOKEN)
    assert done.exit_code == 0
    assert "crm is authorized for h" in done.stderr


@pytest.mark.usefixtures("served")
def test_a_pasted_answer_can_come_through_a_pipe(process: Callable[..., subprocess.Popen[str]]) -> None:
    arguments = ["auth", "add", "engage-local", "--integration", "webex-engage", "--no-browser"]
    adding = process(*arguments, stdin=subprocess.PIPE, start_new_session=True)
    _, errors = adding.communicate("a-code-of-nobody\n", timeout=30)
    assert adding.returncode == 1
    assert "refused it: invalid_grant" in errors
    assert "Warning" not in errors


@pytest.mark.parametrize("kept", [{"hosts": ("other.example.com",)}, {"state": "deleted", "secrets": {}}])
def test_a_name_that_was_taken_meanwhile(
    typing: Callable[..., tuple[int, str]], keep: Callable[..., Any], kept: dict[str, Any]
) -> None:
    code, said = typing(
        ["auth", "add", "crm", "--kind", "bearer", "--host", "h"],
        "Access token (not shown): ",
        "another-token",
        lambda: keep("crm", created_at=1.0, **kept),
    )
    is_free = "state" in kept
    assert code == (0 if is_free else 2)
    assert ("is authorized for h" if is_free else "there is an authorization 'crm' already") in said
    assert FileStore().read()["crm"].hosts == (("h",) if is_free else ("other.example.com",))


def test_one_that_was_made_anew_meanwhile_is_left_alone(
    typing: Callable[..., tuple[int, str]], keep: Callable[..., Any]
) -> None:
    keep("crm", created_at=1.0)
    code, said = typing(
        ["auth", "authorize", "crm"],
        "Access token (not shown): ",
        "another-token",
        lambda: keep("crm", created_at=2.0, hosts=("other.example.com",)),
    )
    assert code == 2
    assert "made anew" in said
    assert FileStore().read()["crm"].headers() == {"Authorization": f"Bearer {TOKEN}"}


def test_a_mistyped_client_secret_is_asked_for_again(
    cli: Cli, served: Any, typing: Callable[..., tuple[int, str]]
) -> None:
    client = ["--kind", "client-credentials", "--client-id", served.sandbox.client_id]
    arguments = ["--integration", "webex-engage", *client, "--secret", "-"]
    assert cli("auth", "add", "engage-local", *arguments, stdin="mistyped").exit_code == 1
    secret = served.sandbox.client_secret
    code, said = typing(["auth", "authorize", "engage-local"], "Client secret (not shown): ", secret)
    assert code == 0, said
    assert FileStore().read()["engage-local"].state == "authorized"


def test_a_typed_secret_is_not_echoed(typing: Callable[..., tuple[int, str]]) -> None:
    command = ["auth", "add", "crm", "--kind", "bearer", "--host", "h"]
    code, said = typing(command, "Access token (not shown): ", TOKEN)
    assert (code, "authorized" in said, TOKEN in said) == (0, True, False)
    assert FileStore().read()["crm"].headers() == {"Authorization": f"Bearer {TOKEN}"}
