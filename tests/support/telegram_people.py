"""What happens on Telegram, as the Bot API tells it; and a channel that hears it."""

from collections.abc import Awaitable, Callable
from typing import Any

from bot.channel_settings import Telegram as Settings
from bot.channels.telegram import Telegram
from handlers.dialogue.message import Incoming, OutButton, Outgoing, RealCall
from storage.worlds import WorldKind
from tests.support.stage import KEYS
from tests.support.telegram_api import BOT, DATE, TOKEN, TelegramApi

Json = dict[str, Any]
GROUP: Json = {"id": -1001, "type": "supergroup", "title": "大侯村居民群"}
WANG: Json = {"id": 7, "is_bot": False, "first_name": "王", "last_name": "大妈"}
PRIVATE: Json = {"id": 7, "type": "private", "first_name": "王"}


def message(
    text: str | None = None,
    *,
    chat: Json = GROUP,
    number: int = 55,
    sender: Json = WANG,
    **more: Any,  # noqa: ANN401 - any field
) -> Json:
    """A message of Mrs Wang's; what is None is left out."""
    body = {"message_id": number, "date": DATE, "chat": chat, "from": sender, "text": text, **more}
    return {name: value for name, value in body.items() if value is not None}


def entity(kind: str, text: str, part: str, **more: object) -> Json:
    """An entity over a part of a text, counted in UTF-16 units as Telegram does."""
    before = text[: text.index(part)]
    return {
        "type": kind,
        "offset": len(before.encode("utf-16-le")) // 2,
        "length": len(part.encode("utf-16-le")) // 2,
        **more,
    }


def press(data: str, *, number: int = 60, query: str = "q1", **more: Any) -> Json:  # noqa: ANN401 - any field
    """Mrs Wang presses a button under a message of the bot."""
    shown = message("接单吗？", number=number, sender=BOT, **more)
    return {"id": query, "from": WANG, "chat_instance": "1", "message": shown, "data": data}


def member(before: str, after: str, *, chat: Json = GROUP, **more: object) -> Json:
    """The bot's standing in a chat changed; `more` belongs to the new standing."""
    return {
        "chat": chat,
        "from": WANG,
        "date": DATE,
        "old_chat_member": _standing(before),
        "new_chat_member": _standing(after) | more,
    }


def _standing(status: str) -> Json:
    rights = (
        "can_be_edited can_manage_chat can_delete_messages can_manage_video_chats can_restrict_members "
        "can_promote_members can_change_info can_invite_users can_post_stories can_edit_stories can_delete_stories "
        "is_anonymous"
    )
    forbidden = (
        "can_send_messages can_send_audios can_send_documents can_send_photos can_send_videos can_send_video_notes "
        "can_send_voice_notes can_send_polls can_send_other_messages can_add_web_page_previews can_change_info "
        "can_invite_users can_pin_messages can_manage_topics can_edit_tag can_react_to_messages"
    )
    more: Json = {"until_date": 0}
    if status == "administrator":
        more = dict.fromkeys(rights.split(), False)
    elif status == "restricted":
        more = {"until_date": 0, "is_member": True, **dict.fromkeys(forbidden.split(), False)}
    return {"user": BOT, "status": status, **more}


def settings(url: str, *, mode: str = "polling", token: str = TOKEN) -> Settings:
    """Settings of the channel; unchecked, since a test's webhook has no https."""
    told = Settings.model_validate({"token": token, "api_base_url": url, "webhook_secret": "open-sesame"})
    return told.model_copy(update={"mode": mode, "webhook_url": "http://127.0.0.1:9/telegram"})


async def _at_once(seconds: float) -> None:
    """Waits of the channel pass at once."""


def channel(
    api: TelegramApi,
    *,
    mode: str = "polling",
    token: str = TOKEN,
    timeout: float = 5.0,
    sleep: Callable[[float], Awaitable[None]] = _at_once,
) -> Telegram:
    """The channel against a server on loopback."""
    told = settings(api.url, mode=mode, token=token)
    return Telegram(told, KEYS, WorldKind.REAL, timeout=timeout, poll_seconds=1, sleep=sleep)


def call(
    text: str = "",
    *rows: tuple[OutButton, ...],
    chat: str = "-1001",
    thread: str = "",
    reply_to: str = "",
    media: tuple[int, ...] = (),
    links: bool = False,
) -> RealCall:
    """A call of the real world."""
    return RealCall(chat, thread, Outgoing(text, rows, media, links=links), reply_to)


class Heard:
    """Keeps what a channel hands over; `failing` exceptions are raised first, one a message."""

    def __init__(self, *failing: Exception) -> None:
        self.all: list[Incoming] = []
        self.failing = list(failing)

    async def __call__(self, incoming: Incoming) -> None:
        """Accept a message."""
        if self.failing:
            raise self.failing.pop(0)
        self.all.append(incoming)
