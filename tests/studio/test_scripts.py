from __future__ import annotations

import pytest

from flowengine.studio.scripts import renamed_in


@pytest.mark.parametrize(
    ("script", "renamed"),
    [
        ("text = text.trim();", "words = words.trim();"),
        ("chat.text || text", "chat.text || words"),
        ("[...text]", "[...words]"),
        ("({text: text})", "({text: words})"),
        ("a ? text : b", "a ? words : b"),
        ("'text' // text\n/* text */ text", "'text' // text\n/* text */ words"),
        ("`text ${text} of text`", "`text ${words} of text`"),
        ("context + text2 + $text", "context + text2 + $text"),
    ],
)
def test_a_variable_is_renamed_as_a_name_only(script: str, renamed: str) -> None:
    assert renamed_in(script, "text", "words") == renamed
