"""The week's figures as a picture (周报图): something a station can hang up, readable on a phone.

Figures stand in the order in which they are told and towns in that of the areas; nothing is sorted by size, and no
colour says good or bad.
"""

import io
from typing import Final

from PIL import Image, ImageDraw

from handlers.dialogue.wording import Catalogue, text
from handlers.drawing.type import Draw, cut, lines, put, smaller, width
from handlers.weekly import words as wordings
from handlers.weekly.report import Line, Report
from handlers.weekly.rules import Cell, Veil

WIDE: Final = 1080
EDGE: Final = 54
GAP: Final = 26
INNER: Final = WIDE - 2 * EDGE
PAPER, CARD, INK, SOFT, FAINT, RULE, DEEP, LIGHT, ALARM = (
    "#F4F1EA", "#FFFFFF", "#1E2A32", "#5B6870", "#8A949A", "#E3DED3", "#1D4B5A", "#D5E3E6", "#B3261E",
)  # fmt: skip
PIECE: Final = 1200
"""So many rows of pixels a page begins with, and grows by."""
CARD_HIGH: Final = 322
ROW_HIGH: Final = 78
MOST_COLUMNS: Final = 4
MOST_CARDS: Final = 24
ARROWS: Final = {"more": "↑", "less": "↓", "same": "→"}


class Page:
    """A picture that grows downwards: what is drawn, and where the next thing begins."""

    def __init__(self, words: Catalogue, report: Report) -> None:
        self.words, self.report = words, report
        self.image = Image.new("RGB", (WIDE, PIECE), PAPER)
        self.draw: Draw = ImageDraw.Draw(self.image)
        self.y = 0

    def reach(self, y: int) -> None:
        """Have room down to there; a piece more than needed, for what comes next."""
        if y > self.image.height:
            taller = Image.new("RGB", (WIDE, y + PIECE), PAPER)
            taller.paste(self.image)
            self.image, self.draw = taller, ImageDraw.Draw(taller)

    def say(self, key: str, **fields: object) -> str:
        """A sentence of the catalogue."""
        return self.words.render(text(key, **fields))


def draw(words: Catalogue, report: Report) -> bytes:
    """The picture as PNG. It takes about a tenth of a second: call it before anything is locked."""
    page = Page(words, report)
    _head(page)
    own = [one for one in report.lines if not one.is_told and not one.is_empty and one.total is not None]
    _cards(page, own[:MOST_CARDS])
    _from_elsewhere(page, [one for one in report.lines if one.is_told])
    _towns(page, own)
    _small_print(page, own)
    out = io.BytesIO()
    few = page.image.quantize(64, Image.Quantize.FASTOCTREE, dither=Image.Dither.NONE)
    few.crop((0, 0, WIDE, page.y)).save(out, "PNG")
    return out.getvalue()


def _head(page: Page) -> None:
    """Whose figures, of which days; a correction and a drill say so."""
    top = 0
    if page.report.drill:
        band = page.say("weekly.picture.drill")
        page.draw.rectangle((0, 0, WIDE, 84), fill=CARD)
        for left in range(0, WIDE, width(band, 44) + 60):
            put(page.draw, (left + 20, 60), band, 44, ALARM, bold=True)
        top = 84
    period = lines(page.words.render(wordings.period(page.report.stretch)).replace("，", "\n"), 36, INNER)
    bottom = top + 252 + 50 * len(period)
    page.draw.rectangle((0, top, WIDE, bottom), fill=DEEP)
    put(page.draw, (EDGE, top + 84), cut(page.report.station, 34, INNER), 34, LIGHT)
    title = page.say("weekly.picture.title", area=page.report.area.name)
    tag = page.say("weekly.picture.corrected") if page.report.corrected else ""
    room = INNER - (width(tag, 44) + 80 if tag else 0)
    size = smaller(title, 82, room, 48)
    end = put(page.draw, (EDGE, top + 186), cut(title, size, room), size, CARD, bold=True)
    if tag:
        page.draw.rounded_rectangle(
            (end + 30, top + 118, end + 70 + width(tag, 44), top + 196), 10, outline=CARD, width=3
        )
        put(page.draw, (end + 50, top + 173), tag, 44, CARD, bold=True)
    for number, line in enumerate(period):
        put(page.draw, (EDGE, top + 252 + 50 * number), line, 36, LIGHT)
    page.y = bottom + 40


def _cards(page: Page, figures: list[Line]) -> None:
    """Two figures side by side, large."""
    if not figures:
        put(page.draw, (EDGE, page.y + 60), page.say("weekly.quiet"), 40, SOFT)
        page.y += 110
        return
    wide = (INNER - GAP) // 2
    page.reach(page.y + (len(figures) + 1) // 2 * (CARD_HIGH + GAP))
    for number, line in enumerate(figures):
        alone = number == len(figures) - 1 and number % 2 == 0
        left = EDGE + (number % 2) * (wide + GAP)
        right = WIDE - EDGE if alone else left + wide
        _card(page, line, left, right)
        if number % 2 or alone:
            page.y += CARD_HIGH + GAP


def _card(page: Page, line: Line, left: int, right: int) -> None:
    y, room = page.y, right - left - 72
    page.draw.rounded_rectangle((left, y, right, y + CARD_HIGH), 18, fill=CARD)
    page.draw.rectangle((left, y + 40, left + 8, y + 80), fill=DEEP)
    aside = _aside(page, line)
    left_over = room - (width(aside, 50) + 24 if aside else 0)
    label = wordings.label(page.words, line)
    size = smaller(label, 40, left_over, 30)
    put(page.draw, (left + 36, y + 74), cut(label, size, left_over), size, SOFT)
    put(page.draw, (right - 36, y + 76), aside, 50, DEEP, bold=True, anchor="rs")
    _large(page, line, left + 36, y + 184, room)
    _last_week(page, line, left + 36, y + 248, room)


def _aside(page: Page, line: Line) -> str:
    """What stands beside a figure's name: of a rate the per cent, of a sum the cases behind it."""
    told = line.total.told if line.total is not None else None
    if told is None or line.kind == "count" or not told.of:
        return ""
    return f"{told.rate}%" if line.kind == "rate" else page.say("weekly.picture.cases", of=told.of)


def _large(page: Page, line: Line, x: int, y: int, room: int) -> None:
    """n, large, and of a rate its whole; or the word that stands in their place."""
    told = line.total.told if line.total is not None else None
    if told is None or (line.kind == "rate" and not told.of):
        said = page.words.render(wordings.value(line.total, line.kind, line.unit))
        put(page.draw, (x, y), said, 68, SOFT, bold=True)
        return
    number = f"{told.n:,}"
    behind = f"/{told.of:,} {line.unit}" if line.kind == "rate" else f" {line.unit}"
    size = 96
    while size > 60 and width(number, size) + width(behind, 42) + 6 > room:
        size -= 4
    end = put(page.draw, (x, y), number, size, INK, bold=True)
    most = x + room - end - 6
    put(page.draw, (end + 6, y), cut(behind, smaller(behind, 42, most, 28), most), smaller(behind, 42, most, 28), SOFT)


def _last_week(page: Page, line: Line, x: int, y: int, room: int) -> None:
    """Two small lines: an arrow with words, and what the week before was."""
    for number, said in enumerate(_compared(page, line)):
        size = smaller(said, 32, room, 26)
        put(page.draw, (x, y + 46 * number), cut(said, size, room), size, SOFT)


def _compared(page: Page, line: Line) -> list[str]:
    last, differs = line.total_before, wordings.change(line)
    if last is None:
        return []
    was = page.say("weekly.picture.before", value=page.words.render(wordings.value(last, line.kind, line.unit)))
    if differs is None:
        return [was]
    return [f"{ARROWS[differs.key.rpartition('_')[2].removeprefix('weekly.')]} {page.words.render(differs)}", was]


def _heading(page: Page, key: str) -> None:
    page.y += 24
    page.reach(page.y + 70)
    put(page.draw, (EDGE, page.y + 44), page.say(key), 42, DEEP, bold=True)
    page.y += 70


def _from_elsewhere(page: Page, figures: list[Line]) -> None:
    """What people told, each with its source below."""
    if not figures:
        return
    _heading(page, "weekly.picture.elsewhere")
    top, y = page.y, page.y
    blocks = [lines(page.words.render(wordings.source(one)), 28, INNER - 72) for one in figures]
    high = sum(112 + 40 * len(one) for one in blocks)
    page.reach(top + high)
    page.draw.rounded_rectangle((EDGE, top, WIDE - EDGE, top + high), 18, fill=CARD)
    for number, (line, small) in enumerate(zip(figures, blocks, strict=True)):
        if number:
            page.draw.line((EDGE + 36, y, WIDE - EDGE - 36, y), fill=RULE, width=2)
        name = cut(line.name, 40, 300)
        put(page.draw, (EDGE + 36, y + 72), name, 40, SOFT)
        told = line.total.told if line.total is not None else None
        shown = f"{told.n:,}" if told is not None else page.words.render(wordings.value(line.total, line.kind, ""))
        end = put(page.draw, (EDGE + 360, y + 76), shown, 62 if told is not None else 44, INK, bold=True)
        said, room = "  ".join(_compared(page, line)), WIDE - EDGE - 36 - end - 28
        size = smaller(said, 32, room, 26)
        put(page.draw, (end + 28, y + 72), cut(said, size, room), size, SOFT)
        for place, one in enumerate(small):
            put(page.draw, (EDGE + 36, y + 118 + 40 * place), one, 28, FAINT)
        y += 112 + 40 * len(small)
    page.y = y + 10


def _towns(page: Page, figures: list[Line]) -> None:
    """The towns in the order of the areas, and the first figures of each."""
    if not page.report.places or not figures:
        return
    columns = figures[:MOST_COLUMNS]
    _heading(page, "weekly.picture.towns")
    first, y = 290, page.y
    each = (INNER - first - 24) // len(columns)
    heads = [lines(wordings.label(page.words, one), 30, each - 16) for one in columns]
    deep = 34 + 40 * max(map(len, heads))
    high = deep + ROW_HIGH * len(page.report.places)
    page.reach(y + high)
    page.draw.rounded_rectangle((EDGE, y, WIDE - EDGE, y + high), 18, fill=CARD)
    for place, head in enumerate(heads):
        for number, one in enumerate(head):
            put(page.draw, (_column(first, each, place), y + 52 + 40 * number), one, 30, SOFT, anchor="ms")
    for row, name in enumerate(page.report.places):
        top = y + deep + ROW_HIGH * row
        page.draw.line((EDGE + 28, top, WIDE - EDGE - 28, top), fill=RULE, width=2)
        _name(page, name, top, first - 44)
        for place, line in enumerate(columns):
            cell = line.places[row][0]
            words = _short(page, cell, line)
            size = smaller(words, 36, each - 14, 26)
            colour = INK if cell is not None and cell.veil is Veil.NONE else FAINT
            put(page.draw, (_column(first, each, place), top + 52), words, size, colour, anchor="ms")
    page.y = y + high + 10


def _column(first: int, each: int, place: int) -> int:
    return EDGE + first + each * place + each // 2


def _name(page: Page, name: str, top: int, most: int) -> None:
    """A town's name; a long one smaller, a very long one in two lines."""
    size = smaller(name, 36, most, 28)
    if width(name, size) <= most:
        put(page.draw, (EDGE + 28, top + 52), name, size, INK)
        return
    half = (len(name) + 1) // 2
    for number, part in enumerate((name[:half], name[half:])):
        put(page.draw, (EDGE + 28, top + 36 + 32 * number), cut(part, 28, most), 28, INK)


def _short(page: Page, cell: Cell | None, line: Line) -> str:
    told = cell.told if cell is not None else None
    if told is None:
        return page.words.render(wordings.value(cell, line.kind, line.unit))
    if line.kind == "rate":
        return f"{told.n}/{told.of}" if told.of else "0"
    return f"{told.n:,}"


def _small_print(page: Page, figures: list[Line]) -> None:
    """What the signs mean, how it was counted, when."""
    veils = {
        one.veil
        for line in page.report.lines
        for one in (line.total, line.total_before, *(cell for pair in line.places for cell in pair))
        if one is not None
    }
    keys = ["weekly.note_running"] if not page.report.stretch.whole else []
    keys += ["weekly.note_small"] if Veil.SMALL in veils else []
    keys += ["weekly.note_withheld"] if Veil.WITHHELD in veils else []
    keys += ["weekly.picture.settled"] if any(one.name == "disputes_settled" for one in figures) else []
    keys += ["weekly.picture.own"]
    page.y += 26
    for key in keys:
        for line in lines(page.say(key), 28, INNER):
            page.reach(page.y + 42)
            put(page.draw, (EDGE, page.y + 28), line, 28, FAINT)
            page.y += 42
    at = page.report.made_at
    page.reach(page.y + 84)
    put(page.draw, (EDGE, page.y + 28), page.say("weekly.picture.made", at=f"{at:%Y-%m-%d %H:%M}"), 28, FAINT)
    page.y += 84
