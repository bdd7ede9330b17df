from __future__ import annotations

from flowengine.sandbox.idempotency import Answered, fingerprint
from flowengine.sandbox.replies import Reply

CALL = fingerprint("close", ("c-1",), b"")


def test_the_oldest_key_is_forgotten_first() -> None:
    answered = Answered(limit=2)
    for key in ("a", "b", "c"):
        answered.keep(key, CALL, Reply(202, key.encode()))

    assert answered.recall("a", CALL) is None
    assert [recalled.body for key in ("b", "c") if (recalled := answered.recall(key, CALL))] == [b"b", b"c"]
