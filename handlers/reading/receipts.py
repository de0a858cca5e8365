"""Receipt numbers (回执号) as people type them: 16 digits in any script, spelt, spaced or dashed. Pure.

They are read before anything else in a message, so that none ever becomes part of what is told or kept.
"""

import re
from typing import Final

from handlers.reading.normal import fold

SIZE: Final = 16
MOST: Final = 5
"""Numbers of one message that are looked up where others read along."""

_WORD: Final = "回执"
_SPELT: Final = str.maketrans(
    "零〇○洞一幺壹二贰两三叁四肆五伍六陆七柒拐八捌九玖勾",
    "00001112223344556677788999",
)
_NUMBER: Final = re.compile(rf"(?<![0-9])[0-9](?:[ \-_.,·•/~:、，。]{{0,3}}[0-9]){{{SIZE - 1}}}(?![0-9])")
_SPELT_NUMBER: Final = re.compile(rf"[0-9](?:[ \-_.,·•/~:、，。]{{0,3}}[0-9]){{{SIZE - 1}}}")
_ASKED: Final = re.compile(rf"[^0-9\n]{{0,8}}{_WORD}(?:号码|编号|号|码)?[^0-9\n]{{0,6}}?(?=[0-9])")
_BEFORE: Final = re.compile(rf"\s*(?:{_WORD})?(?:号码|编号|号|码)?\s*[是为]?[\s:：,，]*")
_GAPS: Final = " \t\r\n,:;.!-、。，：；！～~"


def at_head(rest: str) -> tuple[str, str] | None:
    """The 16 digits with which what follows 回执 begins, and the words behind them; None where there are none.

    rest: as typed, and so are the words. 号是, a colon and the like may stand before the digits.
    """
    read = _spelt(rest)
    start = _BEFORE.match(read)
    found = _NUMBER.match(read, start.end() if start else 0) or _spelt_at(rest, read, start.end() if start else 0)
    return (_digits(found), rest[found.end() :].strip(_GAPS)) if found else None


def asked(text: str) -> int | None:
    """Where the number begins in a text about a receipt (回执 1234…, 我的回执号是1234…); None for any other.

    text: as typed. The index counts characters.
    """
    read = _spelt(text)
    found = _ASKED.match(read)
    if found is not None and (_NUMBER.match(read, found.end()) or _spelt_at(text, read, found.end())):
        return found.end()
    return None


def alone(text: str) -> bool:
    """Whether a text is 16 digits and nothing else."""
    found = at_head(text)
    return found is not None and not found[1] and _WORD not in text


def numbers_in(text: str) -> list[str]:
    """Every run of 16 digits of a text, in their order."""
    read = _spelt(text)
    return [_digits(found) for found in _NUMBER.finditer(read)]


def shown_in(text: str) -> bool:
    """Whether a text speaks of a receipt and shows a number that may be one."""
    return _WORD in fold(text) and bool(numbers_in(text))


def grouped(digits: str) -> str:
    """The digits as they are shown, 1234 5678 9012 3456."""
    return " ".join(digits[start : start + 4] for start in range(0, SIZE, 4))


def _spelt(text: str) -> str:
    """The text folded, with spelt digits as digits; no index moves."""
    return fold(text).translate(_SPELT)


def _spelt_at(text: str, read: str, start: int) -> re.Match[str] | None:
    """A number all spelt out (一二三四…), behind which words may go on with 一 as a word (一个人)."""
    found = _SPELT_NUMBER.match(read, start)
    if found is None or any(sign.isdecimal() for sign in fold(text[found.start() : found.end() + 1])):
        return None
    return found


def _digits(found: re.Match[str]) -> str:
    return re.sub(r"[^0-9]", "", found.group())
