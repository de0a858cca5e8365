"""The guided talk for a 反诈 or 预警: what kind, which words, a picture, for whom, when."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from handlers.bulletins import audience, drafting, rules, views
from handlers.bulletins.views import Office
from handlers.dialogue.form import Form, Problem, Question
from handlers.dialogue.say import Button, Say, button
from handlers.dialogue.scene import Actor
from handlers.dialogue.wording import said, text
from handlers.reading.normal import fold
from handlers.reading.places import Gazetteer
from handlers.reading.when import read_when
from storage import areas, bulletins
from storage.bulletins import BulletinKind
from storage.chats import ChatKind

LONGEST_CATEGORY = 8
AT_ONCE = frozenset({"现在", "马上", "立即", "立刻", "现在发", "马上发"})


def privately(says: Sequence[Say], person_id: int) -> list[Say]:
    """Answers of a group talk that only their author shall see."""
    return [replace(one, person=person_id) if one.chat is None and one.person is None else one for one in says]


def read_category(rest: str, media: list[int]) -> Any:  # noqa: ANN401 - JSON
    """A category of the list, or the one the words speak of; a whole sentence is the warning's words as well."""
    folded = fold(rest).strip()
    if folded in rules.CATEGORIES or folded == "反诈":
        return folded
    words = read_words(rest, media) if len(folded) > LONGEST_CATEGORY else None
    if not isinstance(words, dict):
        return rules.category_of(folded)
    return {"category": rules.category_of(folded), **words}


def _wordless(answers: Mapping[str, Any]) -> bool:
    """Whether the words are still to be asked for."""
    return not isinstance(answers.get("category"), dict)


def read_words(rest: str, media: list[int]) -> Any:  # noqa: ANN401 - JSON or Problem
    """The words, with whatever was sent along."""
    clean = rules.cleaned(rest)
    if len(clean) < drafting.SHORTEST_TEXT:
        return Problem(text("bulletins.empty"))
    if len(clean) > drafting.LONGEST_TEXT:
        return Problem(text("bulletins.too_long", most=drafting.LONGEST_TEXT, n=len(clean)))
    return {"words": clean, "media": media}


def read_picture(media: list[int]) -> Any:  # noqa: ANN401 - JSON or Problem
    """A picture or a video."""
    return media or Problem(text("bulletins.no_picture"))


def read_scope(rest: str, session: Session, actor: Actor, gazetteer: Gazetteer) -> Any:  # noqa: ANN401 - JSON or Problem
    """An area by name, or 本村, 全镇, 全县."""
    roles = [hold for hold in actor.holds]
    if not roles:
        return Problem(text("bulletins.no_scope"))
    own = max(roles, key=lambda hold: hold.path.count("/")).area_id
    area = audience.scope_named(session, rest, own, gazetteer)
    return area.id if area is not None else Problem(text("bulletins.no_scope"))


def read_kinds(rest: str) -> Any:  # noqa: ANN401 - JSON or Problem
    """Kinds of group."""
    return rules.audience_kinds(rest) or Problem(text("bulletins.no_kinds"))


def read_moment(rest: str, now: datetime) -> Any:  # noqa: ANN401 - JSON or Problem
    """When to send; null for at once."""
    if fold(rest).strip() in AT_ONCE:
        return None
    when = read_when(rest, now, past=False)
    if when is None or not isinstance(when.start, datetime) or when.repeat is not None:
        return Problem(text("bulletins.no_time"))
    if when.start <= now or when.start > now + rules.LONGEST:
        return Problem(text("bulletins.no_time"))
    return when.start.isoformat()


def finish(office: Office, actor: Actor, gazetteer: Gazetteer, answers: Mapping[str, Any]) -> list[Say]:
    """The draft and its preview."""
    told = answers["words"] if _wordless(answers) else answers["category"]
    category = answers["category"] if _wordless(answers) else told["category"]
    kind = BulletinKind.FRAUD if category == "反诈" else BulletinKind.WARNING
    typed, lives = rules.lasting(told["words"])
    moment = answers.get("moment")
    drafted = drafting.draft(
        office,
        actor,
        kind,
        words=typed,
        media=[*told["media"], *(answers.get("picture") or ())],
        category=category,
        kinds=[ChatKind(one) for one in answers["kinds"]],
        scope=areas.get(office.session, answers["scope"]),
        send_at=datetime.fromisoformat(moment) if moment else None,
        lives=lives,
    )
    return views.preview(office, drafted, bulletins.body_of(office.session, drafted))


SCOPES = (
    (
        button("bulletins.own_area", "本区域"),
        button("bulletins.whole_town", "全镇"),
        button("bulletins.whole_county", "全县"),
    ),
)
KINDS = (
    (button("bulletins.kinds_public", "公众"), button("bulletins.kinds_residents", "居民群")),
    (button("bulletins.kinds_merchants", "商户群"), button("bulletins.kinds_volunteers", "义警群")),
    (button("bulletins.kinds_workers", "工作群"), button("bulletins.kinds_all", "全部")),
)
_CATEGORIES = tuple(
    tuple(Button(said(name), name) for name in names)
    for names in (("防盗", "防火", "防汛"), ("天气", "交通", "禁毒", "防骗"))
)
FORM = Form(
    "bulletins.form",
    (
        Question("category", read_category, _CATEGORIES, optional=False),
        Question("words", read_words, optional=False, when=_wordless),
        Question("picture", read_picture),
        Question("scope", read_scope, SCOPES, optional=False),
        Question("kinds", read_kinds, KINDS, optional=False),
        Question(
            "moment",
            read_moment,
            ((button("bulletins.now", "现在"), button("bulletins.tomorrow", "明早7点")),),
            optional=False,
        ),
    ),
    finish,
)
