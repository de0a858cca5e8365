"""删除我: everything kept of whoever asks goes, after they heard what goes and what stays; privately only."""

from datetime import datetime

from sqlalchemy.orm import Session

from handlers.dialogue.command import Command
from handlers.dialogue.say import Say, button, say
from handlers.dialogue.scene import Actor, Scene
from handlers.dialogue.wording import Text, text
from handlers.holds import rules
from handlers.membership import erasing
from handlers.reading.normal import fold
from storage import holds

SURE = "确定"


def erase(session: Session, scene: Scene, actor: Actor, rest: str, now: datetime) -> list[Say]:
    """删除我, then 删除我 确定; no group hears what somebody has in hand."""
    if not scene.is_group:
        erasing.may_leave(session, actor)
        if fold(rest).strip() == SURE:
            return erasing.erase(session, actor, now)
    fate = erasing.fate_of(session, actor)
    lines: list[Text] = [text("membership.erase_all")]
    if fate.now:
        lines.append(text("membership.erase_over", n=len(fate.now)))
    if fate.later:
        lines.append(text("membership.erase_later", codes=erasing.codes(fate.later)))
    lines += [_held(session, one, now) for one in fate.held]
    buttons = button("membership.erase_yes", f"删除我 {SURE}"), button("membership.erase_no", "帮助 不用")
    return [say("membership.erase_sure", buttons, lines=tuple(lines))]


def _held(session: Session, one: erasing.Record, now: datetime) -> Text:
    hold = holds.of_topic(session, one.topic)
    assert hold is not None  # noqa: S101 - it was found held in this transaction
    until = rules.day(hold.ends_at, now)
    return text("membership.erase_held", code=one.code, until=until, reason=holds.reason_of(session, hold))


COMMAND = Command("删除我", erase, latin="eraseme", aliases=("删除我的数据", "注销"), private=True, rank=88)
