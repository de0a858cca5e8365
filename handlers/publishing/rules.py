"""What an operator (发布人) is told of a sending: how long it takes, what can be done, why it did not arrive. Pure."""

import math
import re
from collections.abc import Collection, Iterable, Mapping
from datetime import timedelta
from typing import Final, Literal

PRIVATE_EVERY: Final = timedelta(seconds=3)
GROUP_EVERY: Final = timedelta(seconds=10)
"""How far apart the edits of a progress message are at least."""
FIRST_AFTER: Final = timedelta(seconds=3)
"""A sending that is over sooner shows its end alone."""
CONFIRM_ABOVE: Final = 5
"""To more groups than this nothing goes out by one person's one press: the number is shown first."""
LISTED: Final = 30
DOUBTS_SHOWN: Final = 5
REPORT_LIVES: Final = timedelta(days=2)

Standing = Literal["none", "going", "paused", "stopped", "ended"]
Unit = Literal["moment", "seconds", "minutes", "hours"]

_WHY: Final[Mapping[str, str]] = {
    "gone": "gone",
    "kicked": "gone",
    "no such chat": "gone",
    "muted": "muted",
    "refused": "rejected",
    "too long": "rejected",
    "unknown message": "rejected",
    "medium refused": "rejected",
    "file id unknown": "rejected",
    "crash": "crash",
    "no answer": "unanswered",
    "server error": "unanswered",
    "no connection": "unreachable",
    "platform down": "unreachable",
    "not the bot api": "unreachable",
    "not started": "unreachable",
    "conflict": "unreachable",
    "token": "unreachable",
    "expired": "expired",
    "waited": "unopened",
    "content dropped": "erased",
    "stopped": "stopped",
    "left": "gone",
    "let be": "let_be",
    "window": "window",
    "cannot forward": "cannot_forward",
    "nobody answered": "nobody_answered",
}


_SURE = re.compile(r"共([0-9]{1,6})个?群")


def sure_of(words: str) -> tuple[str, int | None]:
    """The words without 共12群, and that number: what somebody was shown and said yes to; words are folded."""
    found = _SURE.search(words)
    return (_SURE.sub("", words).strip(), int(found[1])) if found else (words, None)


def sure_words(groups: int) -> str:
    """What a button adds to its command once the number of groups has been shown; empty for a few."""
    return f" 共{groups}群" if groups > CONFIRM_ABOVE else ""


def asks_if_sure(groups: int, sure: int | None) -> bool:
    """Whether whoever needs nobody's yes is shown the number of groups before it goes out."""
    return groups > CONFIRM_ABOVE and sure != groups


def seconds_for(calls: Mapping[str, int], rates: Mapping[str, float | None]) -> float:
    """How long so many calls take; calls and rates (calls a second, None: as fast as may be) by account.

    Accounts work side by side, so the slowest of them counts.
    """
    return max((count / rate for name, count in calls.items() if (rate := rates.get(name))), default=0.0)


def slower(by_limit: float, left: int, sent: int, since: float) -> float | None:
    """Seconds the `left` calls take: by the limits, or at the measured pace where that is slower.

    sent: calls that got through in the last `since` seconds; None where none did, though there was time.
    """
    if since < FIRST_AFTER.total_seconds():
        return by_limit
    if sent <= 0:
        return None
    return max(by_limit, left * since / sent)


def span(seconds: float) -> tuple[Unit, int]:
    """A span as people say it: a moment (under 10 s), tens of seconds, minutes, hours; rounded up."""
    if seconds < 10:
        return "moment", 0
    if seconds <= 50:
        return "seconds", math.ceil(seconds / 10) * 10
    if seconds <= 59 * 60:
        return "minutes", math.ceil(seconds / 60)
    return "hours", math.ceil(seconds / 3600)


def standing(states: Iterable[str]) -> Standing:
    """How a record's deliveries stand together, in their order: what still moves counts before what is over."""
    found = list(states)
    if any(state in ("filling", "filled") for state in found):
        return "going"
    if "paused" in found:
        return "paused"
    if not found:
        return "none"
    return "stopped" if found[-1] == "stopped" else "ended"


def offers(state: Standing, missed: int) -> tuple[str, ...]:
    """The commands that fit below a progress message; missed: groups that did not get it and may yet."""
    match state:
        case "going":
            return ("暂停", "停发")
        case "paused":
            return ("继续", "停发")
        case "stopped":
            return ("发送情况", "撤回")
        case "ended":
            return ("发送情况", "补发") if missed else ("发送情况",)
    return ()


def why(reason: str | None) -> str:
    """The key of the plain words for a ledger's short reason; never a platform's own text."""
    return _WHY.get(reason or "", "other")


def word(state: str | None, waits: str | None, reason: str | None, hand: str | None = None) -> str:
    """The key of the plain word for how a call stands; state None is one never queued.

    hand: how it stands with the person who passes it on, where one does.
    """
    match state:
        case "dead" if reason == "window":
            return "unreached"
        case "sent" if hand is not None:
            return "asked" if hand == "asked" else "by_hand"
        case None:
            return "never"
        case "queued" if waits in ("paused", "chat", "time"):
            return {"paused": "paused", "chat": "shut", "time": "later"}[waits]
        case "unsure" if reason == "let be":
            return "let_be"
        case "recalled":
            return "stopped"
    return state


def arrived(key: str) -> bool:
    """Whether a state's word means that the group has it."""
    return key in ("sent", "by_hand")


def number(words: str) -> int | None:
    """The number of a call or request somebody names: 12, 第12条; None where there is none."""
    digits = "".join(one for one in words if one.isascii() and one.isdigit())
    return int(digits) if 0 < len(digits) <= 9 else None


def covers(held: Collection[str], path: str | None) -> bool:
    """Whether somebody who answers for these areas (paths) answers for one; None is no area: the top alone does."""
    return any(path.startswith(one) if path is not None else one.strip("/").count("/") == 0 for one in held)
