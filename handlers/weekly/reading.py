"""What is asked of the weekly figures, and what is told to them: words read, without storage. Pure."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal

from handlers.reading.normal import fold
from handlers.reading.numerals import number

MOST: Final = 99_999_999
LONGEST: Final = 18
"""Digits of a number that are read at all: a longer one is none."""

Shape = Literal["words", "picture", "sheet"]

_SHAPES: Final = (
    ("picture", re.compile(r"(?:图片|海报|图)(?:版)?")),
    ("sheet", re.compile(r"(?:excel|xlsx|电子表格|表格|表|文件)", re.I)),
)
_GAPS: Final = " ,。;:、的看查发给我要请\n\t"
_NUMBER: Final = re.compile(r"(?<![\d.])(?P<n>\d{1,3}(?:,\d{3})+|\d+)(?P<broken>\.\d+|万|千|%)?")
_LEADS: Final = re.compile(r"[\s,;:、-]*(?:(?:一共|总共|共|是|为|有|数|改成|改为|改到|合计|本周|这周|上周)[\s,:]*)*-?")
"""What may stand before the number: all else is its source already, 来源 县局110台账."""
_SPELT: Final = re.compile(
    r"\s*(?:一共|共|是|为|有)?\s*(?P<n>[零一二两三四五六七八九十百]+)"
    r"(?=\s*(?:起|件|人|次|户|条|例|宗|个|来源|来自|据|根据|,|$))"
)
_UNIT: Final = re.compile(r"^\s*(?:起|件|人|次|户|条|例|宗|个)?")
_SOURCE: Final = re.compile(r"^[\s,;:。、]*(?:(?:数据)?来源(?:于|是|自)?|来自|根据|据|摘自|源自)[\s,;:]*")


@dataclass(frozen=True, slots=True)
class Asked:
    """What somebody wants to see: in which shape, of which area, of which week in their words."""

    shape: Shape
    area: str
    week: str


@dataclass(frozen=True, slots=True)
class Told:
    """A figure somebody tells; what is missing is None or empty, `problem` names what cannot be."""

    kind: str
    value: int | None
    source: str
    area: str = ""
    week: str = ""
    problem: str = ""


def asked(said: str, names: Sequence[str]) -> Asked:
    """Read 周报 图, 周报 柳溪镇 上周 表格; names: what areas are called."""
    words, shape = fold(said), "words"
    for one, pattern in _SHAPES:
        if found := pattern.search(words):
            words, shape = words[: found.start()] + " " + words[found.end() :], one
            break
    area = next((one for one in sorted(names, key=len, reverse=True) if fold(one) in words), "")
    return Asked(shape, area, words.replace(fold(area), " ", 1).strip(_GAPS))  # type: ignore[arg-type]


def told(said: str, kinds: Sequence[str], names: Sequence[str]) -> Told:
    """Read 警情 812 来源 县局110台账; an area and a week may stand before the kind."""
    words = fold(said).strip(_GAPS)
    kind = next((one for one in sorted(kinds, key=len, reverse=True) if fold(one) in words), "")
    before, _, rest = words.partition(fold(kind)) if kind else ("", "", words)
    area = next((one for one in sorted(names, key=len, reverse=True) if fold(one) in before), "")
    week = before.replace(fold(area), " ", 1).strip(_GAPS)
    if spelt := _SPELT.match(rest):
        value = number(spelt["n"])
        if value is not None:
            rest = f"{value}{rest[spelt.end() :]}"
    found = _NUMBER.search(rest)
    if found is None or not _LEADS.fullmatch(rest[: found.start()]):
        return Told(kind, None, "", area, week, "minus" if rest.lstrip().startswith("-") else "")
    if re.match(r"\s*(?:\d|→)", rest[found.end() :]):
        return Told(kind, None, "", area, week, "broken")
    digits = found["n"].replace(",", "")
    if found["broken"] or len(digits) > LONGEST or rest[: found.start()].rstrip().endswith("-"):
        return Told(kind, None, "", area, week, "broken")
    value = int(digits)
    source = _SOURCE.sub("", _UNIT.sub("", rest[found.end() :], 1), 1).strip(_GAPS)
    return Told(kind, value if value <= MOST else None, source, area, week, "" if value <= MOST else "broken")
