"""Scripts in JavaScript (ES2023, QuickJS), with limits of time and memory and nothing of the host to reach.

There is no ``require``, ``process``, ``fetch`` or timer, and ``import()`` never succeeds; jobs of promises are not run.
``Date.now()`` and ``Math.random()`` are real, so a script that uses them may come out differently in a dry-run.

Values go in and come out as JSON. Numbers are doubles, as everywhere in JavaScript: an integer beyond 2^53 reads as the
nearest double, 1.0 comes back as 1, and -0 as 0. A variable that the script leaves as it was keeps its value exactly.
Inside objects and lists ``undefined`` is what JSON makes of it, nothing or null, and a date is its text.
"""

from __future__ import annotations

import importlib
import json
import os
import re
import time
from collections.abc import Collection, Mapping
from typing import Any, Final, NamedTuple

from flowengine.catalogue.handlers import javascript_worker as worker
from flowengine.catalogue.handlers.javascript_processes import Ended, NoProcess, ScriptProcesses
from flowengine.core.answers import Broken, Json, TimedOut
from flowengine.core.values import MAX_DEPTH, measure, parse_json, same

DEFAULT_SECONDS: Final = 1.0
DEFAULT_MEMORY: Final = 16 << 20

_PROCESSES: Final = ScriptProcesses(max(4, os.cpu_count() or 1))
_REDECLARED: Final = "SyntaxError: redeclaration of"
_STRICT: Final = re.compile(r"""(?>\s|//[^\n]*|/\*(?>.*?\*/))*+(?:'use strict'|"use strict")""", re.DOTALL)


class Ran(NamedTuple):
    """A script came to its end.

    ``variables`` are those that it changed. ``what`` is the type of the last expression's value as ``typeof`` says it,
    or, for what is not JSON, what it is instead. ``text`` is a number as JavaScript writes it.
    """

    variables: dict[str, Json]
    what: str
    is_json: bool
    value: Json = None
    text: str | None = None


def run_script(  # noqa: PLR0913 - keyword only
    script: str,
    *,
    variables: Mapping[str, Json],
    unset: Collection[str] = (),
    values: Mapping[str, Json],
    seconds: float = DEFAULT_SECONDS,
    memory: int = DEFAULT_MEMORY,
    patience: float = 10.0,
) -> Ran | Broken | TimedOut:
    """Run a script in a fresh engine of its own.

    ``variables`` and ``unset`` (those that are ``undefined`` at first) are globals that the script may write,
    ``values`` globals that it may read. A name that is no identifier is reached as ``globalThis["a name"]``. The name
    of a built-in hides the built-in, but for ``NaN``, ``Infinity`` and ``undefined``, which keep their meaning. A
    ``let`` of the script hides a variable (``check_script`` finds that), a ``var`` is the variable.

    ``seconds`` of wall time and ``memory`` in bytes bound the script, ``patience`` in seconds the wait until it can
    start. A script has no effect outside, so one whose process dies under it is run again.
    """
    try:
        code = script.encode()
    except UnicodeEncodeError:
        return Broken("the script has half a character (a lone surrogate)")
    document = json.dumps(
        [
            *({"name": name, "value": value} for name, value in values.items()),
            *({"name": name, "value": value, "open": True} for name, value in variables.items()),
            *({"name": name, "open": True} for name in unset),
        ]
    ).encode()
    deadline = time.monotonic() + patience
    for fresh in (False, True):
        try:
            with _PROCESSES.borrow(max(0.0, deadline - time.monotonic()), fresh=fresh) as process:
                return _read(process.ask(code, document, seconds, memory), variables, seconds, memory)
        except TimeoutError:
            return TimedOut(f"no process was free to run the script within {patience:g} s")
        except NoProcess as fault:
            return Broken(str(fault))
        except Ended as ended:
            if ended.seconds >= seconds:
                return _too_long(seconds)
    return Broken("the script crashes the JavaScript engine")


def check_script(script: str, variables: Collection[str] = ()) -> str | None:
    """Say what is wrong with a script's syntax, with the line; None where nothing is. Nothing of it is run.

    A ``let``, ``const`` or ``class`` at the top of the script that is called as one of ``variables`` is wrong: it would
    hide the variable, and nothing would be written back.
    """
    if "\0" in script:
        return "a script cannot contain the character NUL"
    engine: Any = importlib.import_module("_quickjs")
    context = engine.Context()
    context.set_memory_limit(DEFAULT_MEMORY)
    context.set_time_limit(DEFAULT_SECONDS)
    define = context.eval("name => { Reflect.defineProperty(globalThis, name, {writable: true, enumerable: true}) }")
    for name in variables:
        define(name)
    # Everything is compiled before anything is run, and the first thing that would run ends it.
    strict = '"use strict";' if _STRICT.match(script) else ""
    try:
        context.eval(f"{strict}throw 0;{script}")
    except engine.JSException as fault:
        message, _, stack = str(fault).partition("\n")
        if message == "0":
            return None
        line = re.search(r"<input>:(\d+)", stack)
        if message.startswith(_REDECLARED) and variables:
            message += ": a flow variable is assigned to without let, const or class"
        return _at_line(message, int(line[1]) if line else None)
    except UnicodeEncodeError:
        return "the script has half a character (a lone surrogate)"
    return None


def _read(
    reply: tuple[bytes, bytes], variables: Mapping[str, Json], seconds: float, memory: int
) -> Ran | Broken | TimedOut:
    kind, text = reply
    if kind == worker.TIME:
        return _too_long(seconds)
    if kind == worker.MEMORY:
        return _too_large(memory)
    try:
        said = parse_json(text, 2 * MAX_DEPTH)
        for value in (*said.get("variables", {}).values(), said.get("value")):
            measure(value)
    except ValueError as fault:
        return Broken(f"what the script leaves cannot be kept: {fault}")
    if "memory" in said:
        return _too_large(memory)
    if "error" in said:
        return Broken(_at_line(said["error"], said["line"]))
    if "variable" in said:
        return Broken(f"variable {said['variable']!r} is not a JSON value: {said['what']}")
    changed = {
        name: value
        for name, value in said["variables"].items()
        if name not in variables or not same(value, variables[name])
    }
    return Ran(changed, said["what"], "value" in said, said.get("value"), said.get("text"))


def _too_long(seconds: float) -> TimedOut:
    return TimedOut(f"the script took longer than {seconds:g} s")


def _too_large(memory: int) -> Broken:
    return Broken(f"the script needs more than {memory >> 20} MiB of memory")


def _at_line(message: str, line: int | None) -> str:
    return f"{message} (line {line})" if line else message
