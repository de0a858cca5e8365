"""What can be done with a contact card (名片): agree to it, take it back, make its picture; the only door."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from handlers.cards import rules, views
from handlers.dialogue.access import HANDLERS, refuse
from handlers.dialogue.message import Incoming
from handlers.dialogue.say import Say, button, rows
from handlers.dialogue.scene import Actor
from handlers.dialogue.wording import text
from handlers.dialogue.world import Station, World
from storage import accounts, areas, audit, cards, media, people
from storage.areas import Area
from storage.media import MediumKind
from storage.worlds import WorldKind

MIME = "image/png"


@dataclass(frozen=True, slots=True)
class Drawn:
    """A card drawn before anything is locked: whose it is (None: an area's), of which area, its token and picture."""

    person_id: int | None
    area_id: int
    token: str
    picture: bytes


def draw_own(session: Session, world: World, actor: Actor, message: Incoming) -> Drawn | None:
    """The picture of somebody's own card; None where they stand on none."""
    hold = views.hold_of(actor)
    name = people.name_of(session, actor.id) if actor.id else ""
    if hold is None or not name:
        return None
    from handlers.cards import picture

    card = cards.of_person(session, actor.id)
    token = card.token if card is not None else cards.drawn()
    role, area_id = hold
    sheet = picture.Sheet(
        world.station.name,
        name,
        role.value,
        areas.get(session, area_id).name,
        (),
        *_foot(session, world, message, token),
    )
    return Drawn(actor.id, area_id, token, picture.draw(world.words, sheet))


def draw_area(session: Session, world: World, actor: Actor, area: Area, message: Incoming) -> Drawn:
    """The picture of an area's card, for the stairwell: the roles of its grid."""
    if not actor.has(HANDLERS, area):
        raise refuse("cards.not_here", area=area.name)
    duties = views.duties(session, area.id)
    if not duties:
        raise refuse("cards.nobody", area=area.name)
    from handlers.cards import picture

    card = cards.of_area(session, area.id)
    token = card.token if card is not None else cards.drawn()
    sheet = picture.Sheet(
        world.station.name,
        "",
        "",
        area.name,
        tuple((one.role, "、".join(one.names)) for one in duties),
        *_foot(session, world, message, token),
    )
    return Drawn(None, area.id, token, picture.draw(world.words, sheet))


def _foot(session: Session, world: World, message: Incoming, token: str) -> tuple[tuple[str, ...], str, str, bool]:
    """The station's lines, what the code holds, what can be typed instead, and whether it is a drill's."""
    opens = accounts.opening(session, message.account)
    shown = rules.payload(opens, token)
    return world.station.lines, shown, rules.typed(token), world.kind is WorldKind.DRILL


def hand_out(session: Session, drawn: Drawn, now: datetime) -> list[Say]:
    """Keep the card, and send its picture."""
    card = cards.put(session, drawn.token, drawn.area_id, drawn.person_id, now)
    until = now + timedelta(days=rules.KEPT_DAYS)
    medium = media.made(session, MediumKind.PHOTO, drawn.picture, MIME, "", now, expires_at=until)
    if drawn.person_id is None:
        return [Say(text("cards.area_made", typed=rules.typed(card.token)), media=(medium,))]
    back = button("cards.button.back", "名片 收回")
    return [Say(text("cards.made", typed=rules.typed(card.token)), buttons=rows(back), media=(medium,))]


def ask(session: Session, actor: Actor, station: Station) -> list[Say]:
    """What the card would show, before anybody agrees to it."""
    hold = views.hold_of(actor)
    if hold is None:
        raise refuse("cards.not_for_you")
    name = people.name_of(session, actor.id)
    if not name:
        raise refuse("cards.nameless")
    area = areas.get(session, hold[1]).name
    line = text("cards.ask", name=name, role=hold[0].value, area=area, office=views.office(station))
    yes, whole = button("cards.button.yes", "名片 同意"), button("cards.button.area", "名片 楼道")
    return [Say(line, buttons=rows(yes, whole))]


def agree(session: Session, actor: Actor, drawn: Drawn | None, now: datetime) -> list[Say]:
    """Somebody shows themselves from now on (同意)."""
    if drawn is None:
        raise refuse("cards.not_for_you")
    audit.write(session, "card.shown", now, actor_id=actor.id, area=drawn.area_id)
    return hand_out(session, drawn, now)


def take_back(session: Session, actor: Actor, now: datetime) -> list[Say]:
    """Somebody shows themselves no more (收回), from this moment on, also on cards that hang somewhere."""
    card = cards.of_person(session, actor.id)
    if card is None or card.ended_at is not None:
        raise refuse("cards.none")
    cards.end(session, card, now)
    audit.write(session, "card.hidden", now, actor_id=actor.id, area=card.area_id)
    return [Say(text("cards.taken_back"), buttons=rows(button("cards.button.again", "名片 同意")))]
