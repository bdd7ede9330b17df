from __future__ import annotations

from typing import Any

import pytest

from flowengine.sandbox.mails import bare_id, bare_subject, message_id


@pytest.mark.parametrize(
    ("subject", "bare"),
    [
        ("Order 1042", "order 1042"),
        ("Re: Order 1042", "order 1042"),
        ("RE: FW: Re[2]:  Order\t 1042 ", "order 1042"),
        ("AW: WG: Order 1042", "order 1042"),
        ("Refund: Order 1042", "refund: order 1042"),
        ("Re:", ""),
        ("", ""),
    ],
)
def test_reply_marks_do_not_count(subject: str, bare: str) -> None:
    assert bare_subject(subject) == bare


def test_a_very_long_chain_of_marks_is_read_at_once() -> None:
    assert bare_subject("re: " * 50_000 + "x") == "x"


def test_angle_brackets_do_not_count() -> None:
    assert bare_id(" <m1@example.com> ") == bare_id("m1@example.com") == "m1@example.com"


@pytest.mark.parametrize(
    ("content", "found"),
    [
        ({"emailHeaders": {"Message-ID": "<m1@example.com>"}}, "m1@example.com"),
        ({"headers": {"message-id": "m1@example.com"}}, "m1@example.com"),
        ({"emailHeaders": '{"Message-Id": "<m1@example.com>"}'}, "m1@example.com"),
        ({"emailHeaders": "not JSON"}, None),
        ({"emailHeaders": "[1]"}, None),
        ({"emailHeaders": {"Message-ID": 7, "Subject": "x"}}, None),
        ({"emailHeaders": {"Message-ID": "<>"}}, None),
        ({}, None),
    ],
)
def test_the_message_id_is_in_the_headers(content: dict[str, Any], found: str | None) -> None:
    assert message_id(content) == found
