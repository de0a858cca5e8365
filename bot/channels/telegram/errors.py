"""How a Bot API call can end badly, read from what the server really said.

The texts are those of the official server (tdlib/telegram-bot-api, Client.cpp). None of them, and no address (it
holds the token), ever leaves this file: a failure goes on as a short word.
"""

import json
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import httpx
from telegram.error import TelegramError

from jobs.channel import CallFailed, ChatGone, ChatMoved, ChatMuted, Impossible, NotNow, Refused, Unsure

NEVER_LEFT = (
    httpx.ConnectError,
    httpx.ConnectTimeout,
    httpx.PoolTimeout,
    httpx.ProxyError,
    httpx.UnsupportedProtocol,
)
"""What surely happened before the request was on its way."""

WEEK = 7 * 86_400.0

DONE_ALREADY = ("message is not modified",)
GONE_ALREADY = ("message to delete not found", "message_id_invalid")
TOO_OLD_TO_ANSWER = ("query is too old", "query id is invalid", "query_id_invalid")
NO_SUCH_TOPIC = ("message thread not found", "topic_closed", "topic_deleted", "topic_id_invalid")
WRONG_FILE = ("wrong file identifier", "wrong file_id", "wrong remote file", "file_reference_", "file_id_invalid")
NO_SUCH_CHAT = (
    "chat not found",
    "peer_id_invalid",
    "chat was deactivated",
    "group chat was deleted",
    "chat_id_invalid",
)
MEDIA_FORBIDDEN = (
    "rights to send photos",
    "rights to send videos",
    "rights to send documents",
    "rights to send voice",
    "rights to send media",
    "chat_send_photos_forbidden",
    "chat_send_videos_forbidden",
    "chat_send_docs_forbidden",
    "chat_send_voices_forbidden",
    "chat_send_media_forbidden",
    "voice_messages_forbidden",
)
BAD_PICTURE = (
    "photo_invalid_dimensions",
    "image_process_failed",
    "file is too big",
    "photo_save_file_invalid",
    "wrong type of the web page content",
)
MEDIA_REFUSED = (*MEDIA_FORBIDDEN, *BAD_PICTURE, *WRONG_FILE)
"""The picture will not be taken, while words may be."""
MUTED = (
    "not enough rights",
    "have no rights to send",
    "chat_write_forbidden",
    "chat_restricted",
    "chat_send_plain_forbidden",
    "need administrator rights",
)


class Answered(TelegramError):
    """The server answered, but not with success; `text` is lower-case and for reading by this file only."""

    def __init__(self, code: int, text: str, parameters: Mapping[str, Any], genuine: bool) -> None:
        super().__init__(str(code))
        self.code, self.text, self.parameters, self.genuine = code, text.lower(), parameters, genuine

    def says(self, phrases: tuple[str, ...]) -> bool:
        """Whether the server's words hold one of these phrases."""
        return any(phrase in self.text for phrase in phrases)


class BadToken(NotNow):
    """The token is wrong or was revoked: nothing goes out until it is mended."""


def answered(code: int, payload: bytes) -> Answered:
    """A server's refusal; one that does not read like the Bot API's (a proxy's page) is not genuine."""
    try:
        body = json.loads(payload)
    except ValueError:
        body = None
    if not isinstance(body, dict) or "ok" not in body:
        return Answered(code, "", {}, genuine=False)
    parameters = body.get("parameters")
    text = str(body.get("description") or "")
    return Answered(code, text, parameters if isinstance(parameters, dict) else {}, genuine=True)


def failure(error: TelegramError) -> CallFailed:
    """What a failed call means for whoever wanted it made."""
    if isinstance(error, Answered):
        return _refusal(error)
    if isinstance(error.__cause__, NEVER_LEFT):
        return NotNow("no connection")
    return Unsure("no answer")


def _refusal(error: Answered) -> CallFailed:
    moved, wait = error.parameters.get("migrate_to_chat_id"), error.parameters.get("retry_after")
    if moved:
        return ChatMoved(str(moved))
    if error.code == 429:
        return Refused(timedelta(seconds=min(max(float(wait), 0.0), WEEK) if isinstance(wait, int | float) else 1.0))
    if error.code in (502, 503):
        return NotNow("platform down")
    if error.code >= 500:
        return Unsure("server error")
    if not error.genuine:
        return NotNow("not the bot api")
    if error.code in (401, 404):
        return BadToken("token")
    if error.says(MUTED) or error.says(MEDIA_FORBIDDEN):
        return ChatMuted("muted")
    if error.code == 403 or error.says(NO_SUCH_CHAT):
        return ChatGone("gone")
    return NotNow("conflict") if error.code == 409 else Impossible("refused")
