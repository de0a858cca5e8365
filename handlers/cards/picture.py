"""The picture of a card (名片图): to be hung on a door, readable on a phone, with a code that leads to the bot.

Drawing is loaded only when a card is drawn: whoever only talks needs none of it.
"""

from __future__ import annotations

import io
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from handlers.dialogue.drill import MARK
from handlers.dialogue.wording import Catalogue, text

if TYPE_CHECKING:
    from PIL.ImageDraw import ImageDraw

WIDE: Final = 1080
EDGE: Final = 72
INNER: Final = WIDE - 2 * EDGE
BAND: Final = 232
CODE: Final = 520
"""The side of the code's white square at most, in pixels."""
QUIET: Final = 4
"""Modules of white around a code, as the standard wants."""
ROW: Final = 112
PAPER, INK, SOFT, RULE, DEEP, LIGHT, WHITE, ALARM = (
    "#F4F1EA", "#1E2A32", "#5B6870", "#E3DED3", "#1D4B5A", "#D5E3E6", "#FFFFFF", "#B3261E",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Sheet:
    """What stands on a card.

    name and role are empty on an area's card, which has `duties` (role, names) instead. lines: the station's
    telephone numbers. shown: what the code holds; typed: what can be sent instead. drill: it says 演练.
    """

    station: str
    name: str
    role: str
    area: str
    duties: tuple[tuple[str, str], ...]
    lines: tuple[str, ...]
    shown: str
    typed: str
    drill: bool = False


def draw(words: Catalogue, sheet: Sheet) -> bytes:
    """The card as PNG. It takes about a tenth of a second: call it before anything is locked."""
    from PIL import Image, ImageDraw

    image = Image.new("RGB", (WIDE, 2200), PAPER)
    pen = ImageDraw.Draw(image)
    y = _band(pen, words, sheet)
    y = _person(pen, words, sheet, y) if sheet.name else _duties(pen, words, sheet, y)
    y = _code(pen, words, sheet, y)
    y = _foot(pen, words, sheet, y)
    out = io.BytesIO()
    image.crop((0, 0, WIDE, y)).quantize(32, Image.Quantize.FASTOCTREE, dither=Image.Dither.NONE).save(out, "PNG")
    return out.getvalue()


def modules(shown: str) -> list[list[bool]]:
    """The code of these words, dark or light, without its quiet zone; a seventh of it may be dirty."""
    import segno

    return [[bool(one) for one in row] for row in segno.make(shown, error="m", micro=False, encoding="utf-8").matrix]


def _band(pen: ImageDraw, words: Catalogue, sheet: Sheet) -> int:
    from handlers.drawing.type import cut, put

    pen.rectangle((0, 0, WIDE, BAND), fill=DEEP)
    title = words.render(text("cards.picture.title" if sheet.name else "cards.picture.area_title"))
    station = f"{MARK}{sheet.station}" if sheet.drill else sheet.station
    put(pen, (EDGE, 92), cut(station, 44, INNER), 44, LIGHT)
    put(pen, (EDGE, 186), title, 80, WHITE)
    return BAND


def _person(pen: ImageDraw, words: Catalogue, sheet: Sheet, y: int) -> int:
    from handlers.drawing.type import cut, put, smaller, width

    size = smaller(sheet.name, 128, INNER, 64)
    put(pen, (EDGE, y + 168), cut(sheet.name, size, INNER), size, INK, bold=True)
    high, side = 76, width(sheet.role, 44) + 56
    top = y + 214
    pen.rounded_rectangle((EDGE, top, EDGE + side, top + high), radius=high // 2, fill=DEEP)
    put(pen, (EDGE + side // 2, top + high // 2), sheet.role, 44, WHITE, anchor="mm")
    left = EDGE + side + 32
    serves = words.render(text("cards.picture.serves", area=sheet.area))
    size = smaller(serves, 52, WIDE - EDGE - left, 36)
    put(pen, (left, top + high // 2), cut(serves, size, WIDE - EDGE - left), size, INK, anchor="lm")
    return top + high + 20


def _duties(pen: ImageDraw, words: Catalogue, sheet: Sheet, y: int) -> int:
    from handlers.drawing.type import cut, put, smaller

    size = smaller(sheet.area, 104, INNER, 56)
    put(pen, (EDGE, y + 142), cut(sheet.area, size, INNER), size, INK, bold=True)
    y += 190
    for role, names in sheet.duties:
        pen.line((EDGE, y, WIDE - EDGE, y), fill=RULE, width=3)
        put(pen, (EDGE, y + ROW // 2), role, 48, SOFT, anchor="lm")
        shown = names or words.render(text("cards.picture.unnamed"))
        left = EDGE + 300
        put(pen, (left, y + ROW // 2), cut(shown, 54, WIDE - EDGE - left), 54, INK, bold=bool(names), anchor="lm")
        y += ROW
    return y + 8


def _code(pen: ImageDraw, words: Catalogue, sheet: Sheet, y: int) -> int:
    from handlers.drawing.type import cut, put, smaller

    dark = modules(sheet.shown)
    step = CODE // (len(dark) + 2 * QUIET)
    side = step * (len(dark) + 2 * QUIET)
    left, top = (WIDE - side) // 2, y + 44
    pen.rounded_rectangle((left, top, left + side - 1, top + side - 1), radius=step, fill=WHITE)
    for down, row in enumerate(dark, QUIET):
        for right, one in enumerate(row, QUIET):
            if one:
                x, at = left + right * step, top + down * step
                pen.rectangle((x, at, x + step - 1, at + step - 1), fill=INK)
    y = top + side
    key = "cards.picture.scan" if sheet.shown != sheet.typed else "cards.picture.scan_words"
    put(pen, (WIDE // 2, y + 58), words.render(text(key)), 50, INK, bold=True, anchor="mm")
    typed = words.render(text("cards.picture.type", typed=sheet.typed))
    size = smaller(typed, 36, INNER, 26)
    put(pen, (WIDE // 2, y + 116), cut(typed, size, INNER), size, SOFT, anchor="mm")
    return y + 160


def _foot(pen: ImageDraw, words: Catalogue, sheet: Sheet, y: int) -> int:
    from handlers.drawing.type import cut, put, smaller

    pen.line((EDGE, y, WIDE - EDGE, y), fill=RULE, width=3)
    y += 60
    if sheet.lines:
        office = words.render(text("cards.picture.office", lines="  ".join(sheet.lines[:2])))
        size = smaller(office, 50, INNER, 34)
        put(pen, (WIDE // 2, y), cut(office, size, INNER), size, INK, bold=True, anchor="mm")
        y += 72
    put(pen, (WIDE // 2, y), words.render(text("cards.picture.urgent")), 42, ALARM, bold=True, anchor="mm")
    return y + 64
