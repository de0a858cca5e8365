"""合并: two reports about the same thing become one; both finders are kept informed."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy.orm import Session

from handlers.dialogue.access import refuse
from handlers.dialogue.command import Command
from handlers.dialogue.say import Say
from handlers.dialogue.scene import Scene
from handlers.dialogue.wording import text
from handlers.incidents import records, work
from handlers.incidents.close import answered
from handlers.reading import intent
from handlers.reading.codes import Code


def merge(session: Session, scene: Scene, codes: Sequence[Code], via: str, now: datetime) -> list[Say]:
    """Merge the first incident named into the second."""
    own = records.named(codes)
    if len(own) != 2:
        raise refuse("incidents.merge_two")
    found = [records.find_for_team(session, scene, [code], None) for code in own]
    incident, into = found
    if incident is None or into is None:
        raise refuse("incidents.merge_two")
    says = work.merge(session, scene.actor, incident, into, now)
    if scene.is_group and (records.hidden(session, incident) or records.hidden(session, into)):
        return answered(scene, says, text("incidents.merged_tip"), via)
    return answered(scene, says, text("incidents.merged", code=incident.code, into=into.code), via)


COMMAND = Command("合并", merge, latin="merge", bare=intent.merge, rank=23)
