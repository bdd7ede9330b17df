from __future__ import annotations

import os
import subprocess
import sys
import textwrap
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from flowengine.catalogue.handlers import javascript
from flowengine.catalogue.handlers.javascript import Ran, check_script, run_script
from flowengine.catalogue.handlers.javascript_processes import ScriptProcesses
from flowengine.catalogue.handlers.javascript_worker import ENDED
from flowengine.core.answers import Broken, TimedOut


def run(script: str, variables: dict[str, Any] | None = None, **options: Any) -> Ran | Broken | TimedOut:
    """Run a script with time to spare: a busy machine must not turn another limit into that of time."""
    return run_script(
        script, variables=variables or {}, values=options.pop("values", {}), **{"seconds": 20.0, **options}
    )


def value_of(script: str, variables: dict[str, Any] | None = None, **options: Any) -> Any:
    ran = run(script, variables, **options)
    assert isinstance(ran, Ran), ran
    return ran.value


def changed_by(script: str, variables: dict[str, Any], **options: Any) -> dict[str, Any]:
    ran = run(script, variables, **options)
    assert isinstance(ran, Ran), ran
    return ran.variables


@pytest.fixture(autouse=True, scope="module")
def _warm() -> None:
    run("1")


@pytest.mark.parametrize(
    "value",
    [
        None,
        True,
        False,
        0,
        -7,
        1.5,
        2**53,
        "",
        "a\0b",
        "Grüße 😀 \u2028 \U0010ffff",
        "'\"\\$(x)`${x}",
        [],
        [[], {}, None, [1, "a"]],
        {},
        {"__proto__": {"polluted": True}, "constructor": 1, "toString": "x", "": 0, "😀": [1]},
        {"a": {"b": {"c": [True, None, {"d": 1e-7}]}}},
        1e300,
        5e-324,
    ],
)
def test_values_come_back_as_they_went_in(value: object) -> None:
    assert value_of("x", {"x": value}) == value
    assert value_of("v", values={"v": value}) == value
    assert changed_by("y = x", {"x": value, "y": "other"}) == {"y": value}


def test_a_prototype_key_is_plain_data() -> None:
    script = "y = [({}).polluted, Object.keys(x), Object.getPrototypeOf(x) === Object.prototype]; 1"
    assert changed_by(script, {"x": {"__proto__": {"polluted": 1}}, "y": None}) == {"y": [None, ["__proto__"], True]}


@pytest.mark.parametrize(
    ("script", "value", "text"),
    [("1.0", 1, "1"), ("-0", 0, "0"), ("1e21", 1e21, "1e+21"), ("1e-7", 1e-7, "1e-7"), ("0.1 + 0.2", 0.1 + 0.2, None)],
)
def test_numbers_are_written_as_javascript_does(script: str, value: float, text: str | None) -> None:
    ran = run(script)
    assert isinstance(ran, Ran)
    assert ran.value == value
    assert ran.text == (text or repr(value))


def test_whole_numbers_come_back_as_integers() -> None:
    assert type(value_of("x", {"x": 1.0})) is int


def test_a_variable_that_is_left_alone_keeps_what_javascript_cannot_hold() -> None:
    odd = {"big": 2**60 + 1, "zero": -0.0, "float": 3.0, "list": [2**60 + 1, -0.0]}
    assert changed_by("1", odd) == {}
    assert value_of("big", {"big": 2**60 + 1}) == 1152921504606847000


@pytest.mark.parametrize("change", ["x.a = NaN", "x.f = () => 1", "x.a = Symbol()", "x.a = -Infinity"])
@pytest.mark.parametrize("last", ["1", "undefined", "() => 1", "null", "[{}]"])
def test_what_json_would_hide_is_refused_whatever_the_last_value(change: str, last: str) -> None:
    broken = run(f"{change}; {last}", {"x": {"a": None}})
    assert isinstance(broken, Broken)
    assert broken.reason.startswith("variable 'x' is not a JSON value")


def test_inside_objects_undefined_is_what_json_makes_of_it() -> None:
    assert changed_by("x = {a: undefined, b: [undefined, , 1]}", {"x": 1}) == {"x": {"b": [None, None, 1]}}


def test_objects_of_classes_are_their_fields() -> None:
    assert value_of("class A { a = 1; #b = 2 } [new A(), Object.create(null), new Number(3)]") == [{"a": 1}, {}, 3]


def test_only_what_changed_comes_back() -> None:
    before = {"a": 1, "b": "x", "c": [1], "d": None, "e": {"k": 1, "l": 2}}
    assert changed_by("a = 1; b = 'x'; c = [1]; d = null; e = {l: 2, k: 1}", before) == {}
    assert changed_by("a = '1'; b = true; c.push(2); d = 0; e.k = false", before) == {
        "a": "1",
        "b": True,
        "c": [1, 2],
        "d": 0,
        "e": {"k": False, "l": 2},
    }


def test_types_are_told_apart() -> None:
    assert changed_by("x = 1", {"x": True}) == {"x": 1}
    assert changed_by("x = '1'", {"x": 1}) == {"x": "1"}
    assert changed_by("x = false", {"x": None}) == {"x": False}


def test_undefined_is_written_back_as_null() -> None:
    assert changed_by("x = undefined", {"x": 5}) == {"x": None}
    assert changed_by("x = undefined", {"x": None}) == {}


def test_a_variable_without_a_value_is_undefined_until_it_is_assigned_to() -> None:
    assert value_of("typeof x", unset=["x"]) == "undefined"
    assert changed_by("x === undefined && y === undefined && (x = 1)", {}, unset=["x", "y"]) == {"x": 1}
    assert changed_by("x = null", {}, unset=["x"]) == {"x": None}


def test_var_is_the_variable_and_other_names_stay_in_the_script() -> None:
    assert changed_by("var count = count + 1; var own = 1; other = 2", {"count": 1}) == {"count": 2}


def test_values_are_read_only() -> None:
    assert value_of("v = 2; v", values={"v": 1}) == 1
    broken = run("'use strict'; v = 2", values={"v": 1})
    assert isinstance(broken, Broken)
    assert "TypeError" in broken.reason


@pytest.mark.parametrize(
    "name", ["not an identifier", "a-b", "0", "class", "Object", "JSON", "__proto__", "globalThis", "eval"]
)
def test_any_name_can_be_a_variable(name: str) -> None:
    script = f"(function () {{ return this }})()[{name!r}] += 'x'; 1"
    assert changed_by(script, {name: "a", "other": 1}) == {name: "ax"}


@pytest.mark.parametrize("name", ["NaN", "Infinity", "undefined"])
def test_three_built_ins_cannot_be_hidden(name: str) -> None:
    assert value_of(f"{name} === 'a'", {name: "a"}) is False
    assert changed_by("other = 2", {name: "a", "other": 1}) == {"other": 2}


@pytest.mark.parametrize(
    ("expression", "what"),
    [
        ("() => 1", "a function"),
        ("Symbol('s')", "a symbol"),
        ("5n", "a bigint"),
        ("NaN", "NaN"),
        ("-Infinity", "-Infinity"),
        ("({a: [1, NaN]})", "NaN"),
        ("({f() {}})", "a function"),
        ("new Map([[1, 2]])", "an object of type Map"),
        ("/x/", "an object of type RegExp"),
        ("new Error('x')", "an object of type Error"),
        ("Promise.resolve(1)", "an object of type Promise"),
        ("(() => { const a = []; a[0] = a; return a })()", "circular"),
        ("(() => { let a = []; for (let i = 0; i < 1e5; i++) a = [a]; return a })()", "call stack"),
        ("({toJSON() { throw new TypeError('no') }})", "TypeError: no"),
        ("({toJSON() { throw {toString() { throw 1 }} }})", "cannot be described"),
    ],
)
def test_what_is_not_json_is_refused_by_name(expression: str, what: str) -> None:
    broken = run(f"x = {expression}; 1", {"x": 1})
    assert isinstance(broken, Broken)
    assert broken.reason.startswith("variable 'x' is not a JSON value: ")
    assert what in broken.reason
    ran = run(expression)
    assert isinstance(ran, Ran)
    assert (ran.is_json, ran.value) == (False, None)
    assert what in ran.what


@pytest.mark.parametrize("expression", ["'\\ud800'", "({'\\udc00': 1})", "[['a\\udc00b']]"])
def test_half_characters_are_refused(expression: str) -> None:
    refused = Broken("what the script leaves cannot be kept: the text has half a character (a lone surrogate)")
    assert run(f"x = {expression}; 1", {"x": 1}) == refused
    assert run(expression) == refused


def test_a_date_is_the_text_that_json_makes_of_it() -> None:
    assert value_of("new Date(0)") == "1970-01-01T00:00:00.000Z"


@pytest.mark.parametrize(
    ("script", "reason"),
    [
        ("1;\n\n  missing.x", "ReferenceError: missing is not defined (line 3)"),
        ("1;\n foo bar", "SyntaxError: expecting ';' (line 2)"),
        ("function f() {\n null.x }\nf()", "TypeError: cannot read property 'x' of null (line 2)"),
        ("throw 'text'", "the script threw text"),
        ("throw {toString() { throw 1 }}", "an error that cannot be described"),
        ("throw new Error('x'.repeat(10000))", "Error: " + "x" * 293 + " (line 1)"),
        ("throw new Error('\\ud800')", "Error: \ufffd (line 1)"),
        ("const e = new Error('m'); e.stack = '<input>:99999999999999'; throw e", "Error: m (line 999999999)"),
        ("function f() { return f() + 1 }\nf()", "RangeError: Maximum call stack size exceeded (line 1)"),
    ],
)
def test_an_error_has_its_message_and_line(script: str, reason: str) -> None:
    assert run(script) == Broken(reason)


def test_an_error_says_nothing_of_the_host() -> None:
    broken = run("import('/etc/passwd'); throw new Error(new Error().stack)")
    assert isinstance(broken, Broken)
    assert "/" not in broken.reason


def test_large_results_are_refused() -> None:
    for script in ("'x'.repeat(2 ** 21)", "Array(100001).fill(0)"):
        broken = run(script)
        assert isinstance(broken, Broken)
        assert "larger than" in broken.reason


def test_deep_results_are_refused_and_what_a_run_may_hold_is_not() -> None:
    nest = "let a = 1; for (let i = 0; i < DEPTH; i++) a = [a]; a"
    assert isinstance(run(nest.replace("DEPTH", "64")), Ran)
    assert run(nest.replace("DEPTH", "65")) == Broken("what the script leaves cannot be kept: nested deeper than 64")


ENDLESS = {
    "loop": "for (;;) {}",
    "loop that catches": "for (;;) { try { for (;;) {} } catch {} finally { continue } }",
    "recursion in finally": "function f() { try { for (;;) {} } finally { f() } } f()",
    "regular expression": "/(a+)+$/.test('a'.repeat(40) + 'b')",
    "look-behind": "/(?<=b(a+)+)c/.test('a'.repeat(40) + 'c')",
    "stringify": "let a = []; for (let i = 0; i < 60; i++) a = {a, b: a}; JSON.stringify(a, (k, v) => v)",
    "comparator": "[3, 2, 1].sort(() => { for (;;) {} })",
    "generator": "function* g() { for (;;) yield 1 } for (const x of g()) {}",
    "async function": "(async () => { for (;;) {} })()",
    "getter": "x = {get a() { for (;;) {} }}",
    "proxy": "new Proxy({}, {get() { for (;;) {} }}).a",
    "toJSON": "({toJSON() { for (;;) {} }})",
    "thrown": "throw {toString() { for (;;) {} }}",
    # The engine cannot be interrupted in these; only the end of its process ends them.
    "join": "Array(1e9).join('')",
    "reverse": "Array(4294967295).reverse()",
    "concat": "[].concat(Array(4294967295))",
    "search": "'a'.repeat(3e6).indexOf('a'.repeat(1e6) + 'b')",
    "big integers": "(3n ** 600000n).toString()",
    "description of the interruption": "InternalError.prototype.toString = () => { for (;;) {} }; for (;;) {}",
}


@pytest.mark.parametrize("script", ENDLESS.values(), ids=ENDLESS)
def test_endless_scripts_are_ended(script: str) -> None:
    started = time.monotonic()
    assert run(script, {"x": 1}, seconds=0.1) == TimedOut("the script took longer than 0.1 s")
    # Generous, since other processes may have the processors; benchmarks/evaluate.py holds the 50 ms.
    assert time.monotonic() - started < 2


def test_time_is_wall_time_while_other_threads_work() -> None:
    done = threading.Event()

    def burn() -> None:
        while not done.is_set():
            sum(range(1000))

    threads = [threading.Thread(target=burn) for _ in range(3)]
    for thread in threads:
        thread.start()
    try:
        started = time.monotonic()
        assert isinstance(run("for (;;) {}", seconds=0.3), TimedOut)
        assert time.monotonic() - started >= 0.3
    finally:
        done.set()
        for thread in threads:
            thread.join()


def test_other_threads_go_on_meanwhile() -> None:
    ticks = 0
    done = threading.Event()

    def tick() -> None:
        nonlocal ticks
        while not done.is_set():
            ticks += 1

    thread = threading.Thread(target=tick)
    thread.start()
    before = ticks
    run("throw {toString() { for (;;) {} }}", seconds=0.2)
    during = ticks - before
    done.set()
    thread.join()
    assert during > 1000


def test_several_scripts_run_at_once() -> None:
    with ThreadPoolExecutor(20) as pool:
        answers = pool.map(lambda n: value_of(f"{n} * x", {"x": n}), range(100))
    assert list(answers) == [n * n for n in range(100)]


@pytest.mark.parametrize(
    "script",
    [
        "const a = []; for (;;) a.push({})",
        "globalThis.a = []; for (;;) a.push({})",
        "let s = ''; for (;;) s += 'x'.repeat(1000)",
        "'x'.repeat(2 ** 29)",
        "new ArrayBuffer(2 ** 30)",
        "Array(1e9).fill(0)",
        "function* g() { for (;;) yield 1 } [...g()]",
        "let a = [1]; for (let i = 0; i < 40; i++) a = [a, a]; JSON.stringify(a)",
        "const m = new Map(); for (let i = 0; ; i++) m.set(i, i)",
    ],
)
def test_memory_is_bounded(script: str) -> None:
    assert run(script) == Broken("the script needs more than 16 MiB of memory")


def test_values_too_large_for_the_memory_are_an_error() -> None:
    assert run("1", {"x": "y" * 500_000}, memory=1 << 20) == Broken("the script needs more than 1 MiB of memory")


@pytest.mark.parametrize(
    "script",
    [
        "function f() { f() } f()",
        "JSON.parse('['.repeat(200000) + ']'.repeat(200000))",
        "eval('('.repeat(200000))",
        "let a = []; for (let i = 0; i < 1e5; i++) a = [a]; String(a)",
        "const p = {}; p.__proto__ = new Proxy({}, {get: (t, k, r) => r[k]}); p.x",
        "const b = (function () {}).bind(); let f = b; for (let i = 0; i < 1e4; i++) f = f.bind(); f()",
        "new RegExp('(?:'.repeat(100000) + ')'.repeat(100000))",
    ],
)
def test_recursion_is_bounded(script: str) -> None:
    assert isinstance(run(script), Ran | Broken)
    assert value_of("1 + 1") == 2


def test_recursion_of_an_ordinary_depth_works() -> None:
    assert value_of("function f(n) { return n ? 1 + f(n - 1) : 0 } f(2000)") == 2000


LEAKS = """
    globalThis.leaked = 1; var alsoLeaked = 1;
    Object.prototype.polluted = 1; Array.prototype.push = () => 'mine'; String.prototype.toString = null;
    JSON.parse = JSON.stringify = eval = undefined; Math.random = () => 4; Date.now = () => 0;
    Symbol.for('registered').description; globalThis[Symbol.for('registered')] = 1;
    /(leak)/.exec('a leak'); class Mine extends Array {}; Array.prototype[Symbol.iterator] = undefined;
    Promise.resolve().then(() => { globalThis.late = 1 }); queueMicrotask(() => { for (;;) {} });
    Object.freeze(Object.prototype); 1
"""


def test_nothing_of_a_script_is_there_in_the_next() -> None:
    assert value_of(LEAKS, {"x": 1}) == 1
    assert value_of(
        """[typeof leaked, typeof alsoLeaked, typeof late, ({}).polluted === undefined, [1].push(2), RegExp.$1 || '',
            Symbol.for('registered') in globalThis, typeof x, Object.isFrozen(Object.prototype), [...'ab'],
            Math.random() < 1, Date.now() > 0, JSON.stringify(JSON.parse('[1]'))]"""
    ) == ["undefined", "undefined", "undefined", True, 2, "", False, "undefined", False, ["a", "b"], True, True, "[1]"]


def test_a_script_that_changes_the_built_ins_still_answers() -> None:
    script = """
        Object.prototype.toJSON = () => 'mine'; JSON.stringify = String.prototype.slice = Reflect.apply = null;
        Array.prototype[0] = 'zero'; RegExp.prototype.exec = null;
        Object.prototype.json = Object.prototype.what = Object.prototype.text = 'x';
    """
    assert changed_by(script + "x = 2; y = 'text'; 1", {"x": 1, "y": ""}) == {"x": 2, "y": "text"}
    assert run(script + "\nnull.x") == Broken("TypeError: cannot read property 'x' of null (line 6)")


@pytest.mark.parametrize(
    "name",
    [
        "require",
        "process",
        "std",
        "os",
        "fetch",
        "setTimeout",
        "console",
        "print",
        "Java",
        "module",
        "Deno",
        "WebAssembly",
    ],
)
def test_there_is_nothing_of_a_host(name: str) -> None:
    assert value_of(f"typeof {name}") == "undefined"


def test_modules_cannot_be_imported() -> None:
    script = "globalThis.got = 'nothing'; import('os').then((m) => { got = 'module' }); got"
    assert value_of(script) == "nothing"
    assert check_script("import os from 'os'") is not None


def test_jobs_of_promises_are_not_run() -> None:
    assert value_of("let x = 1; Promise.resolve().then(() => { x = 2 }); (async () => { await 0; x = 3 })(); x") == 1


def test_the_language_is_es2023() -> None:
    script = r"""
        class A { #p = 1; static #q = 2; get p() { return this.#p + A.#q } static { this.r = 4 } }
        const groups = /(?<year>\d{4})-(?<month>\d\d)(?<!13)/.exec('on 2024-05').groups;
        [[3, 1, 2].toSorted().join(), [1, 2, 3].findLast((n) => n < 3), [1, 2].with(0, 9).join(), null?.x ?? 'none',
         new A().p, A.r, groups.year, 'a-a'.replaceAll('a', 'b'), [1, [2, [3]]].flat(9).length, 2 ** 10, [1, 2].at(-1),
         Object.fromEntries([['k', 1]]).k, Object.hasOwn({a: 1}, 'a'), 'é'.normalize('NFD').length, /\p{L}/u.test('ß')]
    """
    assert value_of(script) == ["1,2,3", 2, "9,2", "none", 3, 4, "2024", "b-b", 3, 1024, 2, 1, True, 2, True]


def test_processes_are_used_again_and_ended_ones_replaced() -> None:
    pools = javascript._PROCESSES
    value_of("1")
    pid = pools._idle[-1]._process.pid
    value_of("2")
    assert pools._idle[-1]._process.pid == pid
    assert isinstance(run("const a = []; for (;;) a.push({})"), Broken)
    assert pools._idle[-1]._process.pid == pid
    assert isinstance(run("Array(1e9).join('')", seconds=0.05), TimedOut)
    assert pid not in [one._process.pid for one in pools._idle]
    assert value_of("3") == 3


def test_a_process_that_died_while_idle_is_not_noticed() -> None:
    value_of("1")
    for one in javascript._PROCESSES._idle:
        one._process.kill()
        one._process.wait()
    assert value_of("1 + 1") == 2


def in_a_process(code: str) -> str:
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", textwrap.dedent(code)],
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    return done.stdout.strip()


def test_nothing_is_left_behind_at_the_end() -> None:
    pid = in_a_process("""
        from flowengine.catalogue.handlers import javascript
        javascript.run_script("1", variables={}, values={})
        print(javascript._PROCESSES._idle[0]._process.pid)
    """)
    with pytest.raises(ProcessLookupError):
        os.kill(int(pid), 0)


def test_a_forked_process_has_processes_of_its_own() -> None:
    pids = in_a_process("""
        import os
        from flowengine.catalogue.handlers import javascript
        def pid():
            assert javascript.run_script("6 * 7", variables={}, values={}).value == 42
            return javascript._PROCESSES._idle[0]._process.pid
        mine = pid()
        child = os.fork()
        if not child:
            assert pid() != mine
            javascript._PROCESSES.close()
            os._exit(0)
        assert os.waitpid(child, 0)[1] == 0
        assert pid() == mine
    """)
    assert pids == ""


@pytest.mark.skipif(not Path("/proc/self/environ").exists(), reason="reads /proc")
def test_scripts_see_nothing_of_our_environment() -> None:
    value_of("1")
    pid = javascript._PROCESSES._idle[-1]._process.pid
    environment = Path(f"/proc/{pid}/environ").read_text()
    names = {entry.partition("=")[0] for entry in environment.split("\0") if entry}
    assert names <= {"LD_LIBRARY_PATH", "LC_CTYPE"}


def test_an_alarm_that_we_ignore_ends_scripts_all_the_same() -> None:
    assert in_a_process("""
        import signal
        signal.signal(signal.SIGALRM, signal.SIG_IGN)
        signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGALRM})
        from flowengine.catalogue.handlers import javascript
        print(javascript.run_script("Array(1e9).join('')", variables={}, values={}, seconds=0.1))
    """).startswith("TimedOut")


def test_loading_the_module_starts_nothing() -> None:
    loaded = in_a_process("""
        import sys, threading
        from flowengine.catalogue.handlers import evaluate, data_parser
        heavy = {"_quickjs", "quickjs", "jsonpath", "asyncio", "xml"}
        print(sorted(heavy & set(sys.modules)), threading.active_count())
    """)
    assert loaded == "[] 1"


def test_the_wait_for_a_process_is_bounded() -> None:
    processes = ScriptProcesses(1)
    with processes.borrow(1), pytest.raises(TimeoutError), processes.borrow(0.01):
        pass
    with processes.borrow(1) as process:
        assert process.ask(b"1", b"[]", 1.0, 1 << 24)[0] == ENDED
    processes.close()


@pytest.mark.parametrize(
    "script",
    [
        "",
        "1 + 1",
        "a = b; throw new Error('not run')",
        "for (;;) {}",
        "'use strict'; var x = 1; x",
        "/* a */ // b\n 'use strict'\nx",
        "async function f() { await 1 }",
        "count = count + 1",
        "var count = 1",
        "{ let count = 1 }",
    ],
)
def test_good_scripts_pass_the_check(script: str) -> None:
    assert check_script(script, ["count"]) is None


ASSIGN = "a flow variable is assigned to without let, const or class"


@pytest.mark.parametrize(
    ("script", "problem"),
    [
        ("1;\n\n foo bar", "SyntaxError: expecting ';' (line 3)"),
        ("return 1", "SyntaxError: return not in a function (line 1)"),
        ("/* a */ 'use strict';\nwith (a) {}", "SyntaxError: invalid keyword: with (line 2)"),
        (
            "let count = 1",
            f"SyntaxError: redeclaration of 'count': {ASSIGN} (line 1)",
        ),
        ("a\0b", "a script cannot contain the character NUL"),
        ("'\ud800'", "the script has half a character (a lone surrogate)"),
    ],
)
def test_the_check_says_what_is_wrong_and_where(script: str, problem: str) -> None:
    assert check_script(script, ["count"]) == problem


@pytest.mark.parametrize(
    "script", ["'unfinished", "`${", "/(/", "a b", "(", "}", "await 1;;)", "class { }", "1 = 2", "x => { y => "]
)
def test_broken_scripts_do_not_pass_the_check(script: str) -> None:
    assert (check_script(script) or "").startswith("SyntaxError: ")


def test_the_check_takes_no_time_on_odd_scripts() -> None:
    started = time.monotonic()
    check_script("/**/" * 10_000 + "'")
    check_script("(" * 60_000)
    check_script("a=>" * 20_000)
    assert time.monotonic() - started < 2
