from __future__ import annotations

import base64
import hashlib
import html
import json
import threading
import time
from collections.abc import Callable
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from flowengine.redaction import LIVE, PLACEHOLDER, SHORTEST, Redactor

AROUND = "^~\u2603"  # in none of the secrets below, and in no encoding
SECRETS = st.one_of(
    st.text(st.characters(exclude_characters=AROUND, exclude_categories=("Cs",)), min_size=SHORTEST, max_size=60),
    st.text("aB1\\\"'/%&+ =\n\u00e9\U0001f600", min_size=SHORTEST, max_size=30),
    st.binary(min_size=6, max_size=60).map(lambda some: base64.urlsafe_b64encode(some).decode()),
).filter(lambda value: value not in PLACEHOLDER)
SURROUNDINGS = st.text(AROUND, max_size=5)

ENCODINGS: dict[str, Callable[[str], str]] = {
    "plain": str,
    "quote": quote,
    "quote everything": lambda value: quote(value, safe=""),
    "quote, lower case": lambda value: "".join(
        part.lower() if len(part) == 3 else part for part in (quote(one, safe="") for one in value)
    ),
    "quote_plus": quote_plus,
    "quote twice": lambda value: quote(quote(value)),
    "json": lambda value: json.dumps(value)[1:-1],
    "json with umlauts": lambda value: json.dumps(value, ensure_ascii=False)[1:-1],
    "json with escaped slashes": lambda value: json.dumps(value)[1:-1].replace("/", "\\/"),
    "json in json": lambda value: json.dumps(json.dumps(value)[1:-1])[1:-1],
    "json of a quoted one": lambda value: json.dumps(quote(value))[1:-1],
    "hex": lambda value: value.encode().hex(),
    "hex, upper case": lambda value: value.encode().hex().upper(),
    "html": html.escape,
    "python": lambda value: repr(value)[1:-1],
    "python bytes": lambda value: repr(value.encode())[2:-1],
}


def taught(*values: str) -> Redactor:
    redactor = Redactor()
    for value in values:
        redactor.learn(value)
    return redactor


@given(value=SECRETS, encoding=st.sampled_from(sorted(ENCODINGS)), before=SURROUNDINGS, behind=SURROUNDINGS)
@example(value='a\\"b\\\\"c', encoding="json in json", before="^", behind="")
@example(value="%25%2525", encoding="quote twice", before="", behind="^")
@example(value="n\\n\nn\\", encoding="json", before="^", behind="^")
def test_nothing_of_a_secret_is_left_and_nothing_else_is_taken(
    value: str, encoding: str, before: str, behind: str
) -> None:
    text = f"{before}{ENCODINGS[encoding](value)}{behind}"
    redactor = taught(value)
    assert redactor.redact(text) == f"{before}{PLACEHOLDER}{behind}"
    assert redactor.redact_bytes(text.encode()) == f"{before}{PLACEHOLDER}{behind}".encode()


@given(
    value=SECRETS,
    encode=st.sampled_from([base64.b64encode, base64.urlsafe_b64encode]),
    outer=st.sampled_from([str, lambda text: quote(text, safe=""), lambda text: text.replace("/", "\\/")]),
    before=st.binary(max_size=7),
    behind=st.binary(max_size=7),
)
def test_a_secret_within_base64_is_found_at_every_alignment(
    value: str, encode: Callable[[bytes], bytes], outer: Callable[[str], str], before: bytes, behind: bytes
) -> None:
    data = value.encode()
    text = encode(before + data + behind).decode()
    redacted = taught(value).redact(outer(text))
    left, _, right = redacted.partition(PLACEHOLDER)
    assert PLACEHOLDER in redacted
    # Whole characters that stand for nothing but the neighbours may be left.
    assert text.startswith(left) or outer(text).startswith(left)
    assert len(left) <= len(outer(text[: len(before) * 8 // 6]))
    assert len(right) <= len(outer(text[-(-(len(before) + len(data)) * 8 // 6) :]))


@given(text=st.text(), secret=st.integers(min_value=0))
def test_a_text_without_secrets_is_untouched(text: str, secret: int) -> None:
    redactor = taught(hashlib.sha256(str(secret).encode()).hexdigest())
    data = text.encode("utf-8", "surrogatepass")
    assert redactor.redact(text) is text
    assert redactor.redact_bytes(data) is data


@given(value=SECRETS, data=st.binary(max_size=20))
def test_bytes_that_are_no_text_keep_what_is_no_secret(value: str, data: bytes) -> None:
    framed = b"\xff^\xc3" + value.encode() + b"^\x80" + data
    assert taught(value).redact_bytes(framed).startswith(b"\xff^\xc3" + PLACEHOLDER.encode())


def test_secrets_that_overlap_leave_nothing() -> None:
    redactor = taught("abcdefgh", "efghijkl", "abcdef")
    assert redactor.redact("-abcdefghijkl-") == f"-{PLACEHOLDER}-"
    assert redactor.redact("-abcdefg-") == f"-{PLACEHOLDER}g-"
    assert taught("ababab").redact("-abababab-") == f"-{PLACEHOLDER}-"


def test_several_secrets_in_several_spellings() -> None:
    redactor = taught("first-secret", "second secret")
    basic = base64.b64encode(b"me:first-secret").decode()
    assert redactor.redact(f"Basic {basic}&q=second+secret!") == f"Basic bWU6{PLACEHOLDER}&q={PLACEHOLDER}!"


@pytest.mark.parametrize("short", ["", "12345", "secret", PLACEHOLDER])
def test_what_would_eat_the_text_is_not_learnt(short: str) -> None:
    text = f"12345 is no {short}secret"
    assert taught(short).redact(text) is text


def test_redacting_again_changes_nothing() -> None:
    redactor = taught("hunter22", "my[secret]")
    once = redactor.redact("a hunter22 and my[secret]")
    assert once == f"a {PLACEHOLDER} and {PLACEHOLDER}"
    assert redactor.redact(once) is once


def test_a_thousand_old_secrets_are_not_forgotten() -> None:
    values = [hashlib.sha256(str(number).encode()).hexdigest() for number in range(1000)]
    redactor = taught(*values, "p@ss \u00fc!")
    assert redactor.redact(f"<{values[0]}|p@ss+%C3%BC!|{values[-1]}>") == "<[secret]|[secret]|[secret]>"
    long = "x" * 100_000
    assert redactor.redact(f"{long}{values[500]}{long}") == f"{long}{PLACEHOLDER}{long}"


def test_threads_may_teach_and_redact_at_once() -> None:
    redactor = Redactor()
    missed: list[str] = []

    def work(number: int) -> None:
        for turn in range(100):
            value = f"thread-{number}-value-{turn}"
            redactor.learn(value)
            missed.extend(one for one in (redactor.redact(f"<{value}>"),) if one != f"<{PLACEHOLDER}>")

    threads = [threading.Thread(target=work, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not missed


@pytest.mark.parametrize("hostile", ["\\", "%25", "%", "&#0", "a", "\\\\u00", "YW"])
def test_a_hostile_text_costs_no_more_than_its_length(hostile: str) -> None:
    redactor = taught('a\\"\\"\\"\\"\\"\\"\\"%25%25%25&&&\\\\\\z', "aaaaaaaaaaaaaaaaaa\u00fc")
    text = hostile * (500_000 // len(hostile)) + 'a\\"z'
    began = time.perf_counter()
    redactor.redact(text)
    assert time.perf_counter() - began < 10  # each step too many for a character would be minutes


def test_the_process_has_one_redactor() -> None:
    LIVE.learn("a secret of this test")
    assert LIVE.redact("it is a%20secret%20of%20this%20test") == f"it is {PLACEHOLDER}"
