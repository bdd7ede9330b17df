"""Secrets, addresses and scripts: what is found where, what is left alone, and that no message repeats a secret."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

import flowengine
from flowengine.check.places import line_of, stretch
from flowengine.check.secrets import secrets_in, secrets_in_addresses
from flowengine.flowfile.syntax import scalars
from flowengine.flowfile.yaml_tree import parse_yaml

Validate = Callable[..., list[flowengine.Finding]]

RANDOM = "q7Zp2Lx9Vt4Rb8Nw"
# Put together here, so that no scanner of repositories takes them for real.
GITHUB = "ghp" + "_" + "a1B2c3D4e5" * 4
AWS = "AKIA" + "IOSFODNN7EXAMPLE"
JWT = "eyJ" + "hbGciOiJIUzI1NiJ9" + ".eyJ" + "zdWIiOiIxMjM0NSJ9" + ".c2lnbmF0dXJl"
PEM = "-----BEGIN " + "RSA PRIVATE KEY-----"


def call(inputs: str, head: str = "") -> str:
    return (
        f"flow: case\n{head}start: a\nnodes:\n"
        f"  a:\n    type: http-request@1.0\n    inputs:\n      method: GET\n{inputs}"
        "    edges: {onSuccess: done, onError: done}\n  done: {end: success}\n"
    )


def script(text: str, variables: str = "{n: 0}") -> str:
    return (
        f"flow: case\nvariables: {variables}\nstart: a\nnodes:\n"
        f"  a:\n    type: evaluate@1.0\n    inputs:\n      script: {text}\n"
        "    edges: {one: done}\n  done: {end: success}\n"
    )


def safety(findings: list[flowengine.Finding]) -> list[flowengine.Finding]:
    return [one for one in findings if one.code.startswith("FE9")]


def marked(text: str, finding: flowengine.Finding) -> str:
    span = finding.span
    assert span
    assert span.line == span.end_line
    return text.splitlines()[span.line - 1][span.column - 1 : span.end_column - 1]


URL = "      url: https://$(trigger.host)/x\n"

SECRETS: list[tuple[str, str, str, str]] = [
    # name, flow, code, what is marked
    ("bearer", call(URL + f"      json: {{note: Bearer {RANDOM}}}\n"), "FE901", RANDOM),
    ("GitHub", call(URL + f"      json: {{note: x {GITHUB}}}\n"), "FE901", GITHUB),
    ("AWS", call(URL + f'      json: {{note: "x {AWS}"}}\n'), "FE901", AWS),
    ("JSON web token", call(URL + f"      json: [{JWT}]\n"), "FE901", JWT),
    ("private key in a block", call(URL + f"      body: |\n        key:\n          {PEM}\n"), "FE901", PEM),
    ("telling name", call(URL + f"      json: {{clientSecret: {RANDOM}}}\n"), "FE901", RANDOM),
    ("telling name in a list", call(URL + f"      json: {{api_keys: [], api_key: [{RANDOM}]}}\n"), "FE901", RANDOM),
    ("header X-Api-Key", call(URL + f"      headers: {{X-Api-Key: {RANDOM}}}\n"), "FE901", RANDOM),
    ("header Authorization", call(URL + "      headers: {authorization: Basic dTpw}\n"), "FE901", "dTpw"),
    ("variable", call(URL, f"variables: {{token: {RANDOM}}}\n"), "FE901", RANDOM),
    ("typed variable", call(URL, f"variables: {{token: {{type: string, default: {RANDOM}}}}}\n"), "FE901", RANDOM),
    ("description", call(URL, f"description: use {GITHUB}\n"), "FE901", GITHUB),
    ("script", script(f"n = {{apiKey:'{RANDOM}'}}; 'one'"), "FE901", RANDOM),
    ("password in an address", call("      url: https://me:hunter2@$(trigger.host)/x\n"), "FE902", "hunter2"),
    ("token in an address", call(f"      url: https://$(trigger.host)/?a=1&access_token={GITHUB}\n"), "FE902", GITHUB),
    ("signature in an address", call(f"      url: https://$(trigger.host)/?sig={RANDOM}&b=1\n"), "FE902", RANDOM),
    ("other scheme", call(URL + "      json: postgres://me:hunter2@db.example.com/x\n"), "FE902", "hunter2"),
]


@pytest.mark.parametrize(("text", "code", "secret"), [one[1:] for one in SECRETS], ids=[one[0] for one in SECRETS])
def test_a_secret_is_found_once_and_not_repeated(text: str, code: str, secret: str, validated: Validate) -> None:
    (found,) = safety(validated(text))
    assert (found.code, found.severity, marked(text, found)) == (code, "warning", secret)
    assert secret[:4] not in f"{found.message}{found.hint}"


@pytest.mark.parametrize(
    "text",
    [
        call(URL + "      headers: {Authorization: $(trigger.token), X-Api-Key: $(trigger.key)}\n"),
        call(URL + "      headers: {Authorization: Bearer $(trigger.token)}\n"),
        call(URL + "      json: {password: hunter2, token: next, secret: nothing-that-is-random-here}\n"),
        call(URL + "      json: {token: aaaa1111aaaa1111, apiKey: $(trigger.key), tokens: 12345678901234567890}\n"),
        call(URL + f"      json: {{id: {RANDOM}, passwordHint: {RANDOM}}}\n"),
        call(URL + "      json: {text: Bearer tokens authenticate whoever bears responsibility-for-them.}\n"),
        call("      url: https://$(trigger.host)/?token=$(trigger.token)&key=name&code=12\n"),
        call("      url: https://me:$(trigger.password)@$(trigger.host)/?token=***\n"),
        call(URL + "      json: https://me:***@$(trigger.host)/\n"),
        call(URL, "description: Call https://user:password@example.com/?token=0123456789abcdef to try it.\n"),
        call(URL, "variables: {token: {type: string, description: q7Zp2Lx9Vt4Rb8Nw}}\n"),
        script("n = {apiKey:'none'}; 'one'"),
    ],
)
def test_references_short_words_and_prose_pass(text: str, validated: Validate) -> None:
    assert safety(validated(text)) == []


@pytest.mark.parametrize(
    "text",
    [
        part * (60_000 // len(part))
        for part in ("a", "a.", "a-", "eyJaaaaaaaa-", "bearer ", 'token="', "?a", "http://a:b")
    ],
    ids=lambda text: text[:12],
)
def test_a_long_text_is_searched_in_no_time(text: str) -> None:
    begin = time.process_time()
    assert len([*secrets_in(text), *secrets_in_addresses(f"{text}://")]) <= len(text)
    assert time.process_time() - begin < 1


def test_a_host_has_to_be_allowed_by_some_environment(tmp_path: Path) -> None:
    (tmp_path / "flowengine.yaml").write_text(
        "environments:\n  a: {egress: {allow: [crm.example.com, '*.example.org', 192.0.2.0/24]}}\n"
        "  b: {egress: {allow: ['hooks.example.com:8443']}}\n"
    )

    def found(url: str) -> list[str]:
        path = tmp_path / "flow.yaml"
        path.write_text(call(f"      url: {url}\n"))
        return [one.message.split(":")[0] for one in safety(flowengine.validate(path))]

    assert found("https://crm.example.com/x") == []
    assert found("https://CRM.example.com:8443/$(trigger.id)") == []
    assert found("https://hooks.example.com:8443/x") == []
    assert found("https://$(trigger.host)/x") == []
    assert found("https://any.example.org/x") == []
    assert found("https://192.0.2.99/x") == []
    assert found("https://example.org/x") == ["no environment lets a flow reach example.org"]
    assert found("https://hooks.example.com/x") == ["no environment lets a flow reach hooks.example.com"]
    assert found("http://crm.example.com/x") == ["crm.example.com is called over http"]
    assert found("http://127.0.0.1:8080/x") == ["no environment lets a flow reach 127.0.0.1"]
    assert found("https://[::1/x") == []
    assert found("https://crm.example.com:99999/x") == []


def test_a_node_with_an_authorization_reaches_what_that_is_for(validated: Validate) -> None:
    flow = call("      url: https://crm.example.com/x\n").replace(
        "    inputs:\n", "    authorization: crm\n    inputs:\n"
    )
    assert safety(validated(flow)) == []


def test_without_a_project_nothing_may_be_reached(validated: Validate) -> None:
    (found,) = safety(validated(call("      url: https://crm.example.com/x\n")))
    assert (found.code, found.severity, found.node) == ("FE903", "warning", "a")
    assert "egress: {allow: [crm.example.com]}" in (found.hint or "")


def test_a_project_file_that_is_wrong_says_nothing_about_hosts(tmp_path: Path) -> None:
    (tmp_path / "flowengine.yaml").write_text("nodes: [nowhere]\n")
    path = tmp_path / "flow.yaml"
    path.write_text(call("      url: https://crm.example.com/x\n"))
    assert safety(flowengine.validate(path, flowengine.Catalogue())) == []


SCRIPTS: list[tuple[str, str, str, str]] = [
    # script, severity, marked, message
    ("n = ; 'one'", "error", "n = ; 'one'", "the script is not JavaScript: SyntaxError"),
    (
        "|\n        n = 1;\n        if (n {\n        'one'",
        "error",
        "if (n {",
        "the script is not JavaScript: SyntaxError",
    ),
    ("|2\n        n = 1;\n          n n\n", "error", "n n", "the script is not JavaScript: SyntaxError"),
    ("|\n        'one';\n        let m, n = 1;", "warning", "n", "the script declares 'n' anew"),
    ("const n = 1; 'one'", "warning", "n", "the script declares 'n' anew"),
    ("let m = 1, m = 2; 'one'", "error", "let m = 1, m = 2; 'one'", "the script is not JavaScript: SyntaxError"),
]


@pytest.mark.parametrize(("text", "severity", "expected", "message"), SCRIPTS)
def test_a_script_is_pointed_at_where_it_is_wrong(
    text: str, severity: str, expected: str, message: str, validated: Validate
) -> None:
    flow = script(text)
    (found,) = safety(validated(flow))
    assert (found.code, found.severity, marked(flow, found)) == ("FE904", severity, expected)
    assert found.message.startswith(message)


@pytest.mark.parametrize(
    "text", ["n += 1; 'one'", "let m = n; m ? 'one' : 'two'", "12", "$(trigger.text)", "for (;;) {}"]
)
def test_a_script_that_can_be_read_passes_and_is_not_run(text: str, validated: Validate) -> None:
    assert safety(validated(script(text))) == []


def test_a_folded_script_is_pointed_at_as_a_whole(validated: Validate) -> None:
    (found,) = safety(validated(script(">\n        n = 1;\n        n n\n")))
    assert found.span == (8, 15, 10, 12)


def test_flows_without_scripts_import_no_javascript(tmp_path: Path) -> None:
    path = tmp_path / "flow.yaml"
    path.write_text(call(URL))
    code = (
        "import sys, flowengine; flowengine.compile(flowengine.load(sys.argv[1])); "
        "print([name for name in sys.modules if 'quickjs' in name or 'javascript' in name])"
    )
    ran = subprocess.run([sys.executable, "-c", code, str(path)], capture_output=True, text=True, check=False)
    assert (ran.stdout, ran.returncode) == ("[]\n", 0), ran.stderr


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("a: one two\n", (1, 8, 1, 11)),
        ('a: "one two"\n', (1, 9, 1, 12)),
        ('a: "\\x6fne two"\n', (1, 4, 1, 16)),
        ("a: |\n  one two\n", (2, 7, 2, 10)),
        ("a: |\n\n\n    one two\n", (4, 9, 4, 12)),
        ("a: >\n  one\n  two\n", (1, 4, 3, 6)),
        ('a: "one\n  two"\n', (1, 4, 2, 7)),
    ],
)
def test_a_stretch_stands_where_its_characters_do(text: str, place: tuple[int, ...]) -> None:
    ((_, scalar),) = scalars(parse_yaml(text, "x.yaml"))
    start = scalar.text.index("two")
    assert stretch(scalar, start, start + 3) == place


@pytest.mark.parametrize("number", [0, 3])
def test_a_line_that_is_not_there_is_the_whole_scalar(number: int) -> None:
    ((_, scalar),) = scalars(parse_yaml("a: |\n  one\n", "x.yaml"))
    assert line_of(scalar, number) == scalar.span
