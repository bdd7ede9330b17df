"""What the stream is set to: whether it is on, for which assets and channels, and under which authorization.

The names, the choices and what they are without a choice are those of the vendor's integration "Webex Engage
Streaming": on, for all assets and all channels.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from flowengine.core.keys import channel_key
from flowengine.errors import UsageError
from flowengine.journal.faults import JournalCorrupt
from flowengine.schema_problems import did_you_mean
from flowengine.streams.payloads import ChannelEvent

NAME: Final = "webex-engage-streaming"
TITLE: Final = "Webex Engage Streaming"
DESCRIPTION: Final = "Hands incoming events and messages of channels on to Webex Engage."
EVENTS: Final = "Incoming events & Messages"
"""The only kind of event there is."""

APPLE: Final = "apple"
CHANNELS: Final = ("sms", "messenger", "whatsapp", "email", "livechat", APPLE)
"""Those that a data stream of the vendor has."""

ALL: Final = "all"

_KEEP_APPLE: Final = (
    "Apple Messages for Business is left out: Webex Contact Center's page of this stream advises to keep at least it, "
    "and the page of Engage's data streams says that its typing indicator is all that Engage takes from here"
)


@dataclass(frozen=True)
class Asset:
    """An address of the business on a channel; ``id`` is the tenant's."""

    id: str
    channel: str
    address: str
    name: str

    def to_json(self) -> dict[str, str]:
        """Return it as JSON values."""
        return {"id": self.id, "channel": self.channel, "address": self.address, "name": self.name}


@dataclass(frozen=True)
class Settings:
    """Settings of the stream. ``assets`` and ``channels`` None: all of them, those of tomorrow included.

    ``authorization`` is a name as flows have it: the environment may lead it to another one in the store.
    """

    enabled: bool = True
    assets: tuple[Asset, ...] | None = None
    channels: tuple[str, ...] | None = None
    authorization: str = NAME

    def takes(self, event: ChannelEvent) -> bool:
        """Whether an event is handed on."""
        if not self.enabled or event.channel not in (self.channels or CHANNELS):
            return False
        return self.assets is None or any(_is_at(event, asset) for asset in self.assets)

    def warnings(self) -> list[str]:
        """Return what somebody who has set this should know."""
        said = []
        if APPLE not in (self.channels or CHANNELS):
            said.append(_KEEP_APPLE)
        chosen = {asset.channel for asset in self.assets or ()}
        idle = [one for one in self.channels or () if self.assets is not None and one not in chosen]
        if idle:
            said.append(f"nothing of {', '.join(idle)} is handed on: no asset of it is chosen")
        return said

    def to_json(self) -> dict[str, Any]:
        """Return them as JSON values, as they are kept and shown."""
        return {
            "enabled": self.enabled,
            "assets": ALL if self.assets is None else [asset.to_json() for asset in self.assets],
            "channels": ALL if self.channels is None else list(self.channels),
            "authorization": self.authorization,
        }


def read_settings(kept: Mapping[str, Any]) -> Settings:
    """Read what ``to_json`` wrote. Raises JournalCorrupt."""
    try:
        assets, channels = kept["assets"], kept["channels"]
        return Settings(
            kept["enabled"] is True,
            None if assets == ALL else tuple(Asset(**one) for one in assets),
            None if channels == ALL else tuple(channels),
            str(kept["authorization"]),
        )
    except (KeyError, TypeError) as fault:
        raise JournalCorrupt(f"the settings of the stream {NAME!r}: {fault!r}") from None


def with_channels(settings: Settings, written: Sequence[str]) -> Settings:
    """Choose channels, or ``all``. Raises UsageError."""
    if list(written) == [ALL]:
        return replace(settings, channels=None)
    if not written:
        raise UsageError("a stream without channels hands nothing on: `streams disable` says so")
    for one in written:
        if one not in CHANNELS:
            hint = did_you_mean(one, [*CHANNELS, ALL])
            raise UsageError(f"{one!r} is no channel of {TITLE}; {hint}")
    return replace(settings, channels=tuple(one for one in CHANNELS if one in written))


def with_assets(settings: Settings, written: Sequence[str], known: Iterable[Asset]) -> Settings:
    """Choose assets by their ids out of those that the tenant has. Raises UsageError."""
    by_id = {asset.id: asset for asset in known}
    if not written:
        raise UsageError("a stream without assets hands nothing on: `streams disable` says so")
    for one in written:
        if one not in by_id:
            hint = did_you_mean(one, [*by_id, ALL]) if by_id else "the tenant has none"
            raise UsageError(f"the tenant has no asset {one!r}; {hint}")
    return replace(settings, assets=tuple(by_id[one] for one in dict.fromkeys(written)))


def refuse_other_events(written: str) -> None:
    """Raise UsageError where somebody wants other events than there are."""
    if written.strip().lower() != EVENTS.lower():
        raise UsageError(
            f"{EVENTS!r} is the only kind of event of {TITLE}, and cannot be switched off: "
            "`streams disable` ends the whole stream"
        )


def _is_at(event: ChannelEvent, asset: Asset) -> bool:
    """Whether an event came to an asset: keys have every business address of it, in one spelling."""
    return (
        event.channel == asset.channel
        and channel_key(event.channel, event.event, asset.address, event.customer) in event.keys
    )
