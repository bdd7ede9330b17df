"""JSONPath (RFC 9535) over parsed JSON, by python-jsonpath in its strict mode, with a bound on the work.

The functions ``match`` and ``search`` are left out: their regular expressions can take for ever on the text of others.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from jsonpath import JSONPath, JSONPathEnvironment, JSONPathError, JSONPathMatch
from jsonpath.filter import BaseExpression, FilterQuery
from jsonpath.selectors import Filter, FilterContext

from flowengine.core.answers import Json
from flowengine.core.values import TooLarge

MAX_QUERY: Final = 1_000
MAX_VISITS: Final = 250_000
"""Places that a query may look at; about a second."""


class BadQuery(ValueError):
    """The text is not a query; the message says why."""


class TooMuchWork(TooLarge):
    """The query looks at more places of the data than it may."""


class _Match(JSONPathMatch):
    """A place in the data, counted, and without its path.

    The library writes the path of each place it looks at, and keeps them all: with long keys, gigabytes.
    What is left to do travels as the filter context, the one thing that reaches every place.
    """

    def new_child(self, obj: object, key: int | str) -> _Match:  # noqa: ARG002 - the library's signature
        budget = self.filter_context()
        _count(budget)
        return _Match(filter_context=budget, obj=obj, parent=None, path="", parts=(), root=self.root)

    def add_child(self, *children: JSONPathMatch) -> None:
        """Keep nothing."""


class _CountedTest(BaseExpression):
    """What a filter tests, counted each time."""

    __slots__ = ("test",)

    def __init__(self, test: BaseExpression) -> None:
        self.test = test
        super().__init__()
        self.volatile = True

    def evaluate(self, context: FilterContext) -> object:
        _count(context.extra_context)
        return self.test.evaluate(context)

    async def evaluate_async(self, context: FilterContext) -> object:
        return self.evaluate(context)

    def children(self) -> list[BaseExpression]:
        return [self.test]

    def set_children(self, children: list[BaseExpression]) -> None:
        (self.test,) = children


def _count(budget: Json) -> None:
    budget["left"] -= 1
    if budget["left"] < 0:
        raise TooMuchWork(f"the query looks at more than {MAX_VISITS:,} places")


class _Path(JSONPath):
    """A query, also one inside a filter, that counts."""

    def finditer(self, data: Json, *, filter_context: Json = None) -> Iterable[JSONPathMatch]:
        root = _Match(filter_context=filter_context, obj=data, parent=None, path="", parts=(), root=data)
        matches: Iterable[JSONPathMatch] = [root]
        for segment in self.segments:
            matches = segment.resolve(matches)
        return matches


class _Environment(JSONPathEnvironment):
    def setup_function_extensions(self) -> None:
        super().setup_function_extensions()
        for name in ("match", "search"):
            del self.function_extensions[name]


_ENVIRONMENT: Final = _Environment(strict=True)


def select(query: str, data: Json) -> tuple[bool, Json]:
    """Return whether ``query`` finds something in ``data``, and what.

    A singular query (names and indices only) finds a value, any other the list of all that it finds.
    Raises BadQuery or TooMuchWork.
    """
    path = _compile(query)
    try:
        found = [match.obj for match in path.finditer(data, filter_context={"left": MAX_VISITS})]
    except (JSONPathError, RecursionError) as fault:
        raise BadQuery(_in_words(query, fault)) from None
    if path.singular_query():
        return bool(found), found[0] if found else None
    return bool(found), found


def _compile(query: str) -> _Path:
    if len(query) > MAX_QUERY:
        raise BadQuery(f"the path has {len(query):,} characters, more than {MAX_QUERY:,}")
    try:
        compiled = _ENVIRONMENT.compile(query)
    except (JSONPathError, RecursionError) as fault:
        raise BadQuery(_in_words(query, fault)) from None
    if not isinstance(compiled, JSONPath):
        raise BadQuery(f"{query!r} is more than one JSONPath")
    return _counting(compiled)


def _counting(path: JSONPath) -> _Path:
    for segment in path.segments:
        for selector in segment.selectors:
            if isinstance(selector, Filter):
                _make_counting(selector.expression)
                selector.expression.expression = _CountedTest(selector.expression.expression)
    return _Path(env=path.env, segments=path.segments)


def _make_counting(expression: BaseExpression) -> None:
    if isinstance(expression, FilterQuery):
        expression.path = _counting(expression.path)
        return
    for inner in expression.children():
        _make_counting(inner)


def _in_words(query: str, fault: Exception) -> str:
    shown = query if len(query) <= 60 else f"{query[:57]}..."  # noqa: PLR2004 - a width
    return f"{shown!r} is not a JSONPath ({fault.args[0]}): expected one such as $.order.id or $.items[*].name"
