from __future__ import annotations

from typing import Any
from urllib.parse import unquote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flowengine.core.references import BadReference, Missing
from flowengine.core.requests import build_request, compile_request
from flowengine.core.wants import HttpRequest


def request(raw: dict[str, Any], **inputs: Any) -> HttpRequest:
    return build_request(compile_request({"method": "POST", "path": "/x", **raw}), inputs)


def test_the_smallest_request() -> None:
    assert request({}) == HttpRequest("POST", "/x")
    assert request({"method": "$(m)"}, m="GET").method == "GET"


@pytest.mark.parametrize(
    ("path", "inputs", "target"),
    [
        ("/a/$(id)/b", {"id": "c-1"}, "/a/c-1/b"),
        ("/a/$(id)", {"id": "x/../y?z=1#f %"}, "/a/x%2F..%2Fy%3Fz%3D1%23f%20%25"),
        ("/a/$(id)", {"id": "ü€😀"}, "/a/%C3%BC%E2%82%AC%F0%9F%98%80"),
        ("/a/$(id)", {"id": "\r\n\0"}, "/a/%0D%0A%00"),
        ("/a/$(id)", {"id": "AZaz09-._~"}, "/a/AZaz09-._~"),
        ("/$(n)-$(b)", {"n": 1.5, "b": True}, "/1.5-true"),
        ("/$(o.k[0])", {"o": {"k": ["v"]}}, "/v"),
        ("/a/$$(id)", {}, "/a/$(id)"),
    ],
)
def test_a_reference_in_a_path_is_one_segment(path: str, inputs: dict[str, Any], target: str) -> None:
    assert request({"path": path}, **inputs).target == target


@pytest.mark.parametrize("value", ["", ".", ".."])
def test_a_segment_that_would_be_another_address_is_refused(value: str) -> None:
    with pytest.raises(ValueError, match=r"\$\(id\) is .* cannot be part of an address"):
        request({"path": "/a/$(id)/b"}, id=value)


@given(st.text(min_size=1))
def test_no_value_leaves_its_segment(value: str) -> None:
    if value in (".", ".."):
        return
    target = request({"path": "/a/$(id)/b"}, id=value).target
    assert target.isascii()
    assert target.count("/") == 3
    assert not set(target) & set("?#\\ \r\n")
    assert unquote(target[3:-2]) == value


def test_half_a_character_is_refused() -> None:
    with pytest.raises(ValueError, match="surrogates"):
        request({"path": "/a/$(id)"}, id="\ud800")


@pytest.mark.parametrize("path", ["/a/$(id)", "/a/$(id.x)", "/a/$(id[0])"])
def test_a_path_needs_its_inputs(path: str) -> None:
    with pytest.raises(Missing):
        request({"path": path}, **({} if path == "/a/$(id)" else {"id": {}}))


def test_an_address_is_taken_as_it_is() -> None:
    built = request({"path": "/x"} | {"url": "https://$(host)/a b"}, host="example.com")
    assert built.target == "/x"
    raw = {"method": "GET", "url": "https://$(host)/a b"}
    built = build_request(compile_request(raw), {"host": "example.com"})
    assert (built.target, built.absolute) == ("https://example.com/a b", True)
    with pytest.raises(Missing):
        build_request(compile_request(raw), {})


PARTS = ["query", "headers", "form"]


@pytest.mark.parametrize("part", PARTS)
def test_pairs(part: str) -> None:
    raw = {
        part: {"a": "$(a)", "b": "$(b)", "c": "$(c)", "d": "$(d)", "e": "$(e)", "f": "x-$(a)", "g": 1, "h": {"k": [1]}}
    }
    built = request(raw, a="1&2=3\r\n", b=[1, "two", None, True], c=None, d=2.5)
    assert getattr(built, part) == (
        ("a", "1&2=3\r\n"),
        ("b", "1"),
        ("b", "two"),
        ("b", "true"),
        ("d", "2.5"),
        ("f", "x-1&2=3\r\n"),
        ("g", "1"),
        ("h", '{"k":[1]}'),
    )


@pytest.mark.parametrize("part", PARTS)
def test_whole_maps(part: str) -> None:
    raw = {part: "$(all)"}
    assert getattr(request(raw, all={"a": [1, 2]}), part) == (("a", "1"), ("a", "2"))
    assert getattr(request(raw, all=None), part) == ()
    assert getattr(request(raw), part) == (None if part == "form" else ())
    for wrong in ([1], "a=1", 3, True):
        with pytest.raises(ValueError, match=f"the request's {part} is .*: expected a map"):
            request(raw, all=wrong)


@pytest.mark.parametrize("part", [*PARTS, "json", "text"])
def test_a_text_that_lacks_a_value_is_not_sent_without_it(part: str) -> None:
    raw = {part: "Dear $(name)" if part == "text" else {"a": "Dear $(name)"}}
    with pytest.raises(Missing):
        request(raw)


def test_json_keeps_types() -> None:
    body = {"n": "$(n)", "t": "$(t)", "none": "$(none)", "deep": [{"n": "$(n)", "none": "$(none)"}], "text": "n=$(n)"}
    built = request({"json": body}, n=1.5, t={"a": [None]})
    assert built.has_json
    assert built.json == {"n": 1.5, "t": {"a": [None]}, "deep": [{"n": 1.5}], "text": "n=1.5"}


def test_a_body_that_is_null_is_a_body() -> None:
    assert (request({"json": "$(b)"}, b=None).has_json, request({"json": None}).has_json) == (True, True)
    assert not request({"json": "$(b)"}).has_json
    assert request({"text": "$(b)"}).text is None
    assert request({"text": "$(b)"}, b={"a": 1}).text == '{"a":1}'
    assert request({"text": "<a>$(b)</a>"}, b=1).text == "<a>1</a>"


def test_first_of_is_the_first_that_is_given() -> None:
    raw = {"firstOf": {"to": ["number", "psId"]}, "json": {"to": "$(to)"}}
    assert request(raw, psId="p", number="n").json == {"to": "n"}
    assert request(raw, psId="p", number=None).json == {"to": "p"}
    assert request(raw).json == {}


@pytest.mark.parametrize("method", ["get", "G", "GET /", "GET\r\nX: 1", "", None, 1, ["GET"]])
def test_a_method_is_one_of_https(method: Any) -> None:
    with pytest.raises(ValueError, match="method"):
        request({"method": "$(m)"}, m=method)


@pytest.mark.parametrize(("value", "reads"), [("text", "text"), ("json", "json"), (None, "json")])
def test_how_an_answer_is_read(value: Any, reads: str) -> None:
    assert request({"reads": "$(r)"}, r=value).reads == reads
    assert request({"reads": "$(r)"}).reads == "json"
    with pytest.raises(ValueError, match="expected json or text"):
        request({"reads": "$(r)"}, r="xml")


@pytest.mark.parametrize("part", ["method", "path", "url", "json", "query", "headers", "form", "text", "reads"])
def test_a_bad_reference_is_told_when_the_type_is_compiled(part: str) -> None:
    raw = {"method": "GET", "path": "/x", part: {"a": "$(1)"} if part in ("json", *PARTS) else "/$(1)"}
    with pytest.raises(BadReference):
        compile_request(raw)
