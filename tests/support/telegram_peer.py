"""The independent Bot API emulator (lo-bot-api-emulator, by other people) as our Telegram.

It is stricter than ours on shapes and knows nothing of groups; what it does not model is mended here and nowhere
else: the bot's user name, the type of a group, topics, link previews, a picture that takes another's place, and two
kinds of update it would not take in.
"""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from aiohttp import web
from lo_bot_api_emulator import LoBotApiEmulator, updates  # type: ignore[import-untyped]

NOT_MODELLED = ("message_thread_id", "link_preview_options")
ADDED = {"edited_message", "my_chat_member"}
updates.KINDS |= ADDED


class Peer(LoBotApiEmulator):  # type: ignore[misc]  # the emulator has no types
    """The emulator; `told` keeps every accepted call with its fields."""

    def __init__(self, journal: Path) -> None:
        super().__init__(journal=journal, allow_insecure_loopback_webhooks=True)
        self.told: list[tuple[str, dict[str, Any]]] = []
        self.blank: set[str] = set()

    def validate(self, method: str, fields: dict[str, Any], uploads: dict[str, Any]) -> Any:  # noqa: ANN401
        """Check a call; what the emulator does not know is kept out of its sight."""
        hidden = {name: fields.pop(name) for name in NOT_MODELLED if name in fields}
        picture = self._picture(fields, uploads) if method == "editMessageMedia" else None
        result = super().validate("editMessageCaption" if picture else method, fields, {} if picture else uploads)
        if picture:
            result["photo"] = [{"file_id": picture, "file_unique_id": picture, "width": 1, "height": 1}]
            hidden["blank"] = picture in self.blank
        if method == "getMe":
            result["username"] = "wangge_peer_bot"
        if isinstance(result, dict) and "chat" in result and result["chat"]["id"] < 0:
            result["chat"] |= {"type": "supergroup", "title": "大侯村居民群"}
        self.told.append((method, {**fields, **hidden}))
        return result

    def _picture(self, fields: dict[str, Any], uploads: dict[str, Any]) -> str:
        """The id of the picture that takes another's place; what is left is a caption. An empty one is remembered."""
        shown = json.loads(fields.pop("media"))
        fields["caption"] = shown.get("caption", "")
        source: str = shown["media"]
        if not source.startswith("attach://"):
            return source
        name = f"edited{len(self.told)}"
        if uploads[source.removeprefix("attach://")]["filename"] == "empty.png":
            self.blank.add(name)
        return name

    def _record(self, item: dict[str, Any]) -> None:
        """Its judge knows no other kinds of update than its own."""
        kind = item.get("update_kind")
        super()._record(item | {"update_kind": "message"} if kind in ADDED else item)

    def made(self, *methods: str) -> list[dict[str, Any]]:
        """The fields of every accepted call of these methods."""
        return [fields for method, fields in self.told if method in methods]


@asynccontextmanager
async def running(peer: Peer) -> AsyncIterator[str]:
    """Serve the emulator on loopback; its address."""
    runner = web.AppRunner(peer.app(), access_log=None)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    try:
        yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()
