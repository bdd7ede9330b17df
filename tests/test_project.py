from __future__ import annotations

from pathlib import Path

import pytest

import flowengine
from flowengine.project import (
    Channel,
    Environment,
    Integration,
    OAuth,
    Project,
    Signature,
    catalogue_near,
    find_project,
    load_project,
)

TEXT = """
nodes: [nodes, more/nodes]
default: production
environments:
  sandbox:
    integrations: {webex-engage: {baseUrl: sandbox}}
  production:
    integrations:
      webex-engage: {baseUrl: "https://engage.example.com/api", timeout: 20s, concurrency: 50}
      crm:
        baseUrl: "http://127.0.0.1:8080"
        oauth:
          authorizeUrl: "https://login.example.com/authorize"
          tokenUrl: "http://localhost:9/token?t=1"
          scopes: [a, b]
    authorizations: {engage: engage-prod}
    egress: {allow: [hooks.example.com, "127.0.0.1:8080"]}
  empty:
"""
PING = 'node: ping\nversions: {"1.0": {request: {method: GET, path: /x}, outcomes: {}}}\n'


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "nodes").mkdir()
    (tmp_path / "more" / "nodes").mkdir(parents=True)
    path = tmp_path / "flowengine.yaml"
    path.write_text(TEXT, "utf-8")
    return path


def findings(folder: Path, text: str) -> list[tuple[str, int, int]]:
    path = folder / "flowengine.yaml"
    path.write_text(text, "utf-8")
    with pytest.raises(flowengine.InvalidFile) as caught:
        load_project(path)
    return [(one.code, *one.span[:2]) if one.span else (one.code, 0, 0) for one in caught.value.findings]


def test_a_project_is_read(project: Path) -> None:
    loaded = load_project(project)
    assert loaded.path == project
    assert loaded.node_folders == (project.parent / "nodes", project.parent / "more" / "nodes")
    assert loaded.environment() == Environment(
        name="production",
        integrations={
            "webex-engage": Integration("https://engage.example.com/api", 20.0, 50),
            "crm": Integration(
                "http://127.0.0.1:8080",
                oauth=OAuth("http://localhost:9/token?t=1", "https://login.example.com/authorize", None, ("a", "b")),
            ),
        },
        authorizations={"engage": "engage-prod"},
        egress=frozenset({"hooks.example.com", "127.0.0.1:8080"}),
    )
    assert loaded.environment("sandbox").integrations == {"webex-engage": Integration("sandbox")}
    assert loaded.environment("empty") == Environment("empty", {}, {}, frozenset())


def test_it_is_looked_for_upward(project: Path, tmp_path: Path) -> None:
    deep = tmp_path / "flows" / "sms" / "inbound"
    deep.mkdir(parents=True)
    for start in (tmp_path, deep, deep / ".." / "inbound"):
        assert find_project(start).path == project
    nearer = deep / "flowengine.yaml"
    nearer.write_text("{default: sandbox}", "utf-8")
    assert find_project(deep).path == nearer


def test_a_folder_of_that_name_is_no_project_file(tmp_path: Path) -> None:
    (tmp_path / "flowengine.yaml").mkdir()
    assert find_project(tmp_path).path is None


def test_without_one_there_is_the_sandbox(tmp_path: Path) -> None:
    found = find_project(tmp_path)
    assert found == Project()
    assert found.environment() == Environment("sandbox", {"webex-engage": Integration("sandbox")})


def test_the_sandbox_is_there_even_where_it_is_not_named(tmp_path: Path) -> None:
    path = tmp_path / "flowengine.yaml"
    path.write_text("environments: {test: {integrations: {crm: {baseUrl: sandbox}}}}\n", "utf-8")
    loaded = load_project(path)
    assert loaded.environment().name == "sandbox"
    assert loaded.environment("test").bind_sandbox("http://127.0.0.1:1/api").integrations["crm"].base_url == (
        "http://127.0.0.1:1/api"
    )


def test_the_running_sandbox_takes_the_place_of_its_name_and_may_be_reached() -> None:
    integrations = {"a": Integration("sandbox", 5.0), "b": Integration("https://b.example.com")}
    bound = Environment("x", integrations, egress=frozenset({"c.example.com"})).bind_sandbox("http://127.0.0.1:1/api")
    assert bound.integrations == {"a": Integration("http://127.0.0.1:1/api", 5.0), "b": integrations["b"]}
    assert bound.egress == {"c.example.com", "127.0.0.1:1"}


def test_an_environment_that_is_not_there(project: Path) -> None:
    with pytest.raises(flowengine.UsageError, match=r"no environment 'prodution' .*flowengine.yaml.*'production'"):
        load_project(project).environment("prodution")
    with pytest.raises(flowengine.UsageError, match=r"no flowengine.yaml was found.*expected one of sandbox"):
        Project().environment("production")


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("environment: {}\n", [("FE101", 1, 1)]),
        ("nodes: nodes\n", [("FE103", 1, 8)]),
        ("environments: {a b: {}}\n", [("FE104", 1, 16)]),
        ("environments: {a: {integrations: {crm: {}}}}\n", [("FE102", 1, 35)]),
        ("environments: {a: {integrations: {crm: {baseUrl: sandbox, timeout: 5}}}}\n", [("FE103", 1, 68)]),
        ("environments: {a: {integrations: {crm: {baseUrl: sandbox, concurrency: 0}}}}\n", [("FE104", 1, 72)]),
        ("environments: {a: {authorizations: {crm: 'Bearer x'}}}\n", [("FE104", 1, 42)]),
        ("environments: {a: {egress: {allow: ['https://a.example.com']}}}\n", [("FE104", 1, 37)]),
        ("environments: {a: {egress: {allow: ['*']}}}\n", [("FE104", 1, 37)]),
        ("environments: {a: {egress: {allow: [127.1]}}}\n", [("FE103", 1, 37)]),
        ("environments: {a: {egress: {allow: [a.example.com, '127.1']}}}\n", [("FE704", 1, 52)]),
        (
            "environments: {a: {egress: {allow: [10.0.0.1/8, 'a:99999', 10.0.0.0/8]}}}\n",
            [("FE704", 1, 37), ("FE704", 1, 49)],
        ),
        ("environments: {a: {integrations: {crm: {baseUrl: sandbox, oauth: {}}}}}\n", [("FE102", 1, 59)]),
        (
            "environments: {a: {integrations: {crm: {baseUrl: sandbox, oauth: {tokenUrl: sandbox}}}}}\n",
            [("FE104", 1, 77)],
        ),
        (
            "environments: {a: {integrations: {crm: {baseUrl: sandbox, oauth: {tokenUrl: 'http://a.example.com/t'}}}}}\n",
            [("FE703", 1, 77)],
        ),
        ("default: production\n", [("FE701", 1, 10)]),
        ("nodes: [nodes, nowhere]\n", [("FE702", 1, 9), ("FE702", 1, 16)]),
        ("default: x\nnodes: [y]\n", [("FE701", 1, 10), ("FE702", 2, 9)]),
        ("default: x\ndefault: y\n", [("FE003", 2, 1)]),
    ],
)
def test_what_is_wrong_is_told_at_its_place_all_at_once(
    text: str, found: list[tuple[str, int, int]], tmp_path: Path
) -> None:
    assert findings(tmp_path, text) == found


SAFE = [
    *("sandbox", "https://engage.example.com", "https://engage.example.com:8443/api/v1", "http://localhost:8080/api"),
    *("http://127.0.0.1", "http://127.0.0.2:1/x", "http://[::1]:8080"),
]
UNSAFE = [
    *("http://engage.example.com", "http://10.0.0.1", "http://169.254.169.254/", "http://localhost.example.com"),
    *("http://127.0.0.1.example.com", "http://0.0.0.0", "http://127.1", "http://2130706433", "http://[::]"),
]
NO_ADDRESS = [
    *("engage.example.com", "ftp://engage.example.com", "https://", "https://user:secret@engage.example.com"),
    *("https://engage.example.com?x=1", "https://engage.example.com#x", "file:///etc/passwd", "HTTPS://a.example.com"),
]


def base_url(address: str) -> str:
    return f"environments: {{a: {{integrations: {{crm: {{baseUrl: '{address}'}}}}}}}}\n"


@pytest.mark.parametrize("address", SAFE)
def test_base_urls_that_are_safe(address: str, tmp_path: Path) -> None:
    path = tmp_path / "flowengine.yaml"
    path.write_text(base_url(address), "utf-8")
    assert load_project(path).environment("a").integrations["crm"].base_url == address


@pytest.mark.parametrize("address", UNSAFE)
def test_credentials_never_travel_in_the_clear(address: str, tmp_path: Path) -> None:
    assert findings(tmp_path, base_url(address)) == [("FE703", 1, 50)]


@pytest.mark.parametrize("address", NO_ADDRESS)
def test_what_is_no_base_url(address: str, tmp_path: Path) -> None:
    assert findings(tmp_path, base_url(address)) == [("FE104", 1, 50)]


@pytest.mark.parametrize("address", ["https://[::1", "https://[x]"])
def test_an_address_that_cannot_be_read_is_no_base_url(address: str, tmp_path: Path) -> None:
    assert [code for code, *_ in findings(tmp_path, base_url(address))] in (["FE703"], ["FE104"])


def test_node_types_come_from_the_project(project: Path) -> None:
    (project.parent / "more" / "nodes" / "ping.yaml").write_text(PING, "utf-8")
    given = project.parent / "given"
    given.mkdir()
    assert "ping" in catalogue_near(project.parent / "flow.yaml").names()
    (given / "ping.yaml").write_text(PING.replace("node: ping", "node: ping\ntitle: Given"), "utf-8")
    assert catalogue_near(project.parent / "flow.yaml", [given]).load("ping").title == "Given"


def test_a_project_that_is_wrong_is_told_to_who_runs_a_flow(tmp_path: Path) -> None:
    (tmp_path / "flowengine.yaml").write_text("default: nowhere\n", "utf-8")
    flow = tmp_path / "flow.yaml"
    flow.write_text("flow: a\nstart: b\nnodes: {b: {end: success}}\n", "utf-8")
    with pytest.raises(flowengine.InvalidFile, match="FE701"):
        flowengine.run_sync(flow)
    assert [one.code for one in flowengine.validate(flow)] == ["FE701"]


HOOKS = """
environments:
  live:
    integrations:
      webex-engage:
        baseUrl: https://engage.example.com
        callback: {url: local, signature: {scheme: webex-connect, authorization: results}}
      crm: {baseUrl: "https://crm.example.com", callback: {url: "https://flows.example.com/crm", unsigned: true}}
    channels:
      sms: {signature: {scheme: webex, authorization: [new, old]}, assets: {app-1: "447700900900"}}
      api:
        signature: {scheme: hmac-sha256, authorization: api, header: X-Sig, prefix: "v1=", timestamp: X-At, window: 1m}
      email: {unsigned: true}
"""


def test_doors_are_read(tmp_path: Path) -> None:
    (tmp_path / "flowengine.yaml").write_text(HOOKS, "utf-8")
    live = load_project(tmp_path / "flowengine.yaml").environment("live")

    assert live.channels == {
        "sms": Channel(Signature("webex", ("new", "old")), {"app-1": "447700900900"}),
        "api": Channel(Signature("hmac-sha256", ("api",), "x-sig", "v1=", "x-at", 60.0)),
        "email": Channel(),
    }
    engage, crm = live.integrations["webex-engage"], live.integrations["crm"]
    assert (engage.callback_url, engage.callback_local) == (None, True)
    assert engage.callback_signature == Signature("webex-connect", ("results",))
    assert (crm.callback_url, crm.callback_local, crm.callback_signature) == (
        "https://flows.example.com/crm",
        False,
        None,
    )


def test_local_callbacks_go_where_this_process_listens(tmp_path: Path) -> None:
    (tmp_path / "flowengine.yaml").write_text(HOOKS, "utf-8")
    live = load_project(tmp_path / "flowengine.yaml").environment("live").bind_callbacks("http://127.0.0.1:8080")

    assert {name: one.callback_url for name, one in live.integrations.items()} == {
        "webex-engage": "http://127.0.0.1:8080/callbacks/webex-engage",
        "crm": "https://flows.example.com/crm",
    }


SIGNED = "scheme: hmac-sha256, authorization: a, header: X"


@pytest.mark.parametrize(
    ("channel", "code"),
    [
        ("{}", "FE705"),
        ("{assets: {}}", "FE705"),
        (f"{{signature: {{{SIGNED}}}, unsigned: true}}", "FE705"),
        ("{signature: {scheme: hmac-sha256, authorization: a}}", "FE705"),
        ("{signature: {scheme: webex, authorization: a, header: X}}", "FE705"),
        ("{signature: {scheme: service-key, authorization: a, window: 5m}}", "FE705"),
        ("{unsigned: false}", "FE104"),
        ("{unsigned: yes}", "FE104"),
        ("{signature: {scheme: md5, authorization: a}}", "FE104"),
        ("{signature: {scheme: webex}}", "FE102"),
        ("{signature: {scheme: webex, authorization: []}}", "FE103"),
        ("{signature: {scheme: webex, authorization: a, secret: s}}", "FE101"),
        ("{unsigned: true, assets: {app-1: 7}}", "FE103"),
    ],
)
def test_a_door_says_how_it_is_guarded(tmp_path: Path, channel: str, code: str) -> None:
    (found,) = findings(tmp_path, f"environments: {{live: {{channels: {{sms: {channel}}}}}}}")

    assert found[0] == code


@pytest.mark.parametrize(
    ("callback", "code"),
    [
        ("{unsigned: true}", "FE102"),
        ("{url: local}", "FE705"),
        ('{url: "http://flows.example.com/x", unsigned: true}', "FE703"),
        ("{url: here, unsigned: true}", "FE104"),
    ],
)
def test_a_callback_is_safe_and_guarded(tmp_path: Path, callback: str, code: str) -> None:
    text = f"environments: {{live: {{integrations: {{crm: {{baseUrl: sandbox, callback: {callback}}}}}}}}}"

    (found,) = findings(tmp_path, text)

    assert found[0] == code


def test_a_channel_that_there_is_not_is_refused(tmp_path: Path) -> None:
    (found,) = findings(tmp_path, "environments: {live: {channels: {fax: {unsigned: true}}}}")

    assert found[0] in ("FE101", "FE104")
