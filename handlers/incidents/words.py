"""What is left of a typed command once its codes are read (余文)."""

import re
from collections.abc import Iterable, Sequence

from handlers.reading.codes import Code
from handlers.reading.normal import fold

GAP = " \t\r\n,:;.!-、。，：；！～~"


_TIP = re.compile(r"\s*(线)[ \-#:]{0,2}([0-9]{1,9})(?![0-9])")


def tip_first(rest: str, codes: Sequence[Code]) -> list[Code]:
    """The codes, where a tip's comes first whatever word follows it: 线3 个子高吗 counts no 个."""
    found = _TIP.match(fold(rest))
    if found is None or any(code.span[0] <= found.start(1) for code in codes):
        return list(codes)
    return [Code("线", int(found[2]), (found.start(1), found.end())), *codes]


def number_first(rest: str, letter: str, words: Iterable[str]) -> list[Code]:
    """The code meant by a bare number behind its word (心愿1 办好了): nothing follows it, or one of these words."""
    among = "|".join(map(re.escape, words))
    found = re.match(rf"\s*(\d{{1,9}})\s*(?=$|{among})", fold(rest))
    return [Code(letter, int(found[1]), found.span(1))] if found else []


def after_codes(rest: str, codes: Sequence[Code], most: int = 1) -> str:
    """The words without the first `most` codes that stand at their beginning; codes are spans into `rest`."""
    words, dropped = rest, 0
    for code in list(codes)[:most]:
        start, end = code.span[0] - dropped, code.span[1] - dropped
        if words[:start].strip(GAP):
            break
        words, dropped = words[end:], dropped + end
    return words.strip(GAP) if words is not rest else rest.strip()
