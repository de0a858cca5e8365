"""Floods: exact rolling windows, what is never folded away, and windows that survive a restart."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import event, select

from handlers.dialogue import flood, gate
from handlers.dialogue.flood import Most, Windows
from handlers.dialogue.gate import Gate
from handlers.dialogue.message import Incoming, MediaRef, Quoted
from handlers.dialogue.world import Station, World
from handlers.reading.places import Gazetteer
from jobs import clock, retention
from storage.database import Database
from storage.floods import Flood
from storage.inbox import InboxRow, InboxState
from storage.worlds import WorldKind
from tests.support.stage import KEYS, START, Hands, Stage, words

PLACES = Gazetteer([(1, "大侯村", ("大侯",), None)])
STEPS = st.lists(st.tuples(st.integers(0, 40_000), st.booleans(), st.booleans()), max_size=120)


def said(text: str = "在吗", number: int = 0, who: str = "居民甲", chat: str | None = None) -> Incoming:
    """The message of that number, private unless a chat is named."""
    moment = datetime(2026, 11, 18, tzinfo=UTC)
    return Incoming("play", f"k{number}", "message", chat or who, chat is None, who, who, moment, text, f"m{number}")


@given(STEPS, st.integers(1, 6), st.integers(1, 9))
def test_windows_are_exact(steps: list[tuple[int, bool, bool]], most: int, group: int) -> None:
    windows, limits = Windows(), Most(most, group)
    through: list[tuple[float, str, bool]] = []
    now = 1_000_000.0
    for wait, other, weighty in steps:
        now += wait / 1000
        person = "b" if other else "a"
        own = [at for at, who, _ in through if who == person and at > now - flood.SPAN]
        everybody = [at for at, _, counts in through if counts and at > now - flood.SPAN]
        full = flood.judge(windows, limits, person, "g", lambda weighty=weighty: weighty, now)
        room = len(own) < most and len(everybody) < group
        assert full == (None if room or weighty else person if len(own) >= most else "g")
        if full is None:
            through.append((now, person, len(own) < most))
        windows.tidy(now)


def test_one_person_alone_shuts_no_group() -> None:
    windows = Windows()
    for number in range(100):
        assert flood.judge(windows, Most(), "a", "g", lambda: True, number / 10) is None
    assert flood.judge(windows, Most(), "b", "g", lambda: False, 10.0) is None


def test_what_could_not_be_kept_counts_no_longer() -> None:
    windows = Windows()
    for moment in (1.0, 2.0):
        windows.note("a", 2, moment)
    assert windows.full("a", 2, 3.0)
    windows.take_back("a", 2.0)
    windows.take_back("a", 9.0)
    assert not windows.full("a", 2, 3.0)
    windows.take_back("a", 1.0)
    windows.take_back("a", 1.0)
    assert len(windows) == 0


def test_a_clock_put_back_by_an_hour_shuts_nobody_out() -> None:
    windows = Windows()
    for _ in range(20):
        windows.note("a", 20, 10_000.0)
    assert windows.full("a", 20, 10_000.0)
    assert not windows.full("a", 20, 6_400.0)
    assert len(windows) == 0


@pytest.mark.parametrize(
    "message",
    [
        said("隐12"),
        said("接单 寻 3"),
        said("大侯有人打听"),
        said("在3号楼下面"),
        said("菜场门口又堆起来了"),
        said("着火了快来人"),
        said("他要打死我"),
        said("快来人"),
        said("救我"),
        said("我被关起来了"),
        said("不想说了，我想死"),
        said("110"),
        said("昨天那个人又来砸门了"),
        said("我奶奶走丢了"),
        said("撤回"),
        said("/找到"),
        said("@网格助手 求助"),
        replace(said("看见了"), reply_to=Quoted("7", True, "寻1 王某某，78岁")),
        replace(said(""), location=(30.0, 114.0)),
        replace(said("接单 隐12"), kind="button"),
        replace(said(""), media=(MediaRef("voice", "v", transcript="电梯里困了人"),)),
        said("好" * 5000 + " 隐12"),
    ],
    ids=lambda one: one.text[:8] or one.kind,
)
def test_never_folded_away(message: Incoming) -> None:
    assert flood.weighs(message, PLACES, ("网格助手",))


@pytest.mark.parametrize(
    "message",
    [
        said("在吗"),
        said("大家好"),
        said("怎么还不回我"),
        said("大侯哥你好"),
        said(""),
        said("啊" * 4096),
        replace(said("嗯"), reply_to=Quoted("7", False, "寻1 王某某")),
        replace(said("·3/2 返回"), kind="button"),
        replace(said(""), kind="button", reply_to=Quoted("7", True, "寻1 王某某")),
        replace(said(""), media=(MediaRef("photo", "p"),)),
    ],
    ids=lambda one: one.text[:8] or one.kind,
)
def test_folded_where_it_is_too_much(message: Incoming) -> None:
    assert not flood.weighs(message, PLACES, ("网格助手",))


def take(world: World, messages: list[Incoming]) -> list[str | None]:
    """Let messages come in; which window each was folded into."""
    heard = world.gate.sift(world, messages, world.now())
    with world.db.write() as session:
        gate.keep(session, heard, world.now())
    return [one.full for one in heard]


def states(world: World) -> list[InboxState]:
    """How the rows of the inbox stand."""
    with world.db.read() as session:
        return list(session.scalars(select(InboxRow.state).order_by(InboxRow.id)))


def test_rows_and_the_entry_tell_the_whole_story(both_stages: Stage) -> None:
    world = both_stages.world
    world.gate = Gate()
    assert [one is None for one in take(world, [said(number=n) for n in range(30)])] == [True] * 20 + [False] * 10
    assert states(world) == [InboxState.NEW] * 20 + [InboxState.FOLDED] * 10
    with world.db.read() as session:
        (entry,) = session.scalars(select(Flood)).all()
        names = [world.db.keys.digest("inbox.key", f"play|k{n}") for n in range(23)]
        assert (entry.count, entry.first, entry.chat, entry.open) == (10, names[20:], "居民甲", True)
        whole = [row.platform_key for row in session.scalars(select(InboxRow)) if row.payload is not None]
        assert whole == names
        senders = set(session.scalars(select(InboxRow.sender)))
        assert len(senders) == 1
        assert "居民甲" not in senders
    take(world, [said(number=n) for n in range(30, 35)])
    with world.db.read() as session:
        (entry,) = session.scalars(select(Flood)).all()
        assert (entry.count, len(entry.first)) == (15, 3)


def test_the_platform_repeating_itself_fills_no_window(stage: Stage) -> None:
    world = stage.world
    world.gate = Gate()
    for _ in range(3):
        assert take(world, [said(number=n) for n in range(15)]) == [None] * 15
    assert take(world, [said(number=n) for n in range(15, 20)]) == [None] * 5
    assert take(world, [said(number=99)]) != [None]
    world.gate = Gate()
    assert take(world, [said(number=n) for n in range(20)]) == [None] * 20
    assert states(world) == [InboxState.NEW] * 20 + [InboxState.FOLDED]


def test_a_new_process_counts_what_was_heard_before(both_stages: Stage) -> None:
    world = both_stages.world
    world.gate = Gate()
    take(world, [said(number=n) for n in range(12)])
    take(world, [said(number=n, who=f"u{n}", chat="群") for n in range(100, 155)])
    both_stages.clock.move(seconds=59)
    world.gate = Gate()
    took = take(world, [said(number=n) for n in range(200, 210)])
    assert [one is None for one in took] == [True] * 8 + [False] * 2
    took = take(world, [said(number=n, who=f"u{n}", chat="群") for n in range(300, 310)])
    assert took == [None] * 5 + ["play|群"] * 5
    both_stages.clock.move(seconds=1)
    assert take(world, [said(number=400)]) == [None]


def test_two_processes_share_the_windows_on_postgresql(county_url: str) -> None:
    hands = Hands()
    db = Database(county_url, KEYS)
    one = World(WorldKind.PLAYGROUND, db, words(), Station(), hands)
    two = replace(one, gate=Gate())
    took = []
    for number in range(0, 50, 2):
        took += take(one, [said(number=number)])
        took += take(two, [said(number=number + 1)])
        hands.move(seconds=1)
    db.close()
    assert [place is None for place in took] == [True] * 20 + [False] * 30


def test_letting_a_message_through_costs_no_statement(stage: Stage) -> None:
    world = stage.world
    world.gate = Gate()
    take(world, [said(number=0)])
    statements: list[str] = []
    event.listen(world.db.engine, "before_cursor_execute", lambda *given: statements.append(given[2]))
    world.gate.sift(world, [said(number=n, who=f"u{n}") for n in range(1, 40)], world.now())
    assert statements == []


def test_an_album_counts_as_one(stage: Stage) -> None:
    world = stage.world
    world.gate = Gate()
    albums = [replace(said("", number=n), album=f"a{n // 10}") for n in range(190)]
    assert take(world, albums) == [None] * 190
    assert take(world, [said(number=200), said(number=201)])[0] is None
    endless = [replace(said("", number=n), album="endless") for n in range(300, 340)]
    assert take(world, endless).count(None) == 0


def test_what_becomes_of_the_bot_is_no_message(stage: Stage) -> None:
    world = stage.world
    world.gate = Gate()
    moves = [replace(said(number=n), kind="joined") for n in range(100)]
    assert take(world, moves) == [None] * 100
    assert take(world, [said(number=200)]) == [None]


def test_who_said_what_is_forgotten(stage: Stage) -> None:
    world = stage.world
    world.gate = Gate()
    take(world, [said(number=n) for n in range(30)])
    stage.later(minutes=61)
    with world.db.read() as session:
        assert set(session.scalars(select(InboxRow.sender))) == {None}
        assert len(session.scalars(select(InboxRow).where(InboxRow.payload.is_not(None))).all()) == 23
    with world.db.write() as session:
        retention.PARTS["folded"](session, world, world.now() + timedelta(days=1))
    with world.db.read() as session:
        rows = session.scalars(select(InboxRow).where(InboxRow.state == InboxState.FOLDED)).all()
        assert [row.payload for row in rows] == [None] * 10
        assert session.scalars(select(Flood)).all() == []


def test_a_flood_of_somebody_unknown_waits_for_its_chat(stage: Stage) -> None:
    world = stage.world
    world.gate = Gate()
    take(world, [said(number=n, who="nobody") for n in range(25)])
    stage.clock.move(seconds=3)
    assert not clock.tick(world)
    stage.clock.move(seconds=60)
    assert clock.tick(world)
    with world.db.read() as session:
        (entry,) = session.scalars(select(Flood)).all()
        assert (entry.open, entry.told_at) == (None, None)
        assert entry.began_at == START


def test_places_are_looked_up_once_a_second(stage: Stage) -> None:
    world = stage.world
    world.gate = Gate()
    take(world, [said(number=n) for n in range(20)])
    statements: list[str] = []
    event.listen(world.db.engine, "before_cursor_execute", lambda *given: statements.append(given[2]))
    world.gate.sift(world, [said(number=n) for n in range(20, 500)], world.now())
    assert len(statements) <= 4
