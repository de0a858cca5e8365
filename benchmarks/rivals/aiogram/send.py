"""aiogram: `loop` sleeps 50 ms between messages as its broadcast example does, `gather` starts all at once."""

import asyncio
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from aiogram import Bot
from aiogram.client.session.aiohttp import AiohttpSession
from aiogram.client.telegram import TelegramAPIServer
from aiogram.exceptions import TelegramAPIError, TelegramRetryAfter
from contest import Plan, compete, read_plan


async def main(plan: Plan) -> None:
    """Send as aiogram's broadcast example does: wait for what a refusal says, then try again."""
    session = AiohttpSession(api=TelegramAPIServer.from_base(plan.url))
    bot = Bot(plan.token, session=session)
    failed: list[int] = []

    async def send(chat: int, text: str = plan.text) -> None:
        try:
            await bot.send_message(chat, text)
        except TelegramRetryAfter as refusal:
            await asyncio.sleep(refusal.retry_after)
            await send(chat, text)
        except TelegramAPIError:
            failed.append(chat)

    async def broadcast() -> list[int]:
        if plan.mode == "gather":
            await asyncio.gather(*(send(chat) for chat in plan.chats))
        else:
            for chat in plan.chats:
                await send(chat)
                await asyncio.sleep(0.05)
        return failed

    async with bot:
        await compete(broadcast, lambda chat: send(chat, "urgent"))


asyncio.run(main(read_plan()))
