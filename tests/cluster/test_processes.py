"""Processes that die, freeze and wake: the others go on within seconds, and nothing is said twice."""

import signal
from collections import Counter
from datetime import UTC, datetime, timedelta

from sqlalchemy import func, select, text

from handlers.dialogue import turn
from handlers.dialogue.message import Incoming
from storage import media
from storage.inbox import InboxRow, InboxState
from storage.lanes import Lane
from storage.outbox import OutboxState
from tests.cluster.conftest import Town, until
from tests.support.cluster_child import ON_THE_WIRE, WORD


def twice(town: Town) -> list[str]:
    """What the platform took more than once."""
    return [said for said, count in Counter(one.text for one in town.taken()).items() if count > 1]


def test_an_owner_is_killed_and_another_goes_on(town: Town) -> None:
    town.start(2)
    town.queue(100)
    until(lambda: len(town.taken()) >= 20)
    owner = town.owner_of("drain:a")
    assert owner is not None
    owner.kill()
    owner.wait()
    before = len(town.taken())
    gap = until(lambda: len(town.taken()) > before)
    assert gap <= 5.0
    until(town.settled)
    states = town.states()
    assert twice(town) == []
    assert states.get(OutboxState.UNSURE, 0) <= ON_THE_WIRE
    assert len(town.taken()) + states.get(OutboxState.UNSURE, 0) >= 100
    assert {one.pid for one in town.taken()} == {one.pid for one in town.processes}


def test_urgent_calls_of_a_killed_owner_are_made_again(town: Town) -> None:
    town.start(2)
    town.queue(100, lane=Lane.LIFE)
    until(lambda: len(town.taken()) >= 20)
    owner = town.owner_of("drain:a")
    assert owner is not None
    owner.kill()
    until(town.settled)
    assert town.states() == {OutboxState.SENT: 100}
    assert len({one.text for one in town.taken()}) == 100
    assert len(twice(town)) <= ON_THE_WIRE


def test_a_frozen_owner_that_wakes_up_can_do_nothing(town: Town) -> None:
    town.start(2)
    town.queue(120)
    until(lambda: len(town.taken()) >= 20)
    frozen = town.owner_of("drain:a")
    assert frozen is not None
    frozen.send_signal(signal.SIGSTOP)
    until(lambda: any(one.pid != frozen.pid for one in town.taken()), 15)
    until(lambda: len([one for one in town.taken() if one.pid != frozen.pid]) >= 20)
    before = [one for one in town.taken() if one.pid == frozen.pid]
    frozen.send_signal(signal.SIGCONT)
    until(town.settled)
    # Once more after it has surely looked around.
    town.queue(30, first=120)
    until(lambda: town.owns(frozen, "worker:"))
    until(town.settled)
    late = [one for one in town.taken() if one.pid == frozen.pid][len(before) :]
    assert len(late) <= ON_THE_WIRE
    assert twice(town) == []
    states = town.states()
    assert states[OutboxState.SENT] + states.get(OutboxState.UNSURE, 0) == 150
    assert states.get(OutboxState.UNSURE, 0) <= ON_THE_WIRE


def test_accounts_are_shared_out_and_taken_over(town: Town) -> None:
    first, second = town.start(2, "a,b,c,d")
    until(lambda: [len(town.owns(one, "drain:")) for one in (first, second)] == [2, 2])
    for account in "abcd":
        town.queue(3, account)
    until(town.settled)
    assert Counter(one.account for one in town.taken()) == dict.fromkeys("abcd", 3)
    until(lambda: [len(town.owns(one, "answers:")) for one in (first, second)] == [8, 8])
    second.kill()
    until(lambda: len(town.owns(first, "drain:")) == 4, 10)
    until(lambda: len(town.owns(first, "answers:")) == 16, 10)
    (third,) = town.start(1, "a,b,c,d")
    until(lambda: [len(town.owns(one, "drain:")) for one in (first, third)] == [2, 2])
    first.send_signal(signal.SIGTERM)
    assert first.wait(20) == 0
    assert town.owns(first, "") == []
    until(lambda: len(town.owns(third, "drain:")) == 4)


def test_an_idle_owner_hears_the_bell(town: Town) -> None:
    town.start(2)
    until(lambda: town.owner_of("drain:a"))
    took: list[float] = []
    for number in range(3):
        town.queue(1, first=number)
        with town.world.db.write() as session:
            session.execute(text("SELECT pg_notify('wangge', 'outbox')"))
        took.append(until(lambda: len(town.taken()) > len(took)))
    assert min(took) < 0.5


def test_each_chat_is_answered_by_one_process_once(town: Town) -> None:
    first, second = town.start(2, "play")
    until(lambda: [len(town.owns(one, "answers:")) for one in (first, second)] == [8, 8])

    def say(number: int) -> None:
        who, moment = f"u{number % 10}", datetime.now(UTC)
        words = f"{WORD} {number}"
        queue = turn.receive(
            town.world,
            Incoming("play", f"m{number}", "message", who, True, who, who, moment, words, f"p{number}"),
        )
        with town.world.db.write() as session:
            session.execute(text("SELECT pg_notify('wangge', :chat)"), {"chat": f"chat {queue}"})

    for number in range(20):
        say(number)
    until(lambda: len(town.taken()) >= 10)
    second.kill()
    for number in range(20, 40):
        say(number)

    def done() -> bool:
        with town.world.db.read() as session:
            waiting = select(func.count()).select_from(InboxRow).where(InboxRow.state != InboxState.DONE)
            return session.scalar(waiting) == 0 and town.settled()

    until(done)
    heard = [int(one.text) for one in town.taken() if one.text.isdigit()]
    assert len(heard) == len(set(heard))
    for person in range(10):
        assert [one for one in heard if one % 10 == person] == sorted(one for one in heard if one % 10 == person)
    assert len(heard) + town.states().get(OutboxState.UNSURE, 0) >= 40


def test_media_are_fetched_by_whichever_process(town: Town) -> None:
    town.start(2)
    with town.world.db.write() as session:
        for number in range(5):
            media.want(session, media.MediumKind.FILE, {"account": "a", "ref": f"f{number}"}, town.world.now())

    def fetched() -> bool:
        with town.world.db.read() as session:
            return not media.due(session, town.world.now() + timedelta(hours=1))

    until(fetched)
    until(lambda: not town.owners("fetch"))
    assert {one.text for one in town.taken()} == {f"f{number}" for number in range(5)}


def test_all_connections_break_and_the_work_goes_on(town: Town) -> None:
    town.start(2)
    town.queue(80)
    until(lambda: len(town.taken()) >= 20)
    with town.world.db.engine.connect() as connection:
        others = "pid <> pg_backend_pid() AND datname = current_database()"
        connection.execute(text(f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE {others}"))  # noqa: S608
    until(town.settled)
    town.queue(10, first=80)
    until(lambda: len(town.taken()) + town.states().get(OutboxState.UNSURE, 0) >= 90)
    until(town.settled)
    assert twice(town) == []
    assert town.states().get(OutboxState.UNSURE, 0) <= ON_THE_WIRE
    assert all(one.poll() is None for one in town.processes)
