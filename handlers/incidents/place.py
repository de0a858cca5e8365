"""Where an incident is (地点): the area named in the words, else the chat's, else the teller's, else the whole."""

from sqlalchemy.orm import Session

from handlers.dialogue import whereabouts
from handlers.dialogue.scene import Scene
from handlers.reading.identifiers import mask
from handlers.reading.places import Gazetteer, coarse
from storage import areas
from storage.areas import Area


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
    """The place in words, to the building at most; empty where none is said."""
    found = gazetteer.find(words, near)
    if found is None:
        return ""
    place = coarse(found).place_text or ""
    return mask(place, doors=False)
