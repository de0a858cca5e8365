"""消息较多: what somebody said beyond their limit is answered once, and what it was can be chosen by a button."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy.orm import Session

from handlers.dialogue.access import may
from handlers.dialogue.message import Incoming
from handlers.dialogue.say import Button, Say, button, say
from handlers.dialogue.scene import Actor, Scene
from handlers.help import pending, rules
from handlers.help.ask import NO, command_key
from storage import forms
from storage.chats import Chat


def much(
    session: Session, scene: Scene, actor: Actor, chat: Chat | None, message: Incoming, media: list[int], now: datetime
) -> Say:
    """The one answer to a flood; privately its first words wait for a button, unless a guided talk goes on."""
    if scene.is_group or chat is None:
        return say("help.much_group")
    if not actor.id or not (message.text or media) or forms.open_of(session, actor.id, chat.id, now) is not None:
        return say("help.much")
    pending.keep(session, actor.id, chat.id, pending.Kept(message.text, media), now)
    return say("help.much_choose", *_choices(scene))


def _choices(scene: Scene) -> Sequence[Sequence[Button]]:
    words = [word for word in rules.choices_for_words(scene.actor.roles) if may(scene.actor, word, scene.kind)]
    return [
        [button(f"help.as_{command_key(word)}", word) for word in words],
        [button("help.no", f"帮助 {NO}")],
    ]


EVENTS = {"flood": much}
