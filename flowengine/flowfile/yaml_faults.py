"""What a fault of YAML syntax means, in plain words.

libyaml says where it gave up, in its own terms; the author has to know where the mistake is and what to write instead.
The phrases looked for are those of libyaml 0.2.5 and of PyYAML 6, whose own scanner stands in where libyaml is missing.
Any other phrase is handed on as it is.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

import yaml

from flowengine.findings import Finding
from flowengine.flowfile.yaml_source import excerpt, span_of

_COLON_HINT = "write `key: value` on one line, with a blank after the colon"
_QUOTE_HINT = "put the whole value in quotes"
_LONGEST_KEY = 1024
_BLANKS = " \r\n"
_QUOTES = ("'", '"')
_CLOSING = {"[": "]", "{": "}"}


@dataclass(frozen=True, slots=True)
class Fault:
    """A syntax fault and what was read before it.

    ``at`` is the index in ``text`` where the parser gave up, ``since`` where the construct began that it was reading.
    ``scalar`` is the stretch of the last scalar read, ``bracket`` the place of the innermost open ``[`` or ``{``.
    """

    text: str
    path: str
    context: str
    problem: str
    at: int
    since: int
    scalar: tuple[int, int]
    bracket: int | None

    @property
    def character(self) -> str:
        """The character the parser could not use; empty if only blanks and line breaks are left."""
        return self.text[self.at : self.at + 1].strip(_BLANKS)

    @property
    def line_start(self) -> int:
        """Where the line of the fault begins."""
        return _line_start(self.text, self.at)

    def finding(self, message: str, hint: str, start: int, end: int | None = None, code: str = "FE002") -> Finding:
        """Return a finding at ``start``, one character wide unless told."""
        span = span_of(self.text, start, min(start + 1, len(self.text)) if end is None else end)
        return Finding(code, message, self.path, span, hint=hint)


def explain(
    error: Exception, text: str, path: str, *, scalar: tuple[int, int] = (0, 0), bracket: int | None = None
) -> Finding:
    """Return the finding for what a YAML parser raised."""
    if not isinstance(error, yaml.MarkedYAMLError) or error.problem_mark is None:
        message = f"the YAML cannot be read: {' '.join(str(error).split())}"
        return Finding("FE002", message, path, hint="check the escapes in double quotes")
    at = error.problem_mark.index
    if not text[at:].strip(_BLANKS):
        at = len(text.rstrip(_BLANKS))
    since = error.context_mark.index if error.context_mark else at
    fault = Fault(text, path, error.context or "", error.problem or "", at, since, scalar, bracket)
    for context, problem, rule in _RULES:
        if context in fault.context and problem in fault.problem:
            return rule(fault)
    return _other(fault)


def _line_start(text: str, index: int) -> int:
    return max(text.rfind("\n", 0, index), text.rfind("\r", 0, index)) + 1


def _line_end(text: str, index: int) -> int:
    return index + len(re.split(r"[\r\n]", text[index:], maxsplit=1)[0].rstrip())


def _line_number(text: str, index: int) -> int:
    return span_of(text, index, index).line


def _other(fault: Fault) -> Finding:
    words = f"{fault.context}: {fault.problem}" if fault.context else fault.problem
    return fault.finding(
        f"the YAML cannot be read here ({words})", "check the quotes, colons and indentation", fault.at
    )


def _bad_start(fault: Fault) -> Finding:
    if fault.character == "\t":
        return _tab(fault)
    message = f"a value without quotes cannot begin with `{excerpt(fault.character)}`"
    return fault.finding(message, _QUOTE_HINT, fault.at)


def _tab(fault: Fault) -> Finding:
    return fault.finding("a tab stands where YAML wants spaces", "indent with spaces only", fault.at)


def _unclosed_quote(fault: Fault) -> Finding:
    quote = fault.text[fault.since]
    hint = f"add the closing {quote}"
    if quote == "'":
        hint += "; an apostrophe inside single quotes is written twice"
    return fault.finding(f"the quote {quote} opened here is never closed", hint, fault.since)


def _unknown_escape(fault: Fault) -> Finding:
    start = fault.text.rfind("\\", 0, fault.at + 1)
    escape = excerpt(fault.text[start : start + 2])
    hint = "write \\\\ for a backslash, or use single quotes"
    return fault.finding(f"{escape} means nothing inside double quotes", hint, start, start + 2)


def _short_escape(fault: Fault) -> Finding:
    message = "this escape is cut short: \\x takes 2, \\u 4 and \\U 8 hexadecimal digits"
    return fault.finding(message, "add the missing digits, or write \\\\ for a backslash", fault.at)


def _no_such_character(fault: Fault) -> Finding:
    start = fault.text.rfind("\\", 0, fault.at)
    pair = re.match(r"\\u([dD][89abAB][0-9a-fA-F]{2})\\u([dD][c-fC-F][0-9a-fA-F]{2})", fault.text[start:])
    if pair:
        character = bytes.fromhex(pair[1] + pair[2]).decode("utf-16-be")
        hint = f"write the character itself, {character}, or \\U{ord(character):08X}"
        return fault.finding(f"YAML does not join {pair[0]}", hint, start, start + len(pair[0]), "FE010")
    end = _escape_end(fault.text, start)
    message = f"{fault.text[start:end]} is no character"
    return fault.finding(message, "write the character itself", start, end, "FE010")


def _escape_end(text: str, start: int) -> int:
    return start + (10 if text[start : start + 2] == "\\U" else 6)


def _colon(fault: Fault) -> Finding:
    """Explain a colon where no key can be."""
    start, end = fault.scalar
    key = fault.text[fault.line_start : fault.at].strip()
    if start == end or not key or fault.text[end : fault.at].strip(" \t"):
        return fault.finding("a colon makes no sense here", _QUOTE_HINT, fault.at)
    if end - start > _LONGEST_KEY:
        return _long_key(fault, start)
    if start >= fault.line_start:
        hint = f"{_QUOTE_HINT}, or begin the inner mapping on a line of its own"
        return fault.finding("a colon and a blank cannot stand inside a value", hint, fault.at)
    if fault.text[start] in _QUOTES:
        return _after_quote(fault)
    if fault.text[_line_start(fault.text, start) : start].strip(" -?"):
        return _too_deep(fault, key)
    line_end = _line_end(fault.text, start)
    return fault.finding(f"`{excerpt(fault.text[start:line_end])}` has no colon", _COLON_HINT, start, line_end)


def _too_deep(fault: Fault, key: str) -> Finding:
    """Explain a key that YAML takes for more text of the value above it."""
    if key.startswith("- "):
        message, hint = "a list begins here, but the key above has a value already", "remove that value"
    else:
        message = f"`{excerpt(key)}` is indented deeper than the key above, which has a value already"
        hint = "begin it in the same column as that key"
    return fault.finding(message, hint, fault.text.index(key, fault.line_start), fault.at)


def _item(fault: Fault) -> Finding:
    hint = "begin the list on the next line, or write it as [a, b]; text that begins with `- ` needs quotes"
    return fault.finding("a list cannot begin here: `- ` has to be the first on its line", hint, fault.at)


def _question_mark(fault: Fault) -> Finding:
    return fault.finding("a value without quotes cannot begin with `? `", _QUOTE_HINT, fault.at)


def _no_key(fault: Fault) -> Finding:
    return fault.finding("a key is missing before the colon", _COLON_HINT, fault.at)


def _long_key(fault: Fault, start: int) -> Finding:
    return fault.finding("a key here has more than 1,024 characters", "shorten it", start)


def _no_colon(fault: Fault) -> Finding:
    end = _line_end(fault.text, fault.since)
    if end - fault.since > _LONGEST_KEY and fault.text[fault.since] in _QUOTES:
        return _long_key(fault, fault.since)
    return fault.finding(f"`{excerpt(fault.text[fault.since : end])}` has no colon", _COLON_HINT, fault.since, end)


def _misplaced(fault: Fault) -> Finding:
    """Explain what stands where a block wants its next key or item, or the document its end."""
    before = fault.text[fault.line_start : fault.at].rstrip()
    if fault.character in _CLOSING.values():
        return fault.finding(f"nothing is open that `{fault.character}` could close", "remove it", fault.at)
    if before:
        return _after_value(fault, before)
    if fault.character == ":":
        return _no_key(fault)
    return _indentation(fault)


def _after_value(fault: Fault, before: str) -> Finding:
    if before[-1] in _QUOTES:
        return _after_quote(fault)
    if before[-1] in _CLOSING.values():
        hint = "a value that begins with a bracket and goes on as text needs quotes"
        return fault.finding("the value ended with the bracket before this", hint, fault.at)
    if fault.character == ":":
        return _no_key(fault)
    return fault.finding("the value ended before this", _QUOTE_HINT, fault.at)


def _after_quote(fault: Fault) -> Finding:
    start, _ = fault.scalar
    if start < fault.line_start:
        line = _line_number(fault.text, start)
        message = f"the text in quotes that began on line {line} ends before this"
        return fault.finding(message, f"is its closing quote missing on line {line}?", fault.at)
    hint = f"{_QUOTE_HINT}; an apostrophe inside single quotes is written twice"
    return fault.finding("the value ended with the quote before this", hint, fault.at)


def _indentation(fault: Fault) -> Finding:
    column = fault.at - fault.line_start
    open_column = fault.since - _line_start(fault.text, fault.since)
    open_line = _line_number(fault.text, fault.since)
    if "document" in fault.problem:
        message = "this line does not belong to what is above: the document was complete"
        hint = "begin all keys of the outermost mapping in the same column"
    elif column != open_column:
        message = "the indentation of this line fits nothing above"
        hint = f"the block it could belong to begins in column {open_column + 1}, on line {open_line}"
    elif "mapping" in fault.context:
        message = f"a list item stands among the keys of the mapping that begins on line {open_line}"
        hint = "a list begins on the line after its key; a mapping holds only `key: value`"
    else:
        message = f"this stands among the items of the list that begins on line {open_line}"
        hint = "begin the line with `- `, or indent it as the key it belongs to"
    return fault.finding(message, hint, fault.at, _line_end(fault.text, fault.at))


def _in_brackets(fault: Fault) -> Finding:
    """Explain what stands between brackets where a comma or the closing bracket is wanted."""
    outdented = fault.line_start > fault.since and _indent(fault.text, fault.at) <= _indent(fault.text, fault.since)
    if fault.character in (*_CLOSING.values(), "") or outdented:
        return _unclosed_bracket(fault, fault.since)
    start, end = fault.scalar
    adjacent = not fault.text[end : fault.at].strip()
    if adjacent and fault.character == ":" and end - start > _LONGEST_KEY:
        return _long_key(fault, start)
    if adjacent and fault.text[start] in _QUOTES:
        return _after_quote(fault)
    if fault.character == ":" and adjacent and start < fault.line_start:
        key = fault.text[fault.line_start : fault.at].strip()
        begin = fault.text.index(key, fault.line_start)
        return fault.finding(f"a comma is missing before `{excerpt(key)}`", "add it", begin, fault.at)
    if fault.character == ":":
        hint = f"add a comma before the key, or {_QUOTE_HINT}"
        return fault.finding("a colon and a blank cannot stand inside a value", hint, fault.at)
    closing = _CLOSING.get(fault.text[fault.since], "]")
    return fault.finding(f"a comma or `{closing}` is missing before this", f"add it, or {_QUOTE_HINT}", fault.at)


def _indent(text: str, index: int) -> int:
    line = text[_line_start(text, index) :]
    return len(line) - len(line.lstrip(" "))


def _unclosed_bracket(fault: Fault, opened: int) -> Finding:
    bracket = fault.text[opened]
    closing = _CLOSING.get(bracket, "]")
    if fault.character in _CLOSING.values():
        message = f"`{fault.character}` cannot close the `{bracket}` of line {_line_number(fault.text, opened)}"
        return fault.finding(message, f"add `{closing}` before it", fault.at)
    before = f" before line {_line_number(fault.text, fault.at)}" if fault.character else ""
    hint = f"add the missing `{closing}`, or a comma between the entries"
    return fault.finding(f"the `{bracket}` opened here is not closed{before}", hint, opened)


def _no_content(fault: Fault) -> Finding:
    """Explain what stands where a value can begin, and cannot be its beginning."""
    if fault.bracket is None:
        return _bad_start(fault)
    if fault.character == ",":
        return fault.finding("an entry is missing before this comma", "remove the comma", fault.at)
    if fault.character in (*_CLOSING.values(), "") or fault.at == fault.line_start:
        return _unclosed_bracket(fault, fault.bracket)
    if fault.character == ":" and not fault.text[fault.at + 1 : fault.at + 2].strip():
        return _no_key(fault)
    return _bad_start(fault)


def _colon_at_end(fault: Fault) -> Finding:
    hint = f"{_QUOTE_HINT}, or add what is missing after the colon"
    return fault.finding("between brackets a value cannot end with a colon", hint, fault.at)


def _block_header(fault: Fault) -> Finding:
    message = "nothing but an indentation digit, + or - can follow `|` or `>` on its line"
    return fault.finding(message, "begin the text on the next line, or put a value that begins so in quotes", fault.at)


def _alias(fault: Fault) -> Finding:
    message = f"`{fault.text[fault.since]}` at the beginning of a value means an anchor or alias, which is not allowed"
    return fault.finding(message, "put the value in quotes if it is text", fault.since, code="FE005")


def _tag(fault: Fault) -> Finding:
    message = "`!` at the beginning of a value means a tag, which is not allowed"
    return fault.finding(message, "put the value in quotes if it is text", fault.since, code="FE004")


def _directive(fault: Fault) -> Finding:
    message = "a line that begins with % is a YAML directive, and this one is not known"
    return fault.finding(message, "remove the line: none is needed", fault.line_start)


_RULES: tuple[tuple[str, str, Callable[[Fault], Finding]], ...] = (
    # part of the context, part of the problem; the first that fits counts
    ("", "tab character", _tab),
    ("", "cannot start any token", _bad_start),
    ("quoted scalar", "unexpected end of stream", _unclosed_quote),
    ("quoted scalar", "unexpected document", _unclosed_quote),
    ("quoted scalar", "unknown escape character", _unknown_escape),
    ("quoted scalar", "hex", _short_escape),
    ("quoted scalar", "invalid Unicode character", _no_such_character),
    ("plain scalar", "unexpected ':'", _colon_at_end),
    ("", "mapping values are not allowed", _colon),
    ("", "sequence entries are not allowed", _item),
    ("", "mapping keys are not allowed", _question_mark),
    ("simple key", "could not find expected ':'", _no_colon),
    ("block mapping", "expected", _misplaced),
    ("block collection", "expected", _misplaced),
    ("", "<document start>", _misplaced),
    ("a flow ", "expected ',' or", _in_brackets),
    (" node", "node content", _no_content),
    ("block scalar", "line break", _block_header),
    ("block scalar", "indentation indicator", _block_header),
    ("an alias", "", _alias),
    ("an anchor", "", _alias),
    ("a tag", "", _tag),
    ("", "tag handle", _tag),
    ("directive", "", _directive),
    ("", "YAML document", _directive),
    ("", "directive", _directive),
)
