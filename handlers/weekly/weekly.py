"""周报: the week's figures of a town or the whole county; in words, as a picture or as a sheet, always privately."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy.orm import Session

from handlers.dialogue.access import check
from handlers.dialogue.command import Command
from handlers.dialogue.message import Incoming
from handlers.dialogue.say import Say
from handlers.dialogue.scene import Scene
from handlers.dialogue.wording import Catalogue
from handlers.dialogue.world import Station
from handlers.reading import intent
from handlers.weekly import actions, reading
from handlers.weekly.actions import Ordered, Shown
from handlers.weekly.enter import BACK, enter
from handlers.weekly.entering import names_of
from storage.chats import ChatKind

ENTER = ("录入", "补录", "填报", "登记")


def look(
    session: Session, station: Station, scene: Scene, rest: str, message: Incoming, now: datetime
) -> Shown | Ordered | None:
    """Count before anything is locked; nothing where a figure is told."""
    if _entering(rest) is not None or message.media:
        return None
    return actions.show(session, station, scene.actor, reading.asked(rest, names_of(session)), now)


def _entering(rest: str) -> str | None:
    """What follows 录入, or begins with 撤销; None where nothing is told."""
    said = rest.lstrip(" 　，,：:")
    if said.startswith(BACK):
        return said
    return next((said[len(one) :] for one in ENTER if said.startswith(one)), None)


def weekly(
    session: Session,
    words: Catalogue,
    station: Station,
    scene: Scene,
    rest: str,
    seen: Shown | Ordered | None,
    message: Incoming,
    media: list[int],
    now: datetime,
) -> Sequence[Say]:
    """周报; 周报 上周 图; 周报 柳溪镇 11月第2周; 周报 录入 警情 812 来源 县局110台账."""
    if seen is None:
        check(scene.actor, "周报录入", ChatKind.PRIVATE if not scene.is_group else scene.kind)
        return enter(session, scene, station, _entering(rest) or "", message, media, now)
    if isinstance(seen, Ordered):
        return [actions.order(session, scene.actor, seen, now)]
    return [actions.tell(session, words, scene.actor, seen, now)]


COMMAND = Command(
    "周报",
    weekly,
    latin="weekly",
    aliases=("周报表", "本周数据"),
    bare=intent.nothing,
    look=look,
    private=True,
    rank=52,
)
