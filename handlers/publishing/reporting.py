"""Reporting (发送情况): how a notice stands in every group, in words and as a sheet (XLSX) for one reader."""

import io
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy.orm import Session

from handlers.dialogue.access import refuse
from handlers.dialogue.drill import marked_name
from handlers.dialogue.say import Say
from handlers.dialogue.scene import Actor
from handlers.dialogue.wording import Catalogue, Text, text
from handlers.publishing import operating, progress, rules
from handlers.publishing.records import Record
from handlers.publishing.rules import Standing
from storage import areas, audit, deliveries, media, recipients, worlds
from storage.chats import ChatState
from storage.copies import CopyState
from storage.media import MediumKind
from storage.recipients import Recipient

XLSX: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
COLUMNS: Final = ("group", "area", "kind", "state", "when", "why", "tries")
WIDTHS: Final = (28, 18, 10, 18, 18, 36, 8)
BECAME: Final[Mapping[CopyState, str]] = {
    CopyState.CLOSED: "closed",
    CopyState.DELETED: "deleted",
    CopyState.CORRECTED: "corrected",
    CopyState.LOST: "lost",
}


@dataclass(frozen=True, slots=True)
class Line:
    """A group of the report, or `count` people who stand alike.

    `state` is the key of its word, `arrived` whether it has the notice.
    """

    group: str
    area: str
    kind: str
    state: str
    became: str
    when: str
    why: str
    tries: int
    count: int = 1

    @property
    def arrived(self) -> bool:
        """Whether the group got it."""
        return rules.arrived(self.state)


@dataclass(frozen=True, slots=True)
class Report:
    """What was found out before the write transaction: the lines, and the sheet that shows them."""

    record: Record
    lines: tuple[Line, ...]
    head: str
    """The first characters of the audit chain's end."""
    sheet: bytes
    standing: Standing
    mixed: bool
    """Whether people are among the groups."""

    @property
    def total(self) -> int:
        """How many groups and people it was meant for."""
        return sum(one.count for one in self.lines)


def look(session: Session, words: Catalogue, actor: Actor, record: Record, now: datetime) -> Report:
    """Gather the report; raises Refusal where nothing was sent, or for somebody it does not concern."""
    operating.may_see(session, actor, "发送情况", record)
    found = deliveries.of_topic(session, record.topic)
    if not found:
        raise refuse("publishing.report_none", code=record.code)
    names = {area.id: area.name for area in areas.all_of(session)}
    reached = recipients.of_deliveries(session, record.topic, found)
    lines = tuple(_line(words, one, names, now) for one in reached)
    mixed = not all(one.chat.kind.is_group for one in reached)
    head = audit.short_head(session)
    shown = sheet(words, lines, head, drill=worlds.is_drill(session))
    return Report(record, lines, head, shown, rules.standing([str(one.state) for one in found]), mixed)


def tell(session: Session, words: Catalogue, actor: Actor, report: Report, now: datetime) -> list[Say]:
    """The report as a message with its sheet; the sheet is erased after two days."""
    code = report.record.code
    name = words.render(text("publishing.sheet.name", code=code))
    medium = media.made(session, MediumKind.FILE, report.sheet, XLSX, name, now, expires_at=now + rules.REPORT_LIVES)
    audit.write(session, "report", now, actor_id=actor.id, topic=report.record.topic, groups=report.total)
    counts: Counter[str] = Counter()
    for one in report.lines:
        counts[one.state] += one.count
    missed = [one for one in report.lines if not one.arrived]
    shown = [text("publishing.report_line", group=one.group, state=_state(words, one)) for one in missed]
    rest = len(shown) - rules.LISTED
    if rest > 0:
        shown = [*shown[: rules.LISTED], text("publishing.report_rest", n=rest)]
    head = text(
        "publishing.report_all" if not missed else "publishing.report",
        code=code,
        total=report.total,
        unit=text(f"publishing.unit_{'mixed' if report.mixed else 'groups'}"),
        sent=sum(one.count for one in report.lines if one.arrived),
        counts="，".join(_counted(words, counts)),
        lines=tuple(shown),
        head=report.head,
    )
    lost = sum(one.count for one in missed)
    offers = rules.offers("ended", lost)[1:] if report.standing == "ended" else rules.offers(report.standing, 0)
    if report.record.recalled:
        head, offers = text("incidents.lines", lines=(head, text("publishing.report_recalled"))), ()
    buttons = progress.buttons_for([one for one in offers if one != "发送情况"], code)
    return [Say(head, buttons=buttons, media=(medium,), person=actor.id)]


def _counted(words: Catalogue, counts: Mapping[str, int]) -> list[str]:
    return [
        words.render(text("publishing.counted", state=words.render(text(f"publishing.state.{key}")), n=count))
        for key, count in sorted(counts.items(), key=lambda pair: -pair[1])
        if not rules.arrived(key)
    ]


def _state(words: Catalogue, line: Line) -> str:
    """How it stands, and why, where there is more to say."""
    return "，".join(filter(None, (_word(words, line), line.why)))


def _word(words: Catalogue, line: Line) -> str:
    return words.render(text(f"publishing.state.{line.state}"))


def _line(words: Catalogue, one: Recipient, names: Mapping[int, str], now: datetime) -> Line:
    """A recipient in words; nothing of what was said, nobody's name."""

    def plain(sentence: Text | str) -> str:
        return words.render(sentence) if isinstance(sentence, Text) else sentence

    state = rules.word(one.state, one.waits, one.reason, one.hand)
    if state == "sent" and one.cut:
        state = "cut"
    settled = state in ("sent", "sending", "by_hand", "asked", "simulated")
    why = "" if settled else plain(text(f"publishing.why.{_why(one, state)}"))
    return Line(
        group=plain(operating.title_of(one.chat, one.alike)),
        area=names.get(one.chat.area_id or 0, "") if one.chat.kind.is_group else "",
        kind=plain(text(f"publishing.kind.{one.chat.kind}")),
        state=state,
        became=plain(text(f"publishing.became.{BECAME[one.copy]}")) if one.copy and one.copy in BECAME else "",
        when=f"{one.at.astimezone(now.tzinfo):%Y-%m-%d %H:%M:%S}" if one.at is not None else "",
        why=why,
        tries=one.tries,
        count=one.alike,
    )


def _why(one: Recipient, state: str) -> str:
    """Why it is not there: by the chat itself where the bot cannot speak, else by how the call ended."""
    if one.chat.state is ChatState.UNOPENED:
        return "unopened" if state == "never" else rules.why(one.reason)
    if state in ("shut", "never") or (state == "dead" and one.reason in ("gone", "muted")):
        return {"gone": "gone", "muted": "muted"}.get(str(one.chat.state), "back" if state != "dead" else "returned")
    if state in ("queued", "held", "paused", "later", "stopped", "let_be", "cut"):
        return state
    return rules.why(one.reason)


def sheet(words: Catalogue, lines: Sequence[Line], head: str, *, drill: bool = False) -> bytes:
    """The lines as a sheet (XLSX), a name that looks like a formula stays a name.

    head: the first characters of the audit chain's end, which stand below the lines. In a drill its title, its
    heading and every line say so.
    """
    mark = marked_name if drill else str
    import xlsxwriter

    out = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    with xlsxwriter.Workbook(out, options) as book:
        page = book.add_worksheet(mark(words.render(text("publishing.sheet.title"))))
        bold = book.add_format({"bold": True, "bg_color": "#E8F1EE", "border": 1})
        amiss = book.add_format({"bg_color": "#FCE8E6"})
        page.freeze_panes(1, 0)
        page.autofilter(0, 0, max(1, len(lines)), len(COLUMNS) - 1)
        for place, (column, width) in enumerate(zip(COLUMNS, WIDTHS, strict=True)):
            page.set_column(place, place, width)
            page.write_string(0, place, mark(words.render(text(f"publishing.sheet.{column}"))), bold)
        for number, line in enumerate(lines, 1):
            state = "，".join(filter(None, (_word(words, line), line.became)))
            style = None if line.arrived else amiss
            for place, value in enumerate((mark(line.group), line.area, line.kind, state, line.when, line.why)):
                page.write_string(number, place, value, style)
            page.write_number(number, len(COLUMNS) - 1, line.tries, style)
        page.write_string(len(lines) + 2, 0, mark(words.render(text("publishing.sheet.head", head=head))))
    return out.getvalue()
