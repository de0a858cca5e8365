"""Runs of digits (号码串): which are identity, telephone or bank card numbers, however they are grouped."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from stdnum import luhn
from stdnum.cn import ric

_LONGEST = 19
_LEFT_OVER = 3
_RUN = re.compile(r"[0-9]+(?:[ \-_.,·•/~'()]{1,3}[0-9]+)*")
_GROUP = re.compile(r"[0-9]+?(?=(?:19|20)[0-9]{2}年)|[0-9]+")
_CHECK_X = re.compile(r"[ \-_.]{0,2}[Xx](?![A-Za-z])")
_EMBEDDED = re.compile(
    r"(?P<id>[1-8][0-9]{5}(?:19|20)[0-9]{2}(?:0[1-9]|1[0-2])[0-3][0-9]{5})"
    r"|(?P<card>62[0-9]{14,17})|(?P<phone>1[3-9][0-9]{9})"
)
_MOBILE = re.compile(r"1[3-9][0-9]{9}")
_LANDLINE = re.compile(r"0(?:10|2[0-9]|[3-9][0-9]{2})[2-8][0-9]{6,7}")
_AREA_CODE = re.compile(r"0(?:10|2[0-9]|[3-9][0-9]{2})")
_DATE_8 = re.compile(r"(?:19|20)[0-9]{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12][0-9]|3[01])")
_DATE_6 = re.compile(r"[0-9]{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12][0-9]|3[01])")
_PROVINCE = re.compile(r"1[1-5]|2[1-3]|3[1-7]|4[1-6]|5[0-4]|6[1-5]|71|8[1-3]")
_ASKS_FOR_CALL = re.compile(r"(?:电话|座机|固话|来电|拨打|联系|致电|热线|传真)[^0-9,。;]{0,6}$")
_CASE_LETTER = re.compile(r"(?<![A-Za-z])[AJaj]$")
_IS_CASE_NUMBER = re.compile(r"(?:案号|案件|警情|(?<!证)(?<!证件)(?<!卡)编号|文号|字第)[是为: ]{0,2}[A-Za-z]?$")


@dataclass(frozen=True)
class DigitRun:
    """One number found: its kind (a key of `identifiers.MASKS`), its digits and its span in the text."""

    kind: str
    digits: str
    span: tuple[int, int]


def find_runs(text: str) -> Iterator[DigitRun]:
    """Yield the identity, telephone and card numbers of a folded text, left to right, without overlap."""
    for run in _RUN.finditer(text):
        groups = [match.span() for match in _GROUP.finditer(text, run.start(), run.end() + 1)]
        first = 0
        while first < len(groups):
            found, taken = _best_from(text, groups, first)
            if found is not None:
                yield found
            first += taken


def find_embedded(text: str) -> Iterator[DigitRun]:
    """Yield numbers glued to other digits; for spelt numbers, where the 一 of 统一 looks like a digit.

    Up to three digits left over on either side stand; more would be part of a number that is not understood.
    """
    for run in _RUN.finditer(text):
        places = [i for i in range(*run.span()) if text[i].isdecimal()]
        digits = "".join(text[i] for i in places)
        read = 0
        match = _EMBEDDED.search(digits)
        while match is not None:
            start, end = match.span()
            following = _EMBEDDED.search(digits, end)
            first = read if _LEFT_OVER < start - read <= _LONGEST else start
            read = len(digits) if following is None and len(digits) - end > _LEFT_OVER else end
            yield DigitRun(match.lastgroup or "phone", match.group(), (places[first], places[read - 1] + 1))
            match = following


def _best_from(text: str, groups: list[tuple[int, int]], first: int) -> tuple[DigitRun | None, int]:
    """Read the longest number that begins with the group `first`; return it and how many groups it takes."""
    windows: list[list[str]] = []
    parts: list[str] = []
    length = 0
    for start, end in groups[first:]:
        length += end - start
        if length > _LONGEST and parts:
            break
        parts = [*parts, text[start:end]]
        windows.append(parts)
        if length >= _LONGEST:
            break
    begin = groups[first][0]
    for window in reversed(windows):
        end = groups[first + len(window) - 1][1]
        cross = _CHECK_X.match(text, end)
        kind = _classify(window, text[max(0, begin - 12) : begin], cross is not None)
        if kind is not None:
            last = cross.end() if cross and kind == "id" else end
            return DigitRun(kind, "".join(window), (begin, last)), len(window)
    return _glued(text, groups[first]), 1


def _glued(text: str, group: tuple[int, int]) -> DigitRun | None:
    """Find a mobile number inside one unbroken group of 12 to 15 digits that is no time stamp."""
    digits = text[group[0] : group[1]]
    if not 12 <= len(digits) <= 15 or _DATE_8.match(digits):
        return None
    match = _MOBILE.search(digits)
    if match is None:
        return None
    return DigitRun("phone", match.group(), (group[0] + match.start(), group[0] + match.end()))


def _classify(groups: list[str], before: str, cross: bool) -> str | None:
    """Name the kind of a number by its digits, its grouping, the words before it and an X after it."""
    digits = "".join(groups)
    if len(groups) == 1 and len(digits) > _LONGEST:
        named = _IS_CASE_NUMBER.search(before) or _CASE_LETTER.search(before)
        return None if named else "number"
    case_number = len(groups) == 1 and _IS_CASE_NUMBER.search(before) is not None
    if _is_identity(groups, digits, cross) and (cross or not case_number or _is_checked(digits)):
        return "id"
    if _is_mobile(groups, digits) or _is_landline(groups, digits, before):
        return "phone"
    if not case_number and _is_card(groups, digits):
        return "card"
    return None


def _is_identity(groups: list[str], digits: str, cross: bool) -> bool:
    """Tell a resident identity number (18 or 15 digits), right by its check digit or only by its build."""
    plausible = _PROVINCE.match(digits) is not None
    if len(digits) == 17 and cross:
        return len(groups) == 1 or _DATE_8.match(digits, 6) is not None
    if len(digits) == 18:
        return (plausible or _is_checked(digits)) and _DATE_8.match(digits, 6) is not None
    if len(digits) == 15 and plausible and _DATE_6.match(digits, 6):
        return _is_spelt(groups) or all(len(group) >= 3 for group in groups)
    return False


def _is_checked(digits: str) -> bool:
    """Tell whether 18 digits end in their check digit."""
    return len(digits) == 18 and ric.calc_check_digit(digits) == digits[-1]


def _is_spelt(groups: list[str]) -> bool:
    """Tell an unbroken number, or one read out digit by digit or in pairs."""
    size = len(groups[0])
    return len(groups) == 1 or (size <= 2 and all(len(g) == size for g in groups[:-1]) and len(groups[-1]) <= size)


def _is_mobile(groups: list[str], digits: str) -> bool:
    """Tell a mobile number, with or without +86, in the groupings people use."""
    for prefix in ("0086", "86", "0"):
        if digits.startswith(prefix) and len(digits) == 11 + len(prefix) and groups[0].startswith(prefix):
            rest = groups[0][len(prefix) :]
            groups = [rest, *groups[1:]] if rest else groups[1:]
            digits = digits[len(prefix) :]
            break
    if len(digits) != 11 or not _MOBILE.fullmatch(digits):
        return False
    return _is_spelt(groups) or (len(groups[0]) >= 3 and all(len(group) >= 2 for group in groups[1:]))


def _is_landline(groups: list[str], digits: str, before: str) -> bool:
    """Tell a landline with its area code, or seven or eight digits after a word that asks to call."""
    if _LANDLINE.fullmatch(digits):
        return _is_spelt(groups) or bool(
            _AREA_CODE.fullmatch(groups[0]) and all(len(group) >= 3 for group in groups[1:])
        )
    if len(digits) not in (7, 8) or _DATE_8.fullmatch(digits) or not "2" <= digits[0] <= "8":
        return False
    return all(len(group) >= 3 for group in groups) and _ASKS_FOR_CALL.search(before) is not None


def _is_card(groups: list[str], digits: str) -> bool:
    """Tell a bank card: 16 to 19 digits in one piece, in fours, spelt, or right by its check digit."""
    if not 16 <= len(digits) <= 19:
        return False
    if _is_spelt(groups):
        return True
    if len(groups) == len(digits) // 4 and all(re.fullmatch(r"(?:19|20)[0-9]{2}", group) for group in groups):
        return False
    if all(len(group) == 4 for group in groups[:-1]) and len(groups[-1]) <= 4:
        return True
    if digits.startswith("62") and len(groups[0]) > 1:
        return True
    begins_as_phone = _MOBILE.fullmatch(groups[0]) is not None
    return not begins_as_phone and all(len(group) >= 3 for group in groups[:-1]) and luhn.is_valid(digits)
