"""批准, 驳回, 夜间发送: what another officer says to a bulletin that waits."""

import re
from collections.abc import Sequence

from handlers.bulletins import actions, closing, naming
from handlers.bulletins.views import Office
from handlers.dialogue.command import Command
from handlers.dialogue.say import Say
from handlers.dialogue.scene import Actor
from handlers.reading import intent
from handlers.reading.codes import Code
from handlers.reading.normal import fold


def approve(office: Office, actor: Actor, rest: str, codes: Sequence[Code], topic: str | None) -> list[Say]:
    """批准 反4; the button adds the first 8 of the hash it was shown with."""
    bulletin = naming.meant(office, codes, topic, "批准")
    seen = re.search(r"(?<![0-9a-f])[0-9a-f]{8}(?![0-9a-f])", fold(naming.beside(rest, codes)).lower())
    return closing.approve(office, actor, bulletin, seen.group() if seen else "")


def reject(office: Office, actor: Actor, rest: str, codes: Sequence[Code], topic: str | None) -> list[Say]:
    """驳回 协2 特征太少."""
    bulletin = naming.meant(office, codes, topic, "驳回")
    return closing.reject(office, actor, bulletin, naming.beside(rest, codes))


def night(office: Office, actor: Actor, codes: Sequence[Code], topic: str | None) -> list[Say]:
    """夜间发送 协2."""
    return actions.night(office, actor, naming.meant(office, codes, topic, "夜间发送"))


COMMANDS = (
    Command("批准", approve, latin="approve", bare=intent.approve, rank=23),
    Command("驳回", reject, latin="reject", bare=intent.reject, rank=24),
    Command("夜间发送", night, latin="night", bare=intent.night_send, rank=26),
)
