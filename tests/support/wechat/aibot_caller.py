"""WeCom calling an AI bot by HTTP: encrypted callbacks, asking again until an answer is finished, addresses to answer.

People do things by `says` and `enters`; `shows` is what a chat shows. The platform asks again when `asks` is called.
"""

import json
from collections import defaultdict
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Any

import httpx
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from bot.channels.tencent.callback import Envelope
from tests.support.wechat.aibot_server import BOT
from tests.support.wechat.aibot_shapes import EMPTY, MOST_BYTES, TOO_LONG
from tests.support.wechat.serving import Fault, Faults, said, served, spoilt

TOKEN, AES_KEY = "QDG6eK", "jWmYm7qr5nMoAUwZRjGtBxmz3KA1tkAj3ykkR6q2B2C"
USED = 60140
"""What a used address answers with is documented nowhere; the bot must never use one twice."""


class AibotCaller:
    """The platform's side; `app` is ours."""

    def __init__(self, app: Starlette, now: Callable[[], datetime]) -> None:
        self._client = httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://bot")
        self._now = now
        self.envelope = Envelope(TOKEN, AES_KEY, "", now)
        self._count = 0
        self._addresses: dict[str, str] = {}
        self._open: dict[str, str] = {}
        self._chats: defaultdict[str, dict[str, str]] = defaultdict(dict)
        self.address = ""
        self.faults = Faults()
        self.answered: list[str] = []

    def shows(self, chat: str) -> list[str]:
        """What a group or private talk shows."""
        return [text for text in self._chats[chat].values() if text]

    def waits(self, chat: str) -> bool:
        """Whether an answer there is not finished yet."""
        return chat in self._open.values()

    async def says(self, person: str, words: str, group: str = "", **more: Any) -> httpx.Response:  # noqa: ANN401
        """Somebody writes to the bot."""
        return await self.tells(person, group, {"msgtype": "text", "text": {"content": words}, **more})

    async def enters(self, person: str) -> httpx.Response:
        """Somebody opens the private talk."""
        return await self.tells(person, "", {"msgtype": "event", "event": {"eventtype": "enter_chat"}})

    async def asks(self, chat: str = "") -> None:
        """Ask how far the open answers are, all or those of a chat."""
        for stream, where in list(self._open.items()):
            if chat in ("", where):
                answer = await self.post({"msgtype": "stream", "stream": {"id": stream}, "aibotid": BOT})
                self._shown(where, answer)

    async def tells(self, person: str, group: str, body: dict[str, Any]) -> httpx.Response:
        """Call the bot with a message or event, and show what it answers."""
        self._count += 1
        address = f"{self.address}/response/{self._count}"
        chat = group or person
        self._addresses[str(self._count)] = chat
        full = {
            "msgid": f"msg-{self._count}",
            "aibotid": BOT,
            "chattype": "group" if group else "single",
            "from": {"userid": person},
            "create_time": int(self._now().timestamp()),
            "response_url": address,
            **({"chatid": group} if group else {}),
            **body,
        }
        answer = await self.post(full)
        if answer.status_code == 200 and answer.content:
            self._shown(chat, answer)
        return answer

    async def post(self, body: dict[str, Any] | str) -> httpx.Response:
        """Post a body, encrypted and signed."""
        plain = body if isinstance(body, str) else json.dumps(body, ensure_ascii=False)
        sealed = json.loads(self.envelope.seal(plain, "json"))
        return await self._client.post(
            "/wecom/aibot", params=signed(sealed), content=json.dumps({"encrypt": sealed["encrypt"]})
        )

    async def checks(self) -> str:
        """Check the address as the console does; what was said."""
        sealed = json.loads(self.envelope.seal("1616140317555161061", "json"))
        answer = await self._client.get("/wecom/aibot", params={**signed(sealed), "echostr": sealed["encrypt"]})
        return answer.text

    def opened(self, answer: httpx.Response) -> dict[str, Any]:
        """What an answer says, its signature checked."""
        found: dict[str, Any] = json.loads(self.envelope.open(signed(answer.json()), answer.content).plain)
        return found

    def _shown(self, chat: str, answer: httpx.Response) -> None:
        told = self.opened(answer)
        if told["msgtype"] == "text":
            self._chats[chat][f"welcome-{len(self._chats[chat])}"] = told["text"]["content"]
            return
        stream = told["stream"]
        assert len(stream["content"].encode()) <= MOST_BYTES
        self._chats[chat][stream["id"]] = stream["content"]
        if stream["finish"]:
            self._open.pop(stream["id"], None)
        else:
            self._open[stream["id"]] = chat

    async def respond(self, request: Request) -> Response:
        """An address that came with a message: good for once."""
        if (fault := self.faults.next("response")) is not None:
            return await spoilt(fault)
        chat = self._addresses.pop(request.path_params["number"], None)
        body = await request.json()
        if chat is None:
            return said(USED)
        content = body[body["msgtype"]]["content"]
        if not content or len(content.encode()) > MOST_BYTES:
            return said(EMPTY if not content else TOO_LONG)
        self.answered.append(request.path_params["number"])
        self._chats[chat][f"response-{len(self._chats[chat])}"] = content
        return said()


def signed(sealed: dict[str, Any]) -> dict[str, str]:
    """The query of a callback, from what was sealed."""
    told = {"msg_signature": sealed["msgsignature"], "timestamp": sealed["timestamp"], "nonce": sealed["nonce"]}
    return {name: str(value) for name, value in told.items()}


@asynccontextmanager
async def calling(app: Starlette, now: Callable[[], datetime]) -> AsyncIterator[AibotCaller]:
    """The platform, with its addresses open."""
    caller = AibotCaller(app, now)
    async with served([Route("/response/{number}", caller.respond, methods=["POST"])]) as address:
        caller.address = address
        yield caller


__all__ = ["AibotCaller", "Fault", "calling", "signed"]
