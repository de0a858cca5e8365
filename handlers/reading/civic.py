"""What is nobody's matter here (R1): petitions and protests; read so that the talk can point to where they belong."""

import re
from typing import Final

_PLACES: Final = r"局|办|大厅|中心|窗口|接待|室|站|部门|条例|代理"
_PETITION: Final = re.compile(
    rf"上访|(?:信访|访民)(?!{_PLACES})|(?:越级|进京|赴京|集体|缠|闹|非)访(?!问|谈|客|学|友|视)"
    r"|请愿|联名(?:信|上书|举报)|示威|静坐抗议"
)


def petition(folded: str) -> bool:
    """Whether folded words speak of a petition or a protest; the office of that name is a place like any other."""
    return _PETITION.search(folded) is not None
