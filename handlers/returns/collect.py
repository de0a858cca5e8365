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
from handlers.reading.when import When
from handlers.reading.when import read_when as read_a_time
from handlers.reminders import rules as times
from handlers.reminders.moved import move_of
from handlers.returns import actions, handing, records, rules, views
from storage import cases
from storage.forms import OpenForm
from storage.returns import Return, ReturnState

GOT = frozenset({"已领到", "领到了", "收到", "收到了", "已收到", "拿到了", "已领取"})
NOT_MINE = frozenset({"不是我的", "不是我", "不是", "弄错了"})
NOT_GOT = re.compile(r"(?:我|还|东西)*(?:没有?|未)(?:领到?|拿到?|收到?|给我|交给我)(?:了|啊|呀|呢|东西)*")
YES = frozenset({"可以", "可以的", "行", "行的", "同意", "没问题", "这个可以", "就这个"})
NO = frozenset({"不行", "不可以", "不能来", "不能去"})
HEARD = frozenset({"好", "好的", "好吧", "好的谢谢", "嗯", "嗯嗯", "知道了", "都可以", "都行"})
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
        return _appoint(session, found, words, now, station)
    return handing.match(session, found, number, now, station)


def _appoint(session: Session, row: Return, words: str, now: datetime, station: Station) -> list[Say]:
    """返3 约明天上午10点, by its handler without 约谈; in doubt, or where an appointment stands, nothing changes."""
    found = sorted(set(moments_of(words, now)))
    if not found:
        raise refuse("returns.which_code", code=row.code)
    handing.check_open(row, now)
    beside = [fold(times.read(one, now).text).replace(" ", "") for one in rules.parts(words)]
    if len(found) > rules.MOST_TIMES or not all(rules.only_a_time(one) for one in beside):
        raise refuse("returns.when", code=row.code)
    return handing.propose(session, row, found, now, station)


def _owner(session: Session, scene: Scene, row: Return, words: str, now: datetime, station: Station) -> list[Say]:
    said = fold(words).strip(" 。.!")
    if said in GOT:
        return handing.received(session, row, now, station)
    if said in NOT_MINE:
        return actions.not_mine(session, row, now, station)
    if NOT_GOT.fullmatch(said):
        if row.state is ReturnState.HANDED:
            return actions.told_more(session, scene.actor, row, words, now)
        return handing.not_got(session, row, now)
    meeting = row.state is ReturnState.MEETING
    if not meeting and (answer := _of_proposed(session, scene, row, words, now, station)):
        return answer
    if FORGOT.search(said) and meeting:
        return [handing.code_again(session, row, now, station)]
    moment = moment_of(words, now) if rules.unstamped(words, records.times_of(session, row, now)) is None else None
    if moment is not None and not meeting:
        return handing.wish(session, row, moment, now)
    if meeting and moment is not None and move_of(words) is not None:
        return handing.move_to(session, row, moment, now, station)
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


def _of_proposed(session: Session, scene: Scene, row: Return, words: str, now: datetime, station: Station) -> list[Say]:
    """The answer to the moments proposed: 明天可以 takes the one it fits, 去不了 none, 好的 is asked once more."""
    when, left = _parted(words, now)
    if rules.denies(left) or (when is not None and left in NO):
        records.require_state(row, ReturnState.VERIFIED)
        return _ask_when(session, scene, row, now)
    coming = [one for one in records.times_of(session, row, now) if one > now]
    if not coming or not records.waits_for_choice(session, row):
        return []
    if when is None:
        fit = coming if left in YES or left in HEARD else []
        chosen = fit[0] if len(fit) == 1 and left in YES else None
    else:
        fit = rules.fitting(coming, when.start, when.hint, now.date()) if rules.takes(left) else []
        chosen = fit[0] if len(fit) == 1 else None
    if chosen is not None:
        return handing.choose(session, row, rules.stamp(chosen), now, station)
    return [views.pick(session, row, fit, now)] if fit else []


def _parted(words: str, now: datetime) -> tuple[When | None, str]:
    """The one moment said and the folded words beside it."""
    when = read_a_time(words, now, past=False)
    begin, end = when.span if when is not None else (0, 0)
    return when, re.sub(r"[\s,，。.!、~]+", "", fold(words[:begin] + words[end:]))


def own(session: Session, scene: Scene, words: str) -> bool:
    """明天可以, 都不行, 好的 by an owner who was given moments; 没领到 by one who is asked whether they have it."""
    row = records.for_owner(session, scene, (), None)
    if row is None:
        return False
    if row.matched_at is not None:
        return NOT_GOT.fullmatch(words) is not None
    if not records.waits_for_choice(session, row):
        return False
    when, left = _parted(words, row.created_at)
    if when is None:
        return left in YES or left in HEARD or rules.denies(left)
    return rules.takes(left) or rules.denies(left) or left in NO


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
COMMAND = Command("领取", collect, bare=intent.never, rank=0, own=own)
