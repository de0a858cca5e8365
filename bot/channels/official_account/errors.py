"""What an error code of the 公众号 means (全局返回码), beyond what is common to all of Tencent's interfaces.

45015 is told both when the 48 hours are over and when somebody no longer follows; the second is known by the event
that came with it, so that the code only ever closes the window.
"""

from collections.abc import Callable, Mapping
from typing import Final

from jobs.channel import CallFailed, ChatGone, ChatMuted, Impossible, MediumRefused, WindowClosed

UNAUTHORIZED: Final = 48001

CODES: Final[Mapping[int, Callable[[], CallFailed]]] = {
    40003: lambda: ChatGone("no such follower"),
    43004: lambda: ChatGone("not following"),
    43019: lambda: ChatGone("on the black list"),
    48002: lambda: ChatMuted("takes no messages"),
    45015: lambda: WindowClosed("window"),
    45047: lambda: WindowClosed("spoken too often"),
    40008: lambda: MediumRefused("medium refused"),
    40010: lambda: MediumRefused("medium refused"),
    40011: lambda: MediumRefused("medium refused"),
    45007: lambda: MediumRefused("medium refused"),
    UNAUTHORIZED: lambda: Impossible("not authorized"),
    40037: lambda: Impossible("no such template"),
    43101: lambda: Impossible("not subscribed to notices"),
}
"""What ends a message or a knock."""
