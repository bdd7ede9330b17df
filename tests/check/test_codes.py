"""The registry has what the source uses; tests/findings holds pages and golden pairs to the registry."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import flowengine
from flowengine.check.codes import CODES, page
from flowengine.check.validate import ADVICE, Rule, rule_name

PACKAGE = Path(flowengine.__file__).parent


def test_the_registry_has_the_codes_of_the_source_and_no_others() -> None:
    sources = [one.read_text("utf-8") for one in PACKAGE.rglob("*.py") if one != PACKAGE / "check" / "codes.py"]
    assert {code for source in sources for code in re.findall(r'"(FE\d{3})"', source)} == set(CODES)


def test_the_registry_is_in_order() -> None:
    assert list(CODES) == sorted(CODES)
    assert {one.severity for one in CODES.values()} <= {"error", "warning", "hint"}


def test_no_page_for_what_is_no_code() -> None:
    assert page("../json") is None
    assert page("FE000") is None


def test_a_page_is_found() -> None:
    text = page("FE020")
    assert text is not None
    assert text.startswith(f"# FE020: {CODES['FE020'].title}\n")


@pytest.mark.parametrize("rule", ADVICE, ids=rule_name)
def test_advice_never_forbids_a_run(rule: Rule) -> None:
    codes = re.findall(r"FE\d{3}", (rule.__doc__ or "").partition(":")[0])

    assert codes
    assert all(CODES[code].severity != "error" for code in codes)
