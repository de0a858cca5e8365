"""Where an incident is (地点): the area named in the words, else the chat's, else the teller's, else the whole."""

import re
from typing import Final

from sqlalchemy.orm import Session

from handlers.dialogue import whereabouts
from handlers.dialogue.scene import Scene
from handlers.incidents.rules import urgent
from handlers.reading.identifiers import MASKS, find, mask, masked
from handlers.reading.places import Gazetteer, coarse
from storage import areas
from storage.areas import Area

_N: Final = "[0-9０-９零〇一二三四五六七八九十百两]{1,4}"
_HOUSE: Final = (
    rf"[甲乙丙丁附]?[ \u3000]?{_N}(?:[ ]?[-－—附之][ ]?{_N})?[ \u3000]?号(?:之{_N}|附{_N}号?)?(?:院(?!子)|家)?"
    r"(?![ ]?[楼栋幢线房路街巷桥]|公寓)"
)
_HOUSE_OF_PLACE: Final = re.compile(rf"(?:^|(?<=[街路巷弄道同段组队村庄屯沟])){_HOUSE}")
_BUILDING_BEHIND: Final = re.compile(rf"[ ,]?{_N}(?:号[楼院]|[栋幢座#])")
_HOUSE_IN_WORDS: Final = re.compile(
    rf"(?:(?<=[街路巷弄村庄屯沟组])|(?<=网格)){_HOUSE}"
    r"(?![0-9０-９]|[ ]?(?:[上下中]午|早|晚|夜|凌晨|之?前|以前|后|起|到|至|开|停[水电气]|举|[0-9]{1,2}[点:：]))"
)


def area_of(session: Session, gazetteer: Gazetteer, words: str, scene: Scene) -> Area:
    """The area an incident belongs to; raises Refusal while there are no areas."""
    named = gazetteer.find(words, scene.area_id)
    if named is not None and named.area is not None:
        return areas.get(session, named.area)
    if scene.area_id is not None:
        return areas.get(session, scene.area_id)
    if scene.actor.holds:
        return areas.get(session, max(scene.actor.holds, key=lambda hold: hold.path.count("/")).area_id)
    return whereabouts.whole(session)


def building_of(gazetteer: Gazetteer, words: str, near: int) -> str:
    """The place in words, to the building (12号楼, 3栋) at most, of a house (老街12号) the street; empty for none."""
    found = gazetteer.find(words, near)
    if found is None:
        return ""
    place = coarse(found)
    return mask(f"{place.name or ''}{_without_house(place.detail or '', place.name is not None)}", doors=False)


def _without_house(detail: str, named: bool) -> str:
    """Cut 老街12号 to the street; 2号院 of no area named is a building."""
    house = _HOUSE_OF_PLACE.search(detail)
    if house is None or (house.start() == 0 and not named):
        return detail
    behind = _BUILDING_BEHIND.match(detail, house.end())
    return f"{detail[: house.start()]}{detail[behind.start() :] if behind is not None else ''}"


def in_group(words: str) -> str:
    """Words as a team's group reads them before somebody takes the matter: no house; where there is danger, with it."""
    if urgent(words):
        return words
    return without_house(words)


def without_house(words: str) -> str:
    """Words without the number of a house, also of one that might be a day of the month (大侯村12号)."""
    houses = [one for one in find(words) if one.kind == "house"]
    return _HOUSE_IN_WORDS.sub(MASKS["house"], masked(words, houses))
