"""What is seen of an outing: the board that edits itself, the leader's list, the notes; names where they are due."""

from collections.abc import Sequence
from functools import reduce

from sqlalchemy.orm import Session

from handlers.dialogue.say import Button, Say, button, rows, to_each, to_people
from handlers.dialogue.scene import called
from handlers.dialogue.wording import Text, said, text
from handlers.publishing import progress
from handlers.searches import telling
from handlers.sectors import records
from handlers.sectors.records import Standing
from handlers.sectors.rules import Phase
from storage import areas, chats, people, sectors
from storage.chats import ChatKind
from storage.lanes import Lane
from storage.sectors import Searcher, Sector

MOST_BUTTONS = 8
MOST_LINE = 12
"""Sectors named in one line of the board."""
REASONS = ("本人来电", "电话已到家", "同伴接到")
"""How a leader usually hears that somebody is back."""


def place_of(session: Session, one: Standing, sector: Sector) -> str:
    """Where a sector is."""
    return sectors.name_of(session, one.outing, sector) or areas.get(session, sector.area_id).name


def named(session: Session, one: Standing, sector: Sector) -> str:
    """片2 水头村上街微网格."""
    return f"片{sector.number} {place_of(session, one, sector)}"


def free(one: Standing) -> list[Sector]:
    """Sectors nobody has searched, and nobody is in."""
    return [each for each in one.sectors if each.done_at is None and not one.inside(each)]


def under_way(one: Standing) -> list[Sector]:
    """Sectors somebody is in."""
    return [each for each in one.sectors if each.done_at is None and one.inside(each)]


def done(one: Standing) -> list[Sector]:
    """Sectors that have been searched."""
    return [each for each in one.sectors if each.done_at is not None]


def board(session: Session, one: Standing, *, anew: bool = False) -> list[Say]:
    """The one message of the team's group: which sectors are free, being searched and done; counts without a name.

    Where a message cannot be changed, only what is told `anew` is said; the situation note tells the rest.
    """
    found = [chat.id for chat in chats.team_of(session, one.search.area_id)]
    groups = [chat for chat in found if anew or progress.edits(session, chat)]
    return to_each(Say(_board(session, one), _board_buttons(one), lane=Lane.LIFE, slot=slot_of(one)), groups)


def slot_of(one: Standing) -> str:
    """The name of the board."""
    return f"outing:{one.outing.id}:board"


def _board(session: Session, one: Standing) -> Text:
    code, count = one.search.code, one.count
    lines = [
        text(
            "sectors.board.head",
            code=code,
            area=areas.get(session, one.search.area_id).name,
            done=len(done(one)),
            sectors=len(one.sectors),
            n=len(count.out),
        )
    ]
    if count.phase is Phase.RETURNING:
        lines = [text("sectors.board.returning", code=code, back=len(count.back), all=one.outing.joined)]
    elif count.phase is Phase.BACK:
        lines = [text("sectors.board.over", code=code, all=one.outing.joined)]
    shown = (("free", free(one)), ("under_way", under_way(one)), ("done", done(one)))
    if count.phase is Phase.SEARCHING:
        lines += [text(f"sectors.board.{name}", which=_line(session, one, some)) for name, some in shown if some]
    return text("incidents.lines", lines=tuple(lines))


def _line(session: Session, one: Standing, some: Sequence[Sector]) -> str | Text:
    line = "、".join(named(session, one, each) for each in some[:MOST_LINE])
    return text("sectors.board.more", which=line, n=len(some)) if len(some) > MOST_LINE else line


def _board_buttons(one: Standing) -> tuple[tuple[Button, ...], ...]:
    code, phase = one.search.code, one.count.phase
    home = button("sectors.button.home", f"已返回 {code}")
    if phase is Phase.BACK:
        return ()
    if phase is Phase.RETURNING:
        return rows(home)
    join = button("sectors.button.join", f"签到 {code}")
    return rows((join, button("sectors.button.take_one", f"领片 {code}")), (home,))


def offer(session: Session, one: Standing) -> tuple[tuple[Button, ...], ...]:
    """Sectors that can be taken, as buttons: nobody's first, then those others are in; and the way home."""
    code = one.search.code
    some = [*free(one), *under_way(one)][: MOST_BUTTONS - 1]
    return rows(
        *(
            button("sectors.button.sector", f"领片 {code} 片{each.number}", sector=named(session, one, each))
            for each in some
        ),
        button("sectors.button.home", f"已返回 {code}"),
    )


def own_buttons(one: Standing) -> tuple[tuple[Button, ...], ...]:
    """What somebody in a sector can do."""
    code = one.search.code
    return rows(
        (
            button("sectors.button.nothing", f"搜完 {code} 没有发现"),
            button("sectors.button.trace", f"线索 {code}"),
        ),
        (
            button("sectors.button.hand_over", f"领片 {code} 交出"),
            button("sectors.button.home", f"已返回 {code}"),
        ),
    )


def overview(session: Session, one: Standing) -> Say:
    """Who is in which sector, for the leader alone."""
    code = one.search.code
    lines = [_board(session, one)]
    for each in under_way(one):
        lines.append(
            text("sectors.lead.inside", sector=named(session, one, each), who=names(session, one.inside(each)))
        )
    waiting = [each for each in one.out if each.sector_id is None]
    if waiting:
        lines.append(text("sectors.lead.waiting", who=names(session, waiting)))
    for each in done(one):
        if note := sectors.note_of(session, one.outing, each):
            lines.append(text("sectors.lead.note", sector=named(session, one, each), words=note))
    buttons = [button("sectors.button.situation", f"情况通报 {code}"), button("sectors.button.down", f"收队 {code}")]
    if one.outing.stood_down_at is not None:
        buttons = [button("sectors.button.who", f"收队 {code}")]
    return Say(text("incidents.lines", lines=tuple(lines)), buttons=rows(tuple(buttons)))


def names(session: Session, some: Sequence[Searcher]) -> Text:
    """1号 网格员甲 …"""
    each = [text("sectors.numbered", n=one.number, name=called(session, one.person_id)) for one in some]
    return reduce(lambda before, one: text("sectors.names", before=before, one=one), each)


def missing(session: Session, one: Standing, key: str, minutes: int = 0) -> Say:
    """Who is not back yet, for the leader: each with a button to note a phone call."""
    code = one.search.code
    line = text(key, code=code, n=len(one.out), who=names(session, one.out), minutes=minutes)
    buttons = [
        button("sectors.button.confirm", f"收队 {code} {each.number}号", name=called(session, each.person_id))
        for each in one.out[:MOST_BUTTONS]
    ]
    return Say(line, buttons=rows(*buttons), lane=Lane.LIFE)


def reasons(session: Session, one: Standing, person: Searcher) -> Say:
    """How it was heard that somebody is back, as buttons."""
    code = one.search.code
    line = text("sectors.confirm_how", code=code, n=person.number, name=called(session, person.person_id))
    return Say(
        line,
        buttons=rows(*(Button(said(why), f"收队 {code} {person.number}号 {why}") for why in REASONS)),
        lane=Lane.LIFE,
    )


def alarm(session: Session, one: Standing, hours: int) -> Text:
    """Searchers who are missing, with their phones, for whoever looks for them."""
    lines = tuple(
        text(
            "sectors.alarm.one",
            n=each.number,
            name=called(session, each.person_id),
            phone=people.phone_of(session, each.person_id) or text("sectors.alarm.no_phone"),
            sector=_last_sector(session, one, each),
        )
        for each in one.out
    )
    return text("sectors.alarm.all", code=one.search.code, hours=hours, n=len(one.out), lines=lines)


def _last_sector(session: Session, one: Standing, person: Searcher) -> str | Text:
    found = next((each for each in one.sectors if each.id == person.sector_id), None)
    return named(session, one, found) if found is not None else text("sectors.no_sector")


def to_leader(session: Session, one: Standing, say: Say) -> list[Say]:
    """Words for its leader; where nobody leads any more, for the search's officers."""
    if one.outing.leader_id is not None and chats.has_private(session, one.outing.leader_id):
        return to_people(say, [one.outing.leader_id])
    return to_people(say, telling.officers(session, one.search))


def note(session: Session, one: Standing, *, whole: bool = False) -> Text:
    """The situation in figures, with the leader's line; short where nothing is new, unless the whole is asked for."""
    now = records.situation(session, one)
    words = sectors.line_of(session, one.outing)
    code = one.search.code
    if str(now) == one.outing.told and not whole:
        return text("sectors.note.same", code=code, n=now.out)
    line = text("sectors.note.all", code=code, done=now.done, sectors=now.sectors, n=now.out, tips=now.tips)
    return text("incidents.lines", lines=(line, text("sectors.note.leader", words=words))) if words else line


def note_groups(session: Session, one: Standing) -> list[int]:
    """Where the situation is told: the team's group and the desk's."""
    area_id = one.search.area_id
    found = [*chats.team_of(session, area_id), *chats.nearest(session, (ChatKind.DESK,), area_id)]
    return [chat.id for chat in found]
