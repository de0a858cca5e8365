"""Rules of contact cards (规则): what is printed in the code, and how a token is told from other words; pure."""

import re
from typing import Final

from handlers.reading.normal import fold

KEPT_DAYS: Final = 1
"""So long a picture is kept; it can be made again."""

_TOKEN = re.compile(r"(?:card-)?([2-9A-HJ-NP-Z]{8})", re.I)


def token_in(words: str) -> str:
    """The token that was scanned or typed from a card; empty where these words are none."""
    found = _TOKEN.fullmatch(fold(words).strip().replace(" ", ""))
    if found is None or not any(sign.isdecimal() for sign in found[1]):
        return ""
    return found[1].upper()


def payload(opens: str, token: str) -> str:
    """What the code on a card holds: the address that opens the private talk, else the words to send."""
    return f"{opens}card-{token}" if opens else typed(token)


def typed(token: str) -> str:
    """What somebody sends who cannot scan."""
    return f"名片 {token}"
