"""Drills (演练): a world that cannot speak to residents, and in which every line says 演练.

A drill's call is of a type of its own. Its place is a `TeamPlace`, which cannot be made for a public group, nor for the
private talk of somebody outside the team; its words are marked while it is made, so that nothing goes round the mark.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Final, Literal

from handlers.dialogue import access
from handlers.dialogue.message import Outgoing
from storage.chats import TEAM as TEAM_GROUPS
from storage.chats import Chat, ChatKind
from storage.people import Role
from storage.worlds import WorldKind

MARK: Final = "【演练】"
LINE: Final = 200
"""Characters after which a line is broken: wherever a platform cuts a message, a line begins there or close by."""

TEAM_ROLES: Final = access.TEAM | access.ADMINS | {Role.CUSTODIAN, Role.AUDITOR}
"""Whoever takes part in a drill; volunteers, guards and mediators are neighbours first."""

TeamKind = Literal[ChatKind.PRIVATE, ChatKind.WORKERS, ChatKind.OFFICERS, ChatKind.DESK, ChatKind.ADMINS]
"""Kinds of chat a drill may know at all; a group nobody has bound yet is none."""


class ResidentsUnreachable(TypeError):
    """A drill was to speak where residents, merchants or volunteers read."""


@dataclass(frozen=True, slots=True)
class TeamPlace:
    """A chat in which the team alone reads: a team group, or the private talk of somebody who holds `roles` of it."""

    platform_id: str
    kind: TeamKind
    roles: frozenset[Role] = frozenset()

    def __post_init__(self) -> None:
        """Raise ResidentsUnreachable where others read, too."""
        private = self.kind is ChatKind.PRIVATE
        if self.kind not in TEAM_GROUPS and not (private and self.roles & TEAM_ROLES):
            raise ResidentsUnreachable(f"a drill never speaks in a chat of kind {self.kind}")


def team_place(chat: Chat, roles: frozenset[Role]) -> TeamPlace | None:
    """The place of a chat, `roles` being its owner's where it is private; None where residents would read."""
    match chat.kind:
        case ChatKind.WORKERS | ChatKind.OFFICERS | ChatKind.DESK | ChatKind.ADMINS as kind:
            return TeamPlace(chat.platform_id, kind)
        case ChatKind.PRIVATE as kind if roles & TEAM_ROLES:
            return TeamPlace(chat.platform_id, kind, roles)
        case _:
            return None


@dataclass(frozen=True, slots=True)
class DrillCall:
    """An outgoing call of a drill: no real channel takes it, residents have no place it could name."""

    place: TeamPlace
    thread: str
    outgoing: Outgoing
    reply_to: str = ""
    key: str = ""
    world: Literal[WorldKind.DRILL] = field(default=WorldKind.DRILL, init=False)

    def __post_init__(self) -> None:
        """Mark every line; raises ResidentsUnreachable for a place of another type."""
        if not isinstance(self.place, TeamPlace):
            raise ResidentsUnreachable("a drill speaks in a team's place only")
        object.__setattr__(self, "outgoing", marked(self.outgoing))

    @property
    def chat(self) -> str:
        """The platform's id of the chat."""
        return self.place.platform_id


def marked(outgoing: Outgoing) -> Outgoing:
    """The message with 【演练】 before every line, in its short answer too; a picture without words gets that word."""
    text = marked_lines(outgoing.text) or (MARK if outgoing.media else "")
    return replace(outgoing, text=text, toast=marked_lines(outgoing.toast))


def marked_lines(text: str) -> str:
    """The text with 【演练】 before every line, long lines broken; what is marked stays as it is."""
    return "\n".join(f"{MARK}{piece}" for line in text.splitlines() for piece in _pieces(line.removeprefix(MARK)))


def marked_name(name: str) -> str:
    """A file's name with 【演练】 before it."""
    return f"{MARK}{name.removeprefix(MARK)}"


def _pieces(line: str) -> Iterator[str]:
    while len(line) > LINE:
        end = max(line.rfind(sign, LINE // 2, LINE) for sign in "。；！？，、 ") + 1 or LINE
        yield line[:end]
        line = line[end:]
    yield line
