"""What can be done with a wish (心愿): tell, take back, claim, give back, hand on, do; and what time does.

The only door. How it ends stands in `handlers/wishes/closing.py`.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from handlers.callbacks import actions as callbacks
from handlers.dialogue.access import DESK, HELPERS, TEAM, refuse, require
from handlers.dialogue.message import Incoming
from handlers.dialogue.say import Say, button, rows, to_people
from handlers.dialogue.scene import Actor, Scene, actor_of, called
from handlers.dialogue.wording import text
from handlers.dialogue.world import Station
from handlers.fraud_check.ringing import first_calls
from handlers.incidents.actions import no_petition
from handlers.incidents.place import area_of, building_of
from handlers.incidents.rules import clean, split_private, urgent
from handlers.reading.identifiers import mask
from handlers.reading.places import Gazetteer
from handlers.wishes import records, rules, views
from storage import areas, audit, cases, moments, people, sources
from storage.incidents import IncidentKind
from storage.lanes import Lane
from storage.moments import Clock
from storage.purposes import Purpose
from storage.wishes import Want, Wish, WishSort, WishState


def register(
    session: Session,
    scene: Scene,
    sort: WishSort,
    words: str,
    message: Incoming | None,
    now: datetime,
    station: Station,
    gazetteer: Gazetteer,
    *,
    talk: tuple[int, int] | None = None,
) -> list[Say]:
    """Tell a wish: sealed, the team's group sees what is wished for, never who and behind which door.

    talk: id and area id of the evening talk it was told at.
    """
    told = clean(words)
    if len(told) > rules.MOST:
        raise refuse("incidents.too_long", most=rules.MOST)
    no_petition(IncidentKind.MATTER, told)
    area = area_of(session, gazetteer, told, scene)
    if talk is not None and gazetteer.find(told, talk[1]) is None:
        area = areas.get(session, talk[1])
    on_team = scene.actor.has(TEAM, area)
    begun = Wish(
        purpose=Purpose.SERVICE,
        area_id=area.id,
        state=WishState.OPEN,
        sort=sort,
        want=Want(rules.want_of(told)),
        next_at=now + rules.UNCLAIMED,
        expires_at=now + station.incident_lives,
        talk_id=talk[0] if talk is not None else None,
    )
    wish = cases.add(
        session,
        begun,
        now,
        private={"words": split_private(told, station.lines).private["words"]},
        origin={"person": scene.actor.id, "team": on_team},
        teller_id=scene.actor.id,
    )
    if building := building_of(gazetteer, told, area.id):
        wish.place = cases.sealed(session, wish, "place", building)
    if message is not None:
        sources.note(session, message.message_name, wish.topic, now)
    audit.write(session, "wish", now, topic=wish.topic, code=wish.code, area=area.id)
    calls = first_calls(told, danger=urgent(told))
    return [*calls, _registered(session, wish, on_team), *views.to_team(session, wish)]


def _registered(session: Session, wish: Wish, on_team: bool) -> Say:
    key = "wishes.noted_for" if on_team else "wishes.noted"
    buttons = (
        button("incidents.button.progress", f"进度 {wish.code}"),
        button("incidents.button.withdraw", f"撤销 {wish.code}"),
    )
    return Say(
        text(key, code=wish.code, place=records.place_line(session, wish), want=wish.want), buttons=rows(buttons)
    )


def rewrite(session: Session, wish: Wish, words: str, station: Station) -> list[Say]:
    """The message it came from was edited before anybody claimed it: what it says now counts."""
    told = clean(words)
    if len(told) > rules.MOST:
        raise refuse("incidents.too_long", most=rules.MOST)
    no_petition(IncidentKind.MATTER, told)
    cases.set_private(session, wish, {"words": split_private(told, station.lines).private["words"]})
    cases.change(session, wish, want=Want(rules.want_of(told)))
    return [Say(text("incidents.changed", code=wish.code), quote=True), *views.to_team(session, wish)]


def helper_leaves(session: Session, person_id: int, now: datetime) -> list[Say]:
    """A helper leaves, at any time and without a word: what they had claimed waits for another one."""
    says: list[Say] = []
    for wish in cases.open_ones(session, Wish, (), person_id):
        only = {WishState.CLAIMED}
        if cases.move(
            session, wish, WishState.OPEN, only_from=only, handler_id=None, next_at=now + rules.UNCLAIMED, asked=0
        ):
            says += views.to_team(session, wish)
    return says


def withdraw(session: Session, actor: Actor, wish: Wish, now: datetime, *, sure: bool) -> list[Say]:
    """Take a wish back (撤销), until it is done; who has claimed it hears that it is not needed any more.

    Somebody else has claimed it, then it is asked first, unless `sure`: a wish taken back does not come again.
    """
    if not records.is_teller(session, actor, wish):
        raise refuse("wishes.not_yours", code=wish.code)
    helper = wish.handler_id
    if wish.state is WishState.CLAIMED and helper != actor.id and not sure:
        buttons = rows(button("wishes.button.not_needed", f"心愿 {wish.code} 真的不用了"))
        return [Say(text("wishes.sure_not_needed", code=wish.code), buttons=buttons)]
    if not cases.move(session, wish, WishState.WITHDRAWN, closed_at=now, next_at=None):
        raise records.not_now(wish)
    says = [Say(text("wishes.withdrawn", code=wish.code)), *views.to_team(session, wish)]
    if helper is not None and helper != actor.id:
        says.append(Say(text("wishes.not_needed", code=wish.code), person=helper))
    return says


def claim(session: Session, actor: Actor, wish: Wish, now: datetime) -> list[Say]:
    """Claim a wish (认领): whoever says so first has it, and reads the rest privately."""
    require(actor, "认领", areas.get(session, wish.area_id))
    if wish.state is WishState.CLAIMED and wish.handler_id == actor.id:
        raise refuse("wishes.yours", code=wish.code)
    callbacks.check_handler(session, wish.topic, actor.id)
    only = {WishState.OPEN}
    if not cases.move(session, wish, WishState.CLAIMED, only_from=only, **_begins(actor.id, now)):
        if wish.state is WishState.CLAIMED and wish.handler_id is not None:
            raise refuse("wishes.taken", code=wish.code, name=called(session, wish.handler_id))
        raise records.not_now(wish)
    return _handed(session, actor, wish, now)


def _begins(handler: int, now: datetime) -> dict[str, Any]:
    return {"handler_id": handler, "next_at": now + rules.SILENT, "asked": 0}


def _handed(session: Session, actor: Actor, wish: Wish, now: datetime) -> list[Say]:
    moments.note(session, wish.topic, Clock.RESPONDED, now)
    says = [views.for_helper(session, wish, now)]
    if wish.handler_id != actor.id:
        name = called(session, wish.handler_id or 0)
        says.append(Say(text("wishes.handed", code=wish.code, name=name), person=actor.id))
    key = "wishes.teller.claimed_for" if records.for_other(session, wish) else "wishes.teller.claimed"
    says += views.to_teller(session, wish, key, but=wish.handler_id)
    return [*says, *views.to_team(session, wish)]


def give_back(session: Session, actor: Actor, wish: Wish, now: datetime) -> list[Say]:
    """Give a claimed wish back (退回): it waits for another helper; nobody asks why."""
    records.claimed(wish)
    records.check_handler(session, actor, wish)
    before = wish.handler_id
    cases.move(session, wish, WishState.OPEN, handler_id=None, next_at=now + rules.UNCLAIMED, asked=0)
    says = [Say(text("wishes.given_back", code=wish.code), quote=True), *views.to_team(session, wish)]
    if before is not None and before != actor.id:
        says.append(Say(text("wishes.taken_off", code=wish.code), person=before))
    return says


def hand_on(session: Session, actor: Actor, wish: Wish, name: str, now: datetime) -> list[Say]:
    """Hand a claimed wish on to another helper of its area (转给)."""
    records.claimed(wish)
    records.check_handler(session, actor, wish)
    if not name:
        raise refuse("wishes.hand_whom", code=wish.code)
    area = areas.get(session, wish.area_id)
    found = next(
        (one.id for one in people.all_named(session, name) if actor_of(session, one.id).has(HELPERS, area)), None
    )
    if found is None:
        raise refuse("wishes.no_helper", code=wish.code, name=mask(name)[:20])
    if found == wish.handler_id:
        raise refuse("disputes.has_it", name=called(session, found))
    callbacks.check_handler(session, wish.topic, found)
    before = wish.handler_id
    cases.move(session, wish, WishState.CLAIMED, **_begins(found, now))
    says = _handed(session, actor, wish, now)
    if before is not None and before != actor.id:
        says.append(Say(text("incidents.assign.from_you", code=wish.code, to=called(session, found)), person=before))
    return says


def done(
    session: Session, actor: Actor, wish: Wish, words: str, media: Sequence[int], now: datetime, station: Station
) -> list[Say]:
    """It is done (做好了), with words or a picture; who wished it sees them and is asked whether it is well."""
    records.claimed(wish)
    records.check_handler(session, actor, wish)
    told = split_private(clean(words)).private["words"]
    if len(told) > rules.MOST:
        raise refuse("incidents.too_long", most=rules.MOST)
    outcome = cases.sealed(session, wish, "outcome", told)
    cases.move(session, wish, WishState.DONE, outcome=outcome, done_at=now, next_at=None)
    cases.add_note(session, wish, "done", told, now)
    moments.note(session, wish.topic, Clock.CALMED, now)
    case = records.case(session, wish)
    asked = callbacks.begin(session, case, now, station, even_if_nobody=True, after=rules.ASKED_AFTER)
    at_night = asked is not None and asked.next_at is not None and asked.next_at > now
    told_so = text("wishes.teller.done_words", code=wish.code, words=told) if told else None
    key = "wishes.done_at_night" if at_night else "wishes.done"
    says = [Say(text(key, code=wish.code), buttons=rows(button("wishes.button.undone", f"重开 {wish.code}")))]
    person = records.teller_of(session, wish)
    if person is not None and person != actor.id:
        line = told_so or text("wishes.teller.done", code=wish.code)
        says.append(Say(line, person=person, media=tuple(media)))
    return [*says, *views.to_team(session, wish)]


def say_more(session: Session, actor: Actor, wish: Wish, words: str, now: datetime) -> list[Say]:
    """Who wished it and its helper talk through the bot (补充): neither learns the other's account.

    What a colleague of the team says both of them read.
    """
    added = split_private(clean(words)).private["words"]
    if not added:
        raise refuse("incidents.add_what", code=wish.code)
    if len(added) > rules.MOST:
        raise refuse("incidents.too_long", most=rules.MOST)
    if wish.is_over:
        raise records.not_now(wish)
    helper, teller = wish.handler_id, records.teller_of(session, wish)
    from_teller = actor.id != helper and records.is_teller(session, actor, wish)
    cases.add_note(session, wish, "added" if from_teller else "progress", added, now)
    if actor.id == helper and wish.state is WishState.CLAIMED:
        cases.change(session, wish, next_at=now + rules.SILENT, asked=0)
    says = [Say(text("incidents.added", code=wish.code))]
    if helper is not None and helper != actor.id:
        key = "incidents.was_added" if from_teller else "wishes.colleague"
        says.append(Say(text(key, code=wish.code, words=added, name=called(session, actor.id)), person=helper))
    if teller is not None and teller != actor.id and not from_teller:
        key = "wishes.teller.more" if actor.id == helper else "wishes.teller.colleague"
        says.append(Say(text(key, code=wish.code, words=added), person=teller))
    return says


def step(session: Session, wish: Wish, now: datetime, station: Station) -> list[Say]:
    """Nobody has claimed it for three days, then the worker hears, then the desk; a silent helper is asked."""
    cases.change(session, wish, asked=wish.asked + 1, next_at=None)
    if wish.state is WishState.OPEN:
        if wish.asked == 1:
            cases.change(session, wish, next_at=now + rules.UNCLAIMED)
        near = records.helpers_left(session, wish) if wish.asked == 1 else []
        heard = near or people.nearest_holders(session, DESK, wish.area_id)
        line = text("wishes.unclaimed", head=views.head(session, wish), days=(now - wish.created_at).days)
        return to_people(
            Say(line, buttons=rows(button("wishes.button.claim", f"认领 {wish.code}")), lane=Lane.REMINDER), heard
        )
    if wish.state is not WishState.CLAIMED or wish.handler_id is None:
        return []
    cases.change(session, wish, next_at=now + rules.SILENT)
    asks = Say(
        text("wishes.how_goes", head=views.head(session, wish), code=wish.code),
        buttons=views.helper_buttons(wish),
        person=wish.handler_id,
        lane=Lane.REMINDER,
    )
    if wish.asked == 1:
        return [asks]
    silent = Say(text("wishes.silent", head=views.head(session, wish), code=wish.code), lane=Lane.REMINDER)
    return [asks, *to_people(silent, [one for one in records.helpers_left(session, wish) if one != wish.handler_id])]
