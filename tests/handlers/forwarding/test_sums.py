"""Whatever people answer, in whatever order: every group is counted once, and nothing is asked for after a recall."""

from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select

from storage import calls, changes, forwards
from storage.changes import ChangeKind
from storage.copies import Copy, CopyState, Hand
from storage.forwards import Forward, ForwardState, Purpose
from storage.outbox import OutboxRow, OutboxState
from tests.handlers.forwarding.test_forwarding import KEEPER, TOPIC, _begin_recall, _correct, _keep, _publish
from tests.support.stage import Stage, make_stage

GROUPS = ("大侯村微信群", "大侯村二群")
ANSWERS = ("已转发", "转不了", "没转发", "已撤回", "已更正")
STEPS = st.one_of(
    st.tuples(st.sampled_from(ANSWERS), st.integers(1, 8)),
    st.tuples(st.sampled_from(["更正", "撤回", "过会儿", "重发", "等一下"]), st.just(0)),
)


def _do(stage: Stage, what: str, number: int) -> list[str]:
    """One step; the buttons shown by it to whoever passes on."""
    match what:
        case "更正":
            shown = _correct(stage)
        case "撤回":
            _begin_recall(stage)
            return []
        case "过会儿":
            shown = stage.later(minutes=50)
        case "重发":
            with stage.world.db.read() as session:
                row = session.scalar(select(OutboxRow.id).where(OutboxRow.state == OutboxState.UNSURE).limit(1))
            shown = stage.say("所长", f"重发 {row or 1}")
        case "等一下":
            shown = stage.play.pump()
        case _:
            shown = stage.say(KEEPER, f"{what} {number}")
    return [does for one in shown if one.chat == KEEPER for _, does in one.buttons]


def _sums(stage: Stage) -> None:
    with stage.world.db.read() as session:
        tally = calls.tally(session, 1)
        assert tally.total == len(GROUPS) + 1, tally
        assert min(tally) >= 0, tally
        assert tally.by_hand <= tally.sent, tally
        hands = session.execute(
            select(OutboxRow.state, Copy.hand, Copy.state)
            .join(Copy, Copy.outbox_id == OutboxRow.id)
            .where(OutboxRow.delivery_id == 1, Copy.hand.is_not(None))
        ).all()
        assert tally.sent - tally.by_hand <= 1, "the system itself reaches one group only"
        for row, hand, copy in hands:
            if copy is CopyState.NEVER:
                assert hand is not Hand.DONE, (row, hand, copy)
        taken_back = changes.any_of(session, TOPIC, (ChangeKind.RECALL,))
        if taken_back and not changes.any_going(session):
            change = session.scalar(select(func.max(changes.Change.id)).where(changes.Change.kind == ChangeKind.RECALL))
            outcome = changes.outcome(session, TOPIC)
            assert change is not None
            asked = forwards.asked_for_change(session, change)
            newer = session.scalar(select(func.max(changes.Change.id)))
            if newer == change:
                assert outcome.left == (forwards.copies_awaited(session, change) if asked else 0), outcome
            assert outcome.by_hand <= outcome.done - outcome.lost
            open_pass = session.scalars(
                select(Forward.id).where(Forward.purpose == Purpose.PASS_ON, Forward.state == ForwardState.ASKED)
            ).all()
            assert newer != change or open_pass == []


@settings(max_examples=20, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(st.lists(STEPS, min_size=3, max_size=12))
def test_every_group_is_counted_once(steps: list[tuple[str, int]]) -> None:
    with TemporaryDirectory() as folder:
        for stage in make_stage(Path(folder)):
            _keep(stage, *GROUPS)
            _publish(stage)
            recalled = False
            for what, number in steps:
                if what == "更正" and recalled:
                    continue
                shown = _do(stage, what, number)
                recalled = recalled or what == "撤回"
                if recalled:
                    assert not [does for does in shown if does.startswith("已转发")], (what, shown)
                if what != "撤回":
                    _sums(stage)
            stage.play.pump()
            _sums(stage)
