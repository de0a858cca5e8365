"""What may stand in the audit chain: every action, and for each of its details the kind of value it may hold.

Row ids, closed words, hashes and counts, nothing else: a name or a sentence that got in could never be erased again.
"""

import re
from collections.abc import Callable, Mapping
from typing import Final

from storage.bulletins import BulletinState
from storage.chats import ChatKind
from storage.intelligence import Verdict
from storage.people import Role

Kind = Callable[[object], bool]
"""Whether a value is of a kind."""


class NotForTheChain(ValueError):
    """An action, a detail or a kind of value the chain does not take; add it to `SORTS` if it names nobody."""


def number(value: object) -> bool:
    """A row id or a count; None where there is none."""
    return value is None or (type(value) is int and 0 <= value < 2**63)


def flag(value: object) -> bool:
    """Yes or no."""
    return type(value) is bool


def fingerprint(value: object) -> bool:
    """The SHA-256 of something, in hex."""
    return value is None or (isinstance(value, str) and re.fullmatch("[0-9a-f]{64}", value) is not None)


def code(value: object) -> bool:
    """The code of a record: 隐12."""
    return isinstance(value, str) and re.fullmatch("[一-龥][0-9]{1,18}", value) is not None


def slug(value: object) -> bool:
    """A name that stands in the program: of a channel's account, of a part of the sweep."""
    return isinstance(value, str) and re.fullmatch("[a-z][a-z0-9_]{0,31}", value) is not None


def day(value: object) -> bool:
    """A day: 2026-11-18."""
    return isinstance(value, str) and re.fullmatch("[0-9]{4}-[0-9]{2}-[0-9]{2}", value) is not None


def one_of(*words: str) -> Kind:
    """One word of a closed list."""
    known = frozenset(map(str, words))
    return lambda value: isinstance(value, str) and value in known


ROLE: Final = one_of(*Role)
CHATS: Final = one_of(*ChatKind)
BULLETIN: Final = one_of(*BulletinState)
VERDICT: Final = one_of(*Verdict, "")
VIEWS: Final = one_of("search", "added", "merged", "answer", "alarm")

SORTS: Final[Mapping[str, Mapping[str, Mapping[str, Kind]]]] = {
    "approval": {
        "ask": {"content": fingerprint, "groups": number, "correction": flag},
        "approve": {"content": fingerprint, "chief": flag},
        "reject": {},
        "night": {"content": fingerprint},
        "discard": {},
        "schedule": {"content": fingerprint},
        "lapse": {},
        "library.push": {"content": fingerprint, "groups": number},
        "search.publish": {"by_law": flag, "groups": number},
        "search.widen": {"groups": number},
        "search.again": {},
        "search.reject": {},
        "search.review": {},
        "search.unreviewed": {},
    },
    "objection": {
        "object": {"objection": number, "does": slug},
        "objection asks": {},
        "objection hides": {"deliveries": number},
        "objection upheld": {},
        "objection dismissed": {},
        "objection unanswered": {},
        "objection over": {},
    },
    "sending": {
        "send": {"delivery": number, "groups": number, "content": fingerprint},
        "pause": {},
        "resume": {},
        "stop": {},
        "again": {"groups": number},
        "resend": {"row": number},
        "let be": {"row": number},
        "correct": {"content": fingerprint},
        "search.correct": {"revision": number},
    },
    "taking_back": {
        "recall": {"was": BULLETIN},
        "expire": {},
        "search.withdraw": {},
        "search.found": {},
        "search.expire": {},
        "search.hide": {},
        "search.stand_down": {},
    },
    "export": {
        "report": {"groups": number},
        "export": {"entries": number},
        "weekly": {"week": day, "area": number},
        "backup": {},
        "restore": {"rows": number},
    },
    "view": {
        "incident.brief": {},
        "dispute.brief": {},
        "car.brief": {},
        "dispute.call": {},
        "meeting.brief": {},
        "return.call": {},
        "card.shown": {"area": number},
        "card.hidden": {"area": number},
        "wish.brief": {},
        "wish.call": {},
        "incident.call": {},
        "view": {"what": VIEWS},
        "disclosure.ask": {"request": number},
        "disclosure.agree": {"request": number},
        "disclosure.open": {"request": number, "agreed_by": number, "known": flag},
        "disclosure.refuse": {"request": number},
        "disclosure.lapse": {"request": number},
        "tip.ask": {},
        "tip.assess": {},
        "tip.join": {"to": code},
        "tip.single": {},
        "tip.draft": {"verdict": VERDICT, "version": number},
        "tip.answer": {"verdict": VERDICT, "version": number},
        "tip.hand_back": {"version": number},
        "receipt.void": {},
    },
    "belonging": {
        "household.found": {"unit": number, "area": number},
        "household.join": {"unit": number},
        "household.leave": {"unit": number},
        "household.remove": {"unit": number},
        "household.end": {"unit": number},
        "household.alarm": {"code": code, "unit": number, "area": number},
        "household.over": {"false": flag},
        "codes": {"role": ROLE, "area": number, "count": number},
        "void": {"role": ROLE, "area": number, "made_by": number},
        "join": {"role": ROLE, "area": number, "made_by": number},
        "grant": {"role": ROLE, "area": number, "person": number},
        "account code": {},
        "account": {"account": slug},
        "name": {},
        "leave": {},
        "revoke": {"roles": number, "left": number},
        "bind": {"kind": CHATS, "area": number, "before": CHATS},
        "keep group": {"area": number},
        "drop group": {},
        "subscribe": {"area": number},
        "unsubscribe": {},
    },
    "erasing": {
        "sweep": {"what": slug, "count": number},
        "erase": {"gone": number, "later": number, "held": number},
        "hold": {"until": day},
        "hold.lift": {},
        "hold.end": {},
    },
    "record": {
        "incident": {"code": code, "area": number},
        "dispute": {"code": code, "area": number},
        "library": {"code": code},
        "library.out": {},
        "library.back": {"content": fingerprint},
        "rotate": {"area": number},
        "rotate.pause": {},
        "rotate.resume": {},
        "rotate.stop": {},
        "meeting": {"code": code, "area": number},
        "meeting.done": {},
        "volunteer": {"code": code, "area": number},
        "volunteer.agree": {},
        "volunteer.refuse": {},
        "volunteer.left": {},
        "patrol": {"code": code, "area": number},
        "patrol.end": {},
        "car": {"code": code, "area": number},
        "shift": {"code": code, "area": number, "zones": number},
        "shift.stop": {},
        "dispute.agreed": {"sha256": fingerprint},
        "return": {"code": code, "area": number},
        "return.verified": {},
        "return.matched": {},
        "return.handed": {},
        "search.divide": {},
        "search.confirm_back": {},
        "search.searcher_missing": {"people": number},
        "wish": {"code": code, "area": number},
        "talk": {"code": code, "area": number},
        "visits": {"code": code, "area": number},
        "visits.move": {},
        "supervise": {"days": number},
        "supervise.clear": {},
        "weekly.enter": {"entry": number, "area": number, "rows": number},
        "weekly.undo": {"entry": number, "rows": number},
    },
}
"""Sort of action → action → the details it may carry → the kind of each."""

ACTIONS: Final = {action: details for some in SORTS.values() for action, details in some.items()}

TOPIC: Final = re.compile(r"[a-z]+:[0-9]{1,18}")


def check(action: str, topic: str | None, detail: Mapping[str, object]) -> None:
    """Raise NotForTheChain, naming the action and the key but never the value."""
    allowed = ACTIONS.get(action)
    if allowed is None:
        raise NotForTheChain(f"no such action: {action[:24]}")
    if topic is not None and TOPIC.fullmatch(topic) is None:
        raise NotForTheChain(f"{action}: topic is no record:id")
    for key, value in detail.items():
        if key not in allowed:
            raise NotForTheChain(f"{action}: no such detail: {key}")
        if not allowed[key](value):
            raise NotForTheChain(f"{action}: {key} is of the wrong kind")


def sort_of(action: str) -> str:
    """The sort an action belongs to, as people are shown counts."""
    return next(sort for sort, some in SORTS.items() if action in some)
