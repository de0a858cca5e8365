"""What channels of real people (真实渠道) share: they take real calls only, and some can change nothing they said."""

from handlers.dialogue.message import RealCall
from jobs.channel import Call, Impossible, Medium
from storage.copies import CopyKind
from storage.worlds import WorldKind


def only_real_world(kind: WorldKind) -> None:
    """Raise TypeError unless a channel is made for the real world."""
    if kind is not WorldKind.REAL:
        raise TypeError("this channel reaches real people: a playground or drill has no business there")


def only_real(call: Call) -> RealCall:
    """The call, if it is one of the real world; raises TypeError."""
    if not isinstance(call, RealCall):
        raise TypeError("a call of a playground or drill never reaches real people")
    return call


class Stands:
    """A channel on which what is said stands as it is (不能改、不能撤), and that brings nothing in but words."""

    async def edit(self, call: Call, platform_id: str, kind: CopyKind, shows: tuple[Medium, ...] = ()) -> None:
        """Nothing said can be changed; raises Impossible, TypeError for a call of another world."""
        only_real(call)
        raise Impossible("no edits")

    async def delete(self, chat: str, platform_id: str) -> None:
        """Nothing said can be taken away; raises Impossible."""
        raise Impossible("no deletes")

    async def answer(self, callback: str, toast: str) -> None:
        """There is nothing to show to whoever pressed something."""

    async def fetch(self, ref: str, most: int) -> bytes:
        """No media come in; raises Impossible."""
        raise Impossible("no media")
