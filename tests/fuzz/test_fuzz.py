from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory

import pytest
from fuzz_bombs import BOMBS
from fuzz_documents import KINDS, RECORDING
from fuzz_judge import Judge
from fuzz_texts import CORPUS, text_of
from fuzz_words import KEYS, ODD, SCALARS, TOKENS
from hypothesis import given, settings
from hypothesis import strategies as st

KIND = st.sampled_from(KINDS)
TEXTS = st.one_of(
    st.binary(max_size=200),
    st.text(max_size=200).map(lambda text: text.encode("utf-8", "surrogatepass")),
    st.lists(st.sampled_from([*TOKENS, *KEYS, *SCALARS, *ODD]), max_size=40).map(
        lambda words: "".join(words).encode("utf-8", "surrogatepass")
    ),
)


@pytest.fixture(scope="module")
def judge() -> Iterator[Judge]:
    with TemporaryDirectory() as folder:
        yield Judge(Path(folder))


@pytest.mark.parametrize("path", sorted(CORPUS.iterdir()), ids=lambda path: path.stem)
def test_a_broken_file_ends_in_findings(judge: Judge, path: Path) -> None:
    found = {kind: judge.judge(kind, path.read_bytes()) for kind in KINDS}
    assert found[RECORDING]


@pytest.mark.parametrize("bomb", BOMBS)
def test_very_much_of_one_thing_ends_in_findings(judge: Judge, bomb: Callable[[int, str], str]) -> None:
    for kind in KINDS:
        judge.judge(kind, bomb(4000, kind).encode())


@given(kind=KIND, source=TEXTS)
@settings(max_examples=150, deadline=None)
def test_any_text_ends_in_findings(judge: Judge, kind: str, source: bytes) -> None:
    judge.judge(kind, source)


@given(random=st.randoms(use_true_random=False))
@settings(max_examples=100, deadline=None)
def test_a_changed_file_ends_in_findings(judge: Judge, random: Random) -> None:
    made = text_of(random)
    judge.judge(made.kind, made.source)


def test_the_command_judges_within_limits() -> None:
    command = [sys.executable, str(Path(__file__).with_name("fuzz.py")), "200"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "200 texts" in done.stdout
