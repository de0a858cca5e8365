"""What can be done with a rotation (轮播): plan, pause, go on, stop; and what happens when its moment comes."""

from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta

from sqlalchemy.orm import Session

from handlers.bulletins import audience, sending
from handlers.bulletins import rules as notices
from handlers.bulletins import views as bulletin_views
from handlers.bulletins.views import Office
from handlers.dialogue import access
from handlers.dialogue.access import refuse
from handlers.dialogue.say import Button, Say, button, rows
from handlers.dialogue.scene import Actor, actor_of
from handlers.dialogue.wording import text
from handlers.library import rules, views
from handlers.library.rules import Candidate, Group
from handlers.reading.when import When
from handlers.reminders import repeating
from handlers.reminders.rules import repetition
from storage import areas, audit, bulletins, chats, library, people
from storage.areas import Area
from storage.bulletins import Bulletin, BulletinKind, BulletinState
from storage.chats import PUBLIC, Chat
from storage.library import ItemState, LibraryItem, LibraryRotation, RotationState, Shelf
from storage.people import Role

KINDS = {Shelf.FRAUD: BulletinKind.FRAUD, Shelf.LAW: BulletinKind.WARNING}
WAITS = (BulletinState.APPROVED, BulletinState.WAITING)
REMEMBERED = timedelta(days=8)


def word(shelf: Shelf) -> str:
    """The command of a shelf."""
    return f"{shelf}库"


def plan(office: Office, actor: Actor, shelf: Shelf, area: Area, when: When) -> list[Say]:
    """Begin a rotation (排程) in an area this person answers for; it takes the place of the one that stood there."""
    access.require(actor, word(shelf), area)
    if when.repeat is None:
        raise refuse("library.no_repeat", shelf=shelf)
    repeat, chosen = repetition(when, office.now)
    if repeating.gap(repeat) < rules.SHORTEST:
        raise refuse("library.too_often")
    first = repeating.next_after(repeat, office.now)
    if first is None:
        raise refuse("library.no_repeat", shelf=shelf)
    session, before = office.session, library.rotation_of(office.session, shelf, area.id)
    if before is not None:
        library.set_rotation(session, before, RotationState.STOPPED, None)
    row = library.rotate(session, shelf, area.id, actor.id, repeat, office.now, first)
    audit.write(session, "rotate", office.now, actor_id=actor.id, topic=row.topic, area=area.id)
    hint = text("library.quiet", at=office.clock(_out_of_quiet(office, first))) if office.is_quiet(first) else ""
    line = text(
        "library.planned",
        shelf=shelf,
        line=views.rotation(office, row),
        n=len(_groups(session, area)),
        items=len(_candidates(office, row)),
        chosen=text("library.chosen") if chosen else "",
        quiet=hint,
    )
    return [Say(line, buttons=rows(_buttons(row)))]


def _out_of_quiet(office: Office, moment: datetime) -> datetime:
    return notices.after_quiet(moment, office.station.quiet_from, office.station.quiet_until)


def _buttons(row: LibraryRotation) -> tuple[Button, ...]:
    shelf = word(row.shelf)
    if row.state is RotationState.PAUSED:
        return button("library.button.resume", f"{shelf} 继续"), button("library.button.stop", f"{shelf} 停")
    return button("library.button.pause", f"{shelf} 暂停"), button("library.button.stop", f"{shelf} 停")


def pause(office: Office, actor: Actor, row: LibraryRotation) -> list[Say]:
    """Pause a rotation (暂停): what waits to be sent of it is dropped."""
    _check(office, actor, row)
    if row.state is RotationState.PAUSED:
        raise refuse("library.paused_already", shelf=word(row.shelf))
    dropped = drop_waiting(office, actor.id, rotation_id=row.id)
    library.set_rotation(office.session, row, RotationState.PAUSED, None)
    audit.write(office.session, "rotate.pause", office.now, actor_id=actor.id, topic=row.topic)
    return [Say(text("library.paused", line=views.rotation(office, row), n=dropped), buttons=rows(_buttons(row)))]


def resume(office: Office, actor: Actor, row: LibraryRotation) -> list[Say]:
    """Let a rotation that was paused or stopped go on (继续)."""
    _check(office, actor, row)
    if row.state is RotationState.GOING:
        raise refuse("library.goes_already", line=views.rotation(office, row))
    following = repeating.next_after(row.repeat, office.now)
    if following is None:
        raise refuse("library.no_repeat", shelf=row.shelf)
    row.author_id = actor.id
    library.set_rotation(office.session, row, RotationState.GOING, following)
    audit.write(office.session, "rotate.resume", office.now, actor_id=actor.id, topic=row.topic)
    return [Say(text("library.resumed", line=views.rotation(office, row)), buttons=rows(_buttons(row)))]


def stop(office: Office, actor: Actor, row: LibraryRotation) -> list[Say]:
    """Stop a rotation (停); 继续 undoes it."""
    _check(office, actor, row)
    dropped = drop_waiting(office, actor.id, rotation_id=row.id)
    library.set_rotation(office.session, row, RotationState.STOPPED, None)
    audit.write(office.session, "rotate.stop", office.now, actor_id=actor.id, topic=row.topic)
    undo = button("library.button.undo", f"{word(row.shelf)} 继续")
    area = areas.get(office.session, row.area_id).name
    return [Say(text("library.stopped", area=area, shelf=row.shelf, n=dropped), buttons=rows(undo))]


def _check(office: Office, actor: Actor, row: LibraryRotation) -> None:
    access.require(actor, word(row.shelf), areas.get(office.session, row.area_id))


def drop_waiting(
    office: Office, actor_id: int | None, *, item_id: int | None = None, rotation_id: int | None = None
) -> int:
    """Drop what of an item or a rotation waits for its day; how many notices."""
    waiting = library.waiting_pushes(office.session, WAITS, item_id=item_id, rotation_id=rotation_id)
    for push, bulletin in waiting:
        over = {"next_at": None, "closed_at": office.now, "closed_by": actor_id}
        bulletins.move(office.session, bulletin, BulletinState.RECALLED, only_from=WAITS, **over)
        audit.write(office.session, "discard", office.now, actor_id=actor_id, topic=bulletin.topic)
        library.free(office.session, push)
    return len(waiting)


def strike(office: Office, row: LibraryRotation) -> list[Say]:
    """Its moment has come, however late anybody looks: the next item goes out, or its officer hears what to do."""
    session, now = office.session, office.now
    row.next_at = repeating.next_after(row.repeat, now)
    library.forget_days(session, now.date() - REMEMBERED)
    area = areas.get(session, row.area_id)
    if not actor_of(session, row.author_id).has(access.MATRIX[word(row.shelf)].roles, area):
        return _orphaned(office, row, area)
    item = _next(office, row)
    if item is None:
        return [_nothing_left(office, row, area)]
    start = _out_of_quiet(office, now)
    plan, left, privates = _whom(session, row, area, start)
    if not plan and not privates:
        return [Say(text("library.nobody", area=area.name, shelf=row.shelf), person=row.author_id)]
    sent: list[Bulletin] = []
    today = start.date()
    for day in sorted({*plan, *([today] if privates else [])}):
        chat_ids = [*plan.get(day, ()), *(privates if day == today else ())]
        sent.append(_send(office, row, item, chat_ids, day, start + (day - today)))
    reached = sum(map(len, plan.values()))
    told = text(
        "library.struck",
        shelf=row.shelf,
        area=area.name,
        item=item.code,
        bulletins="、".join(one.code for one in sent),
        n=reached,
        of=reached + len(left),
        people=text("library.and_people", n=len(privates)) if privates else "",
        days=text("library.over_days", n=len(plan)) if len(plan) > 1 else "",
        left=text("library.left_out", n=len(left)) if left else "",
    )
    return [Say(told, person=row.author_id)]


def _orphaned(office: Office, row: LibraryRotation, area: Area) -> list[Say]:
    """Whoever planned it may not any more: nobody answers for it, so it pauses until somebody does."""
    library.set_rotation(office.session, row, RotationState.PAUSED, None)
    audit.write(office.session, "rotate.pause", office.now, topic=row.topic)
    told = text("library.orphaned", area=area.name, shelf=row.shelf, word=word(row.shelf))
    found = people.nearest_holders(office.session, (Role.OFFICER, Role.CHIEF), row.area_id)
    return [Say(told, person=one, key=f"{row.topic}:orphaned:{office.now.date()}:{one}") for one in found]


def _nothing_left(office: Office, row: LibraryRotation, area: Area) -> Say:
    """Everything was told this season, or the shelf is empty: what to do."""
    empty = not _candidates(office, row)
    key = "library.empty" if empty else "library.all_told"
    following = rules.next_season(office.now.date())
    line = text(key, area=area.name, shelf=row.shelf, on=f"{following.month}月{following.day}日")
    return Say(line, buttons=rows(button("library.button.add", f"入库 {row.shelf}")), person=row.author_id)


def _candidates(office: Office, row: LibraryRotation) -> list[LibraryItem]:
    """The items of the shelf this area's station keeps, whose words are those that were approved."""
    session = office.session
    station = audience.station_area(session, row.area_id).id
    ready = library.on_shelf(session, row.shelf, (ItemState.READY,))
    ours = [one for one in ready if audience.station_area(session, one.area_id).id == station]
    return [one for one in ours if views.content_hash(one.shelf, library.body_of(session, one)) == one.content_hash]


def _next(office: Office, row: LibraryRotation) -> LibraryItem | None:
    session = office.session
    found = {one.id: one for one in _candidates(office, row)}
    near = {*areas.subtree(session, row.area_id), *(one.id for one in areas.lineage(session, row.area_id))}
    used = library.used(session, rules.season(office.now.date()), near)
    last = library.last_sent(session, found)
    picked = rules.pick((Candidate(one.id, one.number, last.get(one.id)) for one in found.values()), used)
    return found[picked] if picked is not None else None


def _groups(session: Session, area: Area) -> Sequence[Chat]:
    return chats.groups(session, PUBLIC, areas.subtree(session, area.id))


def _whom(
    session: Session, row: LibraryRotation, area: Area, start: datetime
) -> tuple[dict[date, list[int]], list[int], list[int]]:
    """Which groups on which day, for which no day is free, and who hears it privately on the first.

    start: when the first copies leave, the quiet hours over.
    """
    today = start.date()
    booked = library.taken(session, today, today + timedelta(days=rules.LONGEST_SPREAD))
    midnight = start.replace(hour=0, minute=0, second=0, microsecond=0)
    by_hand = library.sent_by_hand(session, KINDS[row.shelf], str(row.shelf), midnight)
    booked.setdefault(today, []).extend(by_hand)
    taken = {day: _as_groups(session, chats.several(session, ids)) for day, ids in booked.items()}
    plan, left = rules.spread(_as_groups(session, _groups(session, area)), taken, today)
    near = {*areas.subtree(session, area.id), *(one.id for one in areas.lineage(session, area.id))}
    heard = {chat.person_id for chat in chats.several(session, booked[today]) if not chat.kind.is_group}
    privates: dict[int, int] = {}
    for chat in chats.subscribers(session, near):
        if chat.person_id is not None and chat.person_id not in heard:
            privates.setdefault(chat.person_id, chat.id)
    return plan, left, list(privates.values())


def _as_groups(session: Session, found: Iterable[Chat]) -> list[Group]:
    return [
        Group(chat.id, areas.get(session, chat.area_id).path)
        for chat in found
        if chat.kind.is_group and chat.area_id is not None
    ]


def _send(
    office: Office, row: LibraryRotation, item: LibraryItem, chat_ids: Sequence[int], day: date, at: datetime
) -> Bulletin:
    """Through the door of bulletins, with the yes the item has: the same words, the same pictures, by its hash."""
    session, now, station = office.session, office.now, office.station
    assert item.approved_by is not None  # noqa: S101 - an item in the library has its yes
    author = row.author_id if row.author_id != item.approved_by else item.author_id
    body = {**library.body_of(session, item), "home": row.area_id, "kinds": [str(one) for one in PUBLIC]}
    made = bulletins.add(
        session,
        KINDS[item.shelf],
        item.purpose,
        row.area_id,
        author,
        body,
        chat_ids,
        now,
        expires_at=at + station.bulletin_lives,
        category=str(item.shelf),
        send_at=at if at > now else None,
    )
    made.content_hash = bulletin_views.content_hash(office, made, body)
    bulletins.approve(session, made, item.approved_by, made.content_hash, False, item.approved_at or now)
    bulletins.move(session, made, BulletinState.APPROVED, approved_at=item.approved_at)
    audit.write(session, "library.push", now, topic=made.topic, content=item.content_hash, groups=len(chat_ids))
    library.note_push(session, item, row, made.id, rules.season(day), day, chat_ids, now)
    sending.go(office, made)
    return made
