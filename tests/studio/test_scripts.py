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
        ("({text})", "({text: words})"),
        ("return {a, text, b: [text]}", "return {a, text: words, b: [words]}"),
        ("const {text = 1} = chat; text", "const {text: words = 1} = chat; words"),
        ("({text}) => text", "({text: words}) => words"),
        ("x = {text() { return text }}", "x = {text() { return words }}"),
        ("if (a) {text}", "if (a) {words}"),
        ("{text, b}", "{words, b}"),
        ("try {text} finally   {text}", "try {words} finally   {words}"),
        ("a => { text, b }", "a => { words, b }"),
        ("f(a, text)", "f(a, words)"),
        ("{text, ) } ]", "{words, ) } ]"),
        ("context + text2 + $text", "context + text2 + $text"),
    ],
)
def test_a_variable_is_renamed_as_a_name_only(script: str, renamed: str) -> None:
    assert renamed_in(script, "text", "words") == renamed
