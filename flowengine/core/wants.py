"""What the walker wants done next; a driver does it and reports an entry back."""

from __future__ import annotations

from typing import NamedTuple, TypeAlias

from flowengine.core.answers import Answer, Json


class HttpRequest(NamedTuple):
    """One request, complete but for base URL and credentials.

    ``target`` is a path below the integration's base URL (already percent-encoded) or, where ``absolute``, a whole URL.
    At most one of ``json``, ``form`` and ``text`` is the body; ``has_json`` tells a JSON ``null`` from no body.
    ``reads`` is how the answer's body is to be read: ``json`` or ``text``.
    """

    method: str
    target: str
    absolute: bool = False
    query: tuple[tuple[str, str], ...] = ()
    headers: tuple[tuple[str, str], ...] = ()
    json: Json = None
    has_json: bool = False
    form: tuple[tuple[str, str], ...] | None = None
    text: str | None = None
    reads: str = "json"


class Send(NamedTuple):
    """Send a request, within ``timeout`` seconds for the whole attempt (None: the environment's).

    ``refresh``: the last attempt came back with 401 or 403; get a fresh credential first, or answer ``Refused``.
    ``kinds`` are those of authorizations that the node type takes, none for any; ``required``: it does not work
    without one. ``callback`` is the field of the JSON body that takes the address where results are posted later; where
    the environment has none, the field stays away.
    """

    node: str
    visit: int
    attempt: int
    request: HttpRequest
    integration: str | None
    authorization: str | None
    timeout: float | None
    key: str
    refresh: bool = False
    kinds: tuple[str, ...] = ()
    required: bool = False
    callback: str | None = None


class Compute(NamedTuple):
    """Call a named handler with resolved inputs, within ``timeout`` seconds.

    ``variables`` are the flow variables that have a value, ``unset`` those that are declared and have none yet.
    """

    node: str
    visit: int
    attempt: int
    handler: str
    inputs: dict[str, Json]
    variables: dict[str, Json]
    timeout: float
    unset: tuple[str, ...] = ()


class Known(NamedTuple):
    """Nothing to do outside: the answer follows from the flow and the state alone. Journal it."""

    node: str
    visit: int
    attempt: int
    answer: Answer


class Wait(NamedTuple):
    """Let ``seconds`` pass, then report ``Elapsed``."""

    node: str
    visit: int
    attempt: int
    seconds: float


class Await(NamedTuple):
    """Wait for an event with one of ``keys`` that comes, or came, at or after ``since``, and report ``Arrived``.

    After ``seconds`` report ``TimedOut``; None: wait for as long as it takes. Times are seconds (since the epoch).
    ``labels`` are what the flow calls the events, one a key. A result that an integration posts has none; where the
    environment has no address for results of ``integration``, report ``NoCallback`` at once.
    """

    node: str
    visit: int
    attempt: int
    keys: tuple[str, ...]
    since: float
    seconds: float | None
    labels: tuple[str, ...] = ()
    integration: str | None = None


class Call(NamedTuple):
    """Walk ``plan.called(flow)`` as a run of its own, and report ``Returned``.

    ``run`` is the id of that run, ``depth`` how many calls deep it is. After ``timeout`` seconds cancel it and report
    ``TimedOut``; None: it takes as long as it takes.
    """

    node: str
    visit: int
    attempt: int
    flow: str
    inputs: dict[str, Json]
    run: str
    depth: int
    timeout: float | None


class End(NamedTuple):
    """The run is over."""

    result: str


Want: TypeAlias = Send | Compute | Known | Wait | Await | Call | End
