"""What was arranged is put to another time or place, in people's own words."""

from datetime import datetime, timedelta

import pytest

from handlers.reminders.moved import Move, move_of, moved
from tests.support.stage import START

AT = START.replace(hour=19, minute=0) + timedelta(days=1)


@pytest.mark.parametrize(
    ("words", "move"),
    [
        ("改到周五晚7点", Move(to="周五晚7点")),
        ("明天9点改到后天9点", Move(to="后天9点")),
        ("还是后天下午3点吧", Move(to="后天下午3点")),
        ("推迟一小时", Move(by=timedelta(hours=1))),
        ("提前半小时吧", Move(by=-timedelta(minutes=30))),
        ("推迟", Move()),
        ("明天9点 警务室", None),
        ("讨论改造的事", None),
        ("还是老地方", None),
    ],
)
def test_words_that_move(words: str, move: Move | None) -> None:
    assert move_of(words) == move


@pytest.mark.parametrize(
    ("words", "at", "place"),
    [
        ("改到8点", AT.replace(hour=20), ""),
        ("改到村委会", AT, "村委会"),
        ("改到后天9点 村委会", (AT + timedelta(days=1)).replace(hour=9), "村委会"),
        ("推迟三天", AT + timedelta(days=3), ""),
    ],
)
def test_what_is_not_said_stays(words: str, at: datetime, place: str) -> None:
    move = move_of(words)
    assert move is not None
    assert moved(move, AT, START) == (at, place)


@pytest.mark.parametrize("words", ["改到", "改到每周五", "改到上午9点", "推迟"])
def test_what_cannot_be_read(words: str) -> None:
    move = move_of(words)
    assert move is not None
    assert moved(move, AT, START) is None
