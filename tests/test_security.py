"""Nothing that is written in a file or comes from outside is ever run as code, or changes what a text means."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import flowengine
from flowengine.recording.format import Recording

PACKAGE = Path(flowengine.__file__).parent
MODULES = sorted(PACKAGE.rglob("*.py"))
NEVER_CALLED = {"eval", "exec", "compile", "__import__", "execfile", "input", "breakpoint"}
NEVER_IMPORTED = {
    "pickle",
    "cPickle",
    "dill",
    "shelve",
    "marshal",
    "jsonpickle",
    "cloudpickle",
    "joblib",
    "runpy",
    "code",
}
NEVER_READ = {("yaml", "load"), ("yaml", "unsafe_load"), ("yaml", "full_load"), ("os", "system"), ("os", "popen")}


def nodes(module: Path) -> Iterator[ast.AST]:
    return ast.walk(ast.parse(module.read_text("utf-8")))


@pytest.mark.parametrize("module", MODULES, ids=lambda module: str(module.relative_to(PACKAGE)))
def test_no_text_is_run_as_code(module: Path) -> None:
    own = {
        alias.asname or alias.name for node in nodes(module) if isinstance(node, ast.ImportFrom) for alias in node.names
    }
    own |= {node.name for node in nodes(module) if isinstance(node, ast.FunctionDef)}
    for node in nodes(module):
        line = f"line {getattr(node, 'lineno', 0)}"
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            assert node.func.id in own or node.func.id not in NEVER_CALLED, line
        if isinstance(node, ast.Import):
            assert not NEVER_IMPORTED & {alias.name.partition(".")[0] for alias in node.names}, line
        if isinstance(node, ast.ImportFrom):
            assert (node.module or "").partition(".")[0] not in NEVER_IMPORTED, line
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            assert (node.value.id, node.attr) not in NEVER_READ, line
        if isinstance(node, ast.keyword) and node.arg == "shell":
            assert isinstance(node.value, ast.Constant), line
            assert node.value.value is False, line


@pytest.mark.parametrize("module", MODULES, ids=lambda module: str(module.relative_to(PACKAGE)))
def test_no_attribute_is_chosen_by_a_text(module: Path) -> None:
    for node in nodes(module):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in ("getattr", "setattr"):
            assert isinstance(node.args[1], ast.Constant), f"line {node.lineno}"


PAYLOADS = [
    # Python, and template languages of Python
    *("{{7*7}}", "{{config}}", "{{''.__class__.__mro__[1].__subclasses__()}}", "{% import os %}", "${7*7}", "#{7*7}"),
    *(
        "<%= 7*7 %>",
        "{0.__class__}",
        "{__import__('os')}",
        "%(name)s",
        "%s%s%n",
        "f'{7*7}'",
        "`id`",
        "$(id)",
        "$((7*7))",
    ),
    *("$(__class__)", "$(trigger.__class__)", "$(trigger.__class__.__init__.__globals__)", "$(trigger['__class__'])"),
    *('$(trigger["__class__"])', "$(trigger.keys())", "$(trigger.items)", "$(run.__dict__)", "$(run.id.__len__)"),
    *("$(name.upper())", "$(name|upper)", "$(name + name)", "$(name;id)", "$(name,name)", "$(name[0])", "$(name[::1])"),
    *(
        "$(name)(id)",
        "$($(name))",
        "$$(name)",
        "$$$(name)",
        "$(name",
        "$(",
        "$",
        "$()",
        "$( name )",
        "$(NAME)",
        "$[name]",
    ),
    *("${name}", "$name", "$(env.PATH)", "$(process.env)", "$(constructor)", "$(trigger.constructor.constructor)"),
    *("$(trigger.__proto__)", "$(__import__('os').system('id'))", "$(lambda: 0)", "$(1+1)", "$('a')", "$(trigger[-1])"),
    # other languages and protocols
    *(
        "${jndi:ldap://example.com/a}",
        "<script>alert(1)</script>",
        "'; DROP TABLE runs; --",
        '" onmouseover="x',
        "../../etc/passwd",
    ),
    *(
        "file:///etc/passwd",
        "http://169.254.169.254/",
        "\r\nX-Injected: 1",
        "\0",
        "\u202etxt.exe",
        "=cmd|' /C calc'!A0",
    ),
    *("!!python/object/apply:os.system [id]", "*alias", "&anchor", "<<: *x", "%TAG ! tag:x,2000:", "---", "\ufeff"),
    # references that are fine, and lead to a value that is itself a payload
    *("$(trigger.payload)", "x$(trigger.payload)x", '$(trigger["payload"])'),
]
INNER = "$(name) {{7*7}} $$(name) ${name}"
FLOW = """
flow: case
variables: {{name: Ann, got: ""}}
start: write
nodes:
  write:
    type: set-variables@1.0
    inputs: {{values: {{got: {payload}}}}}
    edges: {{onSuccess: done, onInvalidData: none}}
  done: {{end: success}}
  none: {{end: error}}
"""


def quoted(payload: str) -> str:
    """Write a text in double quotes, so that all of it reaches the flow."""
    letters = (char if char.isascii() and char.isprintable() else f"\\u{ord(char):04x}" for char in payload)
    return '"' + "".join(f"\\{char}" if char in '"\\' else char for char in letters) + '"'


def expected(payload: str) -> Any:
    """What a payload has to come to: itself, what it quotes, the plain value it refers to, or nothing."""
    known: dict[str, Any] = {
        "$$(name)": "$(name)",
        "$$$(name)": "$$(name)",
        "$(name)(id)": "Ann(id)",
        "$(trigger.payload)": INNER,
        "x$(trigger.payload)x": f"x{INNER}x",
        '$(trigger["payload"])': INNER,
    }
    return known.get(payload, None if "$(" in payload else payload)


@pytest.mark.parametrize("payload", PAYLOADS)
def test_a_payload_in_a_flow_is_text_or_a_finding(payload: str, tmp_path: Path) -> None:
    path = tmp_path / "flow.yaml"
    path.write_text(FLOW.format(payload=quoted(payload)), "utf-8")
    wanted = expected(payload)
    if any(one.severity == "error" for one in flowengine.validate(path)):
        assert wanted is None
        return
    run = flowengine.dry_run(path, Recording("payload", "case", trigger={"payload": INNER})).run
    if wanted is None:
        assert (run.path, run.steps[0].outcome) == (["write", "none"], "onInvalidData")
    else:
        assert (run.path, run.variables["got"]) == (["write", "done"], wanted)


@pytest.mark.parametrize("payload", PAYLOADS)
def test_a_payload_in_a_value_stays_that_value(payload: str, tmp_path: Path) -> None:
    path = tmp_path / "flow.yaml"
    path.write_text(FLOW.format(payload='"[$(trigger.payload)]"'), "utf-8")
    run = flowengine.dry_run(path, Recording("payload", "case", trigger={"payload": payload})).run
    assert run.variables["got"] == f"[{payload}]"


@pytest.mark.parametrize("payload", PAYLOADS)
def test_a_payload_in_a_script_is_a_value(payload: str, tmp_path: Path) -> None:
    path = tmp_path / "flow.yaml"
    path.write_text(
        """
flow: case
variables: {got: ""}
start: script
nodes:
  script:
    type: evaluate@1.0
    inputs: {script: "got = payload; payload === got ? 'same' : 'other'", values: {payload: $(trigger.payload)}}
    edges: {same: done}
  done: {end: success}
""",
        "utf-8",
    )
    run = flowengine.dry_run(path, Recording("payload", "case", trigger={"payload": payload})).run
    assert (run.path, run.variables["got"]) == (["script", "done"], payload)
