"""How a wish ends (圆满): who wished it says it was done well, and the group is thanked; else another helps."""

from datetime import datetime

from sqlalchemy.orm import Session

from handlers.callbacks import actions as callbacks
from handlers.callbacks import answer as call_back
from handlers.dialogue.access import refuse
from handlers.dialogue.say import Say
from handlers.dialogue.scene import Actor, Scene
from handlers.dialogue.wording import text
from handlers.dialogue.world import Station
from handlers.wishes import records, rules, views
from storage import callbacks as rounds
from storage import cases, moments
from storage.callbacks import Answer, CallbackState
from storage.wishes import Wish, WishState


def called_back(session: Session, wish: Wish, now: datetime, station: Station) -> list[Say]:
    """Nobody was dissatisfied: it is closed, and where it was confirmed the group is thanked without a name."""
    row = rounds.newest(session, wish.topic)
    confirmed = row is not None and row.state is CallbackState.SATISFIED
    closed = {"closed_at": now, "expires_at": now + station.incident_lives, "confirmed": confirmed}
    if not cases.move(session, wish, WishState.CLOSED, only_from={WishState.DONE}, **closed):
        return []
    says = views.to_team(session, wish)
    if confirmed:
        says += views.to_groups(session, wish, "wishes.thanks")
        if wish.handler_id is not None:
            says.append(Say(text("wishes.thanks_you", code=wish.code), person=wish.handler_id))
    return says


def dissatisfied(session: Session, wish: Wish, now: datetime, _station: Station) -> list[Say]:
    """It was not done well: it waits for another helper."""
    before = wish.handler_id
    again = _open_again(session, wish, None, now)
    if not again:
        return []
    says = views.to_team(session, wish)
    if before is not None:
        says.append(Say(text("wishes.other_helps", code=wish.code), person=before))
    return says


def reopen(session: Session, actor: Actor, wish: Wish, now: datetime) -> list[Say]:
    """Open a wish again by word (重开), with its helper unless somebody was not satisfied with them."""
    records.check_handler(session, actor, wish)
    callbacks.cancel(session, wish.topic, now)
    helper = wish.handler_id if wish.handler_id not in rounds.barred(session, wish.topic) else None
    if not _open_again(session, wish, helper, now):
        raise refuse("wishes.still_open", code=wish.code, state=text(f"wishes.state.{wish.state}"))
    return [Say(text("incidents.reopened"), quote=True), *views.to_team(session, wish)]


def told_undone(session: Session, scene: Scene, wish: Wish, now: datetime, station: Station) -> list[Say]:
    """Who told it says that it is not well (重开): their answer while they are asked, later it waits for another."""
    if wish.state is WishState.DONE and any(
        ask.answer is Answer.NONE for ask in rounds.asked_of(session, scene.actor.id, wish.topic)
    ):
        ask = callbacks.question_of(session, scene.actor, wish.topic, "")
        return callbacks.answer(session, scene.actor, ask, Answer.DISSATISFIED, "", now, station, call_back.FORM)
    callbacks.cancel(session, wish.topic, now)
    if not _open_again(session, wish, None, now):
        raise refuse("wishes.still_open", code=wish.code, state=text(f"wishes.state.{wish.state}"))
    return [Say(text("wishes.teller.undone", code=wish.code), quote=True), *views.to_team(session, wish)]


def _open_again(session: Session, wish: Wish, helper: int | None, now: datetime) -> bool:
    to = WishState.OPEN if helper is None else WishState.CLAIMED
    opened = cases.move(
        session,
        wish,
        to,
        only_from={WishState.DONE, WishState.CLOSED},
        handler_id=helper,
        reopened=wish.reopened + 1,
        closed_at=None,
        done_at=None,
        confirmed=False,
        asked=0,
        next_at=now + (rules.UNCLAIMED if helper is None else rules.SILENT),
    )
    if opened:
        cases.add_note(session, wish, "reopened", "", now)
        moments.anew(session, wish.topic)
    return opened
