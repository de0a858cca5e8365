"""Tallies (计数): how many records of some areas began, ended or were under way in a stretch of time; nothing of any.

What is counted is a number of a whole area; no tally knows who told of a record or had it in hand.
"""

from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import String, and_, cast, func, literal, or_, select
from sqlalchemy.orm import Session

from storage.bulletins import Bulletin, BulletinKind
from storage.callbacks import Answer, CallbackAsk
from storage.callbacks import Callback as Round
from storage.cases import Case, CaseNote, kinds
from storage.chats import Chat
from storage.copies import Copy, CopyState, Hand
from storage.deliveries import Delivery
from storage.incidents import Incident, IncidentKind, IncidentState

NOT_THERE = (CopyState.NEVER, CopyState.SIMULATED, CopyState.LOST)
NO_WORK = (IncidentState.WITHDRAWN, IncidentState.MERGED)


def begun(
    session: Session,
    kind: type[Case],
    area_ids: Collection[int],
    since: datetime,
    until: datetime,
    *,
    but: Collection[str] = (),
) -> int:
    """How many cases of a kind began; those in a state of `but` do not count."""
    here = kind.area_id.in_(list(area_ids)), kind.created_at >= since, kind.created_at < until
    return session.scalar(select(func.count(kind.id)).where(*here, kind.state.not_in(list(but)))) or 0


def under_way(
    session: Session,
    kind: type[Case],
    area_ids: Collection[int],
    since: datetime,
    until: datetime,
    *,
    but: Collection[str] = (),
) -> int:
    """How many cases of a kind were under way at some moment of the time: begun before its end, not over before."""
    here = kind.area_id.in_(list(area_ids)), kind.created_at < until, kind.state.not_in(list(but))
    going = or_(kind.closed_at.is_(None), kind.closed_at >= since)
    return session.scalar(select(func.count(kind.id)).where(*here, going)) or 0


def steps(
    session: Session,
    kind: type[Case],
    area_ids: Collection[int],
    notes: Sequence[str],
    until: datetime,
    *,
    of_those: tuple[str, datetime] | None = None,
) -> list[tuple[int, str, datetime]]:
    """(case, kind of note, moment) of the steps noted of a kind's cases until then, in their order.

    of_those: only of the cases that have a note of this kind from this moment on.
    """
    topic = literal(f"{kind.name}:") + cast(kind.id, String)
    query = (
        select(kind.id, CaseNote.kind, CaseNote.created_at)
        .join(CaseNote, CaseNote.topic == topic)
        .where(kind.area_id.in_(list(area_ids)), CaseNote.kind.in_(list(notes)), CaseNote.created_at < until)
    )
    if of_those is not None:
        last, since = of_those
        noted = CaseNote.kind == last, CaseNote.created_at >= since, CaseNote.created_at < until
        query = query.where(topic.in_(select(CaseNote.topic).where(*noted)))
    return [(one, note, at) for one, note, at in session.execute(query.order_by(CaseNote.id))]


def incidents(
    session: Session, kinds_of: Collection[IncidentKind], area_ids: Collection[int], since: datetime, until: datetime
) -> tuple[int, int]:
    """(done, under way) of the incidents of these kinds; a sighting belongs to its search, one opened again is not."""
    here = and_(
        Incident.area_id.in_(list(area_ids)),
        Incident.kind.in_(list(kinds_of)),
        Incident.search_id.is_(None),
        Incident.bulletin_id.is_(None),
        Incident.created_at < until,
        Incident.state.not_in(NO_WORK),
    )
    done = Incident.state == IncidentState.DONE, Incident.closed_at >= since, Incident.closed_at < until
    going = or_(Incident.closed_at.is_(None), Incident.closed_at >= since)
    counts = session.scalar(select(func.count(Incident.id)).where(here, *done))
    return counts or 0, session.scalar(select(func.count(Incident.id)).where(here, going)) or 0


def answers(session: Session, area_ids: Collection[int], since: datetime, until: datetime) -> tuple[int, int]:
    """(satisfied, all who answered) of the call-backs about records of these areas."""
    given = (Answer.SATISFIED, Answer.DISSATISFIED)
    when = CallbackAsk.answer.in_(given), CallbackAsk.answered_at >= since, CallbackAsk.answered_at < until
    found = session.execute(
        select(Round.topic, CallbackAsk.answer).join(Round, Round.id == CallbackAsk.callback_id).where(*when)
    ).all()
    within = _within(session, {topic for topic, _ in found}, area_ids)
    here = [answer for topic, answer in found if topic in within]
    return here.count(Answer.SATISFIED), len(here)


def _within(session: Session, topics: Collection[str], area_ids: Collection[int]) -> set[str]:
    """Those of these records that lie in these areas."""
    tables: dict[str, type[Case] | type[Incident]] = {one.name: one for one in kinds()} | {"incident": Incident}
    within: set[str] = set()
    for name, table in tables.items():
        ids = [int(one.partition(":")[2]) for one in topics if one.partition(":")[0] == name]
        if ids:
            here = table.id.in_(ids), table.area_id.in_(list(area_ids))
            within |= {f"{name}:{one}" for one in session.scalars(select(table.id).where(*here))}
    return within


def reach(
    session: Session, kinds_of: Collection[BulletinKind], area_ids: Collection[int], since: datetime, until: datetime
) -> tuple[int, int]:
    """(reached, meant) of the chats of these areas to which notices of these kinds went out, by the copy ledger."""
    sent = session.execute(
        select(Delivery.topic, Delivery.targets)
        .join(Bulletin, literal("bulletin:") + cast(Bulletin.id, String) == Delivery.topic)
        .where(Bulletin.kind.in_(list(kinds_of)), Delivery.created_at >= since, Delivery.created_at < until)
    ).all()
    meant = {(topic, chat) for topic, targets in sent for chat in targets}
    if not meant:
        return 0, 0
    chats = select(Chat.id).where(Chat.area_id.in_(list(area_ids)))
    here = set(session.scalars(chats))
    there = or_(Copy.hand.is_(None), Copy.hand == Hand.DONE), Copy.state.not_in(NOT_THERE)
    copied = session.execute(
        select(Copy.topic, Copy.chat_id).where(
            Copy.topic.in_({topic for topic, _ in meant}), Copy.chat_id.in_(chats), *there
        )
    )
    reached = {(topic or "", chat) for topic, chat in copied}
    return len(meant & reached), sum(chat in here for _, chat in meant)
