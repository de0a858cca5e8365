"""A dispute as a kind of record (纠): what the shared rooms ask of it, and shared words about it."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from sqlalchemy.orm import Session

from handlers.cases import plain
from handlers.cases import views as shared
from handlers.dialogue.access import HANDLERS, refuse, require
from handlers.dialogue.kinds import unknown
from handlers.dialogue.say import Say
from handlers.dialogue.scene import Actor, Scene
from handlers.dialogue.wording import Text, text
from handlers.dialogue.world import Station
from handlers.disputes import actions, closing, records, rules, views
from handlers.disputes.triage import refer
from handlers.incidents.words import after_codes
from handlers.reading.codes import Code
from handlers.reminders.rules import moment_words
from storage import areas, audit, cases
from storage.disputes import Dispute, DisputeState

MOST_LINES = 8


def _reach(session: Session, dispute: Dispute, side: str, caller: int, now: datetime) -> str:
    """Whom a caller phones; that it was shown to them is kept."""
    audit.write(session, "dispute.call", now, actor_id=caller, topic=dispute.topic)
    sides = dict(zip(records.SIDES, records.parties(session, dispute), strict=False))
    told = sides.get(side, {})
    return f"{told.get('name', '')} {told.get('phone', '')}".strip()


def _todo(session: Session, scene: Scene, now: datetime) -> Iterable[Text]:
    """What is open of this person: in their hands, to be sorted or to be taken over; in a group no one's name."""
    within = [
        one for hold in scene.actor.holds if hold.role in HANDLERS for one in areas.subtree(session, hold.area_id)
    ]
    for one in cases.open_ones(session, Dispute, within, scene.actor.id, MOST_LINES):
        yield text(
            "disputes.todo",
            code=one.code,
            place=records.place_line(session, one),
            sort=one.sort,
            state=views.state_of(session, one),
        )


def _own(session: Session, actor: Actor) -> Iterable[Text]:
    """How the disputes this person registered stand."""
    for one in cases.told_by(session, Dispute, actor.id, MOST_LINES) if actor.id else ():
        yield text("incidents.progress.line", code=one.code, state=views.state_of(session, one, with_name=False))


def _for_anyone(session: Session, scene: Scene, codes: Sequence[Code], topic: str | None) -> Dispute:
    """The dispute its teller or its team means; in a public group nobody learns of one."""
    found = records.meant(session, codes, topic)
    if found is None or scene.kind.is_public:
        raise unknown(session, scene, codes)
    if not (records.is_team(session, scene.actor, found) or records.is_teller(session, scene.actor, found)):
        raise unknown(session, scene, codes)
    return found


def progress(
    session: Session, scene: Scene, codes: Sequence[Code], topic: str | None, now: datetime, station: Station
) -> list[Say]:
    """How a dispute stands: its state for who asked for help; clocks, ladder and call-back counts for the team."""
    dispute = _for_anyone(session, scene, codes, topic)
    team = records.is_team(session, scene.actor, dispute)
    lines = [text("disputes.progress", code=dispute.code, state=views.state_of(session, dispute, with_name=team))]
    if team:
        way = "、".join(one for one in (dispute.lane, dispute.partner) if one)
        lines += [text("disputes.progress_way", way=way)] if way else []
        lines += shared.lines(session, dispute.topic, dispute.created_at, now, station)
        if dispute.agreement_hash is not None and dispute.state in (DisputeState.AGREED, DisputeState.CLOSED):
            lines.append(text("disputes.progress_hash", hash=dispute.agreement_hash))
    elif not scene.is_group and (room := views.room_of(session, dispute, now)) and dispute.meets_at is not None:
        when = moment_words(dispute.meets_at, now)
        lines.append(text("disputes.teller.meets", code=dispute.code, when=when, room=room))
    if team and not scene.is_group and dispute.handler_id == scene.actor.id:
        lines += views.notes(session, dispute, now)
    return [Say(text("incidents.lines", lines=tuple(lines)), quote=True)]


def withdraw(
    session: Session, scene: Scene, codes: Sequence[Code], topic: str | None, now: datetime, station: Station
) -> list[Say]:
    """Take a registration back."""
    return actions.withdraw(session, scene.actor, _for_anyone(session, scene, codes, topic), now, station)


def reopen(
    session: Session, scene: Scene, codes: Sequence[Code], topic: str | None, now: datetime, station: Station
) -> list[Say]:
    """Open it again; who asked for help hears how its handler learns that it is not well."""
    own = records.meant(session, codes, topic)
    if own is not None and records.is_teller(session, scene.actor, own):
        if not records.is_team(session, scene.actor, own):
            raise refuse("incidents.reopen_how", code=own.code)
    require(scene.actor, "重开", None)
    return closing.reopen(session, scene.actor, records.for_team(session, scene, codes, topic), now, station)


def close(session: Session, scene: Scene, codes: Sequence[Code], topic: str | None, now: datetime) -> list[Say]:
    """销号 is what the call-back does; said by word it tells what is missing."""
    closing.why_not_closed(session, records.for_team(session, scene, codes, topic), now)
    return []


def supplement(
    session: Session, scene: Scene, rest: str, codes: Sequence[Code], topic: str | None, now: datetime
) -> list[Say]:
    """What is added by its handler is a fact of the case; who asked for help tells it to the handler."""
    dispute = _for_anyone(session, scene, codes, topic)
    words = after_codes(rest, records.named(codes))
    if scene.is_group:
        raise refuse("access.private", word="补充")
    if records.is_team(session, scene.actor, dispute):
        return actions.add_fact(session, dispute, rules.fact(words), now)
    return actions.told_more(session, dispute, words, now)


def take(
    session: Session, scene: Scene, codes: Sequence[Code], topic: str | None, now: datetime, station: Station
) -> list[Say]:
    """接单 of a dispute is 接手."""
    return actions.take_over(session, scene.actor, records.for_team(session, scene, codes, topic), now, station)


KIND = plain.kind(
    Dispute,
    is_team=records.is_team,
    case=records.case,
    addressees=records.addressees,
    reopen=closing.dissatisfied,
    called_back=closing.called_back,
    refreshed=views.to_team,
    shown=records.shown,
    reach=_reach,
    cleared=closing.cleared,
    spans=rules.SPANS,
    stepped=closing.stepped,
    todo=_todo,
    own=_own,
    answers={
        "进度": progress,
        "撤销": withdraw,
        "重开": reopen,
        "办结": close,
        "补充": supplement,
        "转派": refer,
        "接单": take,
    },
    opened_by={"重开": "回访"},
)
