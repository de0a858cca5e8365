"""问骗 keeps nothing: no row of a record, no parked words, no picture, and no byte of what was handed on."""

from pathlib import Path

import pytest
from sqlalchemy import func, select

from bot.channels.console import Shown
from handlers.dialogue.message import MediaRef
from storage import forms
from storage.database import Base
from storage.forms import OpenForm
from tests.support.stage import Stage

CANARY = "暗号七七四九"
PASSING = {"inbox", "outbox", "contents", "content_media", "copies", "forms", "media", "data_keys"}
"""Where a message and its answer pass through; what they hold of it is looked at below."""
TOLD = (
    f"问骗 这里是公安局{CANARY}，您涉嫌洗钱，请把钱转入安全账户",
    f"客服{CANARY}：您的百万保障今天到期，不取消每月扣费，请开屏幕共享",
    f"问骗 {CANARY}明天去赶集",
)


def counted(stage: Stage) -> dict[str, int]:
    """How many rows each table has."""
    with stage.world.db.read() as session:
        tables = Base.metadata.tables.items()
        return {name: session.scalar(select(func.count()).select_from(one)) or 0 for name, one in tables}


def ask(stage: Stage) -> list[Shown]:
    """Everything somebody may hand on, by every way there is."""
    shown = [one for said in TOLD for one in stage.say("居民甲", said)]
    stage.say("居民甲", "问骗")
    photo = (MediaRef("photo", "ref"),)
    shown += stage.say("居民甲", "", media=photo)
    return [*shown, *stage.say("居民甲", f"我是{CANARY}，刷单返利，加微信")]


def test_no_row_stays(stage: Stage) -> None:
    stage.say("居民甲", "帮助")
    before = counted(stage)
    shown = ask(stage)
    assert sum("很像诈骗" in one.text for one in shown) == 3
    after = counted(stage)
    assert {name for name in after if after[name] != before[name]} <= PASSING - {"media"}


@pytest.mark.parametrize("settled", [False, True])
def test_no_byte_of_it_lies_on_the_disk(stage: Stage, settled: bool) -> None:
    ask(stage)
    if settled:
        stage.later(days=2)
    stage.world.db.settle()
    folder = Path(stage.world.db.url.removeprefix("sqlite:///")).parent
    assert [one.name for one in folder.iterdir() if CANARY.encode() in one.read_bytes()] == []


def test_nothing_sealed_holds_it_either(stage: Stage) -> None:
    """The inbox has dropped it, the answer never held it, and the guided talk kept no word of it."""
    ask(stage)
    with stage.world.db.read() as session:
        tables = Base.metadata.tables
        waiting = select(func.count()).select_from(tables["inbox"]).where(tables["inbox"].c.payload.is_not(None))
        assert session.scalar(waiting) == 0
        assert [forms.answers_of(session, one) for one in session.scalars(select(OpenForm))] == [{}]
    assert not any(CANARY in one.text for one in ask(stage))
