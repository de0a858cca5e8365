"""反诈库 and 普法库: what is in the library, and when it goes out in turn (排程, 暂停, 继续, 停)."""

import re
from collections.abc import Callable, Sequence

from handlers.bulletins import audience
from handlers.bulletins.views import Office
from handlers.dialogue import access
from handlers.dialogue.access import refuse
from handlers.dialogue.command import Command
from handlers.dialogue.say import Button, Say, button, rows
from handlers.dialogue.scene import Actor
from handlers.dialogue.wording import said, text
from handlers.library import actions, records, rotating, rules, views
from handlers.reading import intent
from handlers.reading.codes import Code
from handlers.reading.normal import fold
from handlers.reading.places import Gazetteer
from handlers.reading.when import read_when
from storage import areas, library
from storage.areas import Area
from storage.library import KEPT, LibraryRotation, Shelf

PAGE = 8
_PLAN = re.compile(r"^\s*(?:排程|轮播|定时|自动)[\s:：,，]*")
_STOP = re.compile(r"^(?:停|停止|停播|停掉|不要了|取消)[播发了]?$")
_PAUSE = re.compile(r"^(?:暂停|先停|停一下)[播发了]?$")
_RESUME = re.compile(r"^(?:继续|恢复|还原|开始)[播发了]?$")
_PAGE = re.compile(r"^第?\s*(\d{1,3}|[一二三四五六七八九])\s*页$")


def _handler(shelf: Shelf) -> Callable[..., list[Say]]:
    def handle(
        office: Office, actor: Actor, rest: str, codes: Sequence[Code], topic: str | None, gazetteer: Gazetteer
    ) -> list[Say]:
        if records.named(codes):
            return views.preview(office, records.meant(office, actor, codes, topic, rotating.word(shelf)))
        return answer(office, actor, shelf, rest, gazetteer)

    return handle


def answer(office: Office, actor: Actor, shelf: Shelf, rest: str, gazetteer: Gazetteer) -> list[Say]:
    """The shelf; a time sets the rotation, 暂停, 继续 and 停 change it; a place before them says where."""
    own = actions.home(office.session, actor)
    words = _PLAN.sub("", fold(rest)).strip(" ,，。:：")
    area, words = _where(office, own, words, gazetteer)
    if not words or (paged := _PAGE.match(words)):
        number = _number(paged[1]) if words and paged else 1
        return [_listed(office, actor, shelf, number)]
    for pattern, change in ((_STOP, rotating.stop), (_PAUSE, rotating.pause), (_RESUME, rotating.resume)):
        if pattern.match(words):
            return change(office, actor, _row(office, actor, shelf, area, stopped=pattern is _RESUME))
    when = read_when(words, office.now, past=False)
    if when is None:
        raise refuse("library.no_repeat", shelf=shelf)
    return rotating.plan(office, actor, shelf, area or own, when)


def _where(office: Office, own: Area, words: str, gazetteer: Gazetteer) -> tuple[Area | None, str]:
    """The area named at the head (东岭村 每周三晚7点), and what is left; None where none is."""
    head, _, behind = words.partition(" ")
    if not behind and _PAGE.match(words):
        return None, words
    found = audience.scope_named(office.session, head, own.id, gazetteer) if head else None
    if found is None or read_when(head, office.now, past=False) is not None:
        return None, words
    return found, behind.strip()


def _number(digits: str) -> int:
    return int(digits) if digits.isdecimal() and digits.isascii() else "一二三四五六七八九".index(digits) + 1


def _row(office: Office, actor: Actor, shelf: Shelf, area: Area | None, *, stopped: bool) -> LibraryRotation:
    """The rotation meant: of the area named, else the only one this person answers for; raises Refusal."""
    session = office.session
    if area is not None:
        found = library.rotation_of(session, shelf, area.id)
        if found is None and stopped:
            found = library.last_stopped(session, shelf, area.id)
        if found is None:
            raise refuse("library.no_rotation", shelf=shelf)
        return found
    mine = _rotations(office, actor, shelf)
    if len(mine) == 1:
        return mine[0]
    if mine:
        names = "、".join(areas.get(session, one.area_id).name for one in mine)
        raise refuse("library.which_area", areas=names, shelf=rotating.word(shelf))
    last = library.last_stopped(session, shelf, actions.home(session, actor).id) if stopped else None
    if last is None:
        raise refuse("library.no_rotation", shelf=shelf)
    return last


def _rotations(office: Office, actor: Actor, shelf: Shelf) -> list[LibraryRotation]:
    roles = access.MATRIX[rotating.word(shelf)].roles
    within = {one for hold in actor.holds if hold.role in roles for one in areas.subtree(office.session, hold.area_id)}
    return list(library.rotations(office.session, shelf, within))


def _listed(office: Office, actor: Actor, shelf: Shelf, page: int) -> Say:
    """What stands on the shelf, a page of it, with buttons for each item and for what comes next."""
    found = [
        one
        for one in library.on_shelf(office.session, shelf, KEPT)
        if audience.is_ours(office.session, actor, one.area_id)
    ]
    pages = max(1, -(-len(found) // PAGE))
    page = min(max(page, 1), pages)
    shown = found[(page - 1) * PAGE : page * PAGE]
    own = actions.home(office.session, actor)
    near = {*areas.subtree(office.session, own.id), *(one.id for one in areas.lineage(office.session, own.id))}
    used = library.used(office.session, rules.season(office.now.date()), near)
    turning = [views.rotation(office, one) for one in _rotations(office, actor, shelf)]
    word = rotating.word(shelf)
    line = text(
        "library.list" if shown else "library.list_empty",
        shelf=shelf,
        n=len(found),
        lines=tuple(views.line(office, one, one.id in used) for one in shown),
        turning=tuple(turning) if turning else text("library.no_turning", shelf=word),
    )
    items = [Button(said(one.code), f"{word} {one.code}") for one in shown]
    choices = [tuple(items[at : at + 4]) for at in range(0, len(items), 4)]
    choices.append((button("library.button.add", f"入库 {shelf}"),))
    if pages > 1:
        turn = page % pages + 1
        choices.append((button("library.button.page", f"{word} 第{turn}页", n=turn, of=pages),))
    if turning:
        choices.append((button("library.button.pause", f"{word} 暂停"), button("library.button.stop", f"{word} 停")))
    return Say(line, buttons=rows(*choices))


def asked_by_fraud(office: Office, actor: Actor, rest: str, gazetteer: Gazetteer) -> list[Say] | None:
    """反诈 排程 每周三晚7点 and 反诈 停 mean the library; None for everything else said behind 反诈."""
    words = fold(rest).strip()
    if not (_PLAN.match(words) or _STOP.match(words) or _PAUSE.match(words) or _RESUME.match(words)):
        return None
    return answer(office, actor, Shelf.FRAUD, rest, gazetteer)


COMMANDS = tuple(
    Command(rotating.word(shelf), _handler(shelf), bare=intent.never, private=True, rank=rank)
    for shelf, rank in ((Shelf.FRAUD, 26), (Shelf.LAW, 27))
)
