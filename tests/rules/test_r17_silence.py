"""R17: what people say among themselves is neither stored nor logged: not a byte on the disk, not a word in the log.

Lines come in as a platform's own updates, through its reader and the keeper of the inbox, at DEBUG. The short form
says 2,000; the long one: RULES_LINES=100000.
"""

import asyncio
import hashlib
import io
import logging
import os
import random
import sys
import threading
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select
from telegram import Bot

from bot import logs
from bot.channels.buttons import Buttons
from bot.channels.telegram.polling import Hearing
from bot.channels.telegram.reading import Me, Reader
from bot.channels.wecom_aibot.reading import Reader as AiBotReader
from bot.receive import Answers, Keeper
from handlers.dialogue import turn
from handlers.dialogue.message import Incoming
from handlers.reading import intent
from handlers.reading.normal import fold
from storage import areas, chats
from storage.chats import ChatKind
from storage.inbox import InboxRow
from storage.outbox import OutboxRow
from storage.people import Person
from tests.support import phrases
from tests.support.stage import KEYS, Stage
from tests.support.telegram_api import BOT, DATE, TOKEN
from tests.support.telegram_people import message
from tests.support.wechat.aibot_bodies import IN_GROUP

LINES = int(os.environ.get("RULES_LINES", "2000"))
GROUPS = {-1001: ChatKind.RESIDENTS, -1002: ChatKind.WORKERS, -1003: ChatKind.OFFICERS, -1004: ChatKind.UNBOUND}
IN = {"residents": -1001, "workers": -1002, "officers": -1003}
CANARY = "暗号七七四九"
TAILS = ("", "。", "！", "～", "哈", " 🙏", "\n收到", f" {CANARY}")
BATCH = 100


@pytest.fixture
def log(monkeypatch: pytest.MonkeyPatch) -> Iterator[io.StringIO]:
    """Everything the process writes to its error output, at DEBUG."""
    root, found = logging.getLogger(), io.StringIO()
    hooks = threading.excepthook, sys.excepthook
    handlers, level = root.handlers[:], root.level
    monkeypatch.setattr(sys, "stderr", found)
    logs.set_up("DEBUG", "json")
    yield found
    root.handlers[:] = handlers
    threading.excepthook, sys.excepthook = hooks
    root.setLevel(level)


def ordinary(count: int) -> list[phrases.Line]:
    """Ordinary lines of groups, plain, with tails and two in one; none with words of danger, which get an offer."""
    chance = random.Random(17)
    talk = [line for half in ("", "_heldout", "_blind2") for line in phrases.lines(f"ordinary{half}.tsv")]
    talk = [line for line in talk if line.chat != "private" and not intent.danger(fold(line.text))]
    found = []
    while len(found) < count:
        line = chance.choice(talk)
        said = line.text + chance.choice(TAILS)
        if chance.random() < 0.3:
            said = f"{said}\n{chance.choice(talk).text.lstrip('#/@')}"
        if not intent.danger(fold(said)):
            found.append(replace(line, text=said))
    return found


def updates(lines: Sequence[phrases.Line]) -> Iterator[dict[str, Any]]:
    """The lines as Telegram tells them: said by members with names, now and then edited, answered or with a picture."""
    for number, line in enumerate(lines):
        group = {"id": IN[line.chat], "type": "supergroup", "title": "群"}
        sender = {"id": 9000 + number % 50, "is_bot": False, "first_name": f"金丝雀{number % 50}"}
        more: dict[str, Any] = {}
        if number % 11 == 0:
            more["reply_to_message"] = message("早", number=5, chat=group)
        body = message(line.text, chat=group, number=100 + number, sender=sender, **more)
        if number % 13 == 0:
            photo = [{"file_id": "f", "file_unique_id": "u", "width": 9, "height": 9}]
            body = {**{name: value for name, value in body.items() if name != "text"}, "photo": photo}
            body["caption"] = line.text
        if number % 17 == 0:
            yield {"update_id": number, "edited_message": {**body, "edit_date": DATE}}
        else:
            yield {"update_id": number, "message": body}


def hearing(stage: Stage) -> Hearing:
    """Telegram's own way in: what reads its updates, of a bot that hears all that is said."""
    me = Me(int(BOT["id"]), str(BOT["username"]), "网格助手", True)
    reader = Reader("telegram", Bot(TOKEN), me, Buttons(KEYS, "telegram"), stage.world.now)
    with stage.world.db.write() as session:
        area = areas.named(session, "大侯村")
        assert area is not None
        for group, kind in GROUPS.items():
            home = None if kind is ChatKind.UNBOUND else area.id
            chats.add(session, "telegram", str(group), kind, stage.world.now(), title="群", area_id=home)
    return Hearing(lambda: reader)


def heard(stage: Stage, told: Sequence[dict[str, Any]], way: Hearing) -> None:
    """Hand updates over as polling does, through the keeper of the inbox."""

    async def listen() -> None:
        for at in range(0, len(told), BATCH):
            await asyncio.gather(*(way.hear(one, keeper.accept) for one in told[at : at + BATCH]))

    answers = Answers(stage.world, 1)
    keeper = Keeper(stage.world, answers)
    try:
        asyncio.run(listen())
    finally:
        keeper.stop()
        answers.stop()


def files(stage: Stage) -> Path:
    """The folder of the database's files."""
    return Path(stage.world.db.url.removeprefix("sqlite:///")).parent


def marks(stage: Stage) -> dict[str, tuple[int, str]]:
    """Length and hash of each file; the shared-memory index beside the log carries no content."""
    return {
        path.name: (path.stat().st_size, hashlib.sha256(path.read_bytes()).hexdigest())
        for path in files(stage).iterdir()
        if not path.name.endswith("-shm")
    }


def counted(stage: Stage) -> list[int]:
    """How many messages, answers and people there are."""
    with stage.world.db.read() as session:
        return [session.scalar(select(func.count()).select_from(table)) or 0 for table in (InboxRow, OutboxRow, Person)]


def test_ordinary_talk_leaves_no_byte(stage: Stage, log: io.StringIO) -> None:
    way, lines = hearing(stage), ordinary(LINES)
    assert len({line.text for line in lines}) > min(LINES // 2, 20_000)
    rows = counted(stage)
    stage.world.db.settle()
    before = marks(stage)
    heard(stage, list(updates(lines)), way)
    assert way.skipped == 0
    assert marks(stage) == before, "0 bytes"
    assert counted(stage) == rows
    raw = b"".join(path.read_bytes() for path in files(stage).iterdir())
    assert CANARY.encode() not in raw
    assert "金丝雀".encode() not in raw
    said = log.getvalue()
    assert not [line.text for line in lines if len(line.text) > 3 and line.text in said]
    for word in (CANARY, "金丝雀", "9000", "-1001"):
        assert word not in said


def test_what_is_said_to_the_bot_does_leave_bytes(stage: Stage) -> None:
    """The look that finds nothing above finds something here."""
    way, rows, before = hearing(stage), counted(stage), marks(stage)
    group = {"id": -1001, "type": "supergroup", "title": "群"}
    heard(stage, [{"update_id": 1, "message": message("/隐患 水头村路灯坏了", chat=group)}], way)
    assert marks(stage) != before
    assert counted(stage)[0] == rows[0] + 1


def test_words_of_danger_get_an_offer_and_are_forgotten(stage: Stage, log: io.StringIO) -> None:
    """Nobody is told who said it, and nothing of what was said stays."""
    way, rows = hearing(stage), counted(stage)
    group = {"id": -1001, "type": "supergroup", "title": "群"}
    sender = {"id": 770090017331, "is_bot": False, "first_name": "金丝雀"}
    danger = f"着火了，着火了，快来人啊 {CANARY}"
    assert intent.danger(fold(danger))
    heard(stage, [{"update_id": 1, "message": message(danger, chat=group, sender=sender)}], way)
    assert counted(stage) == [rows[0], rows[1] + 1, rows[2]], "an offer, no message kept, nobody kept"
    stage.world.db.settle()
    raw = b"".join(path.read_bytes() for path in files(stage).iterdir())
    for word in (CANARY, "金丝雀", "770090017331"):
        assert word.encode() not in raw
        assert word not in log.getvalue()


@pytest.mark.parametrize("kind", ["message", "edited"])
def test_where_the_bot_is_not_bound_it_hears_nothing_either(stage: Stage, kind: str) -> None:
    hearing(stage)
    before = marks(stage)
    for number, line in enumerate(ordinary(200)):
        said = Incoming(
            "telegram",
            f"k{number}",
            kind,
            "-1004",
            False,
            "9001",
            "金丝雀",
            stage.world.now(),
            line.text,  # type: ignore[arg-type]
        )
        assert turn.receive(stage.world, said) is None
    assert marks(stage) == before


def test_an_ai_bot_hands_over_nothing_but_what_is_said_to_it(stage: Stage, log: io.StringIO) -> None:
    """The platform tells an AI bot only what mentions it; what else its connection brings is left lying."""
    reader = AiBotReader("wecom_aibot", ("网格助手",), Buttons(KEYS, "wecom_aibot"), lambda _, __: "", stage.world.now)
    stage.world.db.settle()
    before = marks(stage)
    for number, line in enumerate(ordinary(200)):
        kind = ("feedback_event", "disconnected_event", "some_new_event")[number % 3]
        told = {"eventtype": kind, kind: {"content": line.text, "text": {"content": CANARY}}}
        body = {**IN_GROUP, "msgid": f"m{number}", "msgtype": "event", "event": told, "text": {"content": line.text}}
        assert reader.read(body) is None
    assert marks(stage) == before
    assert CANARY not in log.getvalue()
