"""走访: a worker's next door and its three receipts; one's own list of doors; a round begun, put off, ended."""

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from handlers.dialogue import asking
from handlers.dialogue.access import DESK, Refusal, refuse
from handlers.dialogue.command import Command
from handlers.dialogue.form import Form, Problem, Question
from handlers.dialogue.message import Incoming, Outgoing
from handlers.dialogue.say import Button, Say, button, rows
from handlers.dialogue.scene import Actor, Scene
from handlers.dialogue.wording import said, text
from handlers.dialogue.wording import text as sentence
from handlers.dialogue.world import Station
from handlers.incidents.rules import clean
from handlers.reading import intent
from handlers.reading.codes import Code
from handlers.reading.normal import fold
from handlers.reading.places import Gazetteer
from handlers.visits import actions, records, rules, views
from storage import areas, calls, visits
from storage.areas import Area
from storage.visits import LETTER, Campaign, Receipt, VisitSort

MOST_TYPED = 12_000
MOST_LISTED = 30
DOORS = ("门牌", "名单", "清单")
LONGER = ("延期", "延长", "推迟")
SORTS: Mapping[str, VisitSort] = {
    **{str(one): one for one in VisitSort},
    **dict.fromkeys(("防火", "九小场所"), VisitSort.FIRE),
    **dict.fromkeys(("租房", "租户"), VisitSort.RENT),
    **dict.fromkeys(("防洪", "抗洪", "汛期", "暴雨"), VisitSort.FLOOD),
    **dict.fromkeys(("独居老人", "孤寡"), VisitSort.ALONE),
    **dict.fromkeys(("百万警进千万家", "一标三实"), VisitSort.HOMES),
}


def visit(
    session: Session,
    scene: Scene,
    rest: str,
    codes: Sequence[Code],
    message: Incoming,
    media: list[int],
    now: datetime,
    station: Station,
    gazetteer: Gazetteer,
) -> list[Say]:
    """Show the next door; note what was found; keep doors; begin, put off or end a round."""
    words = clean(rest)
    first = next((one for one in DOORS if words.startswith(one)), None)
    if message.media and words in ("", first):
        if message.media[0].kind != "file":
            raise refuse("visits.no_file")
        return actions.expect_doors(session, scene.actor, media[0], now)
    if first is not None:
        return _doors(session, scene, words.removeprefix(first).lstrip(" ：:\n"), now, gazetteer)
    own = [code for code in codes if code.prefix == LETTER]
    if own:
        return _about(session, scene, rest, own, now, gazetteer)
    if not words:
        return _next(session, scene, now)
    sort = next((SORTS[one] for one in sorted(SORTS, key=len, reverse=True) if words.startswith(one)), None)
    if sort is not None:
        return _begin(session, scene, sort, words, now, station, gazetteer)
    if rules.told_of(words).receipt or words.isdecimal():
        found = _mine(session, scene.actor)
        if not found:
            raise refuse("visits.no_round", sorts="、".join(VisitSort))
        if len(found) != 1:
            raise refuse("visits.which")
        return _door(session, scene, found[0], words, now, gazetteer)
    raise refuse("visits.how", sorts="、".join(VisitSort))


def own(session: Session, scene: Scene, words: str) -> bool:
    """已看, 没人, 3号要转移 老人卧床, 点错了: by whoever has doors of just one round, and some left or just noted."""
    if not rules.said_alone(words) or intent.danger(words):
        return False
    found = _mine(session, scene.actor)
    if len(found) != 1:
        return False
    told = rules.told_of(words)
    if told.numbers:
        return True
    if told.last:
        return _noted_last(session, scene, found[0]) is not None
    return bool(visits.tally(session, found[0], scene.actor.id).left)


def _noted_last(session: Session, scene: Scene, campaign: Campaign) -> int | None:
    """The number of the door noted last: that of the button 3 号点错了, while nothing else was shown since."""
    if scene.chat is None:
        return None
    for payload in calls.last_buttons(session, scene.chat.id, campaign.created_at, 1):
        does = " ".join(one.does for row in Outgoing.from_bytes(payload).buttons for one in row)
        found = re.findall(rf"走访 {campaign.code} (\d+) 撤销", does)
        return int(found[0]) if len(found) == 1 else None
    return None


def _mine(session: Session, actor: Actor) -> list[Campaign]:
    """The rounds in which this person has doors."""
    return [one for one in visits.going(session) if actor.id and visits.doors_in(session, one, actor.id)]


def _next(session: Session, scene: Scene, now: datetime) -> list[Say]:
    """What is due next: of the round that ends first, and the others as buttons; who has no doors sees the rounds."""
    found = _mine(session, scene.actor)
    waiting = [one for one in found if visits.tally(session, one, scene.actor.id).left]
    if waiting:
        own = views.own(session, waiting[0], scene.actor.id, now)
        others = tuple(button("visits.button.go_one", f"走访 {one.code}", code=one.code) for one in waiting[1:4])
        return [Say(own.text, buttons=(*own.buttons, others) if others else own.buttons)]
    known = [one for one in visits.going(session) if records.leads(session, scene.actor, one)]
    if known:
        lines = tuple(views.head(session, one, now) for one in known[:8])
        pairs = tuple(button("visits.button.go_one", f"走访 {one.code}", code=one.code) for one in known[:4])
        return [Say(text("visits.rounds", lines=lines), buttons=rows(pairs))]
    own_area = records.own_area(session, scene.actor)
    buttons = [button("visits.button.doors", "走访 门牌")] if own_area else []
    here = [one for one in visits.going(session) if own_area and _holds(session, one, own_area)]
    if here and not found:
        return [Say(text("visits.no_doors", head=views.head(session, here[0], now)), buttons=rows(*buttons))]
    key = "visits.all_done" if found else "visits.no_round"
    return [Say(text(key, sorts="、".join(VisitSort)), buttons=rows(*buttons))]


def _holds(session: Session, campaign: Campaign, area: Area) -> bool:
    return area.path.startswith(areas.get(session, campaign.area_id).path)


def _begin(
    session: Session,
    scene: Scene,
    sort: VisitSort,
    words: str,
    now: datetime,
    station: Station,
    gazetteer: Gazetteer,
) -> list[Say]:
    """走访 防汛 大侯村 3天内."""
    head = next(one for one in sorted(SORTS, key=len, reverse=True) if words.startswith(one))
    rest = words.removeprefix(head).strip(" ，,")
    where = rules.without_due(rest, now)
    found = gazetteer.find(where, scene.area_id) if where else None
    if where and (found is None or found.area is None):
        raise refuse("visits.where", words=where[:20])
    area_id = found.area if found is not None and found.area is not None else scene.area_id
    if area_id is None:
        held = records.own_area(session, scene.actor)
        if held is None:
            raise refuse("visits.where", words="")
        area_id = held.id
    due_at = rules.due_of(rest, now) or rules.usual_due(now)
    return actions.begin(session, scene.actor, sort, areas.get(session, area_id), due_at, now, station)


def _about(
    session: Session, scene: Scene, rest: str, own: Sequence[Code], now: datetime, gazetteer: Gazetteer
) -> list[Say]:
    """What is said of one round: 访1, 访1 3 已看, 已看 访1 3, 访1 只看 3 5-8, 访1 延期 2天, 访1 结束."""
    campaign = records.meant(session, scene, own)
    start, end = own[0].span
    words = f"{rest[:start].strip()} {rest[end:].strip()}".strip()
    if words == "要结束":
        return actions.ask_stop(session, scene.actor, campaign, now)
    if words in ("结束", "办结", "停", "取消", "撤销"):
        return actions.stop(session, scene.actor, campaign, now)
    if words.startswith(LONGER):
        due_at = rules.later(words[2:], campaign.due_at, now)
        return actions.put_off(session, scene.actor, campaign, due_at, now, only_later=True)
    if words.startswith(("改到", "改期")):
        return actions.put_off(session, scene.actor, campaign, rules.due_of(words[2:], now), now)
    if words.startswith(("只看", "全看", "都看")):
        chosen = rules.numbers_in(words) if words.startswith("只看") else []
        return actions.only(session, scene.actor, campaign, chosen, now)
    if not words:
        if visits.doors_in(session, campaign, scene.actor.id) and not campaign.is_over:
            return [views.own(session, campaign, scene.actor.id, now)]
        by_grid = scene.actor.has(DESK, areas.get(session, campaign.area_id))
        if records.leads(session, scene.actor, campaign):
            return [views.whole(session, campaign, now, by_grid=by_grid)]
        raise refuse("visits.none_of_yours", code=campaign.code)
    return _door(session, scene, campaign, words, now, gazetteer)


def _door(
    session: Session, scene: Scene, campaign: Campaign, words: str, now: datetime, gazetteer: Gazetteer
) -> list[Say]:
    """3 已看, 4、5、6 已看, 已看, 3 撤销; a number alone shows that door with its buttons."""
    told = rules.told_of(words)
    numbers = told.numbers
    if told.last and not numbers:
        last = _noted_last(session, scene, campaign)
        if last is None:
            raise refuse("visits.which_door", code=campaign.code)
        numbers = (last,)
    if told.receipt == "撤销":
        if len(numbers) != 1:
            key = "visits.undo_one" if numbers else "visits.which_door"
            raise refuse(key, code=campaign.code)
        return actions.undo(session, scene.actor, campaign, numbers[0], now)
    if told.receipt:
        receipt = Receipt(told.receipt)
        without_why = told.more and receipt is Receipt.MOVE
        return actions.say(session, scene.actor, campaign, numbers, receipt, now, gazetteer, without_why=without_why)
    found = re.search(r"\d{1,4}", fold(words))
    number = int(found.group()) if found and not re.search("转移", words) else None
    one = visits.visit_at(session, campaign, scene.actor.id, number) if number is not None else None
    if one is None:
        raise refuse("visits.which_door", code=campaign.code)
    _, door = one
    buttons = tuple(Button(said(str(each)), f"走访 {campaign.code} {door.number} {each}") for each in views.ORDER)
    line = text("visits.door", n=door.number, where=visits.where_of(session, door))
    return [Say(line, buttons=rows(buttons))]


def _doors(session: Session, scene: Scene, words: str, now: datetime, gazetteer: Gazetteer) -> list[Say]:
    """One's own list of doors: 门牌 and lines puts some on it, 删 3-5 takes some off, 看 shows it."""
    if words in ("看", "看看", "列表", "全部"):
        return [_listed(session, scene.actor)]
    if words.startswith(("删", "去掉")):
        return actions.drop_doors(session, scene.actor, rules.numbers_in(words))
    if records.own_area(session, scene.actor) is None:
        raise refuse("visits.workers_only")
    if words:
        return actions.keep_doors(session, scene.actor, rules.read_doors(words), now, gazetteer)
    if scene.chat is None:
        return []
    return asking.begin(session, FORM, scene.actor.id, scene.chat.id, now)


def _listed(session: Session, actor: Actor) -> Say:
    found = visits.doors_of(session, actor.id)
    if not found:
        return Say(text("visits.list_empty"), buttons=rows(button("visits.button.doors", "走访 门牌")))
    lines = tuple(text("visits.door", n=one.number, where=visits.where_of(session, one)) for one in found[:MOST_LISTED])
    return Say(text("visits.list", n=len(found), lines=lines))


def read_list(text: str, message: Incoming, media: list[int]) -> dict[str, Any] | Problem:
    """The doors of the lines pasted, or the file that holds them.

    Of a line that cannot stand there nothing but its number is kept.
    """
    if message.media and not text.strip():
        is_file = message.media[0].kind == "file"
        return {"file": media[0]} if is_file else Problem(sentence("visits.no_file"))
    if len(text) > MOST_TYPED:
        return Problem(sentence("form.too_long", most=MOST_TYPED))
    told = rules.read_doors(text)
    if told.table:
        return Problem(sentence("visits.table"))
    return {"doors": list(told.doors), "bad": [[line, why] for line, why in told.bad]}


def finish(
    session: Session, scene: Scene, answers: Mapping[str, Any], now: datetime, gazetteer: Gazetteer
) -> list[Say]:
    """Keep the doors pasted."""
    if "file" in answers["doors"]:
        return actions.expect_doors(session, scene.actor, answers["doors"]["file"], now)
    bad = tuple((int(line), str(why)) for line, why in answers["doors"]["bad"])
    told = rules.Doors(tuple(answers["doors"]["doors"]), bad)
    try:
        return actions.keep_doors(session, scene.actor, told, now, gazetteer)
    except Refusal as refusal:
        return [Say(refusal.text)]


FORM = Form("visit_doors", (Question("doors", read_list, optional=False),), finish)
FORMS = (FORM,)
COMMAND = Command("走访", visit, latin="visit", bare=intent.has_code, rank=46, own=own)
