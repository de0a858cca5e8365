"""A return as a kind of record (返): what the shared rooms ask of it, and shared words about it."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from sqlalchemy.orm import Session

from handlers.cases import plain
from handlers.cases import views as shared
from handlers.dialogue.access import OFFICERS, refuse
from handlers.dialogue.kinds import unknown
from handlers.dialogue.say import Say
from handlers.dialogue.scene import Actor, Scene
from handlers.dialogue.wording import Text, text
from handlers.dialogue.world import Station
from handlers.incidents.words import after_codes
from handlers.reading.codes import Code
from handlers.reading.normal import fold
from handlers.returns import actions, handing, records, rules, views
from handlers.returns.collect import AGREED, MISSED, moments_of
from storage import areas, audit, cases
from storage.returns import Return, ReturnState

MOST_LINES = 8
THREE = frozenset({"三个时间", "就这三个时间"})


def _reach(session: Session, row: Return, _side: str, caller: int, now: datetime) -> str:
    """Whom a caller phones; that it was shown to them is kept."""
    audit.write(session, "return.call", now, actor_id=caller, topic=row.topic)
    return records.owner_note(session, row)


def _todo(session: Session, scene: Scene, now: datetime) -> Iterable[Text]:
    """What is open of this officer: in their hands, to be verified or taken; never what it is, nor whose."""
    within = [
        one for hold in scene.actor.holds if hold.role in OFFICERS for one in areas.subtree(session, hold.area_id)
    ]
    for one in cases.open_ones(session, Return, within, scene.actor.id, MOST_LINES):
        place = areas.get(session, one.area_id).name
        yield text("returns.todo", code=one.code, place=place, state=views.state_of(one, now))


def _own(session: Session, actor: Actor) -> Iterable[Text]:
    """How the owner's things stand; nothing before they were told of it."""
    for one in cases.told_by(session, Return, actor.id, MOST_LINES) if actor.id else ():
        if one.state is not ReturnState.REGISTERED:
            state = text(f"returns.state.{one.state}")
            yield text("incidents.progress.line", code=one.code, state=state)


def progress(
    session: Session, scene: Scene, codes: Sequence[Code], topic: str | None, now: datetime, station: Station
) -> list[Say]:
    """How it stands: its state for the owner; its clocks and steps for its handler; in a public group nothing."""
    row = records.meant(session, codes, topic)
    team = row is not None and records.is_team(session, scene.actor, row)
    owner = row is not None and cases.is_teller(session, row, scene.actor.id)
    if row is None or scene.kind.is_public or not (team or owner):
        raise unknown(session, scene, codes)
    if team and not scene.is_group and row.handler_id == scene.actor.id:
        return [views.overview(session, row, now)]
    lines = [text("returns.progress", code=row.code, state=views.state_of(row, now))]
    lines += shared.lines(session, row.topic, row.created_at, now, station) if team else []
    return [Say(text("incidents.lines", lines=tuple(lines)), quote=True)]


def verify(
    session: Session, scene: Scene, codes: Sequence[Code], topic: str | None, now: datetime, station: Station
) -> list[Say]:
    """核实 返3."""
    return actions.verify(session, scene.actor, records.for_team(session, scene, codes, topic), now, station)


def reject(
    session: Session, scene: Scene, rest: str, codes: Sequence[Code], topic: str | None, now: datetime
) -> list[Say]:
    """驳回 返3 车架号和报案的对不上."""
    row = records.for_team(session, scene, codes, topic)
    if scene.is_group:
        raise refuse("access.private", word="驳回")
    return actions.reject(session, scene.actor, row, after_codes(rest, records.named(codes)), now)


def meet(
    session: Session, scene: Scene, rest: str, codes: Sequence[Code], topic: str | None, now: datetime, station: Station
) -> list[Say]:
    """约谈 返3 明天上午10点，后天下午3点; with one tap three proposals, the owner's wish, or that nobody came."""
    row = records.for_handler(session, scene, codes, topic)
    words = after_codes(rest, records.named(codes))
    said = fold(words).strip(" 。")
    if said in AGREED:
        return handing.agree_wish(session, row, now, station)
    if said in MISSED:
        return handing.missed(session, row, now, station)
    if said in THREE:
        handing.check_open(row, now)
        return handing.propose(session, row, rules.proposals(now, station.workdays), now, station)
    times = sorted(set(moments_of(words, now)))
    if not times or len(times) > rules.MOST_TIMES:
        raise refuse("returns.when", code=row.code)
    return handing.propose(session, row, times, now, station)


def withdraw(
    session: Session, scene: Scene, codes: Sequence[Code], topic: str | None, now: datetime, station: Station
) -> list[Say]:
    """撤销 返3."""
    return actions.withdraw(session, scene.actor, records.for_team(session, scene, codes, topic), now, station)


def end(
    session: Session, scene: Scene, rest: str, codes: Sequence[Code], topic: str | None, now: datetime, station: Station
) -> list[Say]:
    """终止 返3 失主放弃领取."""
    row = records.for_handler(session, scene, codes, topic)
    return actions.end(session, row, after_codes(rest, records.named(codes)), now, station)


def reopen(
    session: Session, scene: Scene, codes: Sequence[Code], topic: str | None, now: datetime, station: Station
) -> list[Say]:
    """重开 返3."""
    return actions.reopen(session, scene.actor, records.for_team(session, scene, codes, topic), now, station)


def supplement(
    session: Session, scene: Scene, rest: str, codes: Sequence[Code], topic: str | None, now: datetime
) -> list[Say]:
    """补充 返3 我晚半小时到."""
    row = records.for_owner(session, scene, codes, topic) or records.for_handler(session, scene, codes, topic)
    if scene.is_group:
        raise refuse("access.private", word="补充")
    return actions.told_more(session, scene.actor, row, after_codes(rest, records.named(codes)), now)


def take(session: Session, scene: Scene, codes: Sequence[Code], topic: str | None, now: datetime) -> list[Say]:
    """接单 返3."""
    return actions.take(session, scene.actor, records.for_team(session, scene, codes, topic), now)


def hand_on(session: Session, scene: Scene, codes: Sequence[Code], topic: str | None) -> list[Say]:
    """转派 返3: who has it next says so themselves, so that somebody is there for the owner."""
    raise refuse("returns.take_instead", code=records.for_team(session, scene, codes, topic).code)


def done(
    session: Session, scene: Scene, rest: str, codes: Sequence[Code], topic: str | None, now: datetime, station: Station
) -> list[Say]:
    """办结 返3 已补还充电器: only where it was opened again; else it is handed over by the code."""
    row = records.for_handler(session, scene, codes, topic)
    if scene.is_group:
        raise refuse("access.private", word="办结")
    return handing.done(session, row, after_codes(rest, records.named(codes)), now, station)


KIND = plain.kind(
    Return,
    is_team=records.is_team,
    addressees=records.addressees,
    reopen=handing.dissatisfied,
    called_back=handing.called_back,
    reach=_reach,
    todo=_todo,
    own=_own,
    answers={
        "进度": progress,
        "核实": verify,
        "驳回": reject,
        "约谈": meet,
        "补充": supplement,
        "撤销": withdraw,
        "终止": end,
        "重开": reopen,
        "接单": take,
        "转派": hand_on,
        "接手": take,
        "办结": done,
    },
)
