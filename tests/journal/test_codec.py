from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flowengine.core.answers import (
    Arrived,
    Broken,
    Elapsed,
    HttpAnswer,
    Invalid,
    NoCallback,
    Outcome,
    Refused,
    Returned,
    TimedOut,
)
from flowengine.core.entries import Completed, Entry, Requested, Started, Stopped
from flowengine.core.plan import Limits
from flowengine.journal.codec import LARGEST, decode, encode
from flowengine.journal.faults import JournalCorrupt

texts = st.text(st.characters(exclude_categories=("Cs",)), max_size=20)
times = st.floats(0, 4e9, allow_nan=False)
numbers = st.integers() | st.floats(allow_nan=False, allow_infinity=False)
json_values = st.recursive(
    st.none() | st.booleans() | numbers | texts,
    lambda inner: st.lists(inner) | st.dictionaries(texts, inner),
    max_leaves=8,
)
counts = st.integers(1, 1000)
maps = st.dictionaries(texts, json_values, max_size=3)
answers = st.one_of(
    st.builds(
        HttpAnswer, st.integers(100, 599), st.dictionaries(texts, texts, max_size=3), json_values, st.none() | texts
    ),
    st.builds(TimedOut, texts),
    st.builds(Broken, texts),
    st.builds(Refused, texts),
    st.builds(Invalid, texts),
    st.builds(Outcome, texts, st.none() | maps, st.none() | maps, st.none() | texts),
    st.just(Elapsed()),
    st.builds(Arrived, texts, texts, json_values),
    st.just(NoCallback()),
    st.builds(Returned, st.none() | texts, texts, maps, st.none() | texts),
)
later = st.one_of(
    st.builds(Requested, texts, counts, counts, texts, times),
    st.builds(Completed, texts, counts, counts, answers, times, times),
    st.builds(Stopped, times, texts, texts),
)
started = st.builds(Started, texts, texts, times, json_values, maps, st.builds(Limits, counts, counts, counts), counts)

GOLDEN: list[tuple[Entry, str]] = [
    (
        Started("r-1", "sha256:0", 1.5, {"sms": None}, {"n": 0}, Limits(10, 2, 3), 1),
        (
            '{"entry":"started","version":2,"run":"r-1","digest":"sha256:0","at":1.5,"trigger":{"sms":null},'
            '"variables":{"n":0},"limits":{"steps":10,"visits":2,"depth":3},"depth":1}'
        ),
    ),
    (
        Requested("a", 1, 2, "r-1:a:1", 2.5),
        '{"entry":"requested","version":2,"node":"a","visit":1,"attempt":2,"key":"r-1:a:1","at":2.5}',
    ),
    (
        Completed("a", 1, 2, HttpAnswer(200, {"tid": "t"}, {"é": [1.0]}, None), 2.5, 3.5),
        (
            '{"entry":"completed","version":2,"node":"a","visit":1,"attempt":2,"answer":{"answer":"http","status":200,'
            '"headers":{"tid":"t"},"body":{"é":[1.0]},"text":null},"started_at":2.5,"at":3.5}'
        ),
    ),
    (
        Completed("a", 1, 1, Outcome("yes", {"a": 1}, None, None), 2.5, 3.5),
        (
            '{"entry":"completed","version":2,"node":"a","visit":1,"attempt":1,"answer":{"answer":"outcome",'
            '"outcome":"yes","outputs":{"a":1},"variables":null,"reason":null},"started_at":2.5,"at":3.5}'
        ),
    ),
    *(
        (
            Completed("a", 1, 1, answer, 2.5, 3.5),
            (
                f'{{"entry":"completed","version":2,"node":"a","visit":1,"attempt":1,"answer":{{"answer":"{name}"{rest}}},'
                '"started_at":2.5,"at":3.5}'
            ),
        )
        for answer, name, rest in (
            (TimedOut("late"), "timed-out", ',"reason":"late"'),
            (Broken("why"), "broken", ',"reason":"why"'),
            (Refused("why"), "refused", ',"reason":"why"'),
            (Invalid("why"), "invalid", ',"reason":"why"'),
            (Elapsed(), "elapsed", ""),
            (NoCallback(), "no-callback", ""),
            (Arrived("event:a:b", "a", {"n": 1}), "arrived", ',"key":"event:a:b","name":"a","body":{"n":1}'),
            (
                Returned("Done", "success", {"n": 1}, None),
                "returned",
                ',"end":"Done","result":"success","outputs":{"n":1},"reason":null',
            ),
        )
    ),
    (Stopped(4.0, "cancelled", "why"), '{"entry":"stopped","version":2,"at":4.0,"status":"cancelled","reason":"why"}'),
]


@pytest.mark.parametrize(("entry", "text"), GOLDEN)
def test_the_form_of_entries_stays(entry: Entry, text: str) -> None:
    """Files of this form are on people's disks: a change needs a new version, and a reader for this one."""
    assert encode(entry) == text
    assert decode(text, "r-1", 0 if isinstance(entry, Started) else 1) == entry


@pytest.mark.parametrize(("entry", "text"), GOLDEN)
def test_what_version_1_wrote_is_read(entry: Entry, text: str) -> None:
    old = text.replace('"version":2', '"version":1').replace(',"depth":3},"depth":1}', "}}")
    if isinstance(entry, Started):
        entry = entry._replace(depth=0, limits=entry.limits._replace(depth=Limits().depth))
    assert decode(old, "r-1", 0 if isinstance(entry, Started) else 1) == entry


@given(started)
def test_what_started_comes_back(entry: Started) -> None:
    assert decode(encode(entry), "r", 0) == entry


@given(later)
def test_what_happened_comes_back(entry: Entry) -> None:
    back = decode(encode(entry), "r", 1)
    assert back == entry
    assert encode(back) == encode(entry)


def changed(seq: int, **change: Any) -> str:
    return json.dumps({**json.loads(GOLDEN[seq][1]), **change})


COMPLETED = json.loads(GOLDEN[2][1])
WRONG: list[tuple[str, str]] = [
    ("", "Expecting value"),
    ("{", "Expecting"),
    ("[]", "a JSON object with a field 'entry' was expected"),
    ("null", "a JSON object with a field 'entry' was expected"),
    ("{}", "a JSON object with a field 'entry' was expected"),
    ("[" * 100_000, "nested too deeply"),
    ('{"type":"constructor","module":"os","name":"system"}', "a field 'entry' was expected"),
    ('{"entry":"os.system","version":1}', "there is no entry 'os.system'"),
    ('{"entry":["completed"],"version":1}', "a field 'entry' was expected"),
    (changed(2, version=3), "version 3 is not known; this flowengine knows up to 2"),
    (changed(2, version=0), "version 0 is not known"),
    (changed(2, version="1"), "version '1' is not known"),
    (changed(2, version=True), "version True is not known"),
    (changed(2, lc=1), "does not have a field 'lc'"),
    (json.dumps({key: value for key, value in COMPLETED.items() if key != "visit"}), "has no field 'visit'"),
    (changed(2, visit="1"), "'1' is not a whole number"),
    (changed(2, visit=True), "True is not a whole number"),
    (changed(2, visit=1.0), "1.0 is not a whole number"),
    (changed(2, node=None), "None is not a text"),
    (changed(2, at="now"), "'now' is not a time"),
    (changed(2, at=True), "True is not a time"),
    (changed(2, answer={"answer": "pickle", "data": "gASV"}), "there is no answer 'pickle'"),
    (changed(2, answer={"answer": "http", "status": 200}), "answer 'http' has no field 'body'"),
    (changed(2, answer={"answer": "elapsed", "__class__": "os"}), "does not have a field '__class__'"),
    (changed(2, answer={**COMPLETED["answer"], "headers": {"a": 1}}), "1 is not a text"),
    (changed(2, answer={**COMPLETED["answer"], "headers": []}), r"\[\] is not an object"),
    (changed(2, answer="http"), "a field 'answer' was expected"),
    (changed(2, node="x" * (1 << 20), visit="y" * (1 << 20)), "'yyyyy[y…]{1,100} is not a whole number$"),
    (GOLDEN[2][1].replace("[1.0]", "[NaN]"), "NaN is not JSON"),
    (GOLDEN[2][1].replace("[1.0]", "[-Infinity]"), "-Infinity is not JSON"),
    (GOLDEN[2][1].replace("[1.0]", "[1e999]"), "1e999 is too large a number"),
    (GOLDEN[2][1].replace("[1.0]", r'["\ud800"]'), "half a character"),
    (GOLDEN[2][1].replace("[1.0]", "[" + "9" * 5000 + "]"), "Exceeds the limit"),
    (GOLDEN[0][1], "a run begins with a Started entry, and has one only"),
    (GOLDEN[0][1].replace('"visits":2', '"visits":"2"'), "'2' is not a whole number"),
    (GOLDEN[0][1].replace('"visits"', '"runs"'), "are not limits"),
]


@pytest.mark.parametrize(("text", "words"), WRONG, ids=range(len(WRONG)))
def test_what_was_changed_is_not_read(text: str, words: str) -> None:
    with pytest.raises(JournalCorrupt, match=words) as fault:
        decode(text, "r-1", 7)
    assert (fault.value.run, fault.value.seq, fault.value.code) == ("r-1", 7, "damaged")
    assert "run 'r-1', entry 7" in str(fault.value)


def test_a_run_begins_with_its_beginning() -> None:
    with pytest.raises(JournalCorrupt, match="a run begins with"):
        decode(GOLDEN[1][1], "r-1", 0)


def test_an_entry_has_a_bound() -> None:
    with pytest.raises(ValueError, match="can be kept"):
        encode(Stopped(1.0, "failed", "x" * LARGEST))
