"""Type (字): the shipped font at any size, and words made to fit a width.

`NotoSansSC-GB2312.otf` is Noto Sans SC (OFL, see `OFL.txt`) with the characters of GB 2312 and some of place names; a
rarer one is shown as a box.
"""

from functools import lru_cache
from pathlib import Path
from typing import Final

from PIL import ImageDraw, ImageFont

FONT: Final = Path(__file__).with_name("NotoSansSC-GB2312.otf")
BOLD: Final = 0.028
"""The stroke of bold type, in its size: one file serves for both."""

Draw = ImageDraw.ImageDraw
Colour = str


@lru_cache(maxsize=32)
def font(size: int) -> ImageFont.FreeTypeFont:
    """The font at a size in pixels."""
    return ImageFont.truetype(str(FONT), size, layout_engine=ImageFont.Layout.BASIC)


def width(words: str, size: int) -> int:
    """How wide one line of words is, in pixels."""
    return round(font(size).getlength(words))


def put(
    draw: Draw, at: tuple[int, int], words: str, size: int, colour: Colour, *, bold: bool = False, anchor: str = "ls"
) -> int:
    """Write a line with its base line (or as `anchor` says) there; the x at which it ends."""
    draw.text(at, words, font=font(size), fill=colour, anchor=anchor, stroke_width=size * BOLD if bold else 0)
    return at[0] + width(words, size)


def smaller(words: str, size: int, most: int, least: int) -> int:
    """The largest size from `size` down to `least` at which a line has this width."""
    while size > least and width(words, size) > most:
        size -= 2
    return size


def lines(words: str, size: int, most: int) -> list[str]:
    """The words in lines of at most this width; broken anywhere, but no line begins with a closing sign."""
    found, line = [], ""
    for sign in words:
        if sign == "\n" or (line and width(line + sign, size) > most and sign not in "，。、；：）”！？%"):
            found.append(line)
            line = ""
        line += "" if sign == "\n" else sign
    return [*found, line] if line else found


def cut(words: str, size: int, most: int) -> str:
    """One line of at most this width, ending in … where words were left out."""
    if width(words, size) <= most:
        return words
    while words and width(words + "…", size) > most:
        words = words[:-1]
    return words + "…"
