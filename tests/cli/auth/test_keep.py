"""Listing, testing and deleting authorizations."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from click.testing import Result

from flowengine.authorizations.secret import Secret
from flowengine.authorizations.store import FileStore

Cli = Callable[..., Result]
TOKEN = "token-canary-1234567890"  # noqa: S105 - what must not be seen anywhere
Keep = Callable[..., Any]

FLOW = """
flow: search
defaults: {authorization: engage}
start: search
nodes:
  search:
    type: search-conversation@1.3
    inputs: {channel: sms, businessNumber: "+447700900001", customerNumber: "+447700900123"}
    edges: {onInvalidChoice: ask}
  ask:
    type: http-request@1.0
    authorization: crm
    inputs: {method: GET, url: "https://crm.example.com/customers"}
    edges: {onInvalidChoice: done}
  done: {end: success}
"""
PROJECT = """
environments:
  production:
    integrations: {webex-engage: {baseUrl: "https://engage.example.com/api"}}
    authorizations: {engage: engage-prod, crm: crm}
"""


def write_project(here: Path) -> None:
    (here / "flowengine.yaml").write_text(PROJECT)
    (here / "flows").mkdir()
    (here / "flows" / "search.yaml").write_text(FLOW)


def test_nothing_kept_yet(cli: Cli) -> None:
    done = cli("auth", "list")
    assert done.exit_code == 0
    assert "auth add" in done.output


def test_the_list_has_everything_but_secrets(cli: Cli, keep: Keep, here: Path) -> None:
    write_project(here)
    keep("crm", last_used_at=time.time() - 7200.5)
    keep("engage-prod", integration="webex-engage", scopes=("a:read", "a:write"), expires_at=time.time() + 3700)
    text = cli("auth", "list")
    lines = {line.split()[0]: line for line in text.output.splitlines()}
    assert "2 h ago" in lines["crm"]
    assert "in 1 h" in lines["engage-prod"]
    assert lines["engage-prod"].endswith("search (1)")
    assert TOKEN not in text.output

    listed = json.loads(cli("auth", "list", "--format", "json").stdout)
    first, second = listed["authorizations"]
    assert first["uses"] == [
        {"path": "flows/search.yaml", "flow": "search", "node": "ask", "environments": ["sandbox", "production"]}
    ]
    assert [(use["node"], use["environments"]) for use in second["uses"]] == [("search", ["production"])]
    assert second["scopes"] == ["a:read", "a:write"]
    assert TOKEN not in json.dumps(listed)


def test_on_a_terminal_nothing_of_the_list_is_cut_off(keep: Keep, typing: Callable[..., tuple[int, str]]) -> None:
    keep("crm")
    assert "NAME  STATE       KIND    INTEGRATION" in typing(["auth", "list"])[1]
    scopes = [f"conversations-{one}:{right}" for one in ("messages", "participants") for right in ("read", "write")]
    keep("engage", integration="webex-engage", scopes=tuple(scopes), state="needs re-authorization")
    code, shown = typing(["auth", "list"])
    assert code == 0
    for said in ("crm", "engage", "needs re-authorization", "webex-engage", *scopes):
        assert said in shown
    assert max(map(len, shown.split("\n"))) <= 80


def test_show_names_what_it_is_for(cli: Cli, keep: Keep) -> None:
    keep("crm", state="needs re-authorization", reason="it was refused with 401")
    done = cli("auth", "show", "crm")
    assert done.exit_code == 0
    for said in ("needs re-authorization", "it was refused with 401", "crm.example.com", "access token [kept]"):
        assert said in done.output
    assert TOKEN not in done.output


def test_an_unknown_name_gets_the_nearest(cli: Cli, keep: Keep) -> None:
    keep("crm")
    for command in ("show", "test", "authorize", "delete"):
        done = cli("auth", command, "cmr")
        assert done.exit_code == 2
        assert "did you mean 'crm'" in done.stderr


def test_delete_lists_the_flows_it_breaks_and_asks(cli: Cli, keep: Keep, here: Path) -> None:
    write_project(here)
    (here / "flows" / "broken.yaml").write_text("flow: broken\nnodes: [\n")
    keep("engage-prod", integration="webex-engage")
    refused = cli("auth", "delete", "engage-prod")
    assert refused.exit_code == 2
    assert "flows/search.yaml: search, node search  (production)" in refused.stderr
    assert "flows/broken.yaml cannot be read" in refused.stderr
    assert FileStore().read()["engage-prod"].state == "authorized"

    assert cli("auth", "delete", "engage-prod", "--yes").exit_code == 0
    left = FileStore().read()["engage-prod"]
    assert (left.state, left.secrets) == ("deleted", {})
    again = cli("auth", "show", "engage-prod")
    assert again.exit_code == 2
    assert "was deleted" in again.stderr
    assert "engage-prod" not in cli("auth", "list").output
    assert "engage-prod" in cli("auth", "list", "--deleted").output


def test_no_deletes_nothing(keep: Keep, typing: Callable[..., tuple[int, str]]) -> None:
    keep("crm")
    code, shown = typing(["auth", "delete", "crm"], "Delete crm? [y/N]: ", "n")
    assert (code, "Nothing is deleted." in shown) == (1, True)
    assert FileStore().read()["crm"].state == "authorized"


def test_the_token_that_is_revoked_is_the_one_that_is_there_at_last(
    keep: Keep, typing: Callable[..., tuple[int, str]], served: Any
) -> None:
    def kept(token: str) -> Any:
        secrets = {"access_token": Secret(token)}
        return keep("crm", client_id="flowengine", revoke_url=served.sandbox.oauth["revokeUrl"], secrets=secrets)

    kept(TOKEN)
    code, shown = typing(["auth", "delete", "crm"], "[y/N]: ", "y", lambda: kept(served.sandbox.token))
    assert code == 0
    # The sandbox revokes only for the client that a token is of, and says so of this one, which it knows.
    assert "The token was issued to another client" in shown


def test_a_deleted_name_can_be_made_anew(cli: Cli, keep: Keep) -> None:
    keep("crm")
    assert cli("auth", "delete", "crm", "--yes").exit_code == 0
    arguments = ["--kind", "bearer", "--host", "new.example.com", "--secret", "-"]
    assert cli("auth", "add", "crm", *arguments, stdin="another-token").exit_code == 0
    assert FileStore().read()["crm"].hosts == ("new.example.com",)


def test_test_tells_a_token_that_works_from_one_that_does_not(cli: Cli, keep: Keep, served: Any) -> None:
    host = f"127.0.0.1:{served.sandbox.port}"
    good = {"access_token": Secret(served.sandbox.token)}
    keep("good", integration="webex-engage", hosts=(host,), secrets=good)
    keep("bad", integration="webex-engage", hosts=(host,))
    works = cli("auth", "test", "good")
    assert (works.exit_code, "works" in works.stderr) == (0, True), works.stderr
    fails = cli("auth", "test", "bad")
    assert fails.exit_code == 1
    assert "flowengine auth authorize bad" in fails.stderr
    assert FileStore().read()["bad"].state == "needs re-authorization"
    renewed = cli("auth", "authorize", "bad", "--secret", "-", stdin=served.sandbox.token)
    assert renewed.exit_code == 0
    assert cli("auth", "test", "bad").exit_code == 0


def test_test_never_sends_it_elsewhere(cli: Cli, keep: Keep, served: Any) -> None:
    keep("crm")
    done = cli("auth", "test", "crm", "--url", f"{served.sandbox.url}/")
    assert done.exit_code == 1
    assert "crm.example.com only" in done.stderr


def test_test_without_anything_to_ask(cli: Cli, keep: Keep) -> None:
    keep("crm")
    done = cli("auth", "test", "crm")
    assert done.exit_code == 2
    assert "--url" in done.stderr


def test_rekey_keeps_everything(cli: Cli, keep: Keep) -> None:
    keep("crm")
    path = FileStore().path
    before = path.read_bytes()
    assert cli("auth", "rekey").exit_code == 0
    assert path.read_bytes() != before
    assert FileStore().read()["crm"].headers() == {"Authorization": f"Bearer {TOKEN}"}


def test_a_store_that_cannot_be_opened_is_said(cli: Cli, keep: Keep) -> None:
    keep("crm")
    FileStore().path.write_bytes(b"{")
    for arguments in (["list"], ["show", "crm"], ["delete", "crm", "--yes"], ["rekey"]):
        done = cli("auth", *arguments)
        assert done.exit_code == 2, done.stderr
        assert "authorizations.json" in done.stderr
