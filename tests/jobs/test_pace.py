"""The limits hold in every window, and the account still speaks nearly as fast as it may."""

from collections import defaultdict

from hypothesis import given
from hypothesis import strategies as st

from jobs.channel import Limits
from jobs.pace import Pace
from storage.lanes import Lane

TELEGRAM = Limits(per_second=28, chat_gap=1.0, group_per_minute=20)


def _run(pace: Pace, wanted: list[tuple[int, Lane]], seconds: float) -> list[tuple[float, int, Lane]]:
    """Send what is wanted in lane order as early as the pace lets it, on a clock of 5 ms steps."""
    now, sent, left = 1000.0, [], sorted(wanted, key=lambda one: one[1])
    end = now + seconds
    while left and now < end:
        if pace.ready_in(now) <= 0:
            shut, narrow = pace.closed(now)
            one = next((w for w in left if w[0] not in shut and w[1] <= narrow.get(w[0], Lane.BULK)), None)
            if one is not None:
                left.remove(one)
                pace.spend(one[0], now, group=True)
                sent.append((now, *one))
                continue
        now += 0.005
    return sent


def _most(moments: list[float], window: float) -> int:
    return max((sum(1 for m in moments if start <= m < start + window) for start in moments), default=0)


@given(st.lists(st.tuples(st.integers(1, 30), st.sampled_from(list(Lane))), max_size=120))
def test_no_window_is_ever_overrun(wanted: list[tuple[int, Lane]]) -> None:
    sent = _run(Pace(TELEGRAM), wanted, 20)
    assert _most([moment for moment, _, _ in sent], 1.0) <= 30
    chats: dict[int, list[float]] = defaultdict(list)
    for moment, chat, _ in sent:
        chats[chat].append(moment)
    for moments in chats.values():
        assert _most(moments, 0.999) <= 1
        assert _most(moments, 60) <= 20


def test_many_chats_go_at_the_full_steady_rate() -> None:
    sent = _run(Pace(TELEGRAM), [(chat, Lane.BULK) for chat in range(300)], 30)
    assert len(sent) == 300
    assert sent[-1][0] - sent[0][0] <= 300 / 28 * 1.2


def test_part_of_a_groups_minute_is_kept_for_the_urgent() -> None:
    pace = Pace(TELEGRAM)
    sent = _run(pace, [(1, Lane.BULK)] * 30, 40)
    assert len(sent) == 17
    assert len(_run(pace, [(1, Lane.LIFE)] * 9, 40)) == 3


def test_a_refused_chat_waits_alone_and_two_refused_at_once_pause_the_account() -> None:
    pace = Pace(TELEGRAM)
    pace.refused(1, 30, 1000.0)
    assert pace.closed(1001.0)[0] == {1}
    assert pace.ready_in(1001.0) == 0
    pace.refused(2, 5, 1000.5)
    assert 4 < pace.ready_in(1001.0) <= 5
    assert pace.closed(1031.0)[0] == set()


def test_a_new_owner_knows_what_was_sent_before() -> None:
    pace = Pace(TELEGRAM)
    pace.rebuild([(1, 980.0 + number) for number in range(20)])
    assert pace.closed(1000.0)[0] == {1}
    assert pace.wake_in(1000.0) <= 40
    assert pace.closed(1041.5)[0] == set()


def test_nothing_missed_is_made_up() -> None:
    pace = Pace(TELEGRAM)
    pace.spend(1, 1000.0, group=True)
    pace.spend(2, 1010.0, group=True)
    assert pace.ready_in(1010.0) > 1 / 28 - 2 * Pace.LATE - 0.001


def test_without_limits_nothing_waits() -> None:
    pace = Pace(Limits())
    for _ in range(100):
        pace.spend(1, 5.0, group=True)
    assert pace.ready_in(5.0) == 0
    assert pace.closed(5.0) == (set(), {})
    assert pace.wake_in(5.0) == float("inf")
