"""What can be done with an item of the library: add, submit, approve, reject, take out, put back; the only door."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from sqlalchemy.orm import Session

from handlers.bulletins import audience, drafting
from handlers.bulletins import rules as notices
from handlers.bulletins.sending import MOST_ASKED
from handlers.bulletins.views import Office, words_as_said
from handlers.dialogue import access
from handlers.dialogue.access import refuse
from handlers.dialogue.say import Say, button, rows, to_each, to_people
from handlers.dialogue.scene import Actor
from handlers.dialogue.wording import text
from handlers.dialogue.world import Station
from handlers.library import rotating, rules, views
from storage import areas, audit, chats, library, people
from storage.areas import Area
from storage.chats import ChatKind
from storage.library import ItemState, LibraryItem, Shelf

MOST_MEDIA = 10


def home(session: Session, actor: Actor) -> Area:
    """The smallest area over which this person may keep the library; raises Refusal."""
    holds = [hold for hold in actor.holds if hold.role in access.MATRIX["入库"].roles]
    if not holds:
        raise refuse("access.role", who=access.who_may("入库"))
    return areas.get(session, max(holds, key=lambda hold: hold.path.count("/")).area_id)


def add(office: Office, actor: Actor, shelf: Shelf, words: str, media: Sequence[int]) -> LibraryItem:
    """Draft an item; numbers, plates and rooms are masked before anything is kept (R2)."""
    area = home(office.session, actor)
    body = {"text": drafting.worded(office, words), "media": list(media)[:MOST_MEDIA]}
    content, ends = views.content_hash(shelf, body), office.now + rules.DRAFT_LIVES
    item = library.add(office.session, shelf, area.id, actor.id, body, content, office.now, ends)
    audit.write(office.session, "library", office.now, actor_id=actor.id, topic=item.topic, code=item.code)
    return item


def add_media(office: Office, actor: Actor, item: LibraryItem, media: Sequence[int]) -> list[Say]:
    """A further picture of the same album joins the draft."""
    if item.author_id != actor.id or item.state is not ItemState.DRAFT or not media:
        return []
    body = library.body_of(office.session, item)
    body["media"] = [*body["media"], *media][:MOST_MEDIA]
    library.set_body(office.session, item, body, views.content_hash(item.shelf, body))
    return views.preview(office, item)


def lose_medium(office: Office, medium_id: int) -> list[Say]:
    """A picture or film could not be taken: it is left out of what nobody has said yes to, and its author hears so."""
    says = []
    for item in library.showing(office.session, medium_id):
        if item.state not in (ItemState.DRAFT, ItemState.WAITING):
            continue
        body = library.body_of(office.session, item)
        body["media"] = [one for one in body["media"] if one != medium_id]
        library.drop_medium(office.session, item, medium_id)
        library.set_body(office.session, item, body, views.content_hash(item.shelf, body))
        told = text("library.medium_lost", code=item.code, shelf=item.shelf)
        says.append(Say(told, buttons=rows(button("library.button.out", f"出库 {item.code}")), person=item.author_id))
    return says


def check_ours(office: Office, actor: Actor, item: LibraryItem) -> None:
    """Raise Refusal unless the item is of this person's station."""
    if not audience.is_ours(office.session, actor, item.area_id):
        raise refuse("library.unknown", code=item.code)


def submit(office: Office, actor: Actor, item: LibraryItem) -> list[Say]:
    """Ask another officer for the one yes (送批); what was taken out comes back with the yes it has."""
    check_ours(office, actor, item)
    session, now = office.session, office.now
    if item.state is ItemState.OUT:
        return _put_back(office, actor, item)
    if item.state is not ItemState.DRAFT:
        raise refuse("library.in_already", code=item.code, state=views.state(item))
    if item.author_id != actor.id:
        raise refuse("library.not_author", code=item.code)
    return _ask(office, actor, item, now, session)


def _ask(office: Office, actor: Actor, item: LibraryItem, now: datetime, session: Session) -> list[Say]:
    library.move(session, item, ItemState.WAITING, next_at=now + rules.WAITING_LIVES)
    audit.write(session, "ask", now, actor_id=actor.id, topic=item.topic, content=item.content_hash)
    found = [one for one in people.holders(session, access.OFFICERS, item.area_id) if one != item.author_id]
    groups = [chat.id for chat in chats.nearest(session, (ChatKind.OFFICERS,), item.area_id)]
    asked = views.ask(office, item)
    answer = Say(text("library.asked", code=item.code), buttons=views.buttons(item))
    others = [each for one in asked for each in (*to_people(one, found[:MOST_ASKED]), *to_each(one, groups))]
    return [answer, *others]


def _put_back(office: Office, actor: Actor, item: LibraryItem) -> list[Say]:
    """Undo 出库: with the yes it had it is back at once, without one it is asked for."""
    session, now = office.session, office.now
    if item.approved_by is None:
        return _ask(office, actor, item, now, session)
    library.move(session, item, ItemState.READY, next_at=now + rules.ITEM_LIVES)
    audit.write(session, "library.back", now, actor_id=actor.id, topic=item.topic, content=item.content_hash)
    return [Say(text("library.back", code=item.code, shelf=item.shelf), buttons=views.buttons(item))]


def may_decide(office: Office, actor: Actor, item: LibraryItem, word: str) -> None:
    """Raise Refusal unless this is another officer of the same station and the item waits."""
    access.require(actor, word, None)
    if not audience.is_colleague(office.session, actor, item.area_id):
        raise refuse("bulletins.not_colleague", code=item.code)
    if item.author_id == actor.id:
        raise refuse("bulletins.self" if word == "批准" else "library.self_reject", code=item.code)
    if item.state is not ItemState.WAITING:
        raise refuse("library.not_waiting", code=item.code, state=views.state(item))


def approve(office: Office, actor: Actor, item: LibraryItem, seen: str) -> list[Say]:
    """Say the one yes (批准), bound to the hash of what is sent from now on."""
    session, now = office.session, office.now
    session.refresh(item, with_for_update=True)
    may_decide(office, actor, item, "批准")
    content = views.content_hash(item.shelf, library.body_of(session, item))
    if content != item.content_hash or (seen and not content.startswith(seen)):
        item.content_hash = content
        return [Say(text("bulletins.look_again")), *views.ask(office, item)]
    library.move(session, item, ItemState.READY, approved_by=actor.id, approved_at=now, next_at=now + rules.ITEM_LIVES)
    chief = actor.has(access.CHIEFS, areas.get(session, item.area_id))
    audit.write(session, "approve", now, actor_id=actor.id, topic=item.topic, content=content, chief=chief)
    told = text("library.approved_author", code=item.code, shelf=item.shelf, who=office.called(actor.id))
    return [
        Say(text("library.approved", code=item.code, shelf=item.shelf)),
        Say(told, buttons=views.buttons(item), person=item.author_id),
    ]


def reject(office: Office, actor: Actor, item: LibraryItem, reason: str) -> list[Say]:
    """Say no (驳回); its author hears why."""
    may_decide(office, actor, item, "驳回")
    library.move(office.session, item, ItemState.OUT, next_at=office.now + rules.OUT_LIVES)
    audit.write(office.session, "reject", office.now, actor_id=actor.id, topic=item.topic)
    why = words_as_said(notices.cleaned(reason)[:200])
    told = text("library.rejected_author", code=item.code, who=office.called(actor.id), why=why)
    return [Say(text("bulletins.rejected", code=item.code)), Say(told, person=item.author_id)]


def take_out(office: Office, actor: Actor, item: LibraryItem) -> list[Say]:
    """Take it out (出库), by any officer of the station; what waits to be sent of it is dropped, and can be undone."""
    check_ours(office, actor, item)
    session, now = office.session, office.now
    if item.state is ItemState.OUT:
        raise refuse("library.out_already", code=item.code)
    dropped = rotating.drop_waiting(office, actor.id, item_id=item.id)
    library.move(session, item, ItemState.OUT, next_at=now + rules.OUT_LIVES)
    audit.write(session, "library.out", now, actor_id=actor.id, topic=item.topic)
    key = "library.out_dropped" if dropped else "library.out"
    line = text(key, code=item.code, n=dropped)
    says = [Say(line, buttons=rows(button("library.button.undo", f"入库 {item.code}")))]
    if item.author_id != actor.id:
        told = text("library.out_author", code=item.code, who=office.called(actor.id))
        says.append(Say(told, buttons=views.buttons(item), person=item.author_id))
    return says


def step(session: Session, item: LibraryItem, now: datetime, station: Station) -> list[Say]:
    """Its time has come: a draft or an unanswered request lapses, a year-old item is looked at again, one out goes."""
    before = item.state
    if before is ItemState.OUT:
        library.move(session, item, ItemState.GONE, next_at=None)
        library.bury(session, item)
        return []
    library.move(session, item, ItemState.OUT, next_at=now + rules.OUT_LIVES)
    audit.write(session, "lapse", now, topic=item.topic)
    told = Say(text(f"library.lapsed.{before}", code=item.code), person=item.author_id)
    return [replace(told, buttons=views.buttons(item))]
