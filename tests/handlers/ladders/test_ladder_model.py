"""The ladder against a small independent model, over random histories; LADDER_HISTORIES=10000 is the long form."""

import os
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given, settings
from hypothesis import strategies as st

from handlers.ladders import rules
from handlers.ladders.rules import NotNow, Rung, Standing
from handlers.reading.workdays import Span, Unit, Workdays, hours, workdays

ZONE = ZoneInfo("Asia/Shanghai")
HISTORIES = int(os.environ.get("LADDER_HISTORIES", "300"))
SPANS = {Rung.MICRO: hours(24), Rung.GRID: workdays(3), Rung.COMMUNITY: hours(48), Rung.TOWN: workdays(5)}
DAYS = Workdays.of([date(2026, 9, 24)], [date(2026, 10, 3)])


class Model:
    """The same ladder said once more: whole seconds, a list of days, and a search by halves instead of a walk."""

    REST = (
        frozenset()
        | {*range(date(2026, 9, 24).toordinal(), date(2026, 9, 28).toordinal())}
        | {*range(date(2026, 10, 1).toordinal(), date(2026, 10, 8).toordinal())} - {date(2026, 10, 3).toordinal()}
    )
    WORK = frozenset({date(2026, 9, 20).toordinal(), date(2026, 10, 3).toordinal(), date(2026, 10, 10).toordinal()})

    def __init__(self, rung: int, span: str, now: int) -> None:
        self.rung, self.span, self.since, self.gone, self.until, self.over = rung, span, now, 0, 0, False

    def counted(self, start: int, end: int) -> int:
        if self.span.endswith("h"):
            return max(0, end - start)
        total = 0
        for day in range(start // 86400, end // 86400 + 1):
            real = day + date(2026, 1, 1).toordinal()
            if real in self.WORK or (real % 7 not in (6, 0) and real not in self.REST):
                total += max(0, min(end, (day + 1) * 86400) - max(start, day * 86400))
        return total

    def due(self) -> int:
        if self.until or self.over:
            return self.until or 10**12
        left = int(self.span[:-1]) * (3600 if self.span.endswith("h") else 86400) - self.gone
        low, high = self.since, self.since + 90 * 86400
        while low < high:
            middle = (low + high) // 2
            low, high = (low, middle) if self.counted(self.since, middle) >= left else (middle + 1, high)
        return low

    def go_on(self, now: int) -> None:
        while (at := self.due()) <= now:
            if self.until:
                self.since, self.until = at, 0
            elif self.rung < 3:
                self.rung, self.since, self.gone = self.rung + 1, at, 0
                self.span = ("24h", "3w", "48h", "5w")[self.rung]
            else:
                self.over = True

    def do(self, deed: str, now: int, value: int) -> bool:
        if deed == "climb" and self.rung < 3:
            self.__init__(self.rung + 1, ("24h", "3w", "48h", "5w")[self.rung + 1], now)  # type: ignore[misc]
        elif deed == "stop" and not (self.until or self.over) and 0 < value <= 60 * 86400:
            self.gone, self.since, self.until = self.gone + self.counted(self.since, now), now, now + value
        elif deed == "resume" and self.until:
            self.since, self.until = now, 0
        else:
            return False
        return True


EPOCH = datetime(2026, 1, 1, tzinfo=ZONE)
DEEDS = st.tuples(
    st.integers(0, 4 * 86400),
    st.sampled_from(["wait", "stop", "resume", "climb"]),
    st.one_of(st.integers(-3600, 6 * 86400), st.just(60 * 86400 + 1)),
)


def moment(second: int) -> datetime:
    """Seconds of the model as a moment."""
    return EPOCH + timedelta(seconds=second)


@settings(max_examples=HISTORIES)
@given(st.integers(0, 20 * 86400), st.integers(0, 3), st.lists(DEEDS, max_size=14))
def test_every_history_ends_as_the_model_says(start: int, rung: int, history: list[tuple[int, str, int]]) -> None:
    now = int((datetime(2026, 9, 16, tzinfo=ZONE) - EPOCH).total_seconds()) + start
    real = rules.begin(rules.RUNGS[rung], SPANS[rules.RUNGS[rung]], moment(now))
    model = Model(rung, str(real.span), now)
    for wait, deed, value in history:
        now += wait
        real, steps = rules.advance(real, SPANS, moment(now), DAYS)
        assert [at for at, _, _ in steps] == sorted(at for at, _, _ in steps)
        model.go_on(now)
        compare(real, model)
        if deed != "wait":
            after = act(real, deed, moment(now), moment(now + value))
            assert (after is not None) == model.do(deed, now, value), f"{deed} at {moment(now)}"
            real = after or real
        compare(real, model)


def act(real: Standing, deed: str, now: datetime, until: datetime) -> Standing | None:
    """What the rules make of a deed; None where they refuse."""
    try:
        if deed == "stop":
            return rules.stop(real, now, "等鉴定", until, DAYS)
        return rules.resume(real, now) if deed == "resume" else rules.climb(real, SPANS, now)
    except NotNow:
        return None


def compare(real: Standing, model: Model) -> None:
    """Rung, clock and the next moment are the same, to the second."""
    next_at = rules.next_at(real, DAYS)
    told = (rules.RUNGS.index(real.rung), real.stopped, real.over, next_at)
    due = model.due()
    assert told == (model.rung, bool(model.until), model.over, moment(due) if due < 10**12 else None)


def test_the_unit_of_a_span_is_written_down() -> None:
    for span in (hours(24), workdays(3)):
        assert Span.parse(str(span)) == span
    assert Span.parse("3w").unit is Unit.WORKDAYS
