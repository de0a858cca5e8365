"""反诈: an anti-fraud warning in one line; also edits and further pictures of a message that became a draft."""

import re
from collections.abc import Sequence
from datetime import datetime

from handlers.bulletins import actions, drafting, form, rules, views
from handlers.bulletins.views import Office
from handlers.dialogue import address, asking
from handlers.dialogue.access import refuse
from handlers.dialogue.command import Command
from handlers.dialogue.message import Incoming
from handlers.dialogue.say import Say
from handlers.dialogue.scene import Actor
from handlers.library import shelf
from handlers.reading import intent
from handlers.reading.places import Gazetteer
from handlers.reading.when import read_when
from storage import bulletins, chats, sources
from storage.bulletins import BulletinKind

_THEN_SEND = re.compile(
    r"(?:再|统一|准时)?(?:发送|发布|推送|发出|发)?[\s,，:：。;；]+|(?:再|统一|准时)?(?:发送|发布|推送|发出)"
)


def fraud(
    office: Office, actor: Actor, rest: str, media: list[int], message: Incoming, gazetteer: Gazetteer
) -> list[Say]:
    """反诈 冒充客服退款诈骗高发，不要转账; 反诈 排程 每周三晚7点 lets the library go out in turn."""
    turning = shelf.asked_by_fraud(office, actor, rest, gazetteer) if not media else None
    if turning is not None:
        return turning
    return in_one_line(office, actor, BulletinKind.FRAUD, rest, media, message)


def in_one_line(
    office: Office, actor: Actor, kind: BulletinKind, rest: str, media: Sequence[int], message: Incoming
) -> list[Say]:
    """Draft from one message, or ask question by question where nothing stands in it."""
    if not rest.strip() and not media:
        return ask_step_by_step(office, actor, kind)
    typed, moment = leading_time(rest, office.now)
    typed, lives = rules.lasting(typed)
    drafted = drafting.draft(office, actor, kind, words=typed, media=media, send_at=moment, lives=lives)
    if message.message_id:
        sources.note(office.session, message.message_name, drafted.topic, office.now)
    if message.album:
        sources.note(office.session, message.album_name, drafted.topic, office.now)
    return views.preview(office, drafted, bulletins.body_of(office.session, drafted))


def ask_step_by_step(office: Office, actor: Actor, kind: BulletinKind) -> list[Say]:
    """Open the guided talk in the author's private chat."""
    chat = chats.private_of(office.session, actor.id)
    if chat is None:
        raise refuse("bulletins.empty")
    known = {"category": "反诈"} if kind is BulletinKind.FRAUD else {}
    return asking.begin(office.session, form.FORM, actor.id, chat.id, office.now, known)


def leading_time(words: str, now: datetime) -> tuple[str, datetime | None]:
    """A moment at the very beginning (明天9点 …) says when to send; the words without it."""
    when = read_when(words, now, past=False)
    if when is None or when.span[0] != 0 or not isinstance(when.start, datetime) or when.repeat is not None:
        return words, None
    behind = _THEN_SEND.match(words, when.span[1])
    if behind is None or when.start <= now or when.bound != "at":
        return words, None
    return words[behind.end() :], when.start


def edited(office: Office, actor: Actor, topic: str, message: Incoming) -> list[Say]:
    """Its author edits the message a bulletin came from: before it is live the new words count, and void yeses."""
    bulletin = bulletins.get(office.session, int(topic.partition(":")[2]))
    if bulletin.author_id != actor.id:
        return []
    if bulletin.state not in drafting.BEFORE_LIVE:
        raise refuse("bulletins.edit_live", code=bulletin.code)
    raw, _ = address.split(message.text)
    found = address.words_of(raw)
    typed, _ = leading_time(found.rest if found is not None else raw, office.now)
    typed, _ = rules.lasting(typed)
    return form.privately(actions.rewrite(office, actor, bulletin, typed), actor.id)


def further_picture(office: Office, actor: Actor, topic: str, media: list[int]) -> list[Say]:
    """A further picture of the same album joins the draft."""
    bulletin = bulletins.get(office.session, int(topic.partition(":")[2]))
    if not media or bulletin.author_id != actor.id or bulletin.state not in drafting.BEFORE_LIVE:
        return []
    return form.privately(actions.add_media(office, actor, bulletin, media), actor.id)


COMMAND = Command("反诈", fraud, latin="fraud", bare=intent.fraud, form=form.FORM, private=True, rank=20)
EVENTS = {"edit:bulletin": edited, "album:bulletin": further_picture}
