from __future__ import annotations

import pytest

from flowengine.picture.walks import FANCY, PLAIN, Signs, Stop, draw_walks

CLOSED = [Stop("read", "ready"), Stop("search", "closed"), Stop("reopen", "reopened"), Stop("done", note="(success)")]
NEW = [Stop("read", "ready"), Stop("search", "nobody"), Stop("create", "created"), Stop("failed", note="(error)")]


def drawn(left: list[Stop], right: list[Stop], signs: Signs = PLAIN, width: int = 100) -> list[str]:
    lines = draw_walks(left, right, signs=signs, width=width)
    return ["".join(piece.text for piece in line).rstrip() for line in lines]


def test_walks_that_part_stand_side_by_side() -> None:
    assert drawn(CLOSED, NEW) == [
        "  read",
        "    | ready",
        "  search",
        "    +- expected ------+- came",
        "    | closed          | nobody",
        "  reopen            create",
        "    | reopened        | created",
        "  done  (success)   failed  (error)",
    ]


def test_a_terminal_gets_lines() -> None:
    assert drawn(CLOSED, NEW, FANCY)[3:6] == [
        "    ├─ expected ──────┬─ came",
        "    │ closed          │ nobody",
        "  reopen            create",
    ]


def test_walks_that_come_together_again_are_joined() -> None:
    short = [CLOSED[0], Stop("search", "open"), CLOSED[-1]]

    assert drawn(CLOSED, short)[3:] == [
        "    +- expected ---+- came",
        "    | closed       | open",
        "  reopen           |",
        "    | reopened     |",
        "    +--------------+",
        "  done  (success)",
    ]


def test_one_that_ends_early_has_nothing_more_beside_the_other() -> None:
    assert drawn(CLOSED, [*CLOSED[:1], Stop("search", "(the run stopped here)")])[4:] == [
        "    | closed          | (the run stopped here)",
        "  reopen",
        "    | reopened",
        "  done  (success)",
    ]


def test_the_same_walk_is_drawn_once_with_outcomes_that_differ() -> None:
    other = [CLOSED[0], CLOSED[1], Stop("reopen", "odd"), CLOSED[3]]

    assert drawn(CLOSED, CLOSED)[-2:] == ["    | reopened", "  done  (success)"]
    assert "    | expected: reopened" in drawn(CLOSED, other)
    assert "    | came: odd" in drawn(CLOSED, other)


def test_outcomes_that_are_only_guessed_are_not_compared() -> None:
    guessed = [stop._replace(leaving="perhaps", sure=False) for stop in CLOSED]

    assert not [line for line in drawn(guessed, CLOSED) if "perhaps" in line]


def test_the_middle_of_a_long_walk_is_left_out() -> None:
    long = [Stop(f"n{number}", "on") for number in range(900)]

    lines = drawn(long, [*long[:-1], Stop("other")])

    assert "    : 893 more" in lines
    assert len(lines) < 30


@pytest.mark.parametrize("width", [30, 60])
def test_no_line_is_wider_than_there_is_room(width: int) -> None:
    wide = [stop._replace(node=stop.node * 9, leaving=stop.leaving * 9) for stop in NEW]

    assert max(map(len, drawn(CLOSED, wide, width=width))) <= width


def test_a_walk_against_nothing() -> None:
    assert drawn([], [Stop("a")]) == ["    +- expected --+- came", "                a"]
    assert drawn([], []) == []
