"""What there is in a sandbox, for those who answer calls about it."""

from __future__ import annotations

from typing import NamedTuple

from flowengine.sandbox.callbacks.deliveries import Deliveries
from flowengine.sandbox.engage import Engage
from flowengine.sandbox.faults import Faults
from flowengine.sandbox.intake import Intake
from flowengine.sandbox.oauth.authority import Authority
from flowengine.sandbox.tenant import Account


class World(NamedTuple):
    """The parts that keep something."""

    engage: Engage
    authority: Authority
    faults: Faults
    deliveries: Deliveries
    intake: Intake
    account: Account
