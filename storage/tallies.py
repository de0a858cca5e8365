"""Tallies (计数): how many records of each area began, ended or were under way in a stretch of time; nothing of any.

What is counted is a number of a whole area; no tally knows who told of a record or had it in hand. Each is one look at
the rows of that time, by an index, for all areas at once, however long the years behind it are.
"""

from collections import Counter, defaultdict
from collections.abc import Collection, Sequence
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import ColumnElement, Integer, and_, bindparam, cast, func, or_, select, true
from sqlalchemy.orm import Session

from storage.areas import Numbers, numbers
from storage.bulletins import Bulletin, BulletinKind
from storage.callbacks import Answer, CallbackAsk
from storage.callbacks import Callback as Round
from storage.cases import Case, CaseNote, kinds
from storage.chats import Chat
from storage.copies import Copy, CopyState, Hand
from storage.deliveries import Delivery
from storage.hazards import Hazard
from storage.incidents import Incident, IncidentKind, IncidentState
from storage.prepared import NEVER, Among, Prepared, times

NOT_THERE = (CopyState.NEVER, CopyState.SIMULATED, CopyState.LOST)
NO_WORK = (IncidentState.WITHDRAWN, IncidentState.MERGED)
ENDS = ("closed", "reopened")


@cache
def _going(kind: type[Case], but: tuple[Any, ...]) -> Prepared:
    counts = tuple(kind.state != one for one in but)
    began = times(*counts, kind.created_at >= bindparam("since"))
    return Prepared(select(kind.area_id, began, times(true(), *counts)).where(going(kind)).group_by(kind.area_id))


def going(kind: Any) -> ColumnElement[bool]:  # noqa: ANN401 - a table with both columns
    """Under way at some moment of the time: begun before its end, not over before; found by when it was closed.

    A closing has an upper bound as well, so that SQLite takes this index and not the one of the beginning.
    """
    over = or_(kind.closed_at.is_(None), kind.closed_at.between(bindparam("since"), NEVER))
    return and_(kind.created_at < bindparam("until"), over)


def under_way(
    session: Session, kind: type[Case], since: datetime, until: datetime, *, but: Sequence[Any] = ()
) -> Numbers:
    """(begun then, all) of the cases of a kind that were under way at some moment of the time.

    Those in a state of `but` do not count.
    """
    return numbers(session, _going(kind, tuple(but)), since=since, until=until)


_ENDS = Prepared(
    select(CaseNote.topic, CaseNote.kind)
    .where(or_(*(CaseNote.kind == one for one in ENDS)))
    .where(CaseNote.created_at >= bindparam("since"), CaseNote.created_at < bindparam("until"))
)


def ends(session: Session, kind: type[Case], since: datetime, until: datetime) -> Numbers:
    """(closed, opened again, opened again after being closed) of a kind's cases, by the steps noted then."""
    found: dict[int, list[int]] = defaultdict(lambda: [0, 0, 0])
    for topic, step in _ENDS.all(session, since=since, until=until):
        if topic.startswith(f"{kind.name}:"):
            found[_id(topic)][ENDS.index(step)] += 1
    again = [one for one, some in found.items() if some[1]]
    for one, times_undone in _undone(session, kind, again, since, until).items():
        found[one][2] = times_undone
    by_area: dict[int, tuple[int, ...]] = {}
    for one, area in _areas_of(session, kind, found).items():
        closed, opened, undone = by_area.get(area, (0, 0, 0))
        by_area[area] = closed + found[one][0], opened + found[one][1], undone + found[one][2]
    return by_area


_STEPS = Prepared(
    select(CaseNote.kind, CaseNote.created_at)
    .where(CaseNote.topic == bindparam("topic"), or_(*(CaseNote.kind == one for one in ENDS)))
    .where(CaseNote.created_at < bindparam("until"))
    .order_by(CaseNote.id)
)


def _undone(session: Session, kind: type[Case], ids: Collection[int], since: datetime, until: datetime) -> Counter[int]:
    """How often each of these was opened again in the time after it had been closed."""
    undone = Counter[int]()
    for one in ids:
        closed = False
        for step, at in _STEPS.all(session, topic=f"{kind.name}:{one}", until=until):
            undone[one] += closed and step != "closed" and at >= since
            closed = step == "closed"
    return undone


def _id(topic: str) -> int:
    return int(topic.partition(":")[2])


@cache
def _lying(kind: type[Case] | type[Incident]) -> Prepared:
    return Prepared(select(kind.id, kind.area_id).where(Among(kind.id, "ids")))


def _areas_of(session: Session, kind: type[Case] | type[Incident], ids: Collection[int]) -> dict[int, int]:
    """In which area each of these records lies."""
    return dict(_lying(kind).all(session, ids=ids)) if ids else {}


_WORK = and_(*(Incident.state != one for one in NO_WORK))
_REPORT = and_(Incident.kind != IncidentKind.TIP, Incident.search_id.is_(None), Incident.bulletin_id.is_(None), _WORK)
_DONE = and_(Incident.state == IncidentState.DONE, Incident.closed_at < bindparam("until"))
_REPORTS = Prepared(
    select(Incident.area_id, times(_REPORT, _DONE, Incident.closed_at >= bindparam("since")), times(_REPORT))
    .where(going(Incident))
    .group_by(Incident.area_id)
)
_HAZARDS = Prepared(
    select(Incident.area_id, times(Incident.kind == IncidentKind.HAZARD, _WORK))
    .where(Incident.created_at >= bindparam("since"), Incident.created_at < bindparam("until"))
    .group_by(Incident.area_id)
)
_DUE = Prepared(
    select(
        Incident.area_id,
        times(Incident.state == IncidentState.DONE, Incident.closed_at <= Hazard.due_at),
        func.count(),
    )
    .join(Hazard, Hazard.incident_id == Incident.id)
    .where(Hazard.due_at >= bindparam("since"), Hazard.due_at < bindparam("until"))
    .group_by(Incident.area_id)
)


def reports(session: Session, since: datetime, until: datetime) -> Numbers:
    """(done, under way) of the incidents that are no tips; a sighting belongs to its search."""
    return numbers(session, _REPORTS, since=since, until=until)


def hazards_found(session: Session, since: datetime, until: datetime) -> Numbers:
    """Hazards told of; neither those taken back nor those told before."""
    return numbers(session, _HAZARDS, since=since, until=until)


def hazards_due(session: Session, since: datetime, until: datetime) -> Numbers:
    """(mended by its day, all) of the hazards whose day came."""
    return numbers(session, _DUE, since=since, until=until)


_ANSWERS = Prepared(
    select(Round.topic, CallbackAsk.answer)
    .join(Round, Round.id == CallbackAsk.callback_id)
    .where(CallbackAsk.answered_at >= bindparam("since"), CallbackAsk.answered_at < bindparam("until"))
)
_GIVEN = (Answer.SATISFIED, Answer.DISSATISFIED)


def answers(session: Session, since: datetime, until: datetime) -> Numbers:
    """(satisfied, all who answered) of the call-backs."""
    told: dict[str, dict[int, list[bool]]] = defaultdict(lambda: defaultdict(list))
    for topic, answer in _ANSWERS.all(session, since=since, until=until):
        if answer in _GIVEN:
            told[topic.partition(":")[0]][_id(topic)].append(answer == Answer.SATISFIED)
    tables: dict[str, type[Case] | type[Incident]] = {one.name: one for one in kinds()} | {"incident": Incident}
    found: dict[int, tuple[int, ...]] = {}
    for name, by_record in told.items():
        places = _areas_of(session, tables[name], by_record) if name in tables else {}
        for one, area in places.items():
            satisfied, whole = found.get(area, (0, 0))
            found[area] = satisfied + sum(by_record[one]), whole + len(by_record[one])
    return found


_SENT = and_(Delivery.created_at >= bindparam("since"), Delivery.created_at < bindparam("until"))
_TOPICS = Prepared(select(Delivery.topic, func.count()).where(_SENT).group_by(Delivery.topic))
_KINDS = Prepared(select(Bulletin.id, Bulletin.kind).where(Among(Bulletin.id, "ids")))


@cache
def _reach(dialect: str, several: bool) -> Prepared:
    """(reached, meant) by area of the chats a notice of the time was sent to, once or in `several` deliveries."""
    on_sqlite = dialect == "sqlite"
    each = func.json_each(Delivery.targets) if on_sqlite else func.json_array_elements_text(Delivery.targets)
    listed = each.table_valued("value") if on_sqlite else each.table_valued("value").render_derived()
    sent = select(cast(listed.c.value, Integer).label("chat")).select_from(Delivery).join(listed, true())
    all_of_it = sent.where(_SENT, Delivery.topic == bindparam("topic"))
    meant = (all_of_it.distinct() if several else all_of_it).subquery()
    there = or_(Copy.hand.is_(None), Copy.hand == Hand.DONE), *(Copy.state != one for one in NOT_THERE)
    arrived = select(Copy.chat_id).where(Copy.topic == bindparam("topic"), *there)
    counts = select(Chat.area_id, times(meant.c.chat.in_(arrived)), func.count())
    return Prepared(counts.join(meant, meant.c.chat == Chat.id).group_by(Chat.area_id))


def reach(session: Session, kinds_of: Collection[BulletinKind], since: datetime, until: datetime) -> Numbers:
    """(reached, meant) of the chats to which notices of these kinds went out, by the copy ledger.

    The database counts them: there may be thousands.
    """
    dialect, topics = session.get_bind().dialect.name, _TOPICS.all(session, since=since, until=until)
    sent = {_id(topic): times_sent > 1 for topic, times_sent in topics if topic.startswith("bulletin:")}
    found: Numbers = {}
    for number, kind in _KINDS.all(session, ids=sent) if sent else ():
        if kind not in kinds_of:
            continue
        counting = _reach(dialect, sent[number])
        told = numbers(session, counting, topic=f"bulletin:{number}", since=since, until=until)
        for area, (reached, meant) in told.items():
            n, of = found.get(area, (0, 0))
            found[area] = n + reached, of + meant
    return found
