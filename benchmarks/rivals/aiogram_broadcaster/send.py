"""aiogram-broadcaster: one mailer, 50 ms between messages, its state kept in a file."""

import asyncio
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from aiogram import Bot
from aiogram.client.session.aiohttp import AiohttpSession
from aiogram.client.telegram import TelegramAPIServer
from aiogram_broadcaster import Broadcaster
from aiogram_broadcaster.contents import TextContent
from aiogram_broadcaster.intervals import SimpleInterval
from aiogram_broadcaster.storages.file import FileStorage
from contest import Plan, compete, read_plan


async def main(plan: Plan) -> None:
    """Send as the library's documentation shows it; what a killed process left is taken up again."""
    bot = Bot(plan.token, session=AiohttpSession(api=TelegramAPIServer.from_base(plan.url)))
    storage = FileStorage(Path(plan.folder) / "mailers.json")
    broadcaster = Broadcaster(bot, storage=storage)

    async def broadcast() -> list[int]:
        await storage.startup()
        await broadcaster.restore_mailers()
        mailers = list(broadcaster.get_mailers())
        if not mailers:
            content, interval = TextContent(text=plan.text), SimpleInterval(interval=0.05)
            mailers = [await broadcaster.create_mailer(plan.chats, content, interval=interval)]
        await asyncio.gather(*(mailer.start() for mailer in mailers))
        return [chat for mailer in mailers for chat in mailer.chats.failed]

    async with bot:
        await compete(broadcast, lambda chat: bot.send_message(chat, "urgent"))


asyncio.run(main(read_plan()))
