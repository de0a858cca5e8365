"""How a dispute ends (了结): agreed and called back, closed; ended without an agreement; opened again for another."""

from datetime import datetime

from sqlalchemy.orm import Session

from handlers.callbacks import actions as callbacks
from handlers.dialogue.access import SAFETY, WORKERS, refuse, require
from handlers.dialogue.say import Say, button, rows, to_people
from handlers.dialogue.scene import Actor
from handlers.dialogue.wording import text
from handlers.dialogue.world import Station
from handlers.disputes import records, rules, views
from handlers.incidents.rules import split_private
from handlers.ladders import actions as ladders
from handlers.ladders.rules import Rung, Standing, Step
from handlers.reminders.rules import moment_words
from storage import areas, audit, cases, moments, people, supervisions
from storage import callbacks as rounds
from storage.callbacks import CallbackState
from storage.disputes import Dispute, DisputeState
from storage.lanes import Lane
from storage.moments import Clock
from storage.people import Role

BY_RUNG = {
    Rung.MICRO: (Role.GRID_WORKER, Role.AUXILIARY),
    Rung.GRID: (Role.GRID_WORKER, Role.AUXILIARY),
    Rung.COMMUNITY: (Role.OFFICER, Role.MEDIATOR),
    Rung.TOWN: (Role.SAFETY_OFFICE, Role.COMMAND_ROOM),
}
"""Who hears that a dispute has reached their rung."""


def agree(session: Session, dispute: Dispute, words: str, now: datetime, station: Station) -> list[Say]:
    """Keep the agreement (达成): sealed, its SHA-256 shown; until its people are asked it can be put right."""
    if rules.not_agreed(words):
        raise refuse("disputes.not_agreed_yet", code=dispute.code)
    agreement = split_private(words).private["words"]
    if len(agreement) > rules.MOST:
        raise refuse("incidents.too_long", most=rules.MOST)
    again = dispute.state is DisputeState.AGREED
    if again and not _not_asked_yet(session, dispute):
        raise refuse("disputes.agreed_already", code=dispute.code)
    if not again:
        records.going(dispute)
    proof = rules.sealed_hash(agreement)
    sealed = cases.sealed(session, dispute, "agreement", agreement)
    cases.move(
        session,
        dispute,
        DisputeState.AGREED,
        agreement=sealed,
        agreement_hash=proof,
        agreed_at=now,
        next_at=None,
    )
    audit.write(session, "dispute.agreed", now, topic=dispute.topic, sha256=proof)
    cases.add_note(session, dispute, "agreed", proof[:16], now)
    if not again:
        ladders.end(session, dispute.topic, now, station)
        moments.note(session, dispute.topic, Clock.CALMED, now)
    row = callbacks.begin(session, records.case(session, dispute), now, station, even_if_nobody=True)
    anybody = row is not None and rounds.counts(session, row)[1] > 0
    when = moment_words(row.next_at, now) if row is not None and row.next_at is not None else ""
    key = "disputes.agreed" if anybody else "disputes.agreed_nobody"
    return [
        Say(
            text(key, code=dispute.code, hash=proof, when=when),
            buttons=rows(button("disputes.button.not_agreed", f"重开 {dispute.code}")),
        ),
        *views.to_teller(session, dispute, "disputes.teller.agreed"),
        *views.to_team(session, dispute),
    ]


def _not_asked_yet(session: Session, dispute: Dispute) -> bool:
    row = rounds.newest(session, dispute.topic)
    return row is None or row.state is CallbackState.WAITING


def end(session: Session, dispute: Dispute, why: str, now: datetime, station: Station) -> list[Say]:
    """End the mediation without an agreement (终止), with the reason; its people hear which ways remain."""
    words = records.shown(session, dispute, why.strip())[: rules.MOST]
    if not words:
        raise refuse("disputes.end_why", code=dispute.code)
    if supervisions.active(session, dispute.topic) is not None:
        raise refuse("disputes.supervised", code=dispute.code)
    if not cases.move(
        session,
        dispute,
        DisputeState.ENDED,
        outcome=cases.sealed(session, dispute, "outcome", words),
        closed_at=now,
        next_at=None,
        expires_at=now + station.incident_lives,
    ):
        raise records.not_open(dispute)
    ladders.end(session, dispute.topic, now, station)
    cases.add_note(session, dispute, "ended", words, now)
    return [
        Say(
            text("disputes.ended", code=dispute.code),
            buttons=rows(button("disputes.button.reopen", f"重开 {dispute.code}")),
        ),
        *views.to_teller(session, dispute, "disputes.teller.ended"),
        *views.to_team(session, dispute),
    ]


def reopen(session: Session, actor: Actor, dispute: Dispute, now: datetime, station: Station) -> list[Say]:
    """Open a dispute again by word (重开), with its handler unless somebody was not satisfied with them."""
    require(actor, "重开", areas.get(session, dispute.area_id))
    slip = dispute.state is DisputeState.AGREED
    only = {DisputeState.AGREED, DisputeState.CLOSED, DisputeState.ENDED}
    if dispute.state not in only:
        raise refuse("disputes.still_open", code=dispute.code, state=text(f"disputes.state.{dispute.state}"))
    callbacks.cancel(session, dispute.topic, now)
    _open(session, dispute, now, station, fresh=not slip, keep_handler=True)
    return [
        Say(text("disputes.reopened", code=dispute.code), quote=True),
        *_offered(session, dispute, now),
        *views.to_teller(session, dispute, "disputes.teller.reopened", but=actor.id),
    ]


def _open(
    session: Session, dispute: Dispute, now: datetime, station: Station, *, fresh: bool, keep_handler: bool
) -> None:
    handler = dispute.handler_id if keep_handler else None
    if handler is not None and handler in rounds.barred(session, dispute.topic):
        handler = None
    cases.move(
        session,
        dispute,
        DisputeState.MEDIATING,
        handler_id=handler,
        reopened=dispute.reopened + 1,
        agreed_at=None,
        closed_at=None,
        meets_at=None,
        next_at=rules.ask_next(dispute.triage or "", now, station.quiet_from, station.quiet_until),
    )
    cases.add_note(session, dispute, "reopened", "", now)
    moments.anew(session, dispute.topic)
    ladders.begin_again(session, dispute.topic, now, station, fresh=fresh)


def _offered(session: Session, dispute: Dispute, now: datetime) -> list[Say]:
    """The card, and word to who has it; where nobody has, to those who may take over."""
    says = views.to_team(session, dispute)
    if dispute.handler_id is not None:
        return [*says, views.for_handler(session, dispute, now)]
    line = text("disputes.wanted", code=dispute.code, place=records.place_line(session, dispute), sort=dispute.sort)
    offer = Say(line, buttons=rows(button("disputes.button.take", f"接手 {dispute.code}")))
    kept_out = rounds.barred(session, dispute.topic)
    near = people.holders(session, WORKERS | {Role.OFFICER, Role.MEDIATOR}, dispute.area_id)
    return [*says, *to_people(offer, [one for one in near if one not in kept_out])]


def dissatisfied(session: Session, dispute: Dispute, now: datetime, station: Station) -> list[Say]:
    """Somebody was not satisfied: it is open again, and another one takes it."""
    if dispute.state not in (DisputeState.AGREED, DisputeState.CLOSED):
        return []
    before = dispute.handler_id
    _open(session, dispute, now, station, fresh=True, keep_handler=False)
    says = _offered(session, dispute, now)
    if before is not None:
        says.append(Say(text("disputes.other_takes", code=dispute.code), person=before))
    return says


def called_back(session: Session, dispute: Dispute, now: datetime, station: Station) -> list[Say]:
    """Nobody was dissatisfied: it is closed, unless the safety office still holds it."""
    if dispute.state is not DisputeState.AGREED:
        return []
    letter = supervisions.active(session, dispute.topic)
    if letter is not None:
        line = text("disputes.held", code=dispute.code)
        release = button("supervision.button.clear", f"解除督办 {dispute.code} 已调解并回访")
        return [Say(line, buttons=rows(release), person=letter.issued_by)]
    return _close(session, dispute, now, station)


def cleared(session: Session, dispute: Dispute, now: datetime, station: Station) -> list[Say]:
    """The safety office has let go: what was agreed and called back meanwhile is closed now."""
    row = rounds.newest(session, dispute.topic)
    done = row is None or row.state in (CallbackState.SATISFIED, CallbackState.UNANSWERED)
    return _close(session, dispute, now, station) if dispute.state is DisputeState.AGREED and done else []


def _close(session: Session, dispute: Dispute, now: datetime, station: Station) -> list[Say]:
    if supervisions.active(session, dispute.topic) is not None:
        return []
    cases.move(
        session,
        dispute,
        DisputeState.CLOSED,
        only_from={DisputeState.AGREED},
        closed_at=now,
        expires_at=now + station.incident_lives,
    )
    cases.add_note(session, dispute, "closed", "", now)
    says = views.to_team(session, dispute)
    if dispute.handler_id is not None:
        says.append(Say(text("disputes.closed", code=dispute.code), person=dispute.handler_id))
    return says


def why_not_closed(session: Session, dispute: Dispute, now: datetime) -> None:
    """Raise a Refusal that says what a dispute waits for before it is closed; nobody closes one by word."""
    if dispute.state is DisputeState.CLOSED:
        raise refuse("disputes.closed_already", code=dispute.code)
    if dispute.state is not DisputeState.AGREED:
        raise refuse("disputes.close_how", code=dispute.code)
    if supervisions.active(session, dispute.topic) is not None:
        raise refuse("disputes.supervised", code=dispute.code)
    row = rounds.newest(session, dispute.topic)
    when = moment_words(row.next_at, now) if row is not None and row.next_at is not None else ""
    raise refuse("disputes.close_after", code=dispute.code, when=when)


def stepped(session: Session, dispute: Dispute, step: Step, standing: Standing, at: datetime, reason: str) -> list[Say]:
    """Time or a word moved it on its ladder: those of the new rung hear it, and its handler."""
    rung = text(f"ladders.rung.{standing.rung}")
    fields = {"code": dispute.code, "place": records.place_line(session, dispute), "sort": dispute.sort, "rung": rung}
    if step is Step.RESUMED:
        return _to_handler(dispute, Say(text("ladders.runs_again", code=dispute.code)))
    if step is Step.OVER:
        area = ladders.area_at(session, dispute.area_id, Rung.TOWN)
        press = rows(button("supervision.button.issue", f"督办 {dispute.code}"))
        line = Say(text("ladders.over", **fields), buttons=press, lane=Lane.REMINDER)
        return to_people(line, people.nearest_holders(session, SAFETY, area.id))
    cases.add_note(session, dispute, f"climbed_{standing.rung}", f"：{reason}" if reason else "", at)
    why = text("ladders.by_word", words=reason) if reason else text("ladders.by_clock")
    area = ladders.area_at(session, dispute.area_id, standing.rung)
    heard = [
        one
        for role in BY_RUNG[standing.rung]
        for one in people.nearest_holders(session, (role,), area.id)
        if one != dispute.handler_id and one not in rounds.barred(session, dispute.topic)
    ]
    act = button("disputes.button.take", f"接手 {dispute.code}")
    buttons = rows(act) if dispute.state is DisputeState.MEDIATING else views.triage_buttons(dispute)
    offer = Say(text("ladders.reached", why=why, **fields), buttons=buttons, lane=Lane.REMINDER)
    return [
        *to_people(offer, heard),
        *_to_handler(dispute, Say(text("ladders.climbed", why=why, code=dispute.code, rung=rung))),
    ]


def _to_handler(dispute: Dispute, one: Say) -> list[Say]:
    return to_people(one, [dispute.handler_id]) if dispute.handler_id is not None else []
