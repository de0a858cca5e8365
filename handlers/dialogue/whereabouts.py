"""Where something is when nobody says where (辖区): the whole of what the station has."""

from sqlalchemy.orm import Session

from handlers.dialogue.access import refuse
from storage import areas
from storage.areas import Area


def whole(session: Session) -> Area:
    """The station's topmost area; raises Refusal while no areas are imported, for then nobody could be told."""
    everywhere = areas.all_of(session)
    if not everywhere:
        raise refuse("common.no_areas")
    return everywhere[0]
