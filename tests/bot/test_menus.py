"""Menus follow roles: shown once, anew when a role comes or goes, and a platform that refuses is given rest."""

import asyncio
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

import pytest

from bot.menus import AGAIN, LOOK, Menus
from handlers.dialogue.world import World
from jobs.channel import CallFailed, ChatGone, NotNow, Refused
from storage import areas, chats, people
from storage.areas import Level
from storage.chats import ChatKind
from storage.people import Role
from storage.tables import METADATA
from tests.support.telegram_child import real_world


class Shows:
    """A channel that keeps the menus it was given, or fails as told."""

    account = "telegram"

    def __init__(self) -> None:
        self.menus: list[tuple[str, list[str]]] = []
        self.failing: list[CallFailed] = []

    async def set_menu(self, entries: Sequence[tuple[str, str]], scope: str) -> None:
        if self.failing:
            raise self.failing.pop()
        self.menus.append((scope, [name for name, _ in entries]))


class Scene:
    """An officer, a resident and somebody who has not opened their talk."""

    def __init__(self, world: World) -> None:
        self.world, self.channel, self.seconds = world, Shows(), 0.0
        self.menus = Menus(world, self.channel, lambda: self.seconds)
        now = world.now()
        with world.db.write() as session:
            self.area = areas.add(session, "大侯村", Level.COMMUNITY, None).id
            self.ids = {}
            for number, role in (("1", Role.OFFICER), ("2", Role.RESIDENT), ("3", Role.GRID_WORKER)):
                person = people.add(session, number, now)
                self.ids[number] = person.id
                people.grant(session, person.id, role, self.area, now)
                state = chats.ChatState.UNOPENED if number == "3" else chats.ChatState.OPEN
                chats.add(session, "telegram", number, ChatKind.PRIVATE, now, person_id=person.id, state=state)

    def steps(self) -> list[tuple[str, list[str]]]:
        """Let time pass until nothing is left to show; what was shown."""
        before = len(self.channel.menus)
        self.seconds += LOOK
        while asyncio.run(self.menus.step()):
            self.seconds += 1
        return self.channel.menus[before:]


@pytest.fixture
def scene(tmp_path: Path) -> Scene:
    world = real_world(f"sqlite:///{tmp_path / 'real.db'}")
    METADATA.create_all(world.db.engine)
    return Scene(world)


def test_a_menu_follows_its_owners_roles(scene: Scene) -> None:
    ((chat, names),) = scene.steps()
    assert chat == "1"
    assert "fraud" in names
    assert scene.steps() == [], "shown once"
    with scene.world.db.write() as session:
        people.grant(session, scene.ids["2"], Role.GRID_WORKER, scene.area, scene.world.now())
    ((chat, worker),) = scene.steps()
    assert chat == "2"
    assert "fraud" not in worker
    with scene.world.db.write() as session:
        people.forget(session, people.get(session, scene.ids["1"]))
    ((chat, names),) = scene.steps()
    assert chat == "1"
    assert "fraud" not in names


@pytest.mark.parametrize(("failure", "rest"), [(Refused(timedelta(seconds=7)), 7.0), (NotNow("down"), AGAIN)])
def test_a_refusal_is_given_rest(scene: Scene, failure: CallFailed, rest: float) -> None:
    scene.channel.failing = [failure]
    assert scene.steps() == []
    scene.seconds += rest - 1
    assert not asyncio.run(scene.menus.step())
    scene.seconds += 1
    assert [chat for chat, _ in scene.steps()] == ["1"]


def test_a_talk_that_is_gone_is_not_tried_again(scene: Scene) -> None:
    scene.channel.failing = [ChatGone("gone")]
    assert scene.steps() == []
    assert scene.steps() == []
