"""The tenant: whether it is linked to Contact Center, what it is entitled to, and its assets on the channels."""

from __future__ import annotations

from typing import Final, NamedTuple

from flowengine.core.answers import Json
from flowengine.sandbox.engage import TENANT_ID
from flowengine.sandbox.fields import Fields, read_object
from flowengine.sandbox.messages import MESSAGE_TYPES
from flowengine.sandbox.replies import Refusal, Reply, json_reply

ENGAGE: Final = "webex-engage"


class Asset(NamedTuple):
    """An address of the business on a channel, such as a number or an app."""

    id: str
    channel: str
    address: str
    name: str


ASSETS: Final = (
    Asset("asset-sms", "sms", "+447700900900", "Orders by SMS"),
    Asset("asset-messenger", "messenger", "page-demo-1", "Orders page"),
    Asset("asset-whatsapp", "whatsapp", "447700900900", "Orders on WhatsApp"),
    Asset("asset-email", "email", "support@example.com", "Support mailbox"),
    Asset("asset-livechat", "livechat", "app-demo-1", "Chat of the shop"),
    Asset("asset-apple", "apple", "abc-demo-1", "Apple Messages for Business"),
)
"""One of each channel, with the addresses of the demo conversations."""


class Tenant(NamedTuple):
    """The facts. Where it is not linked, or ``integrations`` lacks webex-engage, no channel event is taken."""

    linked: bool = True
    integrations: tuple[str, ...] = (ENGAGE,)
    assets: tuple[Asset, ...] = ASSETS
    id: str = TENANT_ID

    def as_json(self) -> dict[str, Json]:
        """Write it with the names of the wire."""
        return {
            "tenantId": self.id,
            "contactCenterLinked": self.linked,
            "integrations": list(self.integrations),
            "assets": [asset._asdict() for asset in self.assets],
        }


class Account:
    """The tenant as it is now; ``tenant`` is how it starts, and comes back to."""

    def __init__(self, tenant: Tenant) -> None:
        self._start = tenant
        self.tenant = tenant

    def start_over(self) -> None:
        """Come back to the start."""
        self.tenant = self._start

    def show(self) -> Reply:
        """Answer ``GET /tenant``: the facts alone, in no envelope."""
        return json_reply(200, self.tenant.as_json())

    def change(self, body: bytes) -> Reply:
        """Change what is given of ``contactCenterLinked``, ``integrations`` and ``assets``."""
        fields = Fields(read_object(body))
        fields.only(("contactCenterLinked", "integrations", "assets"))
        given: dict[str, Json] = {}
        if fields.value("contactCenterLinked") is not None:
            given["linked"] = _flag(fields, "contactCenterLinked")
        if fields.value("integrations") is not None:
            given["integrations"] = tuple(fields.texts("integrations"))
        if fields.value("assets") is not None:
            given["assets"] = tuple(_asset(item) for item in fields.objects("assets"))
        self.tenant = self.tenant._replace(**given)
        return self.show()

    def check_entitled(self) -> None:
        """Refuse with 403 where the tenant may not forward channel events."""
        if not self.tenant.linked:
            problem = f"Tenant {self.tenant.id} is not linked to Contact Center"
            raise Refusal(403, problem, field="contactCenterLinked")
        if ENGAGE not in self.tenant.integrations:
            problem = f"Tenant {self.tenant.id} is not entitled to {ENGAGE}"
            raise Refusal(403, problem, field="integrations")


def _flag(fields: Fields, name: str) -> bool:
    value = fields.value(name)
    if not isinstance(value, bool):
        raise fields.wrong(name, "has to be true or false")
    return value


def _asset(item: Fields) -> Asset:
    item.only(Asset._fields)
    channel = item.one_of("channel", MESSAGE_TYPES)
    return Asset(item.required("id"), channel, item.required("address"), item.text("name") or item.required("id"))
