"""What each channel's events look like: the names of their fields on the way in, and the variables that flows read.

The variables are those of the vendor's start node (``$(trigger.sms.senderNumber)``); streams, webhooks and pages spell
the same field in different ways. How a name is cased and separated never matters (``transId``, ``transid``,
``trans_id``), so only words that differ are listed.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import Final, NamedTuple

INCOMING: Final = "incoming-message"

_SEPARATORS: Final = re.compile(r"[\s_.-]+")
_CHECKS: Final = ("pciInfo", "malwareinfo", "securityscaninfo")
_SAME: Final = {"transId": ("tid",), "timestamp": ("ts", "datetime")}


class Channel(NamedTuple):
    """How events of a channel are read.

    ``root`` is what flows read them under, ``names`` what the events call their channel. ``variables`` have the other
    spellings of each; ``maps`` are those whose values are maps, ``always`` those that are there though they be empty.
    ``business``, ``customer`` and ``thread`` are variables with addresses, the first that has one counts; ``needed``
    have to be there (of each group one). ``events`` are our names by those of the events.
    """

    root: str
    names: tuple[str, ...]
    variables: Mapping[str, tuple[str, ...]]
    business: tuple[str, ...]
    customer: tuple[str, ...]
    needed: tuple[tuple[str, ...], ...]
    events: Mapping[str, str]
    maps: tuple[str, ...] = ()
    always: tuple[str, ...] = ("message",)
    thread: str | None = None


def folded(name: str) -> str:
    """Return a name without regard to case and separators: ``thread_id`` and ``threadId`` are one."""
    return _SEPARATORS.sub("", name).lower()


def event_name(channel: Channel, code: str) -> str:
    """Return our name of an event: the listed one, or the code itself as lower-case words with ``-``."""
    known = channel.events.get(folded(code))
    if known is not None:
        return known
    words = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "-", code)
    return re.sub(r"[^a-z0-9]+", "-", words.lower()).strip("-")[:64] or "unnamed"


def _variables(names: str, **others: tuple[str, ...]) -> Mapping[str, tuple[str, ...]]:
    return MappingProxyType({name: others.get(name, _SAME.get(name, ())) for name in [*names.split(), *others]})


def _events(**codes: str) -> Mapping[str, str]:
    """Turn our names into those by code; each event goes by its own name, too."""
    listed = {name.replace("_", "-"): [name, *written.split()] for name, written in codes.items()}
    return MappingProxyType({folded(one): name for name, spelled in listed.items() for one in spelled})


CHANNELS: Final[Mapping[str, Channel]] = MappingProxyType(
    {
        "sms": Channel(
            root="sms",
            names=("SMS",),
            variables=_variables(
                "keyword message timestamp transId name messageCount pciInfo malwareinfo securityscaninfo",
                serviceNumber=("da", "destination"),
                senderNumber=("oa", "msisdn"),
            ),
            business=("serviceNumber",),
            customer=("senderNumber",),
            needed=(("senderNumber",), ("serviceNumber",)),
            events=_events(incoming_message="MO", link_click="OnLinkClick"),
            maps=_CHECKS,
            always=("keyword", "message"),
        ),
        "messenger": Channel(
            root="messenger",
            names=("Messenger", "fb"),
            variables=_variables(
                "message psId attachments attachmentUrl locationUrl locationLatitude locationLongitude locationTitle "
                "name appId timestamp transId",
                profilePicture=("profile_pic",),
                postbackPayload=("postback",),
            ),
            business=("appId",),
            customer=("psId",),
            needed=(("psId",),),
            events=_events(incoming_message="MO", postback="OnPostback", link_click="OnLinkClick"),
        ),
        "whatsapp": Channel(
            root="whatsapp",
            names=("WhatsApp", "wa"),
            variables=_variables(
                "message waId bsuid userHandle username attachmentType attachments locationLatitude locationLongitude "
                "locationName locationAddress locationUrl imageUrl mimeType caption documentUrl voiceUrl audioUrl "
                "location videoUrl contacts appId timestamp contextId transId buttonPayload buttonText listRowTitle "
                "replyButtonTitle",
                identityHash=("identityKeyHash",),
                listRowIdentifier=("listRowId",),
                listDescription=("listRowDescription",),
                replyButtonIdentifier=("replyButtonId",),
            ),
            business=("appId",),
            customer=("waId", "bsuid"),
            needed=(("waId", "bsuid"),),
            events=_events(
                incoming_message="MO",
                postback="OnPostback",
                list_message="list",
                reply_buttons_message="reply",
                user_preference="",
            ),
        ),
        "livechat": Channel(
            root="inappmessaging",
            names=("Rtm", "rt", "inapp"),
            variables=_variables(
                "message userId thread threadId threadTitle threadStatus timestamp completedOn version deviceId origin "
                "appId transId reasonForThreadClosure formResponse formFields pciInfo malwareinfo securityscaninfo",
                attachment=("attachments",),
            ),
            business=("appId",),
            customer=("userId",),
            needed=(("userId",), ("appId",)),
            events=_events(
                incoming_message="MO",
                thread_closed="OnThreadClosed",
                postback="OnPostback",
                typing_indicator="TypingIndicator",
                thread_updated="UpdateThreadACK",
                subscribe="",
                unsubscribe="",
                custom_event="",
            ),
            maps=(*_CHECKS, "formFields"),
            thread="threadId",
        ),
        "email": Channel(
            root="email",
            names=("Email",),
            variables=_variables(
                "subject timestamp transId attachments appId senderName htmlMessage inReplyTo messageId headers "
                "assetType strippedText strippedHTML PCIInfo",
                message=("textMessage",),
                emailId=("from",),
                toAddresses=("to",),
                ccRecipents=("ccRecipients", "cc"),
                bccRecipents=("bccRecipients", "bcc"),
            ),
            business=("appId", "toAddresses"),
            customer=("emailId",),
            needed=(("emailId",), ("toAddresses", "appId")),
            events=_events(incoming_message="MO InboundMessage", subscribe="", unsubscribe=""),
            maps=("PCIInfo",),
            always=("subject", "message", "ccRecipents"),
        ),
        "apple": Channel(
            root="abc",
            names=("AppleBusinessChat", "abc"),
            variables=_variables(
                "message appId attachmentCount attachmentUrl attachmentType attachments locale transId deviceAgent "
                "capabilities capabilityList type requestIdentifier interactivePayload selections datePicker "
                "datePickerTitle datePickerStartTime datePickerTimezone listPickerItems selectedIdentifier "
                "selectedIndex quickReplyItems msisdn invitationAccepted invitationResponse timestamp",
                abcUserId=("userId",),
                accountId=("abcAccountId",),
                intentId=("bizIntentId",),
                groupId=("bizGroupId",),
            ),
            business=("accountId", "appId"),
            customer=("abcUserId",),
            needed=(("abcUserId",), ("accountId", "appId")),
            events=_events(
                incoming_message="MO",
                list_time_picker="InteractiveResponse",
                classical_auth="AuthenticationResponse",
                new_auth="NewAuthenticationResponse",
                quick_replies="QuickReplyResponse",
                form_response="FormResponse",
                imessage_app="iMessageAppResponse",
                typing_indicator="TYPINGINDICATOR",
                conversation_closed="CONVERSATIONCLOSED",
                invitation_response="InvitationResponse",
                payment="",
            ),
        ),
        "api": Channel(
            root="api",
            names=("api",),
            variables=_variables(
                "message timestamp",
                transId=("tid", "id"),
                businessId=("business",),
                customerAddress=("customer",),
            ),
            business=("businessId",),
            customer=("customerAddress",),
            needed=(("customerAddress",),),
            events=_events(incoming_message="MO"),
        ),
        "webhook": Channel(
            root="webhook",
            names=("webhook",),
            variables=_variables("", transId=("tid", "id"), business=(), customer=()),
            business=("business",),
            customer=("customer",),
            needed=(),
            events=_events(),
            always=(),
        ),
    }
)
"""By the names that flows use."""
