"""The callback (回调): the platform posts each message to us, and hears `success` once it is kept.

What takes longer than its five seconds is posted again, three times; the answer itself goes as a customer message.
A body that holds the message both plainly and encrypted (兼容模式) is taken from its encrypted part.
"""

from typing import TYPE_CHECKING

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from bot.channels.official_account.reading import read
from bot.channels.tencent.callback import Opened, parse_fields, reading, receive
from jobs.channel import Accept

if TYPE_CHECKING:
    from bot.channels.official_account.channel import OfficialAccount

PATH = "/wechat/official"
KEPT = "success"


def callback_route(channel: "OfficialAccount", accept: Accept) -> Route:
    """The address the platform checks and calls."""

    async def take(opened: Opened) -> str:
        fields = parse_fields(opened.plain)
        with reading():
            incoming = read(fields, channel.buttons)
        if incoming is not None:
            await accept(incoming)
        return KEPT

    async def hear(request: Request) -> Response:
        return await receive(request, channel.envelope, take, channel.account)

    return Route(PATH, hear, methods=["GET", "POST"])
