"""调解方式: by which of the three ways a dispute is mediated (三调), and together with whom (三联)."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy.orm import Session

from handlers.dialogue.command import Command
from handlers.dialogue.say import Button, Say, rows
from handlers.dialogue.scene import Scene
from handlers.dialogue.wording import said, text
from handlers.disputes import actions, records
from handlers.reading import intent
from handlers.reading.codes import Code
from storage.disputes import Lane, Partner


def way(
    session: Session, scene: Scene, rest: str, codes: Sequence[Code], topic: str | None, now: datetime
) -> list[Say]:
    """Note the way and the partner named; without any, offer them."""
    dispute = records.for_handler(session, scene, codes, topic)
    lane = next((str(one) for one in Lane if one in rest), "")
    partner = next((str(one) for one in Partner if one in rest), "")
    if lane or partner:
        return actions.choose_way(session, dispute, lane, partner, now)
    records.going(dispute)
    made = [
        tuple(Button(said(one), f"调解方式 {dispute.code} {one}") for one in choices) for choices in (Lane, Partner)
    ]
    return [Say(text("disputes.which_way", code=dispute.code), buttons=rows(*made), quote=scene.is_group)]


COMMAND = Command("调解方式", way, bare=intent.has_code, rank=0)
