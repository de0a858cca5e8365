"""领取: the owner chooses when, moves it, says they have it; the officer enters the code read out on the spot."""

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from handlers.dialogue import asking
from handlers.dialogue.access import refuse
from handlers.dialogue.command import Command
from handlers.dialogue.form import Form, Problem, Question
from handlers.dialogue.kinds import unknown
from handlers.dialogue.say import Say
from handlers.dialogue.scene import Scene
from handlers.dialogue.wording import text as sentence
from handlers.dialogue.world import Station
from handlers.incidents.words import after_codes
from handlers.reading import intent
from handlers.reading.codes import Code
from handlers.reading.normal import fold
from handlers.reminders import rules as times
from handlers.returns import actions, handing, records, rules
from storage import cases
from storage.forms import OpenForm
from storage.returns import Return, ReturnState

GOT = frozenset({"已领到", "领到了", "收到", "收到了", "已收到", "拿到了", "已领取"})
NOT_MINE = frozenset({"不是我的", "不是我", "不是", "弄错了"})
OTHER = re.compile(r"都不行|[换改]一?个?时间|改天|另约|时间不行")
MOVE = re.compile(r"[来去]不了|没空|改期|[换改]一?个?时间")
FORGOT = re.compile(r"码.{0,6}(?:丢|忘|没了|找不到|不见|看不到)|(?:丢|忘|找不到).{0,6}码")
AGREED = frozenset({"同意", "可以", "行", "就按失主说的"})
MISSED = frozenset({"没来", "未到", "没有来", "没来，另约"})


def collect(
    session: Session, scene: Scene, rest: str, codes: Sequence[Code], topic: str | None, now: datetime, station: Station
) -> list[Say]:
    """What the owner answers, 领取 返3 1; or, from its handler, the code of the spot, 领取 返3 4821."""
    words = after_codes(rest, records.named(codes))
    row = records.for_owner(session, scene, codes, topic)
    if row is not None:
        return _owner(session, scene, row, words, now, station)
    found = records.meant(session, codes, topic)
    if found is None or not records.is_team(session, scene.actor, found):
        raise unknown(session, scene, codes) if codes else refuse("returns.nothing")
    records.check_handler(session, scene.actor, found)
    number, said = rules.digits(words), fold(words).strip(" 。.!")
    if said in MISSED:
        return handing.missed(session, found, now, station)
    if said in AGREED:
        return handing.agree_wish(session, found, now, station)
    if not number:
        raise refuse("returns.which_code", code=found.code)
    return handing.match(session, found, number, now, station)


def _owner(session: Session, scene: Scene, row: Return, words: str, now: datetime, station: Station) -> list[Say]:
    said = fold(words).strip(" 。.!")
    if said in GOT:
        return handing.received(session, row, now, station)
    if said in NOT_MINE:
        return actions.not_mine(session, row, now, station)
    meeting = row.state is ReturnState.MEETING
    if FORGOT.search(said) and meeting:
        return [handing.code_again(session, row, now, station)]
    moment = moment_of(words, now) if rules.unstamped(words, records.times_of(session, row, now)) is None else None
    if moment is not None and not meeting:
        return handing.wish(session, row, moment, now)
    if meeting and (MOVE.search(said) or OTHER.search(said)):
        return [*handing.move(session, row, now, station), *_ask_when(session, scene, row, now)]
    if MOVE.search(said) or OTHER.search(said):
        records.require_state(row, ReturnState.VERIFIED)
        return _ask_when(session, scene, row, now)
    if not said and meeting:
        return [handing.code_again(session, row, now, station)]
    if moment is not None:
        return handing.wish(session, row, moment, now)
    if not said:
        raise refuse("returns.owner_how", code=row.code)
    return handing.choose(session, row, words, now, station)


def _ask_when(session: Session, scene: Scene, row: Return, now: datetime) -> list[Say]:
    if scene.chat is None:
        return []
    return asking.begin(session, FORM, scene.actor.id, scene.chat.id, now, topic=row.topic)


def moment_of(words: str, now: datetime) -> datetime | None:
    """The one moment to come that is said, with its hour; None where there is none."""
    when = times.read(words, now).when
    if when is None or when.repeat is not None:
        return None
    at, _ = times.first_moment(when, now)
    return at if now < at <= now + rules.FARTHEST else None


def moments_of(words: str, now: datetime) -> list[datetime]:
    """The moments proposed in one message, one without a day on that of the one before; empty where one is not read."""
    found: list[datetime] = []
    for part in rules.parts(words):
        at = moment_of(part, now)
        if found and times.read(part, now).when is not None and (at is None or at < found[-1]):
            at = moment_of(f"{found[-1]:%Y年%m月%d日}{part}", now)
        if at is None:
            return []
        found.append(at)
    return found


def read_when(text: str, now: datetime) -> str | Problem:
    """When the owner could come."""
    moment = moment_of(text, now)
    return moment.isoformat() if moment is not None else Problem(sentence("returns.when_how"))


def finish(session: Session, scene: Scene, answers: Mapping[str, Any], form: OpenForm, now: datetime) -> list[Say]:
    """Tell the handler when the owner could come."""
    row = cases.of_topic(session, Return, form.topic)
    if row is None or not cases.is_teller(session, row, scene.actor.id):
        return [Say(sentence("returns.nothing"))]
    return handing.wish(session, row, datetime.fromisoformat(answers["when"]).astimezone(now.tzinfo), now)


FORM = Form("return_when", (Question("when", read_when, optional=False),), finish)
FORMS = (FORM,)
COMMAND = Command("领取", collect, bare=intent.never, rank=0)
