"""巡逻: plan one or open it at once, go along, begin, end; alone it lists what there is."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from handlers.dialogue import asking
from handlers.dialogue.access import TEAM, WATCH, Refusal, refuse
from handlers.dialogue.command import Command
from handlers.dialogue.form import Form, Problem, Question, plain
from handlers.dialogue.kinds import unknown
from handlers.dialogue.say import Button, Say, button, rows
from handlers.dialogue.scene import Scene
from handlers.dialogue.wording import text as sentence
from handlers.dialogue.world import Station
from handlers.incidents.rules import clean
from handlers.incidents.words import after_codes
from handlers.patrols import actions, records, views
from handlers.reading import intent, intent_watch
from handlers.reading.codes import Code
from handlers.reading.places import Gazetteer
from handlers.reminders import rules as reading
from handlers.reminders.actions import plan_of
from storage import areas, cases, chats, patrols, searches
from storage.areas import Area
from storage.patrols import Patrol
from storage.searches import SearchState

_BEHIND_A_NAME = " ，,。、在的村"
AT_ONCE = ("现在", "马上", "立即", "立刻", "开一个", "这就")
STEPS = ("参加", "退出", "开始", "结束", "取消", "名单")
MOST = 6


def patrol(
    session: Session,
    scene: Scene,
    rest: str,
    codes: Sequence[Code],
    topic: str | None,
    via: str,
    now: datetime,
    gazetteer: Gazetteer,
) -> list[Say]:
    """巡逻 今晚8点 水头村 村委会集合; 巡逻 参加 巡1; 巡逻 alone."""
    words = clean(rest)
    own = [code for code in codes if code.prefix == patrols.LETTER]
    told = _without(words, own)
    step = next((one for one in STEPS if told.startswith(one)), "")
    if step:
        return _heard(scene, _step(session, scene, step, own, topic, now), via)
    if own:
        return progress(session, scene, own, topic, now)
    if not words:
        return [_listed(session, scene, now)]
    return _plan(session, scene, words, now, gazetteer)


def _without(words: str, codes: Sequence[Code]) -> str:
    """The words without a code, wherever it stands."""
    for code in codes[:1]:
        words = f"{words[: code.span[0]]} {words[code.span[1] :]}" if code.span[1] <= len(words) else words
    return words.strip()


def _step(
    session: Session, scene: Scene, step: str, codes: Sequence[Code], topic: str | None, now: datetime
) -> list[Say]:
    if step in ("开始", "结束", "取消"):
        led = records.to_lead(session, scene, codes, topic)
        if step == "开始":
            return actions.begin(session, led, now)
        return actions.end(session, scene.actor.id, led, now) if step == "结束" else actions.cancel(session, led, now)
    found = records.patrol_of(session, scene, codes, topic)
    if step == "参加":
        return actions.join(session, scene.actor, found, now)
    if step == "退出":
        return actions.leave(session, scene.actor, found, now)
    if not records.goes_along(session, scene.actor, found):
        raise refuse("patrols.names_for_members", code=found.code)
    return [Say(views.names(session, found), person=scene.actor.id)]


def _heard(scene: Scene, says: list[Say], via: str) -> list[Say]:
    """In a group a button is answered by a toast, a word by one line; the rest is private or on the card."""
    if not scene.is_group:
        return says
    line = sentence("patrols.heard")
    first = says[0]
    if via in ("button", "choice"):
        if first.person is None:
            return [replace(first, person=scene.actor.id, quote=False, toast=first.toast or line), *says[1:]]
        return [replace(first, toast=line), *says[1:]]
    return [*says, Say(line, quote=True)] if first.person is not None else says


def _plan(session: Session, scene: Scene, words: str, now: datetime, gazetteer: Gazetteer) -> list[Say]:
    known: dict[str, Any] = {}
    at, place = _moment(words, now)
    if at is not None:
        known["when"] = at.isoformat()
    area = _area(session, gazetteer, place, scene)
    if area is not None:
        known["where"] = area.id
    private = chats.private_of(session, scene.actor.id)
    if at is not None and area is not None:
        if private is not None:
            asking.drop(session, FORM, scene.actor.id, private.id, now)
        meeting = _meeting(place, area)
        return _shown(scene, actions.plan(session, scene.actor, area, at, meeting, now))
    if scene.is_group or private is None:
        raise refuse("patrols.how")
    if not scene.actor.has(TEAM):
        raise refuse("patrols.not_planner", area=sentence("patrols.here"))
    return asking.begin(session, FORM, scene.actor.id, private.id, now, known)


def _shown(scene: Scene, says: list[Say]) -> list[Say]:
    """Planned in a group, the card stands there already."""
    return says if not scene.is_group else [*says, Say(sentence("patrols.heard"), quote=True)]


def _moment(words: str, now: datetime) -> tuple[datetime | None, str]:
    """When it begins, and the words left; a word for this very moment opens it at once."""
    for one in AT_ONCE:
        if words.startswith(one):
            return now, words.removeprefix(one).strip(" ，,。")
    wish = reading.read(words, now)
    if wish.when is None or wish.when.repeat is not None:
        return None, words
    return plan_of(wish.when, now).at, wish.text


def _area(session: Session, gazetteer: Gazetteer, words: str, scene: Scene) -> Area | None:
    found = gazetteer.find(words, scene.area_id) if words else None
    return areas.get(session, found.area) if found is not None and found.area is not None else None


def _meeting(words: str, area: Area) -> str:
    """Where to meet, without the area's name before it; 大侯 in 大侯河沿 is a part of another name."""
    for name in sorted((area.name, *area.aliases), key=len, reverse=True):
        rest = words.removeprefix(name)
        if rest != words and (not rest or rest[0] in _BEHIND_A_NAME):
            words = rest
            break
    return words.strip(" ，,。").removeprefix("在").removesuffix("集合").strip()


def read_when(text: str, now: datetime) -> str | Problem:
    """When a patrol begins."""
    try:
        at, _ = _moment(clean(text), now)
    except Refusal as refusal:
        return Problem(refusal.text)
    return at.isoformat() if at is not None else Problem(sentence("patrols.when_how"))


def read_where(session: Session, text: str, gazetteer: Gazetteer, scene: Scene) -> int | Problem:
    """The area that is walked."""
    area = _area(session, gazetteer, clean(text), scene)
    return area.id if area is not None else Problem(sentence("patrols.where_how"))


def finish(session: Session, scene: Scene, answers: Mapping[str, Any], now: datetime) -> list[Say]:
    """Plan what was told question by question."""
    at = datetime.fromisoformat(answers["when"]).astimezone(now.tzinfo)
    try:
        area = areas.get(session, answers["where"])
        return actions.plan(session, scene.actor, area, at, answers["meet"] or "", now)
    except Refusal as refusal:
        return [Say(refusal.text)]


def _listed(session: Session, scene: Scene, now: datetime) -> Say:
    """What is planned or under way where somebody may go along, each with a button."""
    within = [one for hold in scene.actor.holds if hold.role in WATCH for one in areas.subtree(session, hold.area_id)]
    wider = [one.id for hold in scene.actor.holds for one in areas.lineage(session, hold.area_id)]
    found = cases.open_ones(session, Patrol, {*within, *wider}, scene.actor.id, MOST * 2)
    found = [one for one in found if records.may_come(session, scene.actor, one)][:MOST]
    if not found:
        return Say(sentence("patrols.none" if scene.actor.has(TEAM) else "patrols.none_to_join"), quote=scene.is_group)
    lines = tuple(sentence("patrols.line", head=views.head(session, one, now), state=views.state(one)) for one in found)
    buttons = [_button(session, scene, one) for one in found]
    return Say(sentence("patrols.all", lines=lines), buttons=rows(*buttons), quote=scene.is_group)


def _button(session: Session, scene: Scene, one: Patrol) -> Button:
    if not scene.is_group and records.goes_along(session, scene.actor, one):
        return button("patrols.button.names_of", f"巡逻 名单 {one.code}", code=one.code)
    return button("patrols.button.join_one", f"巡逻 参加 {one.code}", code=one.code)


def progress(session: Session, scene: Scene, codes: Sequence[Code], topic: str | None, now: datetime) -> list[Say]:
    """How a patrol stands; who leads it sees what to do next."""
    found = records.patrol_of(session, scene, codes, topic)
    if scene.is_group:
        return [replace(views.card(session, found, now), slot=None, topic=None, quote=True)]
    if records.leads(session, scene.actor, found):
        return [replace(views.for_leader(session, found, now, f"patrols.leader.{found.state}"), person=None)]
    if records.goes_along(session, scene.actor, found) and not found.is_over:
        return [views.for_member(session, found, now, "patrols.on_it")]
    return [replace(views.card(session, found, now), slot=None, topic=None)]


def call_out(
    session: Session, scene: Scene, rest: str, codes: Sequence[Code], topic: str | None, now: datetime
) -> list[Say]:
    """召集 巡1: ask once more; 召集 寻3 村口集合: call volunteers out for a search, who go along as with a patrol."""
    if not any(code.prefix == searches.LETTER for code in codes):
        if clean(rest) and not codes:
            raise refuse("patrols.call_which")
        return actions.call_out(session, records.to_lead(session, scene, codes, topic), now)
    code = next(code for code in codes if code.prefix == searches.LETTER)
    found = searches.numbered(session, code.number)
    area = areas.get(session, found.area_id) if found is not None else None
    if found is None or area is None or not scene.actor.has(TEAM, area):
        raise unknown(session, scene, [code])
    if found.state is not SearchState.PUBLISHED:
        raise refuse("patrols.search_not_out", code=found.code)
    place = after_codes(clean(rest), [code]).removesuffix("集合")
    return _shown(scene, actions.plan(session, scene.actor, area, now, place, now, cause=found.code))


def with_leader(do: Callable[[Session, Patrol, datetime], list[Say]]) -> Callable[..., list[Say]]:
    """A shared word said by whoever leads the patrol."""

    def handle(
        session: Session, scene: Scene, codes: Sequence[Code], topic: str | None, now: datetime, station: Station
    ) -> list[Say]:
        return do(session, records.to_lead(session, scene, codes, topic), now)

    return handle


def _choices() -> tuple[tuple[Button, ...], ...]:
    return (
        (button("patrols.choice.now", "现在"), button("patrols.choice.tonight", "今晚8点")),
        (button("patrols.choice.tomorrow", "明晚8点"),),
    )


FORM = Form(
    "patrol",
    (
        Question("when", read_when, choices=_choices(), optional=False),
        Question("where", read_where, optional=False),
        Question("meet", plain),
    ),
    finish,
)
FORMS = (FORM,)
COMMANDS = (
    Command("巡逻", patrol, latin="patrol", aliases=("巡防",), bare=intent_watch.patrol, rank=56),
    Command("召集", call_out, bare=intent.has_code, rank=0),
)
