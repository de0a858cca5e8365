"""The week's figures in words (周报文字): always n, N, the time they are of, and what the week before was."""

from handlers.dialogue.drill import marked_name
from handlers.dialogue.wording import Catalogue, Text, text
from handlers.weekly import rules
from handlers.weekly.report import Line, Report
from handlers.weekly.rules import Cell, FigureKind, Veil
from handlers.weekly.weeks import DAY, DAYS, Stretch

MOST_LINES = 40
"""More figures than one message shows are in the picture and the sheet."""


def period(stretch: Stretch) -> Text:
    """From when to when, 11月13日（周五）至11月19日（周四）; one that runs says until what hour."""
    last = stretch.until - DAY if stretch.whole else stretch.until
    begin, end = stretch.since, last
    fields = {
        "from": text("weekly.day", month=begin.month, day=begin.day, weekday=DAYS[begin.weekday()]),
        "to": text("weekly.day", month=end.month, day=end.day, weekday=DAYS[end.weekday()]),
        "year": begin.year,
    }
    if stretch.whole:
        return text("weekly.period", **fields)
    return text("weekly.period_running", at=f"{stretch.until:%H:%M}", **fields)


def label(words: Catalogue, line: Line) -> str:
    """What a figure is called."""
    return line.name if line.is_told else words.render(text(f"weekly.figure.{line.name}"))


def value(cell: Cell | None, kind: FigureKind, unit: str) -> Text:
    """A cell as it may be told: 12件, 8/12件（67%）, 少于5, 不公布, 没有录."""
    if cell is None:
        return text("weekly.none")
    if cell.veil is Veil.SMALL:
        return text("weekly.small")
    told = cell.told
    if told is None:
        return text("weekly.withheld")
    if kind == "rate":
        if not told.of:
            return text("weekly.nothing")
        return text("weekly.rate", n=told.n, of=told.of, unit=unit, rate=told.rate)
    if kind == "sum":
        return text("weekly.sum", n=f"{told.n:,}", of=told.of, unit=unit)
    return text("weekly.count", n=told.n, unit=unit)


def change(line: Line) -> Text | None:
    """How it differs from the week before; None where that may not be told or there was nothing."""
    if line.total is None or line.total_before is None:
        return None
    more = rules.change(line.kind, line.total, line.total_before)
    if more is None:
        return None
    way = "same" if more == 0 else ("more" if more > 0 else "less")
    if line.kind == "rate":
        return text(f"weekly.points_{way}", n=abs(more))
    return text(f"weekly.{way}", n=f"{abs(more):,}", unit=line.unit)


def before(line: Line) -> Text:
    """What the week before was, and the difference."""
    if line.total_before is None:
        return text("weekly.no_before")
    told = value(line.total_before, line.kind, line.unit)
    differs = change(line)
    return (
        text("weekly.before", value=told)
        if differs is None
        else text("weekly.before_change", value=told, change=differs)
    )


def source(line: Line) -> Text:
    """Whence a figure somebody told comes: 来源：县局110台账（指挥室11月20日录入）."""
    told = line.source
    if told is None:
        raise ValueError("a figure the program counted has no source")
    return text("weekly.source", source=told.words, role=told.role, month=told.day.month, day=told.day.day)


def telling(words: Catalogue, report: Report) -> Text:
    """The whole report as one message: figures with something to tell, then what there was nothing of."""
    shown = [one for one in report.lines if not one.is_empty][:MOST_LINES]
    empty = [label(words, one) for one in report.lines if one.is_empty]
    lines = tuple(_line(words, one) for one in shown)
    return text(
        "weekly.report",
        area=report.area.name,
        period=period(report.stretch),
        corrected=text("weekly.corrected") if report.corrected else "",
        lines=lines or text("weekly.quiet"),
        empty=text("weekly.empty", names="、".join(empty)) if empty and lines else "",
        notes=_notes(report),
    )


def _line(words: Catalogue, line: Line) -> Text:
    head = text(
        "weekly.line", name=label(words, line), value=value(line.total, line.kind, line.unit), before=before(line)
    )
    if line.source is None:
        return head
    return text("weekly.line_source", line=head, source=source(line))


def _notes(report: Report) -> Text:
    """What 少于5 and 不公布 mean, where they stand, and that the week is not over."""
    veils = {one.veil for line in report.lines for one in (line.total, line.total_before) if one is not None}
    notes = [] if report.stretch.whole else [text("weekly.note_running")]
    notes += [text("weekly.note_small")] if Veil.SMALL in veils else []
    notes += [text("weekly.note_withheld")] if Veil.WITHHELD in veils else []
    return text("weekly.notes", lines=tuple(notes)) if notes else text("weekly.no_notes")


def title(words: Catalogue, report: Report, key: str, **fields: object) -> str:
    """The name of a file or a heading; in a drill it says so."""
    said = words.render(text(key, area=report.area.name, **fields))
    return marked_name(said) if report.drill else said
