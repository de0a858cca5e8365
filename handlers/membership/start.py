"""开始, and the bot's own life in a chat: put in, put out, muted, moved to another id."""

import re
from datetime import datetime

from sqlalchemy.orm import Session

from handlers.cards import rules as card_rules
from handlers.cards import views as card_views
from handlers.dialogue.access import may
from handlers.dialogue.command import Command
from handlers.dialogue.message import Incoming
from handlers.dialogue.say import Button, Say, button, say
from handlers.dialogue.scene import Actor, Scene
from handlers.dialogue.wording import text
from handlers.dialogue.world import Station
from handlers.help import ask
from handlers.help.rules import likely
from handlers.membership import actions
from storage import cards, chats, tokens, waiting
from storage.chats import Chat, ChatKind, ChatState
from storage.tokens import TokenKind


def start(
    session: Session,
    scene: Scene,
    actor: Actor,
    chat: Chat | None,
    message: Incoming,
    media: list[int],
    rest: str,
    now: datetime,
    station: Station,
) -> list[Say]:
    """The private talk is opened: a link's token is used up (what was held is on its way), else a hello."""
    if scene.is_group or (rest.strip() and re.fullmatch(r"[\w-]{6,64}", rest.strip(), re.ASCII) is None):
        return [ask.talk(session, scene, actor, chat, message, media, now)]
    if card := card_rules.token_in(rest):
        told = card_views.scanned(session, cards.by_token(session, card), station)
        return [Say(told, ((button("help.help", "帮助"),),))]
    words = [word for word in likely(actor.roles) if may(actor, word, scene.kind)]
    offered = tuple(Button(text("help.word", word=word), word) for word in words)
    buttons = (offered[:2], (*offered[2:], button("help.help", "帮助")))
    if not rest.strip():
        return [Say(text("membership.hello"), buttons)]
    token = tokens.find(session, TokenKind.LINK, rest.strip())
    if token is None or not tokens.is_for(session, token, actor.id) or not tokens.use(session, token, now):
        return [Say(text("membership.old_link"), buttons)]
    return [say("membership.opened")]


def joined(session: Session, chat: Chat, scene: Scene, now: datetime) -> list[Say]:
    """Put into a group, or back into one: an unbound group hears once how it is bound."""
    chats.set_state(session, chat.id, ChatState.OPEN, now)
    waiting.release_held(session, chat.id)
    session.refresh(chat)
    if not scene.is_group:
        return []
    came = int(chat.changed_at.timestamp())
    if chat.kind is ChatKind.UNBOUND:
        asks = (button("membership.bind_button", "绑定群"),)
        return [Say(text("membership.hello_group"), (asks,), key=f"hello:{chat.id}:{came}")]
    return []


def met(session: Session, chat: Chat) -> list[Say]:
    """A group in which the bot hears nothing is there."""
    return actions.met_group(session, chat)


def left(session: Session, chat: Chat, now: datetime) -> list[Say]:
    """Put out of a chat: nothing is sent there any more, and the admins hear of a bound group."""
    if not chats.set_state(session, chat.id, ChatState.GONE, now):
        return []
    return actions.lost_group(session, chat)


def migrated(session: Session, chat: Chat, message: Incoming, now: datetime) -> list[Say]:
    """The group goes on under another id; told twice, or late, it changes nothing more."""
    waiting.move_chat(session, message.account, message.chat, message.text, now)
    return []


def muted(session: Session, chat: Chat, now: datetime) -> list[Say]:
    """The bot may no longer speak there."""
    chats.set_state(session, chat.id, ChatState.MUTED, now)
    return []


def unmuted(session: Session, chat: Chat, now: datetime) -> list[Say]:
    """The bot may speak there again; what waited goes out."""
    chats.set_state(session, chat.id, ChatState.OPEN, now)
    waiting.release_held(session, chat.id)
    return []


COMMAND = Command("开始", start, latin="start", rank=0)
EVENTS = {"joined": joined, "met": met, "left": left, "migrated": migrated, "muted": muted, "unmuted": unmuted}
