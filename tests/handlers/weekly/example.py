"""One county's week, made up: large and small counts, a hidden second cell, a very long name, figures of elsewhere."""

from datetime import date, datetime

from handlers.weekly import weeks
from handlers.weekly.report import Line, Report, Source
from handlers.weekly.rules import Amount, Cell, FigureKind, Veil, veiled
from storage.areas import Area, Level
from tests.support.stage import ZONE

NOW = datetime(2026, 11, 20, 16, tzinfo=ZONE)
TOWNS = ("柳溪镇", "石桥镇", "大河沿回族蒙古族自治乡", "新城街道")
Rows = tuple[Amount, ...]


def line(name: str, unit: str, kind: FigureKind, this: Rows, last: Rows) -> Line:
    """A figure of these towns and their total, as far as it may be told."""
    cells, total = veiled(kind, this, summed(this))
    before, total_before = veiled(kind, last, summed(last))
    return Line(name, unit, kind, total, total_before, tuple(zip(cells, before, strict=True)))


def summed(rows: Rows) -> Amount:
    """All towns together."""
    total = rows[0]
    for one in rows[1:]:
        total = total + one
    return total


def counts(*numbers: int) -> Rows:
    """Plain counts."""
    return tuple(Amount(one) for one in numbers)


def rates(*pairs: tuple[int, int]) -> Rows:
    """n of N."""
    return tuple(Amount(*one) for one in pairs)


def told(name: str, this: int, last: int, source: str, role: str) -> Line:
    """A figure somebody told of the county."""
    veils = [Veil.SMALL if 0 < one < 5 else Veil.NONE for one in (this, last)]
    cells = [Cell(Amount(one), veil) for one, veil in zip((this, last), veils, strict=True)]
    return Line(name, "", "count", *cells, ((None, None),) * len(TOWNS), Source(source, role, date(2026, 11, 20)))


LINES = (
    line("disputes_found", "件", "count", counts(12, 7, 3, 9), counts(9, 8, 6, 5)),
    line(
        "disputes_settled",
        "件",
        "rate",
        rates((10, 14), (6, 9), (5, 6), (8, 11)),
        rates((9, 12), (7, 9), (5, 8), (6, 10)),
    ),
    line("disputes_reopened", "件", "count", counts(1, 0, 1, 0), counts(0, 0, 0, 0)),
    line(
        "satisfied",
        "人",
        "rate",
        rates((18, 20), (9, 9), (0, 0), (14, 16)),
        rates((18, 20), (9, 9), (5, 6), (14, 16)),
    ),
    line(
        "reports_done",
        "件",
        "rate",
        rates((120, 131), (88, 90), (64, 70), (140, 171)),
        rates((110, 121), (80, 92), (66, 70), (150, 161)),
    ),
    line("searches_found", "人", "rate", rates((0, 0), (1, 1), (0, 0), (0, 0)), rates(*[(0, 0)] * 4)),
    line(
        "warnings_reached",
        "群次",
        "rate",
        rates((270, 270), (130, 135), (120, 120), (96, 96)),
        rates((170, 170), (130, 135), (120, 120), (96, 96)),
    ),
    told("警情", 812, 852, "县局110台账", "指挥室"),
    told("电诈", 3, 12, "县局反诈中心日报，截至周四24点", "所长"),
)


def report(*, corrected: bool = False, drill: bool = False) -> Report:
    """The county's week as it is told on Friday."""
    county = Area(id=1, name="望河县", level=Level.COUNTY, path="/1/")
    stretch = weeks.stretch(date(2026, 11, 13), NOW)
    return Report(county, "大侯派出所", stretch, TOWNS, LINES, NOW, corrected, drill)
