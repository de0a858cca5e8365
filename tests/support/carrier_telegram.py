"""The carrier on Telegram, against the independent Bot API emulator: the whole of what a dialogue can do."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bot.channels.console import Shown
from bot.channels.telegram import Telegram
from storage.worlds import WorldKind
from tests.support.carrier import Carrier, Home, at_home, closing, groups, inhabitants, moved_in
from tests.support.pictures import photo_bytes
from tests.support.stage import KEYS
from tests.support.telegram_api import until
from tests.support.telegram_peer import running
from tests.support.telegram_people import Json, settings
from tests.support.telegram_town import ME, SENDS, TOKEN, Phones, photo

PRESSED = "q"
OPENS_TALK = "?start="


class Watched(Phones):
    """Phones that note, in order, what was shown, changed and taken away."""

    def __init__(self, journal: Path) -> None:
        super().__init__(journal, 1)
        self.noted: list[tuple[str, int, int, str, dict[str, str], bool, str]] = []

    def validate(self, method: str, fields: dict[str, Any], uploads: dict[str, Any]) -> Any:  # noqa: ANN401
        """Check a call, and note what it does."""
        there, number = int(fields.get("chat_id", 0)), int(fields.get("message_id", 0))
        result = super().validate(method, fields, uploads)
        if method in SENDS:
            shown = self.standing[there, int(result["message_id"])]
            named = next((one for one in uploads), "file") if method == "sendDocument" else ""
            self.noted.append(("sent", there, shown.number, shown.text, dict(shown.data), shown.photo, named))
        elif method == "sendMediaGroup":
            self.noted.append(("sent", there, int(result[0]["message_id"]), "", {}, True, ""))
        elif method in ("editMessageText", "editMessageCaption", "editMessageMedia"):
            shown = self.standing[there, number]
            self.noted.append(("edited", there, number, shown.text, dict(shown.data), shown.photo, ""))
        elif method == "deleteMessage":
            self.noted.append(("deleted", there, number, "", {}, False, ""))
        elif method == "answerCallbackQuery" and fields.get("text"):
            who = int(fields["callback_query_id"].partition("-")[2])
            self.noted.append(("answer", who, 0, fields["text"], {}, False, ""))
        return result


@dataclass
class TelegramCarrier(Carrier):
    """People on Telegram."""

    phones: Watched = field(kw_only=True)
    _numbers: int = 500_000

    async def write(self, who: str, text: str, group: str | None, photo: bytes, quoted: Shown | None) -> str:
        """Somebody writes."""
        self._numbers += 1
        await self._happens(message=self._message(who, text, group, self._numbers, bool(photo), quoted))
        return str(self._numbers)

    async def change(self, who: str, message: str, text: str, group: str | None) -> None:
        """Somebody changes what they wrote."""
        body = self._message(who, text, group, int(message), False, None)
        await self._happens(edited_message=body | {"edit_date": body["date"]})

    async def press_button(self, who: str, shown: Shown, label: str) -> None:
        """Somebody presses a button."""
        self._numbers += 1
        data = next(data for name, data in shown.buttons if name == label)
        group = None if shown.chat == who else shown.chat
        press = {"id": f"{self._numbers}-{self._id(who)}", "from": self._user(who), "chat_instance": "1", "data": data}
        await self._happens(callback_query=press | {"message": self._quoted(shown, who, group)})

    def seen(self) -> list[Shown]:
        """What came to phones."""
        noted, self.phones.noted = self.phones.noted, []
        names = {int(home.name): name for name, home in self.homes.items()}
        return [
            Shown(what, names[chat], text, tuple(data.items()), shows, str(number), file)
            for what, chat, number, text, data, shows, file in noted
        ]

    async def _happens(self, **update: Any) -> None:  # noqa: ANN401 - any update
        await self.phones.enqueue_update(update, token=TOKEN)
        await until(lambda: self.phones._update_queues.info(TOKEN)["pending_update_count"] == 0)

    def _message(
        self, who: str, text: str, group: str | None, number: int, pictured: bool, quoted: Shown | None
    ) -> Json:
        body = {"message_id": number, "date": int(self.hands().timestamp()), "chat": self._chat(who, group)}
        if text:
            body["caption" if pictured else "text"] = text
        if pictured:
            self.phones.assets["picture"] = {"data": photo_bytes(), "kind": "photo"}
            body["photo"] = photo("picture")
        if quoted is not None:
            body["reply_to_message"] = self._quoted(quoted, who, group)
        return body | {"from": self._user(who)}

    def _quoted(self, shown: Shown, who: str, group: str | None) -> Json:
        told = {"caption": shown.text, "photo": photo("x")} if shown.photo else {"text": shown.text}
        body = {"message_id": int(shown.message_id), "date": int(self.hands().timestamp()), "from": ME}
        return {**body, "chat": self._chat(who, group), **told}

    def _id(self, name: str) -> int:
        return int(self.homes[name].name)

    def _user(self, who: str) -> Json:
        return {"id": self._id(who), "is_bot": False, "first_name": who}

    def _chat(self, who: str, group: str | None) -> Json:
        if group is None:
            return {"id": self._id(who), "type": "private", "first_name": who}
        return {"id": self._id(group), "type": "supergroup", "title": group}


@asynccontextmanager
async def telegram_carrier(folder: Path, *, floods: bool = False) -> AsyncIterator[Carrier]:
    """The county over Telegram."""
    numbers: Mapping[str, int] = {
        **{name: 501 + place for place, name in enumerate(inhabitants())},
        **{name: -1001 - place for place, name in enumerate(groups())},
    }
    homes = at_home(*[lambda name: Home("telegram", str(numbers[name]))] * 2)
    world, hands = moved_in(folder, homes, floods=floods)
    phones = Watched(folder / "journal.jsonl")
    async with running(phones) as url:
        tg = Telegram(settings(url, token=TOKEN), KEYS, WorldKind.REAL, now=hands, poll_seconds=1)
        await tg.start()
        made = TelegramCarrier(world, hands, [tg], tg.can, tg.can, homes, phones=phones)
        listening = asyncio.create_task(tg.listen(made.accept))
        async with closing(made):
            try:
                await until(lambda: phones.made("deleteWebhook"))
                yield made
            finally:
                listening.cancel()
                await asyncio.gather(listening, return_exceptions=True)
