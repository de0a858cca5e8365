"""The other direction of WeCom: what members do, sealed by Tencent's own sample code and posted until we take it."""

import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from xml.sax.saxutils import escape

import httpx
from wx_crypt import WXBizMsgCrypt  # type: ignore[import-untyped]

from tests.support.wechat.corp_api import AGENT, CORP_ID

TOKEN = "QDG6eK"
AES_KEY = "jWmYm7qr5nMoAUwZRjGtBxmz3KA1tkAj3ykkR6q2B2C"
TRIES = 4
"""Once, and three times more."""
PAUSE = timedelta(seconds=5)


@dataclass
class Member:
    """What members of a corp do with its app is posted to `url` by `client`.

    `pause` is told how long the platform waits before it tries again; with `renews` each try has a signature of its
    own, else they are alike to the byte (which of the two it is stands in no document).
    """

    client: httpx.AsyncClient
    url: str
    now: Callable[[], datetime]
    corp_id: str = CORP_ID
    agent: int = AGENT
    token: str = TOKEN
    aes_key: str = AES_KEY
    pause: Callable[[timedelta], object] = lambda span: None
    renews: bool = True
    statuses: list[int] = field(default_factory=list)
    _numbers: int = 7_000_000_000_000_000_000

    async def check(self, echo: str = "1616140317555161061") -> str:
        """The platform checks our address; what we answered."""
        query, body = self.sealed(echo)
        inside = body.partition("<Encrypt><![CDATA[")[2].partition("]]>")[0]
        return (await self.client.get(self.url, params=query | {"echostr": inside})).text

    async def says(self, who: str, text: str) -> int:
        """Somebody writes; the status of the last try."""
        return await self.deliver(self.xml(who, "text", Content=text))

    async def sends(self, who: str, kind: str, **fields: object) -> int:
        """Somebody sends a picture, a voice, a place …"""
        return await self.deliver(self.xml(who, kind, **fields))

    async def event(self, who: str, event: str, **fields: object) -> int:
        """Something happened."""
        return await self.deliver(self.xml(who, "event", Event=event, **fields))

    def xml(self, who: str, kind: str, **fields: object) -> str:
        """A message as it stands inside the envelope."""
        self._numbers += 1
        number = {} if kind == "event" else {"MsgId": self._numbers}
        told: dict[str, Any] = {
            "ToUserName": self.corp_id,
            "FromUserName": who,
            "CreateTime": int(self.now().timestamp()),
            "MsgType": kind,
            **fields,
            **number,
            "AgentID": self.agent,
        }
        return f"<xml>{''.join(element(name, content) for name, content in told.items())}</xml>"

    def sealed(self, plain: str | bytes) -> tuple[dict[str, str], str]:
        """The query and the body of a callback with this inside, signed now."""
        stamp, nonce = str(int(self.now().timestamp())), secrets.token_hex(8)
        raw = plain if isinstance(plain, bytes) else plain.encode()
        code, answer = WXBizMsgCrypt(self.token, self.aes_key, self.corp_id).EncryptMsg(raw, nonce, stamp)
        assert code == 0
        signed = answer.partition("<MsgSignature><![CDATA[")[2].partition("]]>")[0]
        inside = answer.partition("<Encrypt><![CDATA[")[2].partition("]]>")[0]
        body = (
            f"<xml><ToUserName><![CDATA[{self.corp_id}]]></ToUserName><Encrypt><![CDATA[{inside}]]></Encrypt>"
            f"<AgentID><![CDATA[{self.agent}]]></AgentID></xml>"
        )
        return {"msg_signature": signed, "timestamp": stamp, "nonce": nonce}, body

    async def deliver(self, plain: str, *, whatever: bool = False) -> int:
        """Post it, and up to three times more where we don't answer 200; with `whatever` even where we do."""
        sealed = self.sealed(plain)
        status = 0
        for attempt in range(TRIES):
            if attempt:
                self.pause(PAUSE)
                sealed = self.sealed(plain) if self.renews else sealed
            answer = await self.client.post(self.url, params=sealed[0], content=sealed[1].encode())
            status = answer.status_code
            self.statuses.append(status)
            if status == 200 and not whatever:
                break
        return status


def element(name: str, content: object) -> str:
    """An element as the platform writes it."""
    if isinstance(content, dict):
        return f"<{name}>{''.join(element(inner, told) for inner, told in content.items())}</{name}>"
    if isinstance(content, int | float):
        return f"<{name}>{content}</{name}>"
    text = str(content)
    return f"<{name}>{escape(text)}</{name}>" if "]]>" in text else f"<{name}><![CDATA[{text}]]></{name}>"
