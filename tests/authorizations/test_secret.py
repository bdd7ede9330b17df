from __future__ import annotations

import copy
import json
import pickle
from dataclasses import asdict, dataclass

import pytest

from flowengine.authorizations.secret import Secret
from flowengine.redaction import LIVE, PLACEHOLDER


@dataclass
class Holder:
    token: Secret


def test_only_revealing_shows_it() -> None:
    secret = Secret("canary-of-show")
    shown = f"{secret} {secret!r} {secret!s} {secret:>40} {[secret]} {Holder(secret)}" + "%s %r" % (secret, secret)  # noqa: UP031
    assert "canary" not in shown
    assert PLACEHOLDER in shown
    assert secret.reveal() == "canary-of-show"


def test_making_one_teaches_the_redactor() -> None:
    Secret("canary-of-teaching")
    assert LIVE.redact("<canary-of-teaching>") == f"<{PLACEHOLDER}>"


def test_it_is_not_serialized() -> None:
    secret = Secret("canary-of-json")
    with pytest.raises(TypeError):
        json.dumps({"token": secret})
    with pytest.raises(TypeError, match="not serialized"):
        pickle.dumps(secret)
    assert "canary" not in json.dumps(asdict(Holder(secret)), default=str)


def test_copies_are_the_same() -> None:
    secret = Secret("canary-of-copy")
    assert copy.copy(secret) is secret
    assert copy.deepcopy([secret])[0] is secret


def test_equal_is_what_has_the_same_value() -> None:
    assert Secret("one-secret \u00fc") == Secret("one-secret \u00fc")
    assert Secret("one-secret") != Secret("two-secrets")
    assert Secret("one-secret") != "one-secret"
    with pytest.raises(TypeError):
        hash(Secret("one-secret"))


def test_an_empty_one_is_refused() -> None:
    with pytest.raises(ValueError, match="not empty"):
        Secret("")
