"""The limit server refuses what it must, and nothing else; on a clock moved by hand."""

import pytest

from benchmarks.limit_server import Answer, Options, Town
from benchmarks.limits import Bucket, Limits, Refusal, Strict, most_within


class Hands:
    """A clock that stands still until it is moved."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def town(clock: Hands, **options: object) -> Town:
    return Town(Options(**options), clock)  # type: ignore[arg-type]


def send(there: Town, chat: int, text: str = "x") -> object:
    return there.call("1:a", "sendMessage", {"chat_id": str(chat), "text": text})


def refused(there: Town, chat: int) -> int:
    with pytest.raises(Answer) as answer:
        send(there, chat)
    assert answer.value.code == 429
    assert answer.value.parameters is not None
    return int(answer.value.parameters["retry_after"])


def test_strict_takes_thirty_in_any_second_and_locks_out_who_asks_for_more() -> None:
    limits = Limits(Strict())
    assert [limits.count(chat, 0.01 * chat) for chat in range(1, 31)] == [None] * 30
    assert limits.count(31, 0.31) == Refusal("account", 1)
    assert limits.count(32, 1.2) == Refusal("account", 1), "locked although there is room again"
    assert limits.count(33, 1.32) is None


def test_strict_counts_a_rolling_second() -> None:
    limits = Limits(Strict())
    for chat in range(30):
        assert limits.count(chat, 0.9) is None
    assert limits.count(100, 1.1) == Refusal("account", 1)


def test_bucket_lets_a_burst_through_and_then_thirty_a_second() -> None:
    limits = Limits(Bucket(at=0.0))
    assert all(limits.count(chat, 0.0) is None for chat in range(30))
    assert limits.count(50, 0.02) == Refusal("account", 1)
    assert limits.count(51, 0.04) is None, "asking again is not punished"


def test_one_second_between_messages_to_a_chat() -> None:
    limits = Limits(Strict())
    assert limits.count(5, 0.0) is None
    assert limits.count(5, 0.99) == Refusal("chat", 1)
    assert limits.count(5, 1.0) is None


def test_twenty_a_minute_to_a_group_but_not_to_a_person() -> None:
    limits = Limits(Strict())
    for number in range(20):
        assert limits.count(-5, number * 2.0) is None
        assert limits.count(5, number * 2.0) is None
    assert limits.count(-5, 40.0) == Refusal("group", 20)
    assert limits.count(5, 40.0) is None
    assert limits.count(-5, 60.0) is None


def test_a_deletion_counts_for_the_account_only() -> None:
    limits = Limits(Strict())
    assert all(limits.count(-5, 0.0, says=False) is None for _ in range(29))
    assert limits.count(-5, 0.0) is None
    assert limits.count(-6, 0.5, says=False) == Refusal("account", 1)


def test_a_refused_call_does_not_count() -> None:
    limits = Limits(Bucket(at=0.0))
    assert limits.count(5, 0.0) is None
    for moment in (0.2, 0.4, 0.6):
        assert limits.count(5, moment) is not None
    assert limits.count(5, 1.0) is None


def test_each_account_has_limits_of_its_own() -> None:
    there = town(Hands())
    for account in ("1:a", "2:b"):
        for chat in range(30):
            there.call(account, "sendMessage", {"chat_id": chat, "text": "x"})
    assert there.count() == {"accepted": 60, "refused": 0}
    assert refused(there, 99) == 1
    assert there.journal()["most_in_a_second"] == 30


def test_answers_to_buttons_do_not_count() -> None:
    there = town(Hands())
    for number in range(40):
        assert there.call("1:a", "answerCallbackQuery", {"callback_query_id": number}) is True
    assert send(there, 5)


def test_a_migrated_and_a_kicked_group_say_so() -> None:
    there = town(Hands(), migrated={"-5": -500}, kicked=[-6])
    with pytest.raises(Answer) as moved:
        send(there, -5)
    assert moved.value.parameters == {"migrate_to_chat_id": -500}
    with pytest.raises(Answer) as kicked:
        send(there, -6)
    assert kicked.value.code == 403
    assert send(there, -500)


def test_messages_stand_until_they_are_deleted() -> None:
    clock = Hands()
    there = town(clock, undeletable=[-7])
    for chat in (-6, -7):
        send(there, chat, "old")
    clock.now += 1
    there.call("1:a", "editMessageText", {"chat_id": -6, "message_id": 101, "text": "new"})
    with pytest.raises(Answer):
        there.call("1:a", "deleteMessage", {"chat_id": -7, "message_id": 102})
    clock.now += 1
    there.call("1:a", "deleteMessages", {"chat_id": -6, "message_ids": "[101]"})
    told = there.journal(since=2)
    assert [(one["method"], one["text"]) for one in told["entries"]] == [
        ("editMessageText", "new"),
        ("deleteMessages", ""),
    ]
    assert told["standing"] == 1


def test_a_storm_refuses_everything_while_it_lasts() -> None:
    clock = Hands()
    there = town(clock)
    there.set({"storm_until": clock.now + 5, "storm_wait": 3})
    assert refused(there, 1) == 3
    clock.now += 5
    assert send(there, 1)
    with pytest.raises(ValueError, match="no such option"):
        there.set({"typhoon": 1})


def test_the_fullest_window_is_found() -> None:
    assert most_within([], 1.0) == 0
    assert most_within([0.0, 0.5, 1.0, 1.4, 1.45], 1.0) == 4
    assert most_within([0.0, 1.0, 2.0], 1.0) == 1


def test_a_way_stays_within_its_jitter() -> None:
    there = town(Hands(), jitter=0.010)
    ways = [there.way() for _ in range(1000)]
    assert 0.015 <= min(ways) < max(ways) <= 0.035
