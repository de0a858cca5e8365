"""Runs of digits (号码串): which are identity, telephone or bank card numbers, however they are grouped."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from stdnum import luhn
from stdnum.cn import ric

_SHORTEST, _LONGEST = 7, 19
_LEFT_OVER = 3
_FEW_GROUPS = 5
_MOBILE_LENGTH, _IDENTITY_LENGTH = 11, 18
_BEFORE = 14
_RUN = re.compile(r"[0-9]+(?:(?:[^\w\x00]|_){1,4}[0-9]+)*")
_PLAIN_RUN = re.compile(r"[0-9]+(?:[ \n\-_.,·•/~'()]{1,4}[0-9]+)*")
_PLAIN = frozenset(" \n-_.,·•/~'()")
_GROUP = re.compile(r"[0-9]+?(?=(?:19|20)[0-9]{2}年)|[0-9]+")
_CHECK_X = re.compile(r"(?:[^\w\x00]|_){0,4}[Xx×](?![A-Za-z])")
_EMBEDDED = re.compile(
    r"(?P<id>[1-8][0-9]{5}(?:19|20)[0-9]{2}(?:0[1-9]|1[0-2])[0-3][0-9]{5})"
    r"|(?P<card>62[0-9]{14,17})|(?P<phone>1[3-9][0-9]{9})"
)
_MOBILE = re.compile(r"1[3-9][0-9]{9}")
_LANDLINE = re.compile(r"0(?:10|2[0-9]|[3-9][0-9]{2})[2-8][0-9]{6,7}")
_ABROAD = re.compile(r"(?:00)?86(?:10|2[0-9]|[3-9][0-9]{2})[2-8][0-9]{6,7}")
_DATE_8 = re.compile(r"(?:19[0-9]|20[0-4])[0-9](?:0[1-9]|1[0-2])(?:0[1-9]|[12][0-9]|3[01])")
_DATE_6 = re.compile(r"[0-9]{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12][0-9]|3[01])")
_YEAR = re.compile(r"(?:19|20)[0-9]{2}")
_PROVINCE = re.compile(r"1[1-5]|2[1-3]|3[1-7]|4[1-6]|5[0-4]|6[1-5]|71|8[1-3]")
_ASKS_FOR_CALL = re.compile(
    r"(?:电话|座机|固话|来电|拨打|联系|致电|热线|传真|手机|号码|微信|方式|打给|回电|[Tt][Ee][Ll])[^0-9,。;\n]{0,6}$"
)
_CARD_WORD = re.compile(r"(?:卡号|银行|卡|账号|帐号|账户|帐户|收款|打款|转账|汇款|转到|打到)[^0-9。;\n]{0,8}$")
_CASE_LETTER = re.compile(r"(?<![A-Za-z])[AJaj]$")
_IS_CASE_NUMBER = re.compile(
    r"(?:案号|案件|警情|(?<!证)(?<!证件)(?<!卡)编号|文号|字第|工单|受理号)[是为: ]{0,2}[A-Za-z]?$"
)
_IS_PARCEL = re.compile(
    r"(?:(?:单号?|快递|编号|流水号?|物流|条码|条形码|序列号|表号|户号|准考证|许可证)[是为:号 ]{0,3}[A-Za-z]{0,4}"
    r"|[A-Z]{2,4})$"
)

_MOBILE_GROUPINGS = frozenset(((3, 4, 4), (4, 3, 4), (3, 3, 5), (3, 5, 3), (5, 6), (3, 8), (7, 4), (4, 7), (6, 5)))
"""How people cut a mobile number; only these count between signs such as 、：| and +."""
_OLD_ID_GROUPINGS = frozenset(((6, 6, 3), (12, 3), (6, 9), (6, 2, 2, 2, 3), (5, 5, 5), (4, 4, 4, 3), (3, 4, 4, 4)))
_ID_GROUPINGS = frozenset(
    ((6, 8, 4), (6, 4, 4, 4), (6, 4, 2, 2, 4), (6, 12), (14, 4), (4, 4, 4, 4, 2), (3, 3, 4, 4, 4))
)
_ID_GROUPINGS_WITH_X = frozenset((*cut[:-1], cut[-1] - 1) for cut in _ID_GROUPINGS)


@dataclass(frozen=True)
class DigitRun:
    """One number found: its kind (a key of `identifiers.MASKS`), its digits and its span in the text."""

    kind: str
    digits: str
    span: tuple[int, int]


@dataclass(frozen=True)
class _Window:
    """Neighbouring groups of digits that might be one number, and how they are set apart."""

    groups: tuple[str, ...]
    gaps: tuple[str, ...]
    before: str
    cross: bool

    @property
    def digits(self) -> str:
        return "".join(self.groups)

    @property
    def sizes(self) -> tuple[int, ...]:
        return tuple(map(len, self.groups))

    @property
    def is_plain(self) -> bool:
        """Whether only blanks, dashes, dots and the like stand between the groups; commas only where all are."""
        signs = "".join(self.gaps)
        return _PLAIN.issuperset(signs) and (self.is_even or "," not in signs)

    @property
    def is_even(self) -> bool:
        """Whether the same sign stands between all groups."""
        return len({gap.strip() or gap for gap in self.gaps}) <= 1


def find_runs(text: str) -> Iterator[DigitRun]:
    """Yield the identity, telephone and card numbers of a visible text, left to right, without overlap."""
    for run in _RUN.finditer(text):
        groups = [match.span() for match in _GROUP.finditer(text, run.start(), run.end() + 1)]
        first = 0
        while first < len(groups):
            found, taken = _best_from(text, groups, first)
            if found is not None and found.kind != "id" and 1 < taken <= _FEW_GROUPS:
                later = _identity_within(text, groups, first, taken)
                if later is not None:
                    first = later
                    continue
            if found is not None:
                yield found
            first += taken


def _identity_within(text: str, groups: Sequence[tuple[int, int]], first: int, taken: int) -> int | None:
    """The group inside a number of several where an identity number begins that goes on beyond it (165，510104…)."""
    for place in range(first + 1, first + taken):
        digits = ""
        for start, end in groups[place : place + _IDENTITY_LENGTH]:
            digits += text[start:end]
            if len(digits) >= _IDENTITY_LENGTH:
                break
        if _PROVINCE.match(digits) and _DATE_8.match(digits, 6):
            found, count = _best_from(text, groups, place)
            if found is not None and found.kind == "id" and place + count > first + taken:
                return place
    return None


def find_embedded(text: str) -> Iterator[DigitRun]:
    """Yield numbers glued to other digits; for spelt numbers, where the 一 of 统一 looks like a digit.

    Up to three digits left over on either side stand; more would be part of a number that is not understood.
    """
    for run in _PLAIN_RUN.finditer(text):
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


def _best_from(text: str, groups: Sequence[tuple[int, int]], first: int) -> tuple[DigitRun | None, int]:
    """Read the longest number that begins with the group `first`; return it and how many groups it takes."""
    begin = groups[first][0]
    before = text[max(0, begin - _BEFORE) : begin]
    windows = [_window(text, groups[first : first + count], before) for count in _counts(groups, first)]
    for window in sorted(windows, key=_stands_alone, reverse=True):
        kind = _classify(window)
        if kind is not None:
            end = groups[first + len(window.groups) - 1][1]
            cross = _CHECK_X.match(text, end) if kind == "id" else None
            return DigitRun(kind, window.digits, (begin, cross.end() if cross else end)), len(window.groups)
    return _glued(text, groups[first], before), 1


def _window(text: str, spans: Sequence[tuple[int, int]], before: str) -> _Window:
    parts = tuple(text[slice(*span)] for span in spans)
    gaps = tuple(text[left[1] : right[0]] for left, right in pairwise(spans))
    return _Window(parts, gaps, before, _CHECK_X.match(text, spans[-1][1]) is not None)


def _stands_alone(window: _Window) -> int:
    """How surely nothing that follows belongs to it.

    Most an identity number with its date; then a long number in one piece, or single digits or fours with the same
    sign between.
    """
    if len(window.digits) == _IDENTITY_LENGTH and _is_identity(window):
        return 2
    if len(window.groups) == 1:
        return int(len(window.digits) >= _MOBILE_LENGTH)
    if window.sizes in _MOBILE_GROUPINGS and _MOBILE.fullmatch(window.digits):
        return int(window.is_even)
    return int(window.is_even and (_is_single(window) or set(window.sizes[:-1]) == {4}))


def _counts(groups: Sequence[tuple[int, int]], first: int) -> list[int]:
    """How many groups from `first` on could be one number, most first; a group of more than 19 digits counts alone."""
    counts = []
    length = 0
    for count, (start, end) in enumerate(groups[first : first + _LONGEST], 1):
        length += end - start
        if length > _LONGEST:
            break
        if length >= _SHORTEST:
            counts.append(count)
    return counts[::-1] or [1]


def _glued(text: str, group: tuple[int, int], before: str) -> DigitRun | None:
    """Find a mobile number inside one unbroken group of 12 to 15 digits that is no time stamp and no parcel."""
    digits = text[group[0] : group[1]]
    if not 12 <= len(digits) <= 15 or _DATE_8.match(digits) or _IS_PARCEL.search(before):
        return None
    match = _MOBILE.search(digits)
    if match is None:
        return None
    return DigitRun("phone", match.group(), (group[0] + match.start(), group[0] + match.end()))


def _classify(window: _Window) -> str | None:
    """Name the kind of a number by its digits, its grouping, the words before it and an X after it."""
    digits = window.digits
    alone = len(window.groups) == 1
    if alone and len(digits) > _LONGEST:
        named = _IS_CASE_NUMBER.search(window.before) or _CASE_LETTER.search(window.before)
        return None if named else "number"
    case_number = alone and _IS_CASE_NUMBER.search(window.before) is not None
    if _is_identity(window) and (window.cross or not case_number or _is_checked(digits)):
        return "id"
    if _is_mobile(window) or _is_landline(window):
        return "phone"
    if not case_number and _is_card(window):
        return "card"
    return None


def _is_identity(window: _Window) -> bool:
    """Tell a resident identity number (18 or 15 digits), right by its check digit or only by its build."""
    digits = window.digits
    plausible = _PROVINCE.match(digits) is not None
    if len(digits) == 17 and window.cross:
        return (len(window.groups) == 1 or _DATE_8.match(digits, 6) is not None) and _fits(window, _ID_GROUPINGS_WITH_X)
    if len(digits) == 18:
        built = (plausible or _is_checked(digits)) and _DATE_8.match(digits, 6) is not None
        return built and _fits(window, _ID_GROUPINGS)
    if len(digits) == 15 and plausible and _DATE_6.match(digits, 6):
        return _is_spelt(window) or len(window.groups) == 2 or window.sizes in _OLD_ID_GROUPINGS
    return False


def _fits(window: _Window, groupings: frozenset[tuple[int, ...]]) -> bool:
    """Whether the signs between the groups allow them to be one number: any plain ones, else a usual grouping."""
    return window.is_plain or _is_single(window) or (window.is_even and window.sizes in groupings)


def _is_checked(digits: str) -> bool:
    """Tell whether 18 digits end in their check digit."""
    return len(digits) == 18 and ric.calc_check_digit(digits) == digits[-1]


def _is_single(window: _Window) -> bool:
    """Tell an unbroken number, or one read out digit by digit."""
    return len(window.groups) == 1 or set(window.sizes) == {1}


def _is_spelt(window: _Window) -> bool:
    """Tell an unbroken number, or one read out digit by digit or in pairs, whatever stands between the digits."""
    if _is_single(window):
        return True
    return window.is_plain and set(window.sizes[:-1]) == {2} and window.sizes[-1] <= 2


def _without_prefix(window: _Window) -> _Window:
    """The window without +86 or 0 in front of a mobile number."""
    digits, groups = window.digits, window.groups
    for prefix in ("0086", "86", "0"):
        if len(digits) == 11 + len(prefix) and digits.startswith(prefix):
            if _is_single(window) and len(groups) > 1:
                return _Window(groups[len(prefix) :], window.gaps[len(prefix) :], window.before, window.cross)
            if groups[0].startswith(prefix):
                rest = groups[0][len(prefix) :]
                if rest:
                    return _Window((rest, *groups[1:]), window.gaps, window.before, window.cross)
                return _Window(groups[1:], window.gaps[1:], window.before, window.cross)
    return window


def _is_mobile(window: _Window) -> bool:
    """Tell a mobile number, with or without +86, in the groupings people use."""
    window = _without_prefix(window)
    sizes = window.sizes
    if not _MOBILE.fullmatch(window.digits) or _is_sum(window):
        return False
    if _is_spelt(window) or (window.is_even and sizes in _MOBILE_GROUPINGS):
        return True
    if not window.is_plain:
        return False
    if len(sizes) == 2 or _ASKS_FOR_CALL.search(window.before):
        return True
    return sizes != (3, 3, 3, 2) and sizes[0] >= 3 and min(sizes[1:]) >= 2


def _is_sum(window: _Window) -> bool:
    """Tell a sum of money such as 138,001,380.00: threes after commas, at most two places after a dot."""
    if len(window.groups) < 3 or window.gaps[0] != ",":
        return False
    threes = len(window.groups) - (window.gaps[-1] == ".")
    return set(window.gaps[: threes - 1]) == {","} and set(window.sizes[1:threes]) == {3}


def _is_landline(window: _Window) -> bool:
    """Tell a landline with its area code, or seven or eight digits after a word that asks to call."""
    digits, sizes = window.digits, window.sizes
    if _LANDLINE.fullmatch(digits):
        if _is_single(window) or len(sizes) == 2:
            return True
        return (window.is_plain and sizes[0] >= 3 and min(sizes) >= 2) or (window.is_even and min(sizes) >= 3)
    if _ABROAD.fullmatch(digits):
        return window.before.endswith("+") or window.groups[0] in ("86", "0086")
    if len(digits) not in (7, 8) or not "2" <= digits[0] <= "8":
        return False
    if _ASKS_FOR_CALL.search(window.before) is None:
        return False
    return _is_single(window) or (window.is_plain and (len(sizes) == 2 or min(sizes) >= 2))


def _is_card(window: _Window) -> bool:
    """Tell a bank card: 16 to 19 digits in one piece, in fours, spelt, or right by its check digit."""
    digits, groups, sizes = window.digits, window.groups, window.sizes
    if not 16 <= len(digits) <= _LONGEST:
        return False
    checked = digits.startswith("62") or luhn.is_valid(digits) or _CARD_WORD.search(window.before) is not None
    if _is_single(window):
        return checked or not _DATE_8.match(digits)
    if all(_YEAR.fullmatch(group) for group in groups[:4]):
        return False
    if set(sizes[:-1]) == {4} and sizes[-1] <= 4:
        return checked and (window.is_plain or window.is_even)
    if len(sizes) == 2 and (digits.startswith("62") or luhn.is_valid(digits)):
        return True
    if not window.is_plain:
        return False
    if digits.startswith("62"):
        return sizes[0] > 1
    return _MOBILE.fullmatch(groups[0]) is None and min(sizes[:-1]) >= 3 and luhn.is_valid(digits)
