"""Meeting (认识群): telling of a group that is there although nobody in it can reach the bot."""

import hashlib
from datetime import datetime

from handlers.dialogue.message import Incoming


def met(account: str, chat: str, name: str, now: datetime) -> Incoming:
    """A group is there; told anew each day and under each name, so that none is lost for good."""
    told = hashlib.sha256(name.encode()).hexdigest()[:12]
    return Incoming(account, f"met:{chat}:{told}:{now:%Y%m%d}", "met", chat, False, "", "", now, chat_title=name)
