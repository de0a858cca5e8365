"""What is left of a typed command once its codes are read (余文)."""

from collections.abc import Sequence

from handlers.reading.codes import Code

GAP = " \t\r\n,:;.!-、。，：；！～~"


def after_codes(rest: str, codes: Sequence[Code], most: int = 1) -> str:
    """The words without the first `most` codes that stand at their beginning; codes are spans into `rest`."""
    words, dropped = rest, 0
    for code in list(codes)[:most]:
        start, end = code.span[0] - dropped, code.span[1] - dropped
        if words[:start].strip(GAP):
            break
        words, dropped = words[end:], dropped + end
    return words.strip(GAP) if words is not rest else rest.strip()
