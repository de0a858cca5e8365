"""Where a platform can call people by name, a new report calls the workers nearest to it."""

from sqlalchemy import select

from handlers.dialogue.message import Outgoing
from storage import accounts, areas, chats, contents
from storage.chats import ChatKind
from storage.outbox import OutboxRow
from tests.support.stage import Stage


def _mentions(stage: Stage, chat_id: int) -> tuple[str, ...]:
    with stage.world.db.read() as session:
        row = session.scalars(select(OutboxRow).where(OutboxRow.chat_id == chat_id)).one()
        payload = contents.payload_of(session, row.content_id or 0)
        assert payload is not None
        return Outgoing.from_bytes(payload).mentions


def _group(stage: Stage, account: str, directory: str) -> int:
    now = stage.world.now()
    with stage.world.db.write() as session:
        accounts.note(session, account, now, edits=None, deletes=None, writes_first=False, directory=directory)
        area = areas.named(session, "大侯村")
        assert area is not None
        return chats.add(session, account, "g1", ChatKind.WORKERS, now, title="通知群", area_id=area.id).id


def test_a_new_report_calls_the_nearest_workers(stage: Stage) -> None:
    with_names, without = _group(stage, "robot", "play"), _group(stage, "other", "")
    stage.say("居民甲", "上报 大侯村村口路灯坏了")
    assert _mentions(stage, with_names) == ("网格员甲", "辅警甲")
    assert _mentions(stage, without) == ()
