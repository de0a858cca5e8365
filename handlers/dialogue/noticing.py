"""Notices (告知): purpose, handler, period and rights are heard before, or with, the first thing that is kept (R14)."""

from sqlalchemy.orm import Session

from handlers.dialogue.say import Say
from handlers.dialogue.scene import Scene
from handlers.dialogue.wording import Text, text
from handlers.dialogue.world import Station
from storage import areas, notices, people
from storage.lanes import URGENT


def for_group(station: Station, area: str) -> Text:
    """What a group hears when it is bound, and once more when the notice has changed."""
    return text(f"notice.group_{notices.VERSION}", station=station.name, area=area)


def beside(session: Session, station: Station, there: Scene, says: list[Say]) -> list[Say]:
    """What is answered, with the notice where it has not been heard: above the answer, but below help.

    A group hears it as a group. Privately `say.post` puts it above whatever comes first; here it is said by itself to
    whoever gets no answer.
    """
    chat = there.chat
    if chat is None or not there.actor.id:
        return says
    if not there.is_group:
        silent = not says and people.hears_notice(session, there.actor.id, notices.VERSION)
        return [Say(text(f"privacy.notice_{notices.VERSION}"))] if silent else says
    if chat.notice_version >= notices.VERSION:
        return says
    chat.notice_version = notices.VERSION
    words = text(f"notice.unbound_{notices.VERSION}")
    if chat.area_id is not None:
        words = for_group(station, areas.get(session, chat.area_id).name)
    if any(one.lane <= URGENT for one in says):
        return [*says, Say(words)]
    return [Say(words), *says]
