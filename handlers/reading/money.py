"""Sums of money (金额) as people type them: 3万5, 三万五千, 1万零500, 12,345元. Pure.

What can be read in two ways is no sum: it is better asked back than booked wrongly.
"""

import re
from decimal import Decimal
from typing import Final

from handlers.reading.lazy import Lazy
from handlers.reading.normal import fold

_UNITS: Final = {"亿": 8, "万": 4, "千": 3, "百": 2, "十": 1}
_HAN: Final = {"〇": 0, "两": 2, "俩": 2} | {sign: number for number, sign in enumerate("零一二三四五六七八九")}
_DIGITS: Final = "".join(_HAN)
_SIGNS: Final = f"0-9{_DIGITS}"
_PLAIN = Lazy(r"[0-9]{1,10}(?:\.[0-9]{1,4})?|[0-9]{1,3}(?:,[0-9]{3})+(?:\.[0-9]{1,2})?")
_LETTER = Lazy(r"(?<=[0-9])([wk])(?![a-z])", re.I)
_ABOUT = Lazy(rf"(?<=[{_SIGNS}十百千])[多来余](?=[百千万亿])")
_GAP = Lazy(rf"(?<=[{_SIGNS}])[ ]+(?=[百千万亿])|(?<=[百千万亿])[ ]+(?=[{_SIGNS}][,.0-9]*[十百千万])")
_RUN = Lazy(rf"[{_SIGNS}十百千万亿](?:[,.]?[{_SIGNS}十百千万亿])*(?P<money>[ ]*[元块])?")
_OF_THINGS = Lazy(r"[ ]*(?:[点时分秒号日月年周天岁楼层栋室户组队排路个人名位次遍笔张%:/-]|小时)")
_UNCLEAR = Lazy(r"半|[ ]+[0-9]{3,4}(?![0-9])|[ ]*[元块][0-9]|[ ]*[-~到至][ ]*[0-9一二两三四五六七八九十]")
_RANGE = Lazy(rf"[{_SIGNS}十百千万][ ]*[-~到至][ ]*$")
_LONGEST_PLAIN = 10
_LONGEST_RUN = 24
_NEAR = 6


def sum_in(words: str) -> int | None:
    """The only sum told in some words, in whole yuan; None where none is, or where it is not clear which."""
    said = fold(words).strip()
    said = _LETTER.compiled.sub(lambda found: "万" if found[1] in "wW" else "千", said)
    said = _GAP.sub("", _ABOUT.sub("", said))
    marked: list[int | None] = []
    bare: list[int | None] = []
    for found in _RUN.finditer(said):
        run = found.group().removesuffix(found["money"] or "")
        if run[0] in "百千万亿" or (not found["money"] and _no_sum(run, said)):
            continue
        unclear = _UNCLEAR.match(said, found.start() + len(run)) or _RANGE.search(
            said[max(0, found.start() - _NEAR) : found.start()]
        )
        value = None if unclear else amount(run)
        if found["money"] or any(unit in run for unit in "百千万亿"):
            marked.append(value)
        elif not _OF_THINGS.match(said, found.end()):
            bare.append(value)
    told = set(marked or bare)
    return told.pop() if len(told) == 1 else None


def _no_sum(run: str, said: str) -> bool:
    """A number that is no sum by itself: a telephone number; 一, 两 in ordinary words."""
    if run.isascii():
        return run.isdigit() and len(run) > _LONGEST_PLAIN
    return run != said and not any(unit in run for unit in "百千万亿")


def amount(run: str) -> int | None:
    """A sum written without a gap, in whole yuan, rounded; None where it can be read in two ways or not at all."""
    found = _value(run) if len(run) <= _LONGEST_RUN else None
    return None if found is None else round(found)


def _value(run: str) -> Decimal | None:
    if _PLAIN.fullmatch(run):
        return Decimal(run.replace(",", ""))
    if run in _HAN:
        return Decimal(_HAN[run])
    for unit, zeros in _UNITS.items():
        head, is_there, rest = run.partition(unit)
        if is_there:
            return _of_unit(head, zeros, rest)
    return None


def _of_unit(head: str, zeros: int, rest: str) -> Decimal | None:
    """So many of a unit and what follows it: 三|万|五 is 35000, 三|万|零五 30005, 3|万|500 30500."""
    many = Decimal(1) if not head and zeros == 1 else _value(head)
    if many is None or (rest and many != int(many)):
        return None
    more = _behind(zeros, rest)
    return None if more is None else many * 10**zeros + more


def _behind(zeros: int, rest: str) -> Decimal | None:
    """What follows a unit; two digits behind 万 may be 12500 or 10025, and are neither."""
    if not rest:
        return Decimal(0)
    if rest[0] in "零〇" or (rest[0] == "0" and len(rest) == zeros):
        found = _value(rest.lstrip("零〇0"))
        return found if found is not None and 0 < found < 10**zeros else None
    if rest in _HAN or (rest.isascii() and len(rest) == 1):
        found = _value(rest)
        return found * 10 ** (zeros - 1) if found is not None else None
    if rest.isascii() and (not rest.isdigit() or len(rest) not in (zeros, zeros - 1)):
        return None
    found = _value(rest)
    return found if found is not None and found < 10**zeros else None
