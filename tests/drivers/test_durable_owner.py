from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from flowengine.drivers.durable_owner import is_gone, new_owner

CODE = "from flowengine.drivers.durable_owner import new_owner; print(new_owner())"
pytestmark = pytest.mark.skipif(not Path("/proc/self/ns/pid").exists(), reason="elsewhere leases have to run out")


def test_no_two_owners_are_alike() -> None:
    assert new_owner() != new_owner()


def test_a_process_that_has_ended_is_gone_and_one_that_runs_is_not() -> None:
    ended = subprocess.run([sys.executable, "-c", CODE], capture_output=True, text=True, check=True).stdout.strip()
    assert is_gone(ended)
    assert not is_gone(new_owner())


def test_another_process_with_the_same_number_is_another_one() -> None:
    host, boot, space, pid, _, nonce = new_owner().split("/")
    assert is_gone(f"{host}/{boot}/{space}/{pid}/1/{nonce}")


def test_what_ran_before_the_machine_was_started_anew_is_gone() -> None:
    host, _, space, pid, started, nonce = new_owner().split("/")
    assert is_gone(f"{host}/another-boot/{space}/{pid}/{started}/{nonce}")


@pytest.mark.parametrize(("part", "other"), [(0, "another-host"), (1, "-"), (2, "pid:[1]")])
def test_what_cannot_be_told_from_here_is_not_gone(part: int, other: str) -> None:
    parts = new_owner().split("/")
    parts[part], parts[3] = other, "999999999"
    assert not is_gone("/".join(parts))


@pytest.mark.parametrize("owner", ["", "worker-1", "a/b/c/x/e/f"])
def test_an_owner_of_another_make_is_not_gone(owner: str) -> None:
    assert not is_gone(owner)
