"""Vehicle plates (车牌): cars, new-energy cars, police, army, consulates, trailers, tractors, electric bicycles."""

import re
from collections.abc import Iterator

_PROVINCES = "京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼"
_GAP = r"[ \n·•・.\-_/,'‧∙●*]"
_HEAD = rf"[{_PROVINCES}]{_GAP}{{0,3}}[A-Za-z]{_GAP}{{0,4}}临?{_GAP}{{0,2}}"
_LAST = "挂学警港澳领超试使"
_BODIES = (
    r"[A-Za-z0-9]{5,6}",
    rf"[A-Za-z0-9]{{4}}{_GAP}{{0,3}}[{_LAST}]",
    rf"(?:[A-Za-z0-9]{_GAP}{{1,3}}){{4}}[A-Za-z0-9]",
    rf"[A-Za-z0-9](?P<gap>{_GAP}{{1,3}})(?:[A-Za-z0-9](?P=gap)){{4}}[A-Za-z0-9]",
    rf"(?:[A-Za-z0-9]{_GAP}{{1,3}}){{3}}[A-Za-z0-9]{_GAP}{{0,3}}[{_LAST}]",
    rf"[A-Za-z0-9]{{1,4}}{_GAP}{{1,3}}[A-Za-z0-9]{{1,4}}[{_LAST}]?",
)
_END = r"(?![A-Za-z0-9])"
_ONE = "[A-Za-z0-9]"
_ANY = rf"(?:{_ONE}{{5,8}}|{_ONE}{{1,4}}{_GAP}{{1,2}}{_ONE}{{4,6}}|{_ONE}(?:{_GAP}{{1,2}}{_ONE}){{4,7}})"
_SPELT = rf"[0-9](?:{_GAP}{{0,2}}[0-9]){{4}}"

_PLATES = tuple(
    re.compile(pattern)
    for pattern in (
        *(rf"{_HEAD}(?P<body>{body}){_END}" for body in _BODIES),
        rf"[{_PROVINCES}]{_GAP}{{0,2}}[0-9]{{2}}{_GAP}{{0,3}}(?P<body>[A-Za-z](?:{_GAP}{{0,2}}[0-9]){{4,5}}){_END}",
        rf"[Ww][Jj]{_GAP}{{0,2}}(?:[一-龥]|[0-9]{{2}})?{_GAP}{{0,3}}"
        rf"(?P<body>[0-9](?:{_GAP}{{0,2}}[0-9]){{3}}{_GAP}{{0,2}}[0-9A-Za-z]){_END}",
        rf"(?:军|空|海|北|南|沈|兰|济|广|成|甲|乙|午|民航){_GAP}{{0,2}}[A-Za-z]{_GAP}{{0,3}}(?P<body>{_SPELT}){_END}",
        rf"(?<![A-Za-z])[VKHBSLJNGCQ][A-Z]{_GAP}{{0,2}}[·•・‧]{_GAP}{{0,2}}(?P<body>{_SPELT}){_END}",
        r"(?<![A-Za-z0-9])(?P<body>[0-9]{6}) ?使(?![用劲馆得])",
        rf"使{_GAP}{{0,2}}(?P<body>{_SPELT}{_GAP}{{0,2}}[0-9])(?![0-9])",
        rf"[{_PROVINCES}泽阳沁陵高][一-龥]{{0,2}}{_GAP}{{0,2}}[A-Za-z]?{_GAP}{{0,2}}"
        rf"(?P<body>[0-9](?:{_GAP}{{0,2}}[0-9]){{4,6}}){_END}(?=.{{0,4}}(?:牌|电动|电瓶|摩托|三轮))",
    )
)
_AFTER_A_WORD = re.compile(
    rf"(?:车牌照?|牌照|车号|号牌|挂牌|牌子)(?:号码|号)?(?:是|为|:|就|叫|,| ){{0,4}}"
    rf"(?P<body>[一-龥]{{0,3}}{_GAP}{{0,2}}{_ANY}){_END}"
)
"""A plate without its province, after a word that says what it is; the word goes with it."""

_MARKS = re.compile(rf"{_GAP}|[^A-Za-z0-9]")
_SHORTEST, _LONGEST = 5, 8


def find_plates(text: str) -> Iterator[tuple[int, int]]:
    """Yield the spans of vehicle plates in a visible text (digits as 0–9); they may overlap."""
    covered = bytearray(len(text))
    for pattern in (*_PLATES, _AFTER_A_WORD):
        for match in pattern.finditer(text):
            start, end = match.span()
            if _is_plate(match) and not (pattern is _AFTER_A_WORD and any(covered[start:end])):
                covered[start:end] = b"\x01" * (end - start)
                yield start, end


def _is_plate(match: re.Match[str]) -> bool:
    """Whether it holds as many letters and digits as a plate has, a digit among them."""
    body = _MARKS.sub("", match[match.lastgroup or 0])
    shortest = _SHORTEST - (match.group()[-1] in _LAST)
    return shortest <= len(body) <= _LONGEST and any(map(str.isdecimal, body))
