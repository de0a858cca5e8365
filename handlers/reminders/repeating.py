"""Repetition (重复): when a reminder rings next; APScheduler's triggers are used as calculators and never run.

Weekdays are handed over by name: in its cron 0 is Monday, which nobody expects.
"""

from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from typing import Any

from apscheduler.triggers.combining import OrTrigger
from apscheduler.triggers.cron import CronTrigger
from apscheduler.triggers.interval import IntervalTrigger

NAMES = dict(zip("一二三四五六日", ("mon", "tue", "wed", "thu", "fri", "sat", "sun"), strict=True))
SHORT_MONTHS = {29: "2", 30: "2", 31: "2,4,6,9,11"}
CALENDAR_PARTS = (3, 6)
"""Quarters and half years begin with the calendar's, whenever the reminder was set."""
MOST_STEPS = 800


def next_after(repeat: Mapping[str, Any], after: datetime) -> datetime | None:
    """The first moment of a repetition later than `after`, in its zone; None when it is over.

    repeat: as `Repeat.as_dict()` with `at` filled, and `from`: the ISO moment the counting begins at.
    """
    start = datetime.fromisoformat(repeat["from"]).astimezone(after.tzinfo)
    trigger = _trigger(repeat, start)
    moment = max(after + timedelta(microseconds=1), start)
    for _ in range(MOST_STEPS):
        found: datetime | None = trigger.get_next_fire_time(None, moment)
        if found is None or _is_over(repeat, found):
            return None
        if _is_counted(repeat, start, found):
            return found
        moment = found + timedelta(seconds=1)
    return None


def gap(repeat: Mapping[str, Any]) -> timedelta:
    """The shortest time between two rings; a day at least for what follows the calendar."""
    count = int(repeat.get("interval", 1))
    return {"minute": timedelta(minutes=count), "hour": timedelta(hours=count)}.get(repeat["every"], timedelta(days=1))


def _trigger(repeat: Mapping[str, Any], start: datetime) -> Any:  # noqa: ANN401 - the library has no types
    every, zone = repeat["every"], start.tzinfo
    if every in ("minute", "hour"):
        return IntervalTrigger(seconds=int(gap(repeat).total_seconds()), start_date=start, timezone=zone)
    at = time.fromisoformat(repeat["at"])
    clock = {"hour": at.hour, "minute": at.minute, "second": 0, "timezone": zone}
    if every == "day":
        return CronTrigger(**clock)
    if every == "workday":
        return CronTrigger(day_of_week="mon-fri", **clock)
    if every == "week":
        days = [NAMES[sign] for sign in repeat.get("weekdays", ())] or [list(NAMES.values())[start.weekday()]]
        return CronTrigger(day_of_week=",".join(days), **clock)
    months = str(repeat.get("month") or start.month) if every == "year" else "*"
    return OrTrigger([one for day in repeat.get("days") or [start.day] for one in _on_day(day, months, clock)])


def _on_day(day: int, months: str, clock: Mapping[str, Any]) -> list[Any]:
    """A day of the month; where a month is too short, its last day."""
    if day == -1:
        return [CronTrigger(month=months, day="last", **clock)]
    short = SHORT_MONTHS.get(day, "")
    if months != "*" and months not in short.split(","):
        short = ""
    elif months != "*":
        return [CronTrigger(month=months, day="last", **clock)]
    found = [CronTrigger(month=months, day=str(day), **clock)]
    return [*found, CronTrigger(month=short, day="last", **clock)] if short else found


def _is_over(repeat: Mapping[str, Any], found: datetime) -> bool:
    return "until" in repeat and found.date() > date.fromisoformat(repeat["until"])


def _is_counted(repeat: Mapping[str, Any], start: datetime, found: datetime) -> bool:
    """Whether a candidate's day, week, month or year is one that counts (隔天, 隔周, 每季度)."""
    count = int(repeat.get("interval", 1))
    if count == 1:
        return True
    steps = {
        "day": (found.date() - start.date()).days,
        "week": (_monday(found) - _monday(start)).days // 7,
        "month": found.year * 12 + found.month - (1 if count in CALENDAR_PARTS else start.year * 12 + start.month),
        "year": found.year - start.year,
    }
    return steps.get(repeat["every"], 0) % count == 0


def _monday(moment: datetime) -> date:
    return moment.date() - timedelta(days=moment.weekday())
