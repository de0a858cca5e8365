"""Records (通报、寻人) by their code or topic: what an operator's command is about, and who may give it."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy.orm import Session

from handlers.dialogue import access
from handlers.dialogue.access import refuse
from handlers.dialogue.scene import Actor
from handlers.reading.codes import Code
from handlers.searches import finding
from storage import areas, bulletins, codes, searches
from storage.bulletins import BulletinKind, BulletinState
from storage.searches import LETTER, SearchState

BULLETINS = frozenset(str(kind) for kind in BulletinKind)


@dataclass(frozen=True, slots=True)
class Record:
    """A bulletin or a search that is sent: its code, the area it is about, and who answers for it.

    `letter` is the first of its code (反 预 协 寻), `owner` the person who is told what others do to it; `recalled`
    whether it was taken back.
    """

    code: str
    topic: str
    area_id: int
    letter: str
    owner: int | None
    recalled: bool = False

    @property
    def is_urgent(self) -> bool:
        """Whether every minute counts: somebody is missing or looked for."""
        return self.letter in (LETTER, str(BulletinKind.SUSPECT))


def meant(session: Session, actor: Actor, named: Sequence[Code], topic: str | None, word: str) -> Record:
    """The record named by its code, or the one whose message was answered; raises Refusal."""
    code = next((one for one in named if one.prefix in BULLETINS), None)
    if code is not None:
        found = bulletins.numbered(session, BulletinKind(code.prefix), code.number)
        if found is None:
            last = codes.last_number(session, code.prefix)
            if last:
                raise refuse("bulletins.unknown_last", code=str(code), last=f"{code.prefix}{last}")
            raise refuse("bulletins.unknown", code=str(code))
        return _of_topic(session, found.topic)
    if any(one.prefix == LETTER for one in named) or (not named and (topic or "").startswith("search:")):
        return _of_topic(session, finding.meant(session, actor, named, topic, word, [SearchState.PUBLISHED]).topic)
    if named:
        raise refuse("bulletins.other_record", code=str(named[0]), word=word)
    if (topic or "").startswith("bulletin:"):
        return _of_topic(session, topic or "")
    raise refuse("bulletins.which", word=word)


def of_topic(session: Session, topic: str | None) -> Record | None:
    """The record a ledger's topic names, None for thanks, rehabilitations and the like."""
    kind, _, number = (topic or "").partition(":")
    if kind not in ("bulletin", "search") or not number.isdecimal():
        return None
    table = bulletins.Bulletin if kind == "bulletin" else searches.Search
    return _of_topic(session, topic or "") if session.get(table, int(number)) is not None else None


def code_of(session: Session, topic: str | None) -> str | None:
    """The code people say for a ledger's topic."""
    record = of_topic(session, topic)
    return record.code if record is not None else None


def _of_topic(session: Session, topic: str) -> Record:
    kind, _, number = topic.partition(":")
    if kind == "bulletin":
        bulletin = bulletins.get(session, int(number))
        back = bulletin.state is BulletinState.RECALLED
        return Record(bulletin.code, topic, bulletin.area_id, str(bulletin.kind), bulletin.author_id, back)
    search = searches.get(session, int(number))
    return Record(search.code, topic, search.area_id, LETTER, search.verified_by)


def require(session: Session, actor: Actor, word: str, record: Record) -> None:
    """Raise Refusal unless this person may do it: any officer for a bulletin, the area's for a search (as 撤回)."""
    if record.letter != LETTER:
        access.require(actor, word, None)
        return
    area = areas.get(session, record.area_id)
    rule = access.MATRIX[word]
    if actor.has(rule.roles) and not actor.has(rule.roles, area):
        raise refuse("search.refuse.area", code=record.code, area=area.name)
    access.require(actor, word, area)


def concerns(session: Session, actor: Actor, word: str, record: Record) -> bool:
    """Whether a record is this person's own, or lies in an area they answer for."""
    return record.owner == actor.id or actor.has(access.MATRIX[word].roles, areas.get(session, record.area_id))
