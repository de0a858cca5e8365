"""The account's limits at their very edges."""

import pytest

from jobs.channel import Limits, Window
from jobs.pace import LONGEST_PAUSE, Pace, Past
from storage.lanes import Lane
from storage.outbox import CallKind

SEND, EDIT, ANSWER = CallKind.SEND, CallKind.EDIT, CallKind.ANSWER
REPLY = Lane.REPLY


def limits(*windows: Window, per_second: float = 0.0, way: float = 0.0) -> Limits:
    """Limits with these windows; answers are free."""
    return Limits(per_second=per_second, windows=windows, way=way, free=frozenset({ANSWER}))


MINUTE = Window("account", 2, 60.0)


def spent(pace: Pace, chat: int, at: float, kind: CallKind = SEND, group: bool = True) -> None:
    """A call made and over at once."""
    pace.spend(chat, at, kind, group)
    pace.landed(chat, at, kind, group)


def test_what_is_free_never_waits() -> None:
    pace = Pace(limits(MINUTE))
    spent(pace, 1, 100.0)
    spent(pace, 2, 100.0)
    assert pace.account_in(100.0, REPLY, ANSWER, True) == 0.0
    assert pace.room_in(1, 100.0, REPLY, ANSWER, True) == 0.0


def test_an_accounts_window_counts_all_its_chats_together() -> None:
    pace = Pace(limits(MINUTE))
    spent(pace, 1, 100.0)
    assert pace.account_in(110.0, REPLY, SEND, True) == 0.0
    spent(pace, 2, 105.0)
    assert pace.account_in(110.0, REPLY, SEND, True) == 50.0


def test_a_window_of_one_kind_and_of_groups_counts_only_those() -> None:
    edits = Window("account", 1, 60.0, kinds=frozenset({EDIT}))
    groups = Window("account", 1, 60.0, groups=True)
    pace = Pace(limits(edits, groups))
    spent(pace, 1, 100.0, EDIT, group=False)
    assert pace.account_in(100.0, REPLY, SEND, False) == 0.0
    assert pace.account_in(100.0, REPLY, EDIT, False) == 60.0
    spent(pace, 1, 100.0, SEND, group=True)
    assert pace.account_in(100.0, REPLY, SEND, True) == 60.0
    assert pace.account_in(100.0, REPLY, SEND, False) == 0.0


def test_a_pause_only_grows() -> None:
    pace = Pace(limits())
    pace.pause(110.0)
    assert pace.ready_in(100.0) == 10.0
    pace.pause(105.0)
    assert pace.ready_in(100.0) == 10.0
    pace.pause(120.0)
    assert pace.ready_in(100.0) == 20.0


def test_rebuilding_counts_short_windows_from_the_sending_and_long_ones_from_the_answer() -> None:
    second, minute = Window("account", 1, 1.0), Window("chat", 1, 60.0)
    pace = Pace(limits(second, minute))
    pace.rebuild([Past(1, SEND, True, sent=100.0, done=100.5)], [], 100.6)
    assert pace.account_in(100.6, REPLY, SEND, True) == pytest.approx(0.4)
    assert pace.room_in(1, 100.6, REPLY, SEND, True) == pytest.approx(59.9)


def test_rebuilding_keeps_the_longest_refusal_of_a_chat() -> None:
    pace = Pace(limits())
    pace.rebuild([], [(1, 130.0), (1, 110.0)], 100.0)
    assert pace.room_in(1, 100.0, REPLY, SEND, True) == 30.0
    assert pace.room_in(2, 100.0, REPLY, SEND, True) == 0.0


def test_a_second_refusal_of_a_chat_never_shortens_the_first() -> None:
    pace = Pace(limits())
    assert pace.refused(1, 60.0, 100.0) == "chat"
    assert pace.refused(1, 1.0, 101.0) == "chat"
    assert pace.room_in(1, 101.0, REPLY, SEND, True) == 59.0


def test_two_chats_within_a_second_mean_the_account_and_two_refusals_of_one_do_not() -> None:
    pace = Pace(limits(per_second=10.0))
    assert pace.refused(1, 5.0, 100.0) == "chat"
    assert pace.refused(1, 5.0, 100.5) == "chat"
    assert pace.refused(2, 5.0, 101.5) == "account", "a whole second later is still together"
    assert pace.share == 0.85
    far = Pace(limits(per_second=10.0))
    assert far.refused(1, 5.0, 100.0) == "chat"
    assert far.refused(2, 5.0, 101.1) == "chat"
    assert far.share == 1.0


def test_while_the_account_is_paused_any_refusal_is_the_accounts() -> None:
    pace = Pace(limits())
    pace.pause(100.0)
    assert pace.refused(1, 5.0, 100.0) == "chat", "just over"
    pace.pause(200.0)
    assert pace.refused(9, LONGEST_PAUSE * 2, 150.0) == "account"
    assert pace.ready_in(150.0) == LONGEST_PAUSE


def test_the_grid_widens_once_a_second_and_narrows_every_five() -> None:
    pace = Pace(limits(per_second=10.0))
    for chat, at in ((1, 100.0), (2, 100.1), (3, 101.1), (4, 101.2)):
        pace.refused(chat, 0.1, at)
    assert pace.share == pytest.approx(0.85 * 0.85), "at 100.1 and, a second later, at 101.1"
    spent(pace, 5, 106.0)
    assert pace.share == pytest.approx(0.7225)
    spent(pace, 5, 106.2)
    assert pace.share == pytest.approx(0.7425)
    spent(pace, 5, 107.0)
    assert pace.share == pytest.approx(0.7425)


def test_a_whole_share_is_left_alone() -> None:
    pace = Pace(limits(per_second=10.0))
    for at in (100.0, 110.0, 120.0):
        spent(pace, 1, at)
    assert pace.share == 1.0
    pace.refused(1, 0.1, 120.1)
    assert pace.refused(2, 0.1, 120.2) == "account"
    assert pace.share == 0.85, "no narrowing before put this widening off"


def test_a_call_without_a_known_sending_moves_nothing() -> None:
    second = Window("account", 1, 1.0)
    pace = Pace(limits(second))
    pace.spend(1, 100.0, SEND, True)
    pace.landed(1, 100.1, SEND, True, sent=100.0)
    pace.spend(1, 102.0, SEND, True)
    pace.landed(1, 102.9, SEND, True, sent=None)
    assert pace.account_in(102.95, REPLY, SEND, True) == pytest.approx(0.05)
    pace.spend(1, 104.0, SEND, True)
    pace.landed(1, 104.3, SEND, True, sent=103.0)
    assert pace.account_in(104.5, REPLY, SEND, True) == pytest.approx(0.5), "a moment that is not in the book"


@pytest.mark.parametrize(
    ("most", "made", "chats_own"),
    [(2, 2, False), (3, 0, False), (3, 1, True), (3, 2, True), (20, 17, False), (20, 18, True), (20, 19, True)],
)
def test_where_a_chat_was_nearly_full_the_refusal_says_nothing_of_the_account(
    most: int, made: int, chats_own: bool
) -> None:
    pace = Pace(limits(Window("chat", most, 60.0)))
    for step in range(made):
        spent(pace, 1, 100.0 + step)
    pace.refused(9, 1.0, 130.0)
    assert pace.refused(1, 1.0, 130.5) == ("chat" if chats_own else "account")


def test_what_leaves_the_window_soon_still_counts_as_full() -> None:
    pace = Pace(limits(Window("chat", 3, 60.0)))
    spent(pace, 1, 100.0)
    pace.refused(9, 1.0, 159.4)
    assert pace.refused(1, 1.0, 159.5) == "chat"


def test_tidying_forgets_only_what_limits_nothing() -> None:
    pace = Pace(limits(Window("chat", 1, 60.0)))
    spent(pace, 1, 100.0)
    pace.spend(2, 100.0, SEND, True)
    pace.refused(3, 20.0, 100.0)
    pace.refused(4, 90.0, 100.0)
    pace.tidy(119.9)
    assert set(pace._shut) == {3, 4}
    pace.tidy(120.0)
    assert set(pace._shut) == {4}
    pace.tidy(160.9)
    assert {chat for _, chat in pace._books} == {1, 2}
    pace.tidy(161.0)
    assert {chat for _, chat in pace._books} == {2}, "a second after its window, and never while on the wire"
