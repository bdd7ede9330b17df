from __future__ import annotations

from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from flowengine.core.values import same
from flowengine.flowfile.yaml_text import Unwritable, YamlWriter
from flowengine.flowfile.yaml_tree import parse_yaml, to_value

texts = st.text(
    st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="\ufeff\u2028\u2029\x85"), max_size=20
)
scalars = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(10**6), 10**6),
    texts,
    st.sampled_from(["a\nb", "on", "1.10", "$(a.b)", "5m"]),
)
values = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(texts, inner, max_size=4), max_leaves=12
)


@given(values, st.booleans(), st.booleans())
def test_what_is_written_reads_back(value: Any, by_hand: bool, spread: bool) -> None:  # noqa: FBT001 - drawn
    try:
        text = "\n".join(YamlWriter(by_hand=by_hand).lines("key:", value, "", spread=spread))
    except Unwritable:
        assume(condition=False)

    assert same(to_value(parse_yaml(text, "")), {"key": value}), text


@pytest.mark.parametrize(
    ("value", "lines"),
    [
        ("$(search.conversationId)", ["key: $(search.conversationId)"]),
        ("10s", ["key: 10s"]),
        ("+447700900123", ['key: "+447700900123"']),
        ("let a = 1;\na;\n", ["key: |", "  let a = 1;", "  a;"]),
        ("let a = 1;\na;", ["key: |-", "  let a = 1;", "  a;"]),
        ({"on": ["onError"]}, ["key: {on: [onError]}"]),
        ("word " * 30 + "end", ["key: >-", f"  {'word ' * 22}word", f"  {'word ' * 7}end"]),
    ],
)
def test_authors_write_references_durations_and_scripts_plainly(value: Any, lines: list[str]) -> None:
    assert YamlWriter(by_hand=True).lines("key:", value, "") == lines
