"""What can be done to a ladder (升级阶梯): begin, sort anew, climb, stop, go on, end; what time does."""

from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from handlers.dialogue import kinds
from handlers.dialogue.access import Refusal, refuse
from handlers.dialogue.kinds import Case
from handlers.dialogue.say import Say
from handlers.dialogue.wording import Text, text
from handlers.dialogue.world import Station
from handlers.ladders import rules
from handlers.ladders.rules import NotNow, Rung, Standing, Step
from handlers.reading.workdays import Span, Workdays
from handlers.reminders.rules import due_words, moment_words
from storage import areas, ladders
from storage.areas import Area
from storage.ladders import LadderRow

MICROSECOND = timedelta(microseconds=1)


def standing(row: LadderRow, now: datetime) -> Standing:
    """Where a ladder stands, its moments in the zone of `now`."""
    zone = now.tzinfo
    resumes = row.resumes_at.astimezone(zone) if row.resumes_at is not None else None
    used = row.used * MICROSECOND
    span = Span.parse(row.span)
    return Standing(Rung(row.rung), span, row.since.astimezone(zone), used, row.stopped, resumes, row.over)


def _keep(session: Session, row: LadderRow, one: Standing, days: Workdays) -> None:
    row.rung, row.span, row.since, row.used = one.rung, str(one.span), one.since, one.used // MICROSECOND
    row.stopped, row.resumes_at, row.over = one.stopped, one.resumes_at, one.over
    row.next_at = None if row.ended else rules.next_at(one, days)
    ladders.keep(session, row)


def begin(session: Session, topic: str, rung: Rung, span: Span, now: datetime, station: Station) -> None:
    """Start at a rung, with this span."""
    row = LadderRow(topic=topic, used=0, climbs=0, ended=False)
    _keep(session, row, rules.begin(rung, span, now), station.workdays)


def sort_anew(session: Session, topic: str, span: Span | None, now: datetime, station: Station) -> None:
    """Give the present rung another span (None: its kind's own); what has passed stays passed."""
    row = _going(session, topic)
    one = standing(row, now)
    _keep(session, row, rules.retime(one, span or _spans(topic)[one.rung], now, station.workdays), station.workdays)


def end(session: Session, topic: str, now: datetime, station: Station) -> None:
    """The matter is done: the clock stands, and nothing climbs any more."""
    row = ladders.of(session, topic)
    if row is not None and not row.ended:
        one = standing(row, now)
        row.used = rules.used(one, now, station.workdays) // MICROSECOND
        row.ended, row.next_at = True, None
        ladders.keep(session, row)


def begin_again(session: Session, topic: str, now: datetime, station: Station, *, fresh: bool) -> None:
    """The matter is open again at the same rung: with a fresh clock, or with what the old one had used."""
    row = ladders.of(session, topic)
    if row is None:
        return
    one = standing(row, now)
    row.ended = False
    span = _spans(topic)[one.rung] if fresh else one.span
    used = timedelta() if fresh else row.used * MICROSECOND
    _keep(session, row, Standing(one.rung, span, now, used), station.workdays)


def _spans(topic: str) -> rules.Spans:
    spans = kinds.all_kinds()[topic.partition(":")[0]].spans
    assert spans is not None  # noqa: S101 - only kinds with spans begin a ladder
    return spans


def _going(session: Session, topic: str) -> LadderRow:
    row = ladders.of(session, topic)
    if row is None or row.ended:
        raise refuse("ladders.none")
    return row


def _refusal(why: NotNow) -> Refusal:
    return refuse(f"ladders.not.{why.why}", days=rules.LONGEST_STOP.days)


def climb(session: Session, case: Case, reason: str, now: datetime, station: Station) -> list[Say]:
    """Go up one rung by word (升级), with a reason that is kept."""
    row = _going(session, case.topic)
    words = case.kind.shown(session, case, reason.strip())[: rules.MOST_REASON]
    if not words:
        raise refuse("ladders.not.no_why", code=case.code)
    try:
        one = rules.climb(standing(row, now), _spans(case.topic), now)
    except NotNow as why:
        raise _refusal(why) from why
    row.climbs += 1
    _keep(session, row, one, station.workdays)
    return _told(session, case, Step.CLIMBED, one, now, words)


def stop(session: Session, case: Case, reason: str, until: datetime, now: datetime, station: Station) -> list[Say]:
    """Stop the clock for a reason until a moment (暂停计时)."""
    row = _going(session, case.topic)
    words = case.kind.shown(session, case, reason.strip())[: rules.MOST_REASON]
    try:
        one = rules.stop(standing(row, now), now, words, until, station.workdays)
    except NotNow as why:
        raise _refusal(why) from why
    _keep(session, row, one, station.workdays)
    case.kind.note(session, case, "stopped", words, now)
    return [Say(text("ladders.stopped", code=case.code, until=moment_words(until, now)))]


def resume(session: Session, case: Case, now: datetime, station: Station) -> list[Say]:
    """Let the clock go on by word (恢复计时)."""
    row = _going(session, case.topic)
    try:
        one = rules.resume(standing(row, now), now)
    except NotNow as why:
        raise _refusal(why) from why
    _keep(session, row, one, station.workdays)
    return [Say(line_of(one, now, station.workdays), quote=True)]


def advance(session: Session, row: LadderRow, now: datetime, station: Station) -> list[Say]:
    """Take every step that is due, each at its own moment."""
    case = kinds.case_of(session, row.topic)
    if case is None or row.ended:
        row.ended, row.next_at = True, None
        ladders.keep(session, row)
        return []
    one, steps = rules.advance(standing(row, now), _spans(row.topic), now, station.workdays)
    row.climbs += sum(step is Step.CLIMBED for _, step, _ in steps)
    _keep(session, row, one, station.workdays)
    says: list[Say] = []
    for at, step, then in steps:
        says += _told(session, case, step, then, at, "")
    return says


def _told(session: Session, case: Case, step: Step, one: Standing, at: datetime, reason: str) -> list[Say]:
    return case.kind.stepped(session, case, step, one, at, reason) if case.kind.stepped is not None else []


def area_at(session: Session, area_id: int, rung: Rung) -> Area:
    """The area of a rung above a place; where the tree has none of that level, the next larger."""
    lineage = areas.lineage(session, area_id)
    place = rules.RUNGS.index(rung)
    return next((area for area in lineage if rules.RUNGS.index(rules.first(area.level)) >= place), lineage[-1])


def line(session: Session, topic: str, now: datetime, station: Station) -> Text | None:
    """At which rung a matter stands and until when, for the team; None once it has ended."""
    row = ladders.of(session, topic)
    if row is None or row.ended:
        return None
    return line_of(standing(row, now), now, station.workdays)


def line_of(one: Standing, now: datetime, days: Workdays) -> Text:
    """A standing in words."""
    rung = text(f"ladders.rung.{one.rung}")
    if one.stopped and one.resumes_at is not None:
        return text("ladders.line_stopped", rung=rung, until=moment_words(one.resumes_at, now))
    until = rules.runs_out(one, days)
    if until is None:
        return text("ladders.line_over", rung=rung)
    return text("ladders.line", rung=rung, until=due_words(until, now))
