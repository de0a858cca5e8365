"""Every cell of the matrix, by saying it (R4): role × command × kind of chat, and the same over another area."""

import random
from collections.abc import Sequence

import pytest

from bot.channels.console import ACCOUNT
from handlers.dialogue import access, command
from handlers.dialogue.access import MATRIX
from storage import areas, chats, people
from storage.chats import ChatKind, ChatState
from storage.people import Role
from tests.support.stage import Stage, texts

KINDS: Sequence[ChatKind] = tuple(ChatKind)


def place(stage: Stage, role: Role, area: str) -> str:
    """Somebody who has this one role over an area; their name."""
    name = f"某{role.value}"
    with stage.world.db.write() as session:
        where = areas.named(session, area)
        person = people.add(session, name, stage.world.now())
        person.notice_version = 1
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
    draw = random.Random(str(role))
    for word, rule in MATRIX.items():
        kinds = draw.sample([one for one in KINDS if one is not ChatKind.PRIVATE], 2)
        for kind in (ChatKind.PRIVATE, *kinds):
            allowed = (role in rule.roles or Role.RESIDENT in rule.roles) and kind in rule.chats
            shown = stage.say(name, f"/{word}", None if kind is ChatKind.PRIVATE else f"群{kind}")
            said = "\n".join(texts(shown))
            refused = "这一步要由" in said or "不在这里" in said or _refusal(stage, word) in said
            assert allowed != refused, f"{role} {word} in {kind}: {said}"
            if kind is ChatKind.PRIVATE:
                stage.say(name, "取消")


def _refusal(stage: Stage, word: str) -> str:
    key = "access.private" if MATRIX[word].chats == access.PRIVATE else "access.team"
    return stage.world.words.sentences[key].format(word=word)
