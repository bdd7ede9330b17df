from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flowengine.core.references import (
    BadReference,
    Missing,
    Reference,
    compile_template,
    descend,
    is_whole,
    references_in,
    respell,
    split_template,
)
from flowengine.core.values import MAX_DEPTH, MAX_TEXT, TooLarge

SCOPE: dict[str, Any] = {"trigger": {"sms": {"text": "hi", "n": 3}}, "list": [1, {"a b": None}], "x": True, "deep": []}

SPLITS: list[tuple[str, list[str | Reference]]] = [
    ("", [""]),
    ("text", ["text"]),
    ("$(a)", [Reference("a", (), 0)]),
    ("$(a.b-c._d)", [Reference("a", ("b-c", "_d"), 0)]),
    ("$(a[0][12].b)", [Reference("a", (0, 12, "b"), 0)]),
    ('$(a["b c"]["d\\"e"])', [Reference("a", ("b c", 'd"e'), 0)]),
    ('$(a["\\u00e9"][""])', [Reference("a", ("é", ""), 0)]),
    ("x $(a) y", ["x ", Reference("a", (), 2), " y"]),
    ("$(a)$(b)", [Reference("a", (), 0), Reference("b", (), 4)]),
    ("$(a)$", [Reference("a", (), 0), "$"]),
    ("$$(a)", ["$(a)"]),
    ("$$(a) $(b)", ["$(a) ", Reference("b", (), 6)]),
    ("$$($(a)", ["$(", Reference("a", (), 3)]),
    ("$(a)$$(b)", [Reference("a", (), 0), "$(b)"]),
    ("$$$(a)", ["$$(a)"]),
    ("$ ( $a) (a) $", ["$ ( $a) (a) $"]),
]
NO_REFERENCES = [
    *("$()", "$(1)", "$(.a)", "$(a", "$(a.)", "$(a..b)", "$(a b)", "$( a)", "$(a )", "$(a[)", "$(a[])", "$(a[-1])"),
    *("$(a[01])", "$(a['b'])", '$(a["b)', '$(a["\\x"])', '$(a["\\ud800"])', "$(a[0]b)", "$(a())", "$(é)", "$(a.é)"),
    *("$(a|b)", "$(a + b)", "$($(a))", "$(a.0)", '$(a["b\nc"])', "$(a[99999999999999999999" + "9" * 5000 + "])"),
]


@pytest.mark.parametrize(("text", "parts"), SPLITS)
def test_a_text_is_split_into_literals_and_references(text: str, parts: list[str | Reference]) -> None:
    assert split_template(text) == parts


@pytest.mark.parametrize("text", NO_REFERENCES, ids=lambda text: text[:24])
def test_what_is_no_reference_is_an_error_at_its_place(text: str) -> None:
    with pytest.raises(BadReference, match="is not a reference") as caught:
        split_template("some " + text)
    assert caught.value.offset == 5
    assert len(str(caught.value)) < 250


ROOTS = st.from_regex(r"[A-Za-z_][A-Za-z0-9_-]{0,8}", fullmatch=True)
PATHS = st.lists(st.integers(0, 99) | st.text(max_size=6), max_size=4)


@given(ROOTS, PATHS)
def test_a_reference_reads_as_it_is_written(root: str, path: list[str | int]) -> None:
    reference = Reference(root, tuple(path))
    assert split_template(str(reference)) == [reference]
    assert is_whole(str(reference))


@given(st.text(alphabet="$(ab.)[0]\"' ", max_size=20))
def test_any_text_is_a_template_or_a_bad_reference(text: str) -> None:
    try:
        parts = split_template(text)
    except BadReference as fault:
        parts = [text[: fault.offset], text[fault.offset :]]
        found = str(parts[1])
    else:
        found = "$("
    assert found.startswith("$(")
    assert "".join(map(str, parts)).count("$(") == text.count("$(")


VALUES: list[tuple[Any, Any]] = [
    ("plain", "plain"),
    ("$(x)", True),
    ("$(trigger.sms)", {"text": "hi", "n": 3}),
    ("$(trigger.sms.n)", 3),
    ("$(list[0])", 1),
    ('$(list[1]["a b"])', None),
    (" $(trigger.sms.n)", " 3"),
    ("$(trigger.sms)", {"text": "hi", "n": 3}),
    ("is $(trigger.sms)", 'is {"text":"hi","n":3}'),
    ('$(x)$(list[1]["a b"])', "truenull"),
    (12, 12),
    (None, None),
    ([], []),
    ({"a": ["$(x)", {"b": "$(trigger.sms.text)!"}]}, {"a": [True, {"b": "hi!"}]}),
    ({"$(x)": "$(x)"}, {"$(x)": True}),
    (["$$(x)"], ["$(x)"]),
    ({"a": {"b": "$$(x)"}, "c": 1}, {"a": {"b": "$(x)"}, "c": 1}),
]


@pytest.mark.parametrize(("template", "value"), VALUES)
def test_a_template_is_filled_in(template: Any, value: Any) -> None:
    found = compile_template(template)(SCOPE)
    assert found == value
    assert type(found) is type(value)


@pytest.mark.parametrize(
    "text",
    ["$(nobody)", "$(nobody.x)", "$(trigger.email)", "$(list.a)", "$(trigger[0])", "$(list[2])", "$(x.a)", "$(x[0])"],
)
@pytest.mark.parametrize("around", ["{}", "say {}", "{}{}"])
def test_what_is_not_there_is_missing(text: str, around: str) -> None:
    with pytest.raises(Missing, match="is not there") as caught:
        compile_template([around.format(text, text)])(SCOPE)
    assert str(caught.value.reference) == text


def test_whole_values_that_are_missing_can_be_dropped() -> None:
    template = {"a": "$(nobody)", "b": {"c": "$(list.none)", "d": "$(x)"}, "e": [{"f": "$(nobody)"}], "g": 1}
    assert compile_template(template, drop_missing=True)(SCOPE) == {"b": {"d": True}, "e": [{}], "g": 1}
    assert compile_template({"a": 1}, drop_missing=True)(SCOPE) == {"a": 1}


@pytest.mark.parametrize("value", ["say $(nobody)", "$(nobody) says", ["$(nobody)"], {"a": "say $(nobody)"}])
def test_only_whole_values_of_a_key_can_be_dropped(value: Any) -> None:
    with pytest.raises(Missing):
        compile_template({"key": value}, drop_missing=True)(SCOPE)


def test_a_text_cannot_grow_without_bound() -> None:
    half = "x" * (MAX_TEXT // 2)
    join = compile_template("$(a)$(a)")
    assert len(join({"a": half})) == MAX_TEXT
    with pytest.raises(TooLarge, match="longer than"):
        join({"a": half + "x"})


def test_a_container_cannot_grow_without_bound() -> None:
    wrap = compile_template(["$(deep)"])
    value: Any = []
    for _ in range(MAX_DEPTH):
        value = wrap({"deep": value})
    with pytest.raises(TooLarge, match="nested deeper"):
        wrap({"deep": value})


def test_references_are_found_at_any_depth() -> None:
    template = {"a": ["$(x) and $(y.z)", 1, None], "b": {"c": "$$(no)"}, "$(key)": "$(w)"}
    assert [str(one) for one in references_in(template)] == ["$(x)", "$(y.z)", "$(w)"]


@pytest.mark.parametrize(
    ("text", "again"),
    [
        ("$(ask.old)", "$(ask.new)"),
        ('$(ask["old"])', "$(ask.new)"),
        ("$(ask.old.old[0])", "$(ask.new.old[0])"),
        ("$$(ask.old) $(ask.old) $(ask.older) $$$(ask.old)", "$$(ask.old) $(ask.new) $(ask.older) $$$(ask.old)"),
        ('$(other.old) $(ask) $(ask[0]) $(ask["a b"])', '$(other.old) $(ask) $(ask[0]) $(ask["a b"])'),
        ('$(ask.old) $(x["y"])', "$(ask.new) $(x.y)"),
    ],
)
def test_respelling_keeps_what_a_template_means(text: str, again: str) -> None:
    assert respell(text, {("ask", "old"): "new"}) == again


def test_descend_never_takes_a_position_of_a_text_or_an_attribute() -> None:
    for value, path in (
        ("abc", (0,)),
        ("abc", ("__class__",)),
        ([1], ("append",)),
        ({}, ("__class__",)),
        (None, ("a",)),
    ):
        with pytest.raises(LookupError):
            descend(value, path)
