"""Coordinates (经纬度) precise enough to be a home: decimal, in degrees and minutes, with words, in links to maps."""

import re
from collections.abc import Iterator

_POINT = r" ?[.。点] ?"
_SIGN = r"[\-+]?"
_PRECISE = rf"[0-9]{{1,3}}{_POINT}[0-9]{{4,15}}"
_DECIMAL = rf"[0-9]{{1,3}}{_POINT}[0-9]{{3,15}}"
_LATITUDE_HERE = rf"(?:[3-9]|[1-4][0-9]|5[0-4]){_POINT}[0-9]{{3,15}}"
_LONGITUDE_HERE = rf"(?:7[3-9]|[89][0-9]|1[0-2][0-9]|13[0-6]){_POINT}[0-9]{{3,15}}"
_GAP = r"(?:[ \n,;/、|_:()\[\]]|和|°|度){1,4}"
_MINUTES = (
    r"[0-9]{1,3} ?(?:°|º|度|˚) ?[0-9]{1,2}(?:\.[0-9]{1,8})? ?(?:['’′`分]|1⁄)"
    r"(?: ?[0-9]{1,2}(?:[.点][0-9]{1,8})? ?(?:\"|”|″|''|′′|’’|秒)?)?"
)
_SIDE = r"[NSEWnsew东西南北][经纬]?(?![A-Za-z])"
_WORD = (
    r"(?:[东西]经|[南北]纬|经度|纬度|(?<![A-Za-z])(?:lat(?:itude)?|lng|lon(?:g|gitude)?|[NSEWnsew]))"
    r" ?(?:[是为约在:=\"'(] ?){0,3}"
)
_DEGREES = r"(?:度|°|º|˚)?"
_IN_LINK = r"(?:[?&@/=,]|%2[Cc]|(?:coord|geo|marker|location|position|center|query|ll|(?<![A-Za-z])q)[=:])"
_COMMA = r"(?:,|%2[Cc]|%20|\+|;|_)"

_PATTERNS = tuple(
    re.compile(pattern)
    for pattern in (
        rf"(?<![0-9.]){_SIGN}{_PRECISE}{_GAP}{_SIGN}{_PRECISE}",
        rf"(?<![0-9.])(?:{_LATITUDE_HERE}{_GAP}{_LONGITUDE_HERE}|{_LONGITUDE_HERE}{_GAP}{_LATITUDE_HERE})(?![0-9])",
        rf"{_WORD}{_SIGN}(?:{_MINUTES}|{_DECIMAL} ?{_DEGREES})",
        rf"(?<![0-9]){_MINUTES} ?{_SIDE}",
        rf"(?<![0-9]){_MINUTES}{_GAP}?{_MINUTES}",
        rf"(?<![0-9.]){_DECIMAL} ?{_DEGREES} ?{_SIDE}(?:{_GAP})?{_SIGN}{_DECIMAL} ?{_DEGREES} ?{_SIDE}",
        rf"(?:坐标|定位|经纬度?|位置)[^0-9\n]{{0,6}}(?P<at>{_DECIMAL}{_GAP}{_DECIMAL})",
        rf"{_IN_LINK}{_SIGN}[0-9]{{1,3}}\.[0-9]{{1,15}}{_COMMA}{_SIGN}[0-9]{{1,3}}\.[0-9]{{1,15}}",
        rf"(?<![A-Za-z])(?:lat(?:itude)?|lng|lon(?:g|gitude)?|[xy])[=:]{_SIGN}[0-9]{{1,3}}\.[0-9]{{1,15}}",
    )
)
_BESIDE = re.compile(r"[?&@/=,:]")


def find_coordinates(text: str) -> Iterator[tuple[int, int]]:
    """Yield the spans of latitudes and longitudes in a visible text; they may overlap.

    Bare pairs count from four decimals on (about 10 m), three where they lie in China; after words such as 北纬 and
    坐标; in links of maps one decimal is enough. Whole degrees (东经112度) are no home and stay.
    """
    for pattern in _PATTERNS:
        for match in pattern.finditer(text):
            yield match.span(match.lastgroup or 0)
