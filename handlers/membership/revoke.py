"""收回权限: an admin takes a colleague's roles away, at once: a phone is stolen, or somebody has gone."""

import re
from datetime import datetime

from sqlalchemy.orm import Session

from handlers.dialogue.access import refuse
from handlers.dialogue.command import Command
from handlers.dialogue.say import Say
from handlers.dialogue.scene import Actor
from handlers.dialogue.world import Station
from handlers.membership import revoking
from handlers.membership.codes import area_named
from handlers.reading.normal import fold
from handlers.reading.places import Gazetteer
from storage.chats import Chat

SURE = "确认"


def revoke(
    session: Session, actor: Actor, chat: Chat | None, rest: str, gazetteer: Gazetteer, station: Station, now: datetime
) -> list[Say]:
    """Ask first, then do it: 收回权限 张三, 收回权限 张三 大侯村, of several 收回权限 张三 2."""
    words = fold(rest).split()
    sure = bool(words) and words[-1] == SURE
    name, *more = words[:-1] if sure else words or [""]
    if not name:
        raise refuse("membership.revoke.whom")
    number = int(more.pop()) if more and re.fullmatch(r"[1-9][0-9]?", more[-1]) else 0
    area = area_named(session, gazetteer, " ".join(more))
    if more and area is None:
        raise refuse("membership.revoke.no_area", area=" ".join(more)[: revoking.MOST_NAMED])
    person = revoking.found(session, actor, name, area, number)
    if not sure:
        return [revoking.ask(session, actor, person, area, " ".join(words))]
    return revoking.revoke(session, actor, person, area, chat, station, now)


COMMAND = Command(revoking.WORD, revoke, latin="revoke", aliases=("停用",), rank=82)
