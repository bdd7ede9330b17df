"""From a wanted request to an httpx one. What cannot be sent safely is refused with a sentence (ValueError)."""

from __future__ import annotations

import functools
import json
import re
from collections.abc import Iterator, Mapping
from typing import Final
from urllib.parse import quote, urlencode

import httpx

from flowengine.core.wants import HttpRequest

# Written by the transport, or decided by the engine: a second opinion would break the framing or reach another host.
RESERVED_HEADERS: Final = frozenset(
    {"accept-encoding", "connection", "content-length", "expect", "host", "keep-alive", "proxy-authorization"}
    | {"proxy-connection", "te", "trailer", "transfer-encoding", "upgrade"}
)
_METHODS_WITH_BODY: Final = frozenset({"POST", "PUT", "PATCH"})
_METHOD: Final = re.compile(r"[A-Z]{1,20}")
_HEADER_NAME: Final = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_HEADER_VALUE: Final = re.compile(r"[\t\x20-\x7e]*")
_HOST: Final = re.compile(rb"[0-9a-z_]([0-9a-z._-]*[0-9a-z.])?|[0-9a-f:.]*:[0-9a-f:.]*")
_DOT_SEGMENT: Final = re.compile(r"(^|/)(\.|%2[Ee]){1,2}(/|$)")
_PATH_SAFE: Final = "/%:@!$&'()*+,;=~"
_HIGHEST_PORT: Final = 65_535
# The attempt as a whole has a limit; httpx's own timeouts stay out of it.
_NO_TIMEOUTS: Final[Mapping[str, dict[str, float | None]]] = {"timeout": {}}


def build_request(request: HttpRequest, base_url: str | None, headers: Mapping[str, str]) -> httpx.Request:
    """Build what is to be sent. ``headers`` are the engine's and win over those of ``request``."""
    if not _METHOD.fullmatch(request.method):
        raise ValueError("the method is not one of HTTP's, such as GET or POST")
    content, content_type = _content(request)
    url = _url(request, base_url)
    framing = [("Host", url.netloc.decode())]
    if content or request.method in _METHODS_WITH_BODY:
        framing.append(("Content-Length", str(len(content))))
    # With `stream`, httpx takes the headers as they are; with `content` it would go through them three times more.
    return httpx.Request(
        request.method,
        url,
        headers=[*framing, *_headers(request, headers, content_type)],
        stream=httpx.ByteStream(content),
        extensions=_NO_TIMEOUTS,
    )


def address_of(request: HttpRequest, base_url: str | None = None) -> httpx.URL:
    """Return the very address that ``build_request`` will send to. Raises ValueError where it would."""
    return _url(request, base_url)


def place_of(request: HttpRequest, base_url: str | None) -> str:
    """Name method and path for people: never credentials or query values."""
    method = request.method if _METHOD.fullmatch(request.method) else "request"
    if not request.absolute:
        path, *_ = re.split("[?#]", request.target, maxsplit=1)
        return f"{method} {quote(path, safe=_PATH_SAFE, errors='replace')}"
    try:
        url = _url(request, base_url)
    except ValueError:
        return f"{method} to an absolute URL"
    return f"{method} {url.scheme}://{url.netloc.decode()}{url.raw_path.partition(b'?')[0].decode()}"


def _content(request: HttpRequest) -> tuple[bytes, str | None]:
    try:
        if request.has_json:
            return json.dumps(request.json, ensure_ascii=False, allow_nan=False).encode(), "application/json"
        if request.form is not None:
            return urlencode(request.form).encode(), "application/x-www-form-urlencoded"
        if request.text is not None:
            return request.text.encode(), "text/plain; charset=utf-8"
    except UnicodeEncodeError:
        raise ValueError("the body has half a surrogate pair, which no text may have") from None
    except (ValueError, TypeError, RecursionError):
        raise ValueError("the body is not JSON: it has NaN, an infinity, or what JSON cannot hold") from None
    return b"", None


def _headers(request: HttpRequest, engine: Mapping[str, str], content_type: str | None) -> Iterator[tuple[str, str]]:
    names = {name.lower() for name in engine}
    wanted = [pair for pair in request.headers if pair[0].lower() not in names]
    wanted += engine.items()
    for name, value in wanted:
        _check_header(name, value)
    yield from wanted
    names.update(name.lower() for name, _ in request.headers)
    if content_type is not None and "content-type" not in names:
        yield "Content-Type", content_type
    if "accept" not in names:
        yield "Accept", "application/json" if request.reads == "json" else "*/*"
    if "user-agent" not in names:
        yield "User-Agent", "flowengine"
    yield "Accept-Encoding", "identity"


def _check_header(name: str, value: str) -> None:
    if not _HEADER_NAME.fullmatch(name):
        raise ValueError(f"{name!r} is not a header name; letters, digits and '-' are")
    if name.lower() in RESERVED_HEADERS:
        raise ValueError(f"header {name!r} is set by the engine; leave it out")
    if not _HEADER_VALUE.fullmatch(value):
        raise ValueError(f"the value of header {name!r} has a line break, a control character or a non-ASCII letter")


def _url(request: HttpRequest, base_url: str | None) -> httpx.URL:
    text, _, _ = (request.target if request.absolute else _below(base_url, request.target)).partition("#")
    if request.query:
        return _checked(f"{text}{'&' if '?' in text else '?'}{_query(request.query)}")
    return _checked_before(text)


def _query(pairs: tuple[tuple[str, str], ...]) -> str:
    try:
        return urlencode(pairs, quote_via=quote)
    except UnicodeEncodeError:
        raise ValueError("the query has half a surrogate pair, which no text may have") from None


def _below(base_url: str | None, target: str) -> str:
    if base_url is None:
        raise ValueError("there is no base URL; give the integration one in the project file")
    path = target if target.startswith("/") else f"/{target}"
    if _DOT_SEGMENT.search(path.partition("?")[0]):
        raise ValueError("the path has a '.' or '..' segment, which would leave its place below the base URL")
    return _base(base_url) + path


@functools.lru_cache(maxsize=64)
def _base(base_url: str) -> str:
    url = _checked(base_url)
    if url.query or url.fragment:
        raise ValueError("the base URL has a query or a fragment")
    return str(url).rstrip("/")


def _checked(text: str) -> httpx.URL:
    try:
        url = httpx.URL(text)
    except (httpx.InvalidURL, ValueError):
        raise ValueError("the URL cannot be read") from None
    if url.scheme not in {"http", "https"}:
        raise ValueError("the URL begins with neither http:// nor https://")
    if url.userinfo:
        raise ValueError("the URL holds a user name or password; store an authorization instead")
    if not _HOST.fullmatch(url.raw_host) or not (url.port is None or 0 < url.port <= _HIGHEST_PORT):
        raise ValueError("the URL has no valid host and port")
    return url


# Parsing a URL is a third of the work of building a request, and most nodes have one fixed path.
_checked_before: Final = functools.lru_cache(maxsize=256)(_checked)
