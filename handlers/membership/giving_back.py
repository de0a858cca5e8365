"""What somebody who can't work any more had in hand (交回): nobody has it, its clocks go on, and others are asked."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from sqlalchemy.orm import Session

from handlers.dialogue import kinds
from handlers.dialogue.access import CHIEFS, DESK, OFFICERS
from handlers.dialogue.say import Say, button, rows, to_people
from handlers.dialogue.wording import text
from storage import areas, callbacks, cases, people
from storage.cases import Case
from storage.lanes import Lane
from storage.volunteers import Volunteer
from storage.wishes import Wish

OTHERWISE: Final = (Wish, Volunteer)
"""A wish waits for another helper by itself; an offer to help is nobody's work."""
NOTE: Final = "gone"
MOST_ASKED: Final = 8


def in_hand(session: Session, person_id: int) -> Sequence[Case]:
    """The cases of every kind that somebody works on."""
    return [one for one in cases.in_hands_of(session, person_id) if not isinstance(one, OTHERWISE)]


def hand_back(session: Session, person_id: int, now: datetime) -> list[Say]:
    """Nobody has them from now on; the officers nearest to each are asked to take it, by its number alone."""
    says: list[Say] = []
    while found := in_hand(session, person_id):
        for one in found:
            cases.change(session, one, handler_id=None)
            cases.add_note(session, one, NOTE, "", now)
            says += _asked(session, one)
    return says


def _asked(session: Session, row: Case) -> list[Say]:
    kept_out = callbacks.barred(session, row.topic)
    near = people.nearest_holders(session, OFFICERS, row.area_id)
    able = [one for one in near if one not in kept_out] or people.holders(session, CHIEFS | DESK, row.area_id)
    kind = kinds.all_kinds().get(row.name)
    can_take = kind is not None and "接单" in kind.answers
    word = "接单" if can_take else "进度"
    press = button("membership.revoke.take" if can_take else "membership.revoke.look", f"{word} {row.code}")
    line = text(
        "membership.revoke.orphan_take" if can_take else "membership.revoke.orphan_look",
        code=row.code,
        area=areas.get(session, row.area_id).name,
    )
    asked = to_people(Say(line, buttons=rows(press), lane=Lane.REMINDER), able[:MOST_ASKED])
    card = kinds.case_of(session, row.topic)
    return [*asked, *(kind.refreshed(session, card) if kind is not None and card is not None else [])]
