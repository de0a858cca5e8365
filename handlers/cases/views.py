"""What every record shows its team (办理情况): three clocks, ladder, supervision, the counts of its call-back."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from handlers.callbacks import actions as callbacks
from handlers.dialogue.wording import Text, text
from handlers.dialogue.world import Station
from handlers.ladders import actions as ladders
from handlers.supervision import actions as supervision
from storage import moments
from storage.moments import Clock, Moments


def lines(session: Session, topic: str, created_at: datetime, now: datetime, station: Station) -> list[Text]:
    """The lines of 进度 for the team, as far as there is something to say."""
    found = (
        clocks(moments.of(session, topic), created_at),
        ladders.line(session, topic, now, station),
        supervision.line(session, topic, now),
        callbacks.line(session, topic),
    )
    return [one for one in found if one is not None]


def clocks(row: Moments | None, created_at: datetime) -> Text | None:
    """介入、平息、回访: how long after it was told; None before the first."""
    if row is None:
        return None
    return text("cases.clocks", clocks="、".join(_clock(row, created_at)))


def short(row: Moments | None, created_at: datetime) -> str:
    """The clocks that have come, for a line of 待办; empty before the first."""
    if row is None:
        return ""
    return "".join(f"，{one}" for one in _clock(row, created_at) if not one.endswith("未到"))


def _clock(row: Moments, created_at: datetime) -> Iterable[str]:
    names = {Clock.RESPONDED: "介入", Clock.CALMED: "平息", Clock.CALLED: "回访"}
    for clock, name in names.items():
        moment: datetime | None = getattr(row, clock.value)
        yield f"{name} {span_words(moment - created_at)}" if moment is not None else f"{name} 未到"


def span_words(span: timedelta) -> str:
    """A span in two parts at most: 3分钟, 2小时5分钟, 7天1小时."""
    minutes = max(0, int(span.total_seconds()) // 60)
    days, hours, minutes = minutes // 1440, minutes // 60 % 24, minutes % 60
    if days:
        return f"{days}天{hours}小时" if hours else f"{days}天"
    if hours:
        return f"{hours}小时{minutes}分钟" if minutes else f"{hours}小时"
    return f"{minutes}分钟"
