from __future__ import annotations

import json
import time
from typing import Any

import pytest

from flowengine.catalogue.handlers.data_parser import data_parser
from flowengine.core.answers import Answer, Broken, Invalid, Outcome
from flowengine.core.wants import Compute

ORDER = {
    "id": "A-1",
    "total": 12.5,
    "note": None,
    "any name": {"ü": 1},
    "items": [{"name": "pen", "price": 2, "tags": ["a"]}, {"name": "ink", "price": 10.5}, {"name": "cap"}],
}


def call(source: Any, extract: dict[str, str], **inputs: Any) -> Answer:
    given = {"source": source, "extract": extract, **inputs}
    return data_parser(Compute("node", 1, 1, "data-parser", given, {}, 10.0))


def find(path: str, source: Any = ORDER, **inputs: Any) -> dict[str, Any]:
    answer = call(source, {"x": path}, **inputs)
    assert isinstance(answer, Outcome), answer
    assert answer.outcome == "onSuccess"
    return answer.outputs or {}


@pytest.mark.parametrize(
    ("path", "found"),
    [
        ("$.id", "A-1"),
        ("$", ORDER),
        ("$.note", None),
        ("$['any name'].ü", 1),
        ("$.items[0].name", "pen"),
        ("$.items[-1].name", "cap"),
        ("$.items[*].name", ["pen", "ink", "cap"]),
        ("$.items[:2].name", ["pen", "ink"]),
        ("$.items[0,2].name", ["pen", "cap"]),
        ("$..price", [2, 10.5]),
        ("$.items[?@.price > 5].name", ["ink"]),
        ("$.items[?@.price == 2 && @.name == 'pen'].price", [2]),
        ("$.items[?!@.price].name", ["cap"]),
        ("$.items[?length(@.name) == 3 && count(@.*) == 1].name", ["cap"]),
        ("$.items[?@.tags[?@ == 'a']].name", ["pen"]),
        ("$.items[?@.name == $.items[1].name].price", [10.5]),
        ("$.items[?value(@..tags[0]) == 'a'].name", ["pen"]),
    ],
)
def test_json_paths(path: str, found: Any) -> None:
    assert find(path) == {"x": found}
    assert find(path, json.dumps(ORDER)) == {"x": found}


@pytest.mark.parametrize("path", ["$.none", "$.items[9]", "$.items[?@.price > 99]", "$.id.deeper", "$..none"])
def test_a_path_that_finds_nothing_leaves_the_output_unset(path: str) -> None:
    assert find(path) == {}
    assert call(ORDER, {"x": path, "id": "$.id"}) == Outcome("onSuccess", {"id": "A-1"})


def test_values_keep_their_types() -> None:
    source = '{"a": 1, "b": 1.0, "c": "1", "d": true, "e": 12345678901234567890}'
    found = find("$.*", source)["x"]
    assert [(type(one), one) for one in found] == [
        (int, 1),
        (float, 1.0),
        (str, "1"),
        (bool, True),
        (int, 12345678901234567890),
    ]


@pytest.mark.parametrize("source", [5, "5", [1], {"a": 1}, True, None, "null", '"text"'])
def test_any_json_value_is_a_source(source: Any) -> None:
    assert find("$", source) == {"x": json.loads(source) if isinstance(source, str) else source}


def test_text_inside_json_is_not_parsed_again() -> None:
    assert find("$", '"[1]"') == {"x": "[1]"}
    assert find("$[0]", '"[1]"') == {}


@pytest.mark.parametrize(
    ("source", "reason"),
    [
        ("{'a': 1}", "Expecting property name enclosed in double quotes at line 1, column 2"),
        ("", "Expecting value at line 1, column 1"),
        ('{"a": 1, "a": 2}', "the key 'a' is there twice"),
        ("NaN", "NaN is not JSON"),
        ('"\\ud800"', "the text has half a character (a lone surrogate)"),
        ("[" * 65 + "]" * 65, "nested deeper than 64"),
        ("[" * 100_000, "nested deeper than 64"),
    ],
)
def test_a_source_that_is_not_json_is_a_parse_failure(source: str, reason: str) -> None:
    answer = call(source, {"x": "$"})
    assert answer == Outcome("onParseFailure", reason=f"data-parser: the source is not valid: {reason}")


@pytest.mark.parametrize(
    "path",
    [
        "",
        "id",
        "$.",
        "$.items[",
        "$ .id ",
        "$.a | $.b",
        "$.items[?@.name =~ /x/]",
        "$.items[?match(@.name, 'p.*')]",
        "$.items[?search(@.name, 'p')]",
        "$.items[?length(@.name)]",
        "$.items[?length(@.*) > 1]",
        "$.items[?nothing(@.name)]",
        "$.items[?_.x]",
        "$.~",
        "$.items[99999999999999999999]",
        "$[?" + "!" * 900 + "@.a]",
        "$" + ".a" * 500,
        "$['\\ud800']",
    ],
)
def test_a_bad_path_is_invalid_data(path: str) -> None:
    answer = call(ORDER, {"x": path})
    assert isinstance(answer, Invalid)
    assert answer.reason.startswith("input 'extract.x': ")
    assert "\n" not in answer.reason


def test_the_reason_of_a_bad_path_says_what_is_expected() -> None:
    assert call(ORDER, {"x": "order.id"}) == Invalid(
        "input 'extract.x': 'order.id' is not a JSONPath (expected 'TOKEN_ROOT', found 'TOKEN_NAME'): "
        "expected one such as $.order.id or $.items[*].name"
    )


@pytest.mark.parametrize(
    "path",
    [
        "$..*..*..*",
        "$" + "[*,*,*,*]" * 12,
        "$[?count($..*) > 1][?count($..*) > 1]",
        "$[?@[?@[?@..a]]]",
        "$[" + "0," * 300 + "0][" + "0," * 150 + "0][?@ == 99]",
        "$[?@[?@[?@ == count($..*)]]]",
    ],
)
def test_the_work_of_a_path_is_bounded(path: str) -> None:
    wide = [[list(range(40)) for _ in range(40)] for _ in range(30)]
    started = time.monotonic()
    assert isinstance(call(wide, {"x": path}), Broken | Outcome)
    assert time.monotonic() - started < 10


def test_a_path_with_too_much_work_says_so() -> None:
    answer = call(json.loads("[" * 20 + "]" * 20), {"x": "$" + "[*,*]" * 19})
    assert answer == Broken("data-parser: 'extract.x' is too much work: the query looks at more than 250,000 places")


def test_long_names_do_not_fill_the_memory() -> None:
    source = {"k" * 500_000: list(range(50_000))}
    assert len(find("$.*[*]", source)["x"]) == 50_000


def test_outputs_are_no_larger_than_a_run_may_hold() -> None:
    answer = call([["x" * 500_000]], {"x": "$[0,0,0]"})
    assert answer == Broken("data-parser: what was found is larger than 100,000 items or 1,048,576 characters")


SOAP = """
<?xml version="1.0" encoding="latin-1"?>
<s:Envelope xmlns:s="http://schemas.example.com/soap" s:kind="reply">
  <s:Body><order xmlns="http://orders.example.com" id="A-1"><!-- c -->
    <item sku="a"><name>pen &amp; <b>ink</b></name><price>2</price></item>
    <item sku="b"><name><![CDATA[<cap>]]></name></item>
    <item><name> ü😀 </name></item><total/>
  </order></s:Body>
</s:Envelope>
"""


@pytest.mark.parametrize(
    ("path", "found"),
    [
        ("/Envelope/Body/order/@id", "A-1"),
        ("Envelope/Body/order/@id", "A-1"),
        ("//order/item/name", "pen & ink"),
        ("//name/text()", "pen &"),
        ("//item[2]/name", "<cap>"),
        ("//item[last()]/name", "ü😀"),
        ("//item[@sku='b']/name", "<cap>"),
        ('//item[@sku="b"]/name', "<cap>"),
        ("//item[@sku][2]/name", "<cap>"),
        ("//item[price]/@sku", "a"),
        ("//item[price='2']/name/b", "ink"),
        ("/*/*/*/*[2]/@sku", "b"),
        ("//{http://orders.example.com}total", ""),
        ("/Envelope/@{http://schemas.example.com/soap}kind", "reply"),
        ("//item//b", "ink"),
        ("/Envelope", "pen & ink2 <cap> ü😀"),
    ],
)
def test_xml_paths(path: str, found: str) -> None:
    text = find(path, SOAP, format="xml")["x"]
    assert " ".join(text.split()) == " ".join(found.split())


@pytest.mark.parametrize(
    "path",
    [
        "//none",
        "/order",
        "//item[9]",
        "//item[0]",
        "//item/@none",
        "/Envelope/@kind",
        "//{http://other.example.com}item",
    ],
)
def test_an_xml_path_that_finds_nothing_leaves_the_output_unset(path: str) -> None:
    assert find(path, SOAP, format="xml") == {}


@pytest.mark.parametrize(
    "path",
    [
        "",
        "/",
        "//",
        "@id",
        "//item[",
        "//item[]",
        "//item[position()=1]",
        "//item[-1]",
        "//item[name='x' and price]",
        "//item/..",
        "//item | //total",
        "count(//item)",
        "///item",
        "//item/text()/@id",
        "item//",
        "/a" * 21,
        "//item" + "[1]" * 9,
        "//a" * 5,
        "/" + "a" * 1000,
    ],
)
def test_a_bad_xml_path_is_invalid_data(path: str) -> None:
    answer = call(SOAP, {"x": path}, format="xml")
    assert isinstance(answer, Invalid)
    assert answer.reason.startswith("input 'extract.x': ")


def test_a_prefix_in_an_xml_path_is_told_apart() -> None:
    assert call(SOAP, {"x": "/s:Envelope/s:Body"}, format="xml") == Invalid(
        "input 'extract.x': '/s:Envelope/s:Body': "
        "leave out the prefix before ':Envelope/s:Body', a name matches in every namespace"
    )


LAUGHS = "<!DOCTYPE x [<!ENTITY a 'aaaaaaaaaa'>" + "".join(
    f"<!ENTITY {b} '{f'&{a};' * 10}'>" for a, b in zip("abcdefgh", "bcdefghi", strict=True)
)


@pytest.mark.parametrize(
    ("source", "reason"),
    [
        ("", "no element found at line 1, column 1"),
        ("text", "syntax error at line 1, column 1"),
        ("<a>", "no element found at line 1, column 4"),
        ("<a></b>", "mismatched tag at line 1, column 6"),
        ("<a/><b/>", "junk after document element at line 1, column 5"),
        ("<a>&amp</a>", "not well-formed (invalid token) at line 1, column 8"),
        ("<a>&eacute;</a>", "undefined entity at line 1, column 4"),
        ("<p:a/>", "unbound prefix at line 1, column 1"),
        ("<a>\ud800</a>", "the text has half a character (a lone surrogate)"),
        (LAUGHS + "]><x>&i;</x>", "a document type (<!DOCTYPE ...>) is not taken"),
        ("<!DOCTYPE x SYSTEM 'file:///etc/passwd'><x/>", "a document type (<!DOCTYPE ...>) is not taken"),
        (
            "<!DOCTYPE x [<!ENTITY e SYSTEM 'file:///etc/passwd'>]><x>&e;</x>",
            "a document type (<!DOCTYPE ...>) is not taken",
        ),
        ("<a>" * 65 + "</a>" * 65, "elements are nested deeper than 64"),
        ("<a>" + "<b/>" * 100_000 + "</a>", "there are more than 100,000 elements and attributes"),
        ("<a>" + "x" * (1 << 20) + "</a>", "the text has more than 1,048,576 characters"),
    ],
)
def test_a_source_that_is_not_xml_is_a_parse_failure(source: str, reason: str) -> None:
    answer = call(source, {"x": "/a"}, format="xml")
    assert answer == Outcome("onParseFailure", reason=f"data-parser: the source is not valid: {reason}")


def test_the_deepest_xml_is_read() -> None:
    assert find("//b", "<a>" * 63 + "<b>x</b>" + "</a>" * 63, format="xml") == {"x": "x"}


def test_an_xml_source_is_text() -> None:
    answer = call({"a": 1}, {"x": "/a"}, format="xml")
    assert answer == Invalid("input 'source': XML is text, this is object")


@pytest.mark.parametrize("path", ["//*" * 4, "//a[last()]", "//*[b='x'][c='y'][d='z']", "//a" * 4 + "/a" * 16])
def test_the_work_of_an_xml_path_is_bounded(path: str) -> None:
    deep = "<r>" + ("<a>" * 60 + "</a>" * 60) * 1600 + "</r>"
    started = time.monotonic()
    assert isinstance(call(deep, {"x": path}, format="xml"), Outcome)
    assert time.monotonic() - started < 10
