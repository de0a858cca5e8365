"""python-telegram-bot with its AIORateLimiter: `loop` awaits each message, `gather` starts all at once."""

import asyncio
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from contest import Plan, compete, read_plan
from telegram.error import TelegramError
from telegram.ext import AIORateLimiter, ExtBot


async def main(plan: Plan) -> None:
    """Send as the library's documentation shows it."""
    bot = ExtBot(plan.token, base_url=f"{plan.url}/bot", rate_limiter=AIORateLimiter(max_retries=5))
    failed: list[int] = []

    async def send(chat: int) -> None:
        try:
            await bot.send_message(chat, plan.text)
        except TelegramError:
            failed.append(chat)

    async def broadcast() -> list[int]:
        if plan.mode == "gather":
            await asyncio.gather(*(send(chat) for chat in plan.chats))
        else:
            for chat in plan.chats:
                await send(chat)
        return failed

    async with bot:
        await compete(broadcast, lambda chat: bot.send_message(chat, "urgent"))


asyncio.run(main(read_plan()))
