"""Nothing due: nobody is kept from writing."""

import asyncio

import sqlalchemy as sa

from jobs import clock
from tests.support.stage import Stage


def test_a_tick_with_nothing_due_writes_nothing(stage: Stage) -> None:
    stage.say("居民甲", "/上报 3号楼地下室进水了", "大侯村居民群")
    stage.later(minutes=1)
    begun: list[str] = []

    def note(connection: object, cursor: object, statement: str, *rest: object) -> None:
        begun.append(statement)

    sa.event.listen(stage.world.db.engine, "before_cursor_execute", note)
    assert not clock.tick(stage.world)
    assert asyncio.run(stage.play.dispatcher.drain()) == 0
    assert begun, "it looked"
    assert "BEGIN IMMEDIATE" not in begun
