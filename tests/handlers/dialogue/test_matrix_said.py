"""Every cell of the matrix, by saying it (R4): role × command × kind of chat, and the same over another area."""

import os
import secrets
from collections.abc import Sequence
from typing import Literal

import pytest
from sqlalchemy import func, select

from bot.channels.console import ACCOUNT
from handlers.dialogue import access, command, turn
from handlers.dialogue.access import MATRIX
from handlers.dialogue.message import Incoming, Outgoing
from handlers.dialogue.wording import text
from storage import areas, chats, contents, notices, people
from storage.chats import ChatKind, ChatState
from storage.outbox import OutboxRow
from storage.people import Role
from tests.support.stage import Stage

KINDS: Sequence[ChatKind] = tuple(ChatKind)
ROUNDS = int(os.environ.get("ACCESS_ROUNDS", "1"))
"""In how many kinds of chat each role says each command, every one of them with 9 (about a minute)."""


def place(stage: Stage, role: Role, area: str, name: str = "") -> str:
    """Somebody who has this one role over an area; their name."""
    name = name or f"某{role.value}"
    with stage.world.db.write() as session:
        where = areas.named(session, area)
        assert where is not None
        person = people.add(session, name, stage.world.now())
        person.notice_version = notices.VERSION
        people.identify(session, person, ACCOUNT, name, stage.world.now())
        people.grant(session, person.id, role, where.id, stage.world.now())
        chats.add(
            session, ACCOUNT, name, ChatKind.PRIVATE, stage.world.now(), person_id=person.id, state=ChatState.OPEN
        )
        for kind in KINDS:
            if kind is not ChatKind.PRIVATE and chats.at(session, ACCOUNT, f"群{kind}") is None:
                home = None if kind is ChatKind.UNBOUND else where.id
                chats.add(session, ACCOUNT, f"群{kind}", kind, stage.world.now(), area_id=home, title=f"群{kind}")
    return name


def test_every_command_has_a_row_and_every_row_a_command() -> None:
    words = {one.word for one in command.main_commands()}
    assert words == set(MATRIX)


@pytest.mark.parametrize("role", list(Role))
def test_the_table_decides_what_is_said(stage: Stage, role: Role) -> None:
    name = place(stage, role, "大侯村")
    for number, (word, rule) in enumerate(list(MATRIX.items()) * ROUNDS):
        kind = KINDS[(number + number // len(MATRIX) + list(Role).index(role)) % len(KINDS)]
        held = role in rule.roles or Role.RESIDENT in rule.roles
        said = answered(stage, name, f"/{word}", name if kind is ChatKind.PRIVATE else f"群{kind}")
        assert held != (who(stage, word) in said), f"{role} {word} in {kind}: {said}"
        if held:
            assert (kind in rule.chats) != (where(stage, word) in said), f"{role} {word} in {kind}: {said}"


def answered(
    stage: Stage, name: str, words: str, chat: str | None = None, kind: Literal["message", "button"] = "message"
) -> str:
    """All that is queued because somebody says (or presses) this in a group, or privately."""
    private = chat is None or chat == name
    incoming = Incoming(
        ACCOUNT,
        secrets.token_hex(6),
        kind,
        chat or name,
        private,
        name,
        name,
        at=stage.world.now(),
        text=words,
        callback=name if kind == "button" else "",
    )
    with stage.world.db.read() as session:
        before = session.scalar(select(func.max(OutboxRow.id))) or 0
    queue = turn.receive(stage.world, incoming)
    assert queue is not None, words
    assert turn.answer_next(stage.world, queue)
    with stage.world.db.read() as session:
        ids = session.scalars(select(OutboxRow.content_id).where(OutboxRow.id > before)).all()
        payloads = [contents.payload_of(session, one) for one in ids if one]
        return "\n".join(Outgoing.from_bytes(payload).text for payload in payloads if payload)


def who(stage: Stage, word: str) -> str:
    """The refusal of somebody without the role."""
    return stage.world.words.render(text(access.INSTEAD.get(word, "access.role"), who=access.who_may(word)))


def where(stage: Stage, word: str) -> str:
    """The refusal of the wrong kind of chat."""
    key = "access.private" if MATRIX[word].chats == access.PRIVATE else "access.team"
    return stage.world.words.render(text(key, word=word))
