"""退出: whoever does not want the bot any more; who they were is erased, what they told goes in its own time."""

from datetime import datetime

from sqlalchemy.orm import Session

from handlers.dialogue.command import Command
from handlers.dialogue.say import Say, button, say
from handlers.dialogue.scene import Actor, Scene
from handlers.membership import actions, erasing
from handlers.reading import intent
from handlers.reading.normal import fold

SURE = "确定"


def leave(session: Session, scene: Scene, actor: Actor, rest: str, now: datetime) -> list[Say]:
    """Leave, once it is confirmed in the private talk; no group hears what somebody has in hand."""
    if not scene.is_group:
        erasing.may_leave(session, actor)
    if scene.is_group or fold(rest).strip() != SURE:
        yes, no = button("membership.leave_yes", f"退出 {SURE}"), button("membership.leave_no", "帮助 不用")
        return [say("membership.leave_sure", (yes, no), button("membership.erase_button", "删除我"))]
    return actions.leave(session, actor, now)


COMMAND = Command("退出", leave, latin="leave", bare=intent.leave, private=True, rank=87)
