from __future__ import annotations

from typing import Any

import pytest

from flowengine.catalogue.catalogue import Catalogue
from flowengine.studio.fields import fields_of


def asked(catalogue: Catalogue, node: str, **given: Any) -> dict[str, dict[str, Any]]:
    return {one["name"]: one for one in fields_of(catalogue.find(node).spec["inputs"], given)}


def test_a_channel_decides_which_addresses_are_asked_for(catalogue: Catalogue) -> None:
    assert len(asked(catalogue, "search-conversation")) > 15
    fields = asked(catalogue, "search-conversation", channel="sms")
    assert {name: one["required"] for name, one in fields.items()} == dict.fromkeys(
        ("channel", "businessNumber", "customerNumber"), True
    )


def test_a_choice_that_is_still_open_decides_nothing(catalogue: Catalogue) -> None:
    by_reference = asked(catalogue, "append-message", channel="$(channel)", direction="inbound", messageType="text")
    assert "plainBody" in by_reference
    assert asked(catalogue, "append-message", channel="sms")["messageType"]["schema"]["enum"] == ["text"]


def test_what_does_not_go_with_the_rest_is_there_while_it_is_given(catalogue: Catalogue) -> None:
    fields = asked(catalogue, "search-conversation", channel="sms", businessEmail="a@example.com", other=1)
    assert [name for name, one in fields.items() if not one["fits"]] == ["businessEmail", "other"]


@pytest.mark.parametrize(
    ("node", "given", "gone"),
    [
        ("delay", {"until": "x"}, "duration"),
        ("http-request", {"json": {}}, "form"),
        ("update-conversation", {"taskId": "x"}, "aliasId"),
    ],
)
def test_one_input_takes_the_place_of_another(
    catalogue: Catalogue, node: str, given: dict[str, Any], gone: str
) -> None:
    assert gone in asked(catalogue, node)
    assert gone not in asked(catalogue, node, **given)
