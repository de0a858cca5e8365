"""Lists of doors sent as a file (门牌表): read once, never kept; whoever sent it hears what was taken of it."""

from handlers.dialogue.access import Refusal
from handlers.dialogue.say import Cause, Say, post
from handlers.dialogue.scene import actor_of
from handlers.dialogue.wording import text
from handlers.dialogue.world import World
from handlers.visits import actions, rules
from jobs import sheets
from storage import media, visits, waiting


def take(world: World, medium_id: int, blob: bytes | None) -> bool:
    """Read a file that is a worker's list of doors; False where this medium is none.

    blob: None where it could not be fetched.
    """
    with world.db.read() as session:
        if visits.file_of(session, medium_id) is None:
            return False
    try:
        told = rules.read_doors(sheets.lines_of(blob)) if blob is not None else None
    except sheets.NoSheet:
        told = None
    now = world.now()
    with world.db.write() as session:
        row = visits.file_of(session, medium_id)
        if row is None:
            return True
        person, says = row.person_id, [Say(text("visits.bad_file"))]
        visits.drop_file(session, row)
        media.fail(session, medium_id, "read")
        waiting.medium_came(session, medium_id)
        try:
            if told is not None:
                says = actions.keep_doors(session, actor_of(session, person), told, now, world.gazetteer(session))
        except Refusal as refusal:
            says = [Say(refusal.text)]
        to_them = [Say(one.text, buttons=one.buttons, person=person) for one in says]
        post(session, world.words, to_them, Cause(f"doors:{medium_id}"), now)
    return True
