"""What returns count for the week: events and things, never a person; what was opened again counts no more."""

from datetime import timedelta

from handlers.returns.figures import FIGURES
from storage import areas, cases
from storage.returns import Return
from tests.support.dialogues import READ_OUT
from tests.support.figures import counted
from tests.support.stage import Stage


def _counts(stage: Stage) -> list[tuple[int, int | None]]:
    now = stage.world.now()
    with stage.world.db.read() as session:
        ids = [one.id for one in areas.all_of(session)]
        found = [
            counted(session, one.name, ids, now - timedelta(days=7), now + timedelta(seconds=1)) for one in FIGURES
        ]
    return [(one.n, one.of) for one in found]


def _handed(stage: Stage, number: int) -> None:
    stage.say("民警甲", "返赃 大侯村一台水泵，失主 老李，打村委电话")
    stage.say("办案队甲", f"核实 返{number}")
    shown = stage.say("民警甲", f"约谈 返{number} 明天上午10点")
    stage.say("民警甲", f"领取 返{number} {READ_OUT.findall(shown[-1].text)[0]}")


def test_a_thing_given_back_counts_until_it_is_opened_again(stage: Stage) -> None:
    assert _counts(stage) == [(0, None), (0, 0)]
    _handed(stage, 1)
    assert _counts(stage) == [(1, None), (1, 1)]
    stage.say("民警甲", "重开 返1")
    assert _counts(stage) == [(0, None), (0, 0)]


def test_one_that_was_verified_too_late_is_not_in_time(stage: Stage) -> None:
    stage.say("民警甲", "返赃 大侯村一台水泵，失主 老李，打村委电话")
    stage.later(hours=25)
    with stage.world.db.read() as session:
        row = cases.numbered(session, Return, 1)
        assert row is not None
        assert row.late
