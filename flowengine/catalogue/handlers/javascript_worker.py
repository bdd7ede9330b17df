"""The process that runs scripts: it reads requests from standard input and writes replies to standard output.

It is started as a file of its own, knows nothing of the package, and imports little: it starts in 20 ms. Every script
gets a fresh engine, made while the process has nothing else to do, so that nothing of one script is there in the next.

What ends a script, from soft to hard: the engine's own check of processor time, then an alarm of wall time that ends
the process. The alarm is needed: some of the engine's built-in functions run for hours without that check
(``Array(1e9).join("")``, searching a long text), and the description of an error may run code of the script.
"""

from __future__ import annotations

import faulthandler
import importlib
import os
import signal
import struct
import sys
import time
from typing import BinaryIO, Final

REQUEST: Final = struct.Struct("<dQII")
"""Seconds, bytes of memory, bytes of script, bytes of document; script and document follow, in UTF-8."""

REPLY: Final = struct.Struct("<cI")
"""How it ended, bytes of text; the text follows."""

ENDED, TIME, MEMORY = b"E", b"T", b"M"
"""The script ended and the text is the harness's reply; it took too much time; it took too much memory."""

GRACE: Final = 0.02
"""Seconds that the alarm comes after the engine's own limit: an engine that stops by itself can be used again."""

STACK: Final = 4 << 20
"""Bytes of stack for scripts, where the process may have twice that: 2,400 calls deep."""

HARNESS: Final = r"""
(() => {
  "use strict";
  // Taken before the script runs, which may change every built-in it can reach.
  const world = globalThis, evaluate = eval, {parse, stringify} = JSON, {apply, defineProperty} = Reflect;
  const {getPrototypeOf, keys, prototype: objects} = Object, arrays = Array.prototype;
  const {slice, toWellFormed} = String.prototype, {isFinite} = Number, {exec} = RegExp.prototype, {toString} = objects;
  const kit = {
    world, stringify, apply, slice, toWellFormed, isFinite, exec, toString, text: String, Fault: Error,
    EngineFault: InternalError,
  };
  const simple = (value) => {
    const type = typeof value;
    if (type === "number") return isFinite(value);
    if (type !== "object" || value === null) return type === "string" || type === "boolean" || value === null;
    const kind = getPrototypeOf(value), names = keys(value);
    if (kind !== objects && kind !== arrays) return false;
    for (let i = 0; i < names.length; i++) if (!simple(value[names[i]])) return false;
    return true;
  };
  const write = (value) => {
    if (value === undefined) return "null";
    if (!simple(value)) throw value;
    return stringify(value);
  };
  const run = (script, globals, careful, failing) => {
    for (let i = 0; i < globals.length; i++) {
      const one = globals[i], value = one.value;
      if (typeof value === "object") one.json = stringify(value);
      // Not configurable, so that it stays a plain property. NaN, Infinity and undefined cannot be taken.
      one.open = defineProperty(world, one.name, {value, enumerable: true, writable: one.open}) && one.open;
    }
    let value, changed = "";
    try { value = evaluate(script); } catch (thrown) { return evaluate(failing)(kit).failure(thrown); }
    try {
      for (let i = 0; i < globals.length; i++) {
        const one = globals[i], now = world[one.name];
        if (!one.open) continue;
        if (typeof now === "object" ? simple(now) && stringify(now) === one.json : now === one.value) continue;
        changed += (changed && ",") + stringify(one.name) + ":" + write(now);
      }
      const type = typeof value;
      return '{"variables":{' + changed + '},"what":"' + type + (type === "number" ? '","text":"' + value : "") +
        (type === "undefined" ? '"}' : '","value":' + write(value) + "}");
    } catch {
      return evaluate(careful)(kit, () => evaluate(failing)(kit).describe)(globals, value);
    }
  };
  // The binding cannot take a long text that is still in pieces, as concatenation leaves it; slicing joins it.
  return (script, document, careful, failing) => apply(slice, run(script, parse(document), careful, failing), [0]);
})()
"""
"""A function of script, globals as JSON ({name, open, value}) and the two parts below; it returns a reply as JSON.

The parts are compiled only when they are needed: compiling takes longer than running an ordinary script.
"""

CAREFUL: Final = r"""
({world, stringify, apply, slice, isFinite, toString, text}, describer) => {
  const plain = {__proto__: null, Object: 1, Array: 1, Number: 1, String: 1, Boolean: 1};
  class NotJson { constructor(what) { this.what = what; } }
  const check = (key, value) => {
    const type = typeof value;
    if (type === "object") {
      const kind = value === null ? "Object" : apply(slice, apply(toString, value, []), [8, -1]);
      if (!plain[kind]) throw new NotJson("an object of type " + kind);
    } else if (type === "number") {
      if (!isFinite(value)) throw new NotJson(text(value));
    } else if (type !== "string" && type !== "boolean" && type !== "undefined") throw new NotJson("a " + type);
    return value;
  };
  const write = (value) => {
    try {
      return {json: stringify(value, check), what: ""};
    } catch (fault) {
      return {json: undefined, what: fault instanceof NotJson ? fault.what : describer()(fault)};
    }
  };
  return (globals, value) => {
    let changed = "";
    for (let i = 0; i < globals.length; i++) {
      const one = globals[i], now = world[one.name];
      if (!one.open || typeof now !== "object" && now === one.value) continue;
      const {json, what} = write(now);
      if (what) return '{"variable":' + stringify(one.name) + ',"what":' + stringify(what) + "}";
      const written = json === undefined ? "null" : json;
      if (written !== one.json) changed += (changed && ",") + stringify(one.name) + ":" + written;
    }
    const {json, what} = write(value), type = typeof value;
    return '{"variables":{' + changed + '},"what":' + stringify(what || type) +
      (type === "number" ? ',"text":"' + value + '"' : "") + (json === undefined ? "}" : ',"value":' + json + "}");
  };
}
"""
"""Replies where something is not plain JSON: it finds what is none, and lets ``toJSON`` speak."""

FAILING: Final = r"""
({stringify, apply, slice, toWellFormed, exec, text, Fault, EngineFault}) => {
  const describe = (thrown) => {
    let shown = "an error that cannot be described";
    try {
      const isFault = thrown instanceof Fault;
      shown = isFault ? text(thrown.name) + ": " + text(thrown.message) : "the script threw " + text(thrown);
    } catch {}
    return apply(toWellFormed, apply(slice, shown, [0, 300]), []);
  };
  const failure = (thrown) => {
    const full = thrown === null || thrown instanceof EngineFault && thrown.message === "out of memory";
    if (full) return '{"memory":true}';
    let line = null;
    try { line = +apply(exec, /<input>:(\d{1,9})/, [text(thrown.stack)])[1]; } catch {}
    return '{"error":' + stringify(describe(thrown)) + ',"line":' + line + "}";
  };
  return {describe, failure};
}
"""
"""Replies where the script threw something."""


def serve(requests: BinaryIO, replies: int) -> None:
    """Answer requests until there are no more."""
    engine = importlib.import_module("_quickjs")
    stack = _stack()
    while True:
        context = engine.Context()
        run = context.eval(HARNESS)
        head = requests.read(REQUEST.size)
        if len(head) < REQUEST.size:
            return
        seconds, memory, *sizes = REQUEST.unpack(head)
        script, document = (requests.read(size).decode() for size in sizes)
        context.set_max_stack_size(stack)
        context.set_memory_limit(memory)
        context.set_time_limit(seconds)
        started = time.perf_counter()
        _set_alarm(seconds + GRACE)
        try:
            kind, text = ENDED, run(script, document, CAREFUL, FAILING).encode()
        except engine.JSException:
            # The harness catches what a script throws; only the end of time or memory gets past it.
            kind, text = TIME if time.perf_counter() - started >= seconds else MEMORY, b""
        _set_alarm(0)
        _write(replies, REPLY.pack(kind, len(text)) + text)


def _stack() -> int:
    try:
        import resource  # noqa: PLC0415 - there is none on Windows, where a main thread has 1 MiB
    except ImportError:
        return 512 << 10
    ours, _ = resource.getrlimit(resource.RLIMIT_STACK)
    return STACK if ours == resource.RLIM_INFINITY else min(STACK, ours // 2)


def _set_alarm(seconds: float) -> None:
    """End this process after so many seconds of wall time, whatever it does then; 0 calls it off."""
    if hasattr(signal, "setitimer"):
        signal.setitimer(signal.ITIMER_REAL, seconds)
    elif seconds:
        faulthandler.dump_traceback_later(seconds, exit=True)
    else:
        faulthandler.cancel_dump_traceback_later()


def _write(descriptor: int, data: bytes) -> None:
    while data:
        data = data[os.write(descriptor, data) :]


def main() -> None:
    """Serve; the folder of the engine is the only argument."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if hasattr(signal, "SIGALRM"):
        # What our parent ignores or blocks would else be ignored or blocked here.
        signal.signal(signal.SIGALRM, signal.SIG_DFL)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGALRM})
    sys.path.insert(0, sys.argv[1])
    with open(0, "rb") as requests:
        serve(requests, 1)


if __name__ == "__main__":
    main()
