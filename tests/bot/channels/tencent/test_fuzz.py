"""Callbacks spoilt outside and inside: no 5xx, no hang, no growth, one line in the log, and nothing of it in there.

The short form runs with the suite; `make fuzz` runs 25,000 frames of each.
"""

import asyncio
import logging
import os
import random
import threading
import tracemalloc
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest
from _pytest.logging import LogCaptureHandler
from sqlalchemy import func, select
from starlette.applications import Starlette

from bot.channels import wecom_app
from bot.channels.tencent.callback import REMEMBERED
from bot.channels.wecom_app import WecomApp
from bot.receive import Answers, Keeper
from handlers.dialogue.flood import Most
from handlers.dialogue.gate import Gate
from handlers.dialogue.message import Incoming
from handlers.dialogue.world import Station, World
from storage.database import Database
from storage.inbox import InboxRow, InboxState
from storage.tables import METADATA
from storage.worlds import WorldKind
from tests.support.stage import KEYS, Hands, words
from tests.support.telegram_api import awaits
from tests.support.wechat.corp_callbacks import Member
from tests.support.wechat.corp_world import app
from tests.support.wechat.fuzzing import Frame, hammer, inside, outside

FRAMES = int(os.environ.get("FUZZ_FRAMES", "500"))
SLOWEST = 2.0
GROWTH = 8 << 20
WARM = 100
LINES = {
    f"wecom_app: a callback was refused: {kind} ({why})"
    for kind, whys in {
        "Forged": ("signature", "time"),
        "Malformed": (
            "not encrypted",
            "not for us",
            "declarations",
            "no message",
            "another app",
            "no sender",
            "field",
            "place",
            "unreadable",
        ),
        "TooBig": ("body",),
    }.items()
    for why in whys
}


@dataclass
class Scene:
    """The route of the WeCom app in front of a real inbox."""

    channel: WecomApp
    member: Member
    client: httpx.AsyncClient
    world: World
    answers: Answers
    clock: Hands
    kept: list[str]

    def rows(self, state: InboxState) -> int:
        """How many messages are in the inbox in this state."""
        with self.world.db.read() as session:
            found = session.scalar(select(func.count()).select_from(InboxRow).where(InboxRow.state == state))
        return found or 0


@asynccontextmanager
async def scene(folder: Path, answering: int) -> AsyncIterator[Scene]:
    """All of it, with so many threads that answer."""
    hands, kept = Hands(), list[str]()
    world = World(WorldKind.REAL, Database(f"sqlite:///{folder}/real.db", KEYS, "OFF"), words(), Station(), hands)
    world.gate = Gate(Most(10**9, 10**9))
    METADATA.create_all(world.db.engine)
    answers = Answers(world, answering)
    keeper, channel = Keeper(world, answers), app("http://127.0.0.1:9", hands)

    async def accept(incoming: Incoming) -> None:
        await keeper.accept(incoming)
        kept.append(incoming.text)

    site = Starlette(routes=wecom_app.routes(channel, accept))
    async with httpx.AsyncClient(transport=httpx.ASGITransport(site), base_url="http://bot") as client:
        yield Scene(channel, Member(client, "http://bot/wecom/app", hands), client, world, answers, hands, kept)
    keeper.stop()
    answers.stop()
    await channel.close()
    world.db.close()


def genuine(member: Member, number: int) -> str:
    """A message of one of the kinds there are."""
    kinds: list[tuple[str, dict[str, object]]] = [
        ("text", {"Content": f"东街{number}号着火了"}),
        ("image", {"PicUrl": "http://p/1", "MediaId": f"m{number}"}),
        ("voice", {"MediaId": f"m{number}", "Format": "amr"}),
        ("location", {"Location_X": 37.68, "Location_Y": 112.73, "Scale": 15, "Label": "东街"}),
        ("link", {"Title": "通知", "Description": "看", "Url": "http://p/2"}),
        ("event", {"Event": "subscribe", "EventKey": ""}),
        ("event", {"Event": "click", "EventKey": "帮助"}),
        ("event", {"Event": "template_card_event", "TaskId": "t", "ResponseCode": "r", "EventKey": "k"}),
    ]
    kind, fields = kinds[number % len(kinds)]
    return member.xml("zhang", kind, **fields)


def spoilt_outside(at: Scene, chance: random.Random, count: int) -> Iterator[Frame]:
    """Frames changed by somebody who can't sign, two a second."""
    for number in range(count):
        at.clock.move(seconds=0.5)
        query, body = at.member.sealed(genuine(at.member, number))
        yield outside(chance, query, body.encode())


def spoilt_inside(at: Scene, chance: random.Random, count: int) -> Iterator[Frame]:
    """Frames changed before they were sealed and signed rightly, two a second."""
    for number in range(count):
        at.clock.move(seconds=0.5)
        query, body = at.member.sealed(inside(chance, genuine(at.member, number).encode()))
        yield query, body.encode()


def no_growth(at: Scene, before: int, threads: int) -> None:
    """What is held after all of it is what was held before, but for what pytest itself keeps of the log."""
    for handler in logging.getLogger().handlers:
        if isinstance(handler, LogCaptureHandler):
            handler.clear()
    at.kept.clear()
    assert len(at.channel.envelope) <= REMEMBERED + 1
    assert threading.active_count() <= threads
    grown = tracemalloc.get_traced_memory()[0] - before
    assert grown < GROWTH, f"{grown} bytes more"


@pytest.fixture
def counted() -> Iterator[None]:
    """Count what Python holds."""
    tracemalloc.start()
    yield
    tracemalloc.stop()


@pytest.mark.usefixtures("counted")
@awaits
async def test_frames_spoilt_outside(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.WARNING)
    async with scene(tmp_path, 0) as at:
        await hammer(at.client, at.member.url, spoilt_outside(at, random.Random(3), WARM), SLOWEST)
        caplog.clear()
        before, threads = tracemalloc.get_traced_memory()[0], threading.active_count()
        tally = await hammer(at.client, at.member.url, spoilt_outside(at, random.Random(4), FRAMES), SLOWEST)
        assert tally.statuses.keys() <= {200, 400, 403, 413}, tally
        assert tally.refused > FRAMES // 2
        assert all(not text or text.startswith(("东街", "通知", "帮助")) for text in at.kept)
        said = [one.getMessage() for one in caplog.records]
        assert set(said) <= LINES
        assert len(said) == tally.refused
        no_growth(at, before, threads)


@pytest.mark.usefixtures("counted")
@awaits
async def test_frames_spoilt_inside_and_signed_rightly(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.WARNING)
    answering = 1 if FRAMES <= 1000 else 0
    async with scene(tmp_path, answering) as at:
        await hammer(at.client, at.member.url, spoilt_inside(at, random.Random(3), WARM), SLOWEST)
        await asyncio.to_thread(at.answers.settle, 60.0 if answering else 0.0)
        caplog.clear()
        before, threads = tracemalloc.get_traced_memory()[0], threading.active_count()
        tally = await hammer(at.client, at.member.url, spoilt_inside(at, random.Random(5), FRAMES), SLOWEST)
        assert tally.statuses.keys() <= {200, 400}, tally
        assert min(tally.statuses.values()) > FRAMES // 10, "both ends are seen"
        said = [one.getMessage() for one in caplog.records if one.name == "wangge.tencent"]
        assert set(said) <= LINES
        assert len(said) == tally.refused
        if answering:
            await asyncio.to_thread(at.answers.settle, 60.0)
            assert at.rows(InboxState.ASIDE) == 0, "whatever was taken can be answered"
            assert at.rows(InboxState.DONE) > FRAMES // 20
        no_growth(at, before, threads)
