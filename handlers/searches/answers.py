"""How each answer of the guided talk is read: a JSON value, or a Problem that says how to answer."""

import re
from datetime import datetime
from typing import Any

from handlers.dialogue.form import Problem
from handlers.dialogue.message import Incoming
from handlers.dialogue.scene import Scene
from handlers.dialogue.wording import text as sentence
from handlers.reading.normal import fold
from handlers.reading.places import Gazetteer
from handlers.reading.when import read_when
from handlers.reading.when_hours import part_of_day
from handlers.searches import reading, rules

MOST = 500
GAPS = " \t\n,，、。;；"
FOUND = re.compile(
    r"(?!.*(?:又|再|后来|不见|走[了丢失]|丢))[^没未不别,。;\d点]{0,8}"
    r"(?:(?:找到|找着|回来)(?:$|了)|(?:回家|到家)了(?:$|[啊呀啦吧!。~,;\s]))"
)
CONSENTS = (
    (("不同意", "不愿意", "不要发", "不能发", "别发"), rules.NO),
    (("收不回", "可留"), rules.STAY),
    (("同意", "可以", "愿意", "发吧"), rules.YES),
)


def who(text: str) -> Any:  # noqa: ANN401 - a JSON value or a Problem
    """The person, by relation or name; a number or a sign alone is none."""
    if len({c for c in fold(text) if "一" <= c <= "龥"}) < 2:
        return Problem(sentence("search.who.bad"))
    return _words(text, "search.who.bad")


def age(text: str) -> Any:  # noqa: ANN401 - a JSON value or a Problem
    """{years, group} of 78岁, 七十八 or a button."""
    if FOUND.match(fold(text).strip()):
        return Problem(sentence("search.already_found"))
    found = reading.read_age(text)
    return Problem(sentence("search.age.bad")) if found is None else {"years": found.years, "group": found.group}


def seen(text: str, now: datetime, gazetteer: Gazetteer, scene: Scene, location: tuple[float, float] | None) -> Any:  # noqa: ANN401
    """{when, part, where, area, location} of what is said, or of a position sent along."""
    if location is not None:
        return {"when": None, "where": text.strip() or None, "location": "{:.5f},{:.5f}".format(*location)}
    return place_and_time(text, now, gazetteer, scene.area_id)


def place_and_time(text: str, now: datetime, gazetteer: Gazetteer, near: int | None) -> Any:  # noqa: ANN401
    """When and where somebody was last seen; a Problem where neither can be read."""
    said = _words(text, "search.seen.bad")
    if isinstance(said, Problem):
        return said
    when = read_when(text, now, past=True)
    place = gazetteer.find(text, near)
    if when is None and place is None and not _maybe_a_place(text):
        return Problem(sentence("search.seen.bad"))
    start = when.start if when is not None else None
    return {
        "when": start.isoformat() if start is not None else None,
        "part": part_of_day(when.hint) if when is not None else "",
        "where": _without_time(said["words"], now),
        "area": place.area if place is not None else None,
        "contact": said["contact"],
    }


def _without_time(words: str, now: datetime) -> str | None:
    """The place alone: 下午3点，菜市场门口 → 菜市场门口; None where nothing but a time was said."""
    when = read_when(words, now, past=True)
    if when is None or when.start is None:
        return words
    begin, end = when.span
    left = (words[:begin].strip(GAPS), words[end:].strip(GAPS).removeprefix("在"))
    return " ".join(part for part in left if part) or None


def clothes(text: str) -> Any:  # noqa: ANN401 - a JSON value or a Problem
    """Clothes and looks in words."""
    return _words(text, "search.clothes.bad")


def health(text: str) -> Any:  # noqa: ANN401 - a JSON value or a Problem
    """Illness and danger in words; for officers only."""
    return _words(text, "search.health.bad")


def photo(text: str, media: list[int], message: Incoming) -> Any:  # noqa: ANN401 - a JSON value or a Problem
    """The id of the picture sent, or nothing where there is none."""
    for medium_id, ref in zip(media, message.media, strict=True):
        if ref.kind == "photo":
            return medium_id
    if not media and fold(text).strip().startswith(("没有", "没照片", "暂时没", "无")):
        return None
    back = FOUND.match(fold(text).strip()) is not None
    return Problem(sentence("search.already_found" if back else "search.photo.bad"))


def consent(text: str) -> Any:  # noqa: ANN401 - a JSON value or a Problem
    """yes, stay or no; anything unclear is asked again, for nobody agrees by accident."""
    folded = fold(text)
    if FOUND.match(folded.strip()):
        return Problem(sentence("search.already_found"))
    for phrases, value in CONSENTS:
        if any(phrase in folded for phrase in phrases):
            return value
    return Problem(sentence("search.consent.bad"))


def _words(text: str, problem: str) -> dict[str, Any] | Problem:
    if len(text) > MOST:
        return Problem(sentence("form.too_long", most=MOST))
    if not reading.meaningful(text):
        return Problem(sentence(problem))
    if FOUND.match(fold(text).strip()):
        return Problem(sentence("search.already_found"))
    masked, phones = reading.split_contact(" ".join(text.split()))
    return {"words": masked, "contact": phones}


def _maybe_a_place(text: str) -> bool:
    """Words long enough to be a place this county's list does not know."""
    return len({c for c in fold(text) if "一" <= c <= "龥"}) >= 4
