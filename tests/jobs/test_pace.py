"""The limits hold in every window, also where a platform counts late, and the account speaks as fast as it may."""

import random
from collections import defaultdict
from collections.abc import Sequence

from hypothesis import given
from hypothesis import strategies as st

from bot.channels.telegram.channel import LIMITS as TELEGRAM
from jobs.channel import Limits, Window
from jobs.pace import NEVER, Pace, Past
from storage.lanes import Lane
from storage.outbox import CallKind

SEND = CallKind.SEND
Made = tuple[float, int, Lane]
"""When the platform counted it, the chat, the lane."""


def _run(
    pace: Pace, wanted: Sequence[tuple[int, Lane]], seconds: float, seed: int = 1, now: float = 1000.0
) -> list[Made]:
    """Send what is wanted in lane order as early as the pace lets it; a call takes 30 to 70 ms, counted on its way."""
    chance = random.Random(seed)
    end, left, landing, made = now + seconds, sorted(wanted, key=lambda one: one[1]), [], []
    while left and now < end:
        for one in [one for one in landing if one[0] <= now]:
            landing.remove(one)
            pace.landed(one[1], one[0], SEND, True)
        if pace.ready_in(now) <= 0:
            fits = (w for w in left if not pace.room_in(w[0], now, w[1], SEND, True))
            one = next((w for w in fits if not pace.account_in(now, w[1], SEND, True)), None)
            if one is not None:
                left.remove(one)
                pace.spend(one[0], now, SEND, True)
                there = now + chance.uniform(0.015, 0.035)
                landing.append((there + chance.uniform(0.015, 0.035), one[0]))
                made.append((there, *one))
                continue
        now += 0.002
    return sorted(made)


def _most(moments: Sequence[float], window: float) -> int:
    return max((sum(1 for m in moments if start <= m < start + window) for start in moments), default=0)


@given(st.lists(st.tuples(st.integers(1, 30), st.sampled_from(list(Lane))), max_size=100), st.integers(0, 9))
def test_no_window_is_ever_overrun_where_the_platform_counts(wanted: list[tuple[int, Lane]], seed: int) -> None:
    made = _run(Pace(TELEGRAM), wanted, 20, seed)
    assert _most([moment for moment, _, _ in made], 1.0) <= 30
    chats: dict[int, list[float]] = defaultdict(list)
    for moment, chat, _ in made:
        chats[chat].append(moment)
    for moments in chats.values():
        assert _most(moments, 1.0) <= 1
        assert _most(moments, 60) <= 20


def test_many_chats_go_at_the_full_steady_rate() -> None:
    made = _run(Pace(TELEGRAM), [(chat, Lane.BULK) for chat in range(300)], 30)
    assert len(made) == 300
    assert made[-1][0] - made[0][0] <= 300 / 30 * 1.04


def test_part_of_a_groups_minute_is_kept_for_the_urgent() -> None:
    pace = Pace(TELEGRAM)
    assert len(_run(pace, [(1, Lane.BULK)] * 30, 40)) == 17
    assert len(_run(pace, [(1, Lane.LIFE)] * 9, 5, now=1040.0)) == 3


def test_part_of_an_accounts_minute_is_kept_for_the_urgent() -> None:
    pace = Pace(Limits(windows=(Window("account", 20, 60.0, reserve=3),)))
    for number in range(17):
        pace.spend(number, 5.0, SEND, True)
        pace.landed(number, 5.1, SEND, True)
    assert pace.ready_in(6.0) == 0
    assert pace.account_in(6.0, Lane.BULK, SEND, True) > 50
    assert pace.account_in(6.0, Lane.LIFE, SEND, True) == 0


def test_while_a_call_is_on_the_wire_nobody_can_tell_when_its_chat_opens() -> None:
    pace = Pace(TELEGRAM)
    pace.spend(1, 10.0, SEND, True)
    assert pace.room_in(1, 11.5, Lane.LIFE, SEND, True) == NEVER
    pace.landed(1, 11.5, SEND, True)
    assert 0.99 < pace.room_in(1, 11.5, Lane.LIFE, SEND, True) <= 1
    assert pace.room_in(1, 11.5, Lane.LIFE, CallKind.DELETE, True) == 0
    assert pace.room_in(1, 11.5, Lane.REPLY, CallKind.ANSWER, True) == 0


def test_a_refused_chat_waits_alone_and_two_refused_at_once_pause_and_slow_the_account() -> None:
    pace = Pace(TELEGRAM)
    assert pace.refused(1, 30, 1000.0) == "chat"
    assert pace.room_in(1, 1001.0, Lane.LIFE, SEND, True) == 29
    assert (pace.ready_in(1001.0), pace.share) == (0, 1)
    assert pace.refused(2, 5, 1000.5) == "account"
    assert 4 < pace.ready_in(1001.0) <= 5
    assert pace.share < 1
    for second in range(600):
        pace.spend(3, 1100.0 + second, SEND, True)
        pace.landed(3, 1100.0 + second, SEND, True)
    assert pace.share == 1


def test_a_full_groups_refusal_says_nothing_about_the_account() -> None:
    pace = Pace(TELEGRAM)
    for number in range(19):
        pace.spend(1, 1000.0 + number, SEND, True)
        pace.landed(1, 1000.0 + number, SEND, True)
    assert pace.refused(2, 3, 1019.0) == "chat"
    assert pace.refused(1, 40, 1019.1) == "chat"
    assert pace.ready_in(1020.0) == 0


def test_a_new_owner_knows_what_was_sent_and_refused_before() -> None:
    pace = Pace(TELEGRAM)
    before = [Past(1, SEND, True, 980.0 + number, 980.1 + number) for number in range(19)]
    in_doubt = Past(1, SEND, True, 999.0, 1000.0)
    pace.rebuild([*before, in_doubt], [(2, 1012.0)], 1000.0)
    assert pace.room_in(1, 1002.0, Lane.LIFE, SEND, True) > 37
    assert pace.room_in(1, 1040.2, Lane.LIFE, SEND, True) == 0
    assert pace.room_in(2, 1002.0, Lane.LIFE, SEND, True) == 10


def test_calls_from_the_future_of_a_clock_that_was_set_back_count_as_made_now() -> None:
    pace = Pace(TELEGRAM)
    pace.rebuild([Past(1, SEND, True, 4600.0, 4600.1)] * 20, [], 1000.0)
    assert 59 < pace.room_in(1, 1000.5, Lane.LIFE, SEND, True) <= 60


def test_what_was_missed_is_made_up_within_the_window_and_no_more() -> None:
    pace, now, made = Pace(TELEGRAM), 1000.0, []
    while len(made) < 120:
        if pace.ready_in(now) <= 0:
            pace.spend(len(made), now, SEND, False)
            made.append(now)
        now += 0.04 if len(made) in (20, 60) and made[-1] == now else 0.001
    spans = [later - before for before, later in zip(made, made[30:], strict=False)]
    assert min(spans) > 1.0 + TELEGRAM.way - 1e-9
    assert (made[-1] - made[0]) / 119 < 1 / 29.2 * 1.002, "two delays of 6 ms cost nothing in the end"


def test_a_call_that_reached_the_platform_late_counts_from_then() -> None:
    limits = Limits(per_second=29.2, windows=(Window("account", 30, 1.0),), way=0.02)
    pace, now = Pace(limits), 1000.0
    made: list[float] = []
    landing: list[tuple[float, float]] = []
    while len(made) < 90:
        for one in [one for one in landing if one[0] <= now]:
            landing.remove(one)
            pace.landed(0, one[0], SEND, False, one[1])
        if pace.ready_in(now) <= 0:
            pace.spend(0, now, SEND, False)
            # The first has to connect: it is counted a tenth of a second later than the others.
            made.append(now + (0.025 if made else 0.125))
            landing.append((made[-1] + 0.025, now))
        now += 0.001
    assert _most(sorted(made), 1.0) <= 30


def test_a_long_silence_is_not_made_up() -> None:
    pace = Pace(TELEGRAM)
    pace.spend(1, 1000.0, SEND, True)
    pace.spend(2, 1010.0, SEND, True)
    assert pace.ready_in(1010.0) >= 1 / 29.2 - 1e-9


def test_what_is_over_is_forgotten() -> None:
    pace = Pace(TELEGRAM)
    for chat in range(50):
        pace.spend(chat, 1000.0, SEND, True)
        pace.landed(chat, 1000.1, SEND, True)
        pace.refused(chat, 2.0, 1000.1 + 10 * chat)
    pace.tidy(2000.0)
    assert (pace._books, pace._shut) == ({}, {})


def test_without_limits_nothing_waits() -> None:
    pace = Pace(Limits())
    for _ in range(100):
        pace.spend(1, 5.0, SEND, True)
    assert pace.ready_in(5.0) == 0
    assert pace.room_in(1, 5.0, Lane.BULK, SEND, True) == 0
