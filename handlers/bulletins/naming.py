"""Which bulletin is meant (反4), and what else was typed beside its code."""

from collections.abc import Sequence

from handlers.bulletins.views import Office
from handlers.dialogue.access import Refusal, refuse
from handlers.reading.codes import Code
from storage import bulletins
from storage import codes as counters
from storage.bulletins import Bulletin, BulletinKind
from storage.searches import LETTER

LETTERS = frozenset(str(kind) for kind in BulletinKind)
GAP = " \t\r\n,:;.!-、。，：；！～~"


def meant(office: Office, codes: Sequence[Code], topic: str | None, word: str) -> Bulletin:
    """The bulletin named by its code, or the one whose message was answered; raises Refusal."""
    named = next((code for code in codes if code.prefix in LETTERS), None)
    if named is not None:
        found = bulletins.numbered(office.session, BulletinKind(named.prefix), named.number)
        if found is None:
            raise _unknown(office, named)
        return found
    kind, _, number = (topic or "").partition(":")
    if not codes and kind == "bulletin" and number.isdecimal():
        return bulletins.get(office.session, int(number))
    if codes:
        raise refuse("bulletins.other_record", code=str(codes[0]), word=word)
    raise refuse("bulletins.which", word=word)


def _unknown(office: Office, code: Code) -> Refusal:
    last = counters.last_number(office.session, code.prefix)
    if last:
        return refuse("bulletins.unknown_last", code=str(code), last=f"{code.prefix}{last}")
    return refuse("bulletins.unknown", code=str(code))


def search_code(codes: Sequence[Code]) -> Code | None:
    """The code of a missing-person search, where one is named."""
    return next((code for code in codes if code.prefix == LETTER), None)


def beside(rest: str, codes: Sequence[Code]) -> str:
    """What was typed beside the code, as typed."""
    if not codes:
        return rest.strip(GAP)
    start, end = codes[0].span
    return (rest[:start].strip(GAP) + " " + rest[end:].strip(GAP)).strip()
