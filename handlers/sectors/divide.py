"""分片: divide a published search's ring, see who is where, lead, add a place; all of it privately."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy.orm import Session

from handlers.dialogue.command import Command
from handlers.dialogue.say import Say
from handlers.dialogue.scene import Actor
from handlers.dialogue.wording import Catalogue
from handlers.reading import intent
from handlers.reading.codes import Code
from handlers.sectors import actions, records, rules
from handlers.sectors.asked import meant, rest_of


def divide(
    session: Session,
    words: Catalogue,
    actor: Actor,
    rest: str,
    codes: Sequence[Code],
    topic: str | None,
    now: datetime,
) -> list[Say]:
    """分片 寻3; then 确定, 带队, 集合 …, 加 …, 去 片2."""
    search = meant(session, actor, codes, topic, "分片")
    said = rest_of(rest, codes)
    first, _, more = said.partition(" ")
    if first in ("确定", "就这样分"):
        return actions.divide(session, words, actor, search, now)
    if first == "带队":
        return actions.lead(session, actor, search)
    if said.startswith("集合"):
        return actions.meet_at(session, actor, search, said.removeprefix("集合").removeprefix("点"))
    if said.startswith(("加", "增加")):
        return actions.add_sector(session, actor, search, said.removeprefix("增").removeprefix("加"))
    if first in ("去", "去掉", "删", "删除") or said.startswith("去片"):
        return actions.drop_sector(session, actor, search, rules.sector_of(more or said))
    if records.stands(session, search) is None:
        return actions.propose(session, actor, search)
    return actions.overview(session, actor, search)


COMMAND = Command("分片", divide, latin="sectors", bare=intent.has_code, private=True, rank=0)
