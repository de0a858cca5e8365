"""Menus by role (菜单): whoever has a role gets, in their private talk, the command menu that fits what they do.

Looks now and then who has which role, and shows one menu a step, so that a morning of many new workers costs the
account a call a second at most. What was shown is remembered by role; after a restart it is shown once more.
"""

import asyncio
import logging
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from typing import Protocol, runtime_checkable

from sqlalchemy import select

from handlers.dialogue.wording import text
from handlers.dialogue.world import World
from handlers.help.ask import menu_for
from jobs.channel import CallFailed, ChatGone, Impossible, Refused
from storage.chats import Chat, ChatKind, ChatState
from storage.people import Role, RoleGrant

LOG = logging.getLogger("wangge.menus")
LOOK = 10.0
"""Seconds between looks at who has which role, once every menu is shown."""
AGAIN = 60.0
"""Seconds of rest after a call that failed."""
EVERYBODYS = frozenset({Role.RESIDENT, Role.MERCHANT})
Entries = list[tuple[str, str]]


@runtime_checkable
class ShowsMenus(Protocol):
    """What of a channel is needed here."""

    account: str

    async def set_menu(self, entries: Sequence[tuple[str, str]], scope: str) -> None:
        """Set the menu (Latin name, what it does) of the private talk with this platform id; raises a CallFailed."""


class Menus:
    """The menus of one account's private talks; `steady` counts seconds."""

    def __init__(self, world: World, channel: ShowsMenus, steady: Callable[[], float]) -> None:
        self.world, self.channel, self._steady = world, channel, steady
        self._shown: dict[str, frozenset[Role]] = {}
        self._waiting: dict[str, frozenset[Role]] = {}
        self._entries: dict[frozenset[Role], Entries] = {}
        self._rests_until = 0.0

    async def step(self) -> bool:
        """Show the next menu that is due; False where none is for the moment."""
        if self._steady() < self._rests_until:
            return False
        if not self._waiting:
            self._waiting = await asyncio.to_thread(self._changed)
            if not self._waiting:
                self._rests_until = self._steady() + LOOK
                return False
        chat, roles = self._waiting.popitem()
        try:
            await self.channel.set_menu(self._for(roles), chat)
        except (ChatGone, Impossible):
            LOG.info("a talk takes no menu")
        except CallFailed as failed:
            LOG.info("a menu was not shown: %s", failed.reason)
            wait = failed.wait.total_seconds() if isinstance(failed, Refused) else AGAIN
            self._rests_until = self._steady() + wait
            return False
        self._shown[chat] = roles
        return True

    def _for(self, roles: frozenset[Role]) -> Entries:
        if roles not in self._entries:
            words = self.world.words
            self._entries[roles] = [
                (latin, words.render(text("help.line", word=word, about=about)))
                for latin, word, about in menu_for(roles, words)
            ]
        return self._entries[roles]

    def _changed(self) -> dict[str, frozenset[Role]]:
        """Private talks whose menu is not the one of their owner's roles; talks that are shut are left alone."""
        now = self._now()
        gone = {chat: frozenset[Role]() for chat in self._shown if chat not in now}
        return {chat: roles for chat, roles in {**gone, **now}.items() if self._shown.get(chat, frozenset()) != roles}

    def _now(self) -> Mapping[str, frozenset[Role]]:
        found: defaultdict[str, set[Role]] = defaultdict(set)
        talks = (
            select(Chat.platform_id, RoleGrant.role)
            .join(RoleGrant, RoleGrant.person_id == Chat.person_id)
            .where(
                Chat.account == self.channel.account,
                Chat.kind == ChatKind.PRIVATE,
                Chat.state == ChatState.OPEN,
                RoleGrant.role.not_in(list(EVERYBODYS)),
            )
        )
        with self.world.db.read() as session:
            for chat, role in session.execute(talks):
                found[chat].add(role)
        return {chat: frozenset(roles) for chat, roles in found.items()}
