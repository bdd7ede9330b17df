"""From the body of a channel's webhook or data stream to an event with the variables that flows read.

Values are text, as on the platform: a list or map is its JSON. Empty ones are left out, so that ``exists`` means what
it says. What no variable is made of stays under ``payload``.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping
from email.utils import getaddresses, parseaddr
from typing import Final, NamedTuple
from urllib.parse import unquote

from flowengine.core.answers import Json
from flowengine.core.keys import channel_key, conversation_key
from flowengine.core.values import as_text, canonical, parse_json, type_of
from flowengine.streams.channels import CHANNELS, INCOMING, Channel, event_name, folded

LONGEST: Final = 256
"""Characters of an address or id."""
MOST: Final = 20
"""Business addresses of an event: a mail may go to many."""

_NAMES: Final = {folded(name): channel for channel, spec in CHANNELS.items() for name in spec.names}
_ABOUT: Final = ("channel", "channel_identifier", "event", "event_identifier", "service", "serviceKey")


class ChannelEvent(NamedTuple):
    """What came on a channel.

    ``id`` is made of the id that the event came with, else of a digest of its body; a channel has each once.
    ``conversation`` is the key of what is kept in order, ``keys`` are those by which a run finds what it waits for.
    ``trigger`` is what flows read as ``$(trigger...)``, ``message`` the whole text. ``at`` is when it came, in seconds
    since the epoch. ``body`` is what came.
    """

    id: str
    channel: str
    event: str
    business: str
    customer: str
    conversation: str | None
    keys: tuple[str, ...]
    trigger: dict[str, Json]
    message: str
    at: float
    body: Json = None


class Unreadable(NamedTuple):
    """Why a body is no event, in a sentence for whoever sent it."""

    reason: str


def read_event(
    channel: str, body: Json, at: float, assets: Mapping[str, str] | None = None
) -> ChannelEvent | Unreadable:
    """Read the body of an event of one of ``CHANNELS``. ``assets``: id of an app -> the business address behind it."""
    spec = CHANNELS[channel]
    if not isinstance(body, dict):
        return Unreadable(f"the body is {type_of(body)}, not an object with the fields of an event")
    fields = _Fields(body, spec.root)
    code = fields.text("event", "event_identifier") or INCOMING
    variables = _variables(spec, fields)
    if channel in _FINISHING:
        _FINISHING[channel](variables)
    problem = _problem(channel, spec, fields, variables)
    if problem is not None:
        return Unreadable(problem)
    event = event_name(spec, code)
    customer = _first(variables, spec.customer)
    businesses = list(dict.fromkeys(_businesses(spec, variables, assets or {})))[:MOST]
    business = businesses[0] if businesses else ""
    thread = variables.get(spec.thread, "") if spec.thread else ""
    left = fields.left()
    return ChannelEvent(
        id=f"{event}:{variables.get('transId') or digest(body)}",
        channel=channel,
        event=event,
        business=business,
        customer=customer,
        conversation=conversation_key(channel, business, customer, thread) if customer else None,
        keys=tuple(channel_key(channel, event, one, customer) for one in businesses) if customer else (),
        trigger={spec.root: {**variables, **({"payload": left} if left else {})}, **service(body)},
        message=variables.get("message") or variables.get("keyword", ""),
        at=at,
        body=body,
    )


def digest(body: Json) -> str:
    """Return what stands for the id of an event that has none: equal for equal bodies, whatever the order of fields."""
    return "sha256-" + hashlib.sha256(canonical(body)).hexdigest()


def service(body: Mapping[str, Json]) -> dict[str, Json]:
    """Return the service key that an event carries, as flows read it."""
    within = body.get("service")
    key = within.get("serviceKey") if isinstance(within, dict) else body.get("serviceKey")
    return {"service": {"serviceKey": key}} if isinstance(key, str) and key else {}


class _Fields:
    """The fields of a body by their folded names; those under the channel's own root, or written so, come first."""

    def __init__(self, body: Mapping[str, Json], root: str) -> None:
        within = body.get(root)
        inner = within if isinstance(within, dict) else {}
        self._all: dict[str, tuple[tuple[str, ...], Json]] = {}
        self._others: list[tuple[tuple[str, ...], Json]] = []
        self._used = {folded(name) for name in _ABOUT}
        for at, value in (
            *(((root, key), value) for key, value in inner.items()),
            *(((key,), value) for key, value in body.items() if key != root or not inner),
        ):
            name = folded(at[-1].removeprefix(f"{root}."))
            if name in self._all:
                self._others.append((at, value))
            else:
                self._all[name] = at, value

    def take(self, *names: str) -> Json:
        """Return the first of some fields that is not empty, or None."""
        for name in map(folded, names):
            self._used.add(name)
            value = self._all.get(name, ((), None))[1]
            if value not in (None, "", [], {}):
                return value
        return None

    def text(self, *names: str) -> str:
        """Do what ``take`` does; return text."""
        value = self.take(*names)
        return "" if value is None else as_text(value)

    def left(self) -> dict[str, Json]:
        """Return the fields that nobody took, by the names they came with."""
        rest = [place for name, place in self._all.items() if name not in self._used]
        return {at[-1]: value for at, value in (*self._others, *rest)}


def _variables(spec: Channel, fields: _Fields) -> dict[str, Json]:
    found: dict[str, Json] = dict.fromkeys(spec.always, "")
    for name, others in spec.variables.items():
        if name in spec.maps:
            value = fields.take(name, *others)
            value = _parsed(value) if isinstance(value, str) else value
            found |= {} if value is None else {name: value if isinstance(value, dict) else as_text(value)}
        else:
            text = fields.text(name, *others)
            found |= {name: text} if text else {}
    return found


def _problem(channel: str, spec: Channel, fields: _Fields, variables: Mapping[str, Json]) -> str | None:
    told = fields.text("channel", "channel_identifier")
    other = _NAMES.get(folded(told), channel)
    if other != channel and channel not in ("api", "webhook"):
        return f"this is an event of the channel {told}: it belongs to {other}, and came as one of {channel}"
    missing = [group for group in spec.needed if not any(name in variables for name in group)]
    if missing:
        said = " and ".join(_spellings(spec, group) for group in missing)
        return f"an event of {channel} needs {said}"
    for name in (*spec.customer, *spec.business, "transId", *([spec.thread] if spec.thread else [])):
        value = variables.get(name, "")
        if len(value) > LONGEST and name != "toAddresses":
            return f"{name} has {len(value):,} characters: more than {LONGEST} is no address or id"
        if not value.isprintable():
            return f"{name} has a line break or a control character"
    return None


def _spellings(spec: Channel, group: tuple[str, ...]) -> str:
    return " or ".join(one for name in group for one in (name, *spec.variables[name]))


def _first(variables: Mapping[str, Json], names: tuple[str, ...]) -> str:
    return next((variables[name] for name in names if name in variables), "")


def _businesses(spec: Channel, variables: Mapping[str, Json], assets: Mapping[str, str]) -> Iterator[str]:
    """Yield every address of the business that an event tells; what stands behind an app comes first."""
    told = []
    for name in spec.business:
        value = variables.get(name, "")
        told += [one for _, one in getaddresses([value])] if name == "toAddresses" else [value]
    yield from (assets[one] for one in told if one in assets)
    yield from (one for one in told if one and len(one) <= LONGEST)


def _parsed(value: Json) -> Json:
    """Return what JSON in a text says, or the text itself."""
    try:
        return parse_json(value, max_depth=16) if isinstance(value, str) else value
    except ValueError:
        return value


def _map_in(value: Json) -> Mapping[str, Json]:
    parsed = _parsed(value)
    return parsed if isinstance(parsed, dict) else {}


def _maps_in(value: Json) -> list[dict[str, Json]]:
    parsed = _parsed(value)
    return [one for one in parsed if isinstance(one, dict)] if isinstance(parsed, list) else []


def _add(variables: dict[str, Json], found: Mapping[str, Json]) -> None:
    """Add what is there and was not said already."""
    for name, value in found.items():
        if value not in (None, "", [], {}):
            variables.setdefault(name, as_text(value))


def _sms(variables: dict[str, Json]) -> None:
    """Split off the keyword: it is the first word, and a message of one word is keyword alone."""
    words = variables["message"].split()
    if not variables["keyword"] and words:
        variables["keyword"] = words[0]
        if len(words) == 1:
            variables["message"] = ""


def _livechat(variables: dict[str, Json]) -> None:
    thread = _map_in(variables.get("thread"))
    names = {"threadId": "id", "threadTitle": "title", "threadStatus": "status", "completedOn": "completed_on"}
    _add(variables, {name: thread.get(key) for name, key in names.items()})


def _email(variables: dict[str, Json]) -> None:
    name, sender = parseaddr(variables.get("emailId", ""))
    if sender:
        variables["emailId"] = sender
    _add(variables, {"senderName": name})
    for key in ("toAddresses", "ccRecipents", "bccRecipents"):
        listed = _parsed(variables.get(key))
        if isinstance(listed, list):
            variables[key] = ", ".join(as_text(one) for one in listed)


def _whatsapp(variables: dict[str, Json]) -> None:
    place = _map_in(variables.get("location"))
    _add(variables, {f"location{key.capitalize()}": place.get(key) for key in _PLACE})


def _messenger(variables: dict[str, Json]) -> None:
    """Attachments are those of Messenger: ``[{type, payload: {url | coordinates: {lat, long}}}]``."""
    for one in _maps_in(variables.get("attachments")):
        inner = _map_in(one.get("payload"))
        place = _map_in(inner.get("coordinates"))
        if place:
            found = {"Latitude": place.get("lat"), "Longitude": place.get("long")}
            found |= {"Title": one.get("title"), "Url": one.get("url")}
            _add(variables, {f"location{key}": value for key, value in found.items()})
        else:
            _add(variables, {"attachmentUrl": inner.get("url")})


def _apple(variables: dict[str, Json]) -> None:
    if "capabilityList" in variables:
        variables["capabilityList"] = unquote(variables["capabilityList"])
    files = _maps_in(variables.get("attachments"))
    if files:
        kind = files[0].get("mimeType") or files[0].get("type")
        _add(variables, {"attachmentCount": len(files), "attachmentUrl": files[0].get("url"), "attachmentType": kind})


_PLACE: Final = ("latitude", "longitude", "name", "address", "url")
_FINISHING: Final[Mapping[str, Callable[[dict[str, Json]], None]]] = {
    "sms": _sms,
    "messenger": _messenger,
    "whatsapp": _whatsapp,
    "livechat": _livechat,
    "email": _email,
    "apple": _apple,
}
"""What follows from the variables of a channel."""
