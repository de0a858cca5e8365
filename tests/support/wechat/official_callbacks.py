"""The other direction of the 公众号 platform: what residents do is posted to our address, again where we fail.

Signing and sealing are written here once more, from the published description, so that the library under test does
not check itself.
"""

import base64
import hashlib
import os
import secrets
import struct
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Final, Literal

import httpx
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from tests.support.wechat.official_api import APP_ID, MINUTE, TWO_DAYS, OfficialApi, Seen

TOKEN: Final = "QDG6eK"
AES_KEY: Final = "jWmYm7qr5nMoAUwZRjGtBxmz3KA1tkAj3ykkR6q2B2C"
ACCOUNT: Final = "gh_3c884a361561"
TRIES: Final = 4
"""Once, and three times more."""
PAUSE: Final = timedelta(seconds=5)
TROUBLE: Final = "该公众号提供的服务出现故障，请稍后再试"
Mode = Literal["plain", "aes", "both"]
Query = dict[str, str]


@dataclass
class Poster:
    """Posts what residents do to `url` by `client`; `pause` is told how long the platform waits before it tries again.

    With `renews` each try has a signature of its own, as if time went on; else they are alike to the byte.
    """

    api: OfficialApi
    client: httpx.AsyncClient
    url: str
    mode: Mode = "plain"
    pause: Callable[[timedelta], object] = lambda span: None
    patience: float = 5.0
    renews: bool = True
    statuses: list[int] = field(default_factory=list)
    _numbers: int = 23_000_000_000_000_000

    async def check(self, echo: str = "5837397520665436492") -> str:
        """The platform checks our address; what we answered."""
        stamp, nonce = self._moment(), secrets.token_hex(5)
        query = {"signature": signature(stamp, nonce), "timestamp": stamp, "nonce": nonce, "echostr": echo}
        answer = await self.client.get(self.url, params=query)
        return answer.text if answer.status_code == 200 else ""

    async def say(self, openid: str, text: str) -> list[int]:
        """Somebody writes."""
        return await self.send(openid, MsgType="text", Content=text)

    async def send(self, openid: str, **fields: str) -> list[int]:
        """Somebody sends a message of any kind; the statuses of all tries."""
        self._numbers += 1
        self.api.phone(openid).may_get(5, self.api.clock() + TWO_DAYS)
        return await self.post(self.message(openid, MsgId=str(self._numbers), **fields), openid)

    async def press(self, openid: str, name: str) -> list[int]:
        """Somebody presses an entry of the menu."""
        entries = [entry for top in (self.api.menu or {}).get("button", []) for entry in top["sub_button"]]
        key = next(entry["key"] for entry in entries if entry["name"] == name)
        return await self.happens(openid, "CLICK", EventKey=key)

    async def follow(self, openid: str, scene: str = "") -> list[int]:
        """Somebody subscribes, by a code of some scene perhaps."""
        self.api.phone(openid).follows = True
        return await self.happens(openid, "subscribe", EventKey=f"qrscene_{scene}" if scene else "")

    async def unfollow(self, openid: str) -> list[int]:
        """Somebody subscribes no more."""
        self.api.phone(openid).follows = False
        return await self.happens(openid, "unsubscribe", EventKey="")

    async def happens(self, openid: str, event: str, **fields: str) -> list[int]:
        """An event; some let the account speak for a minute."""
        if event in ("CLICK", "subscribe", "SCAN"):
            self.api.phone(openid).may_get(3, self.api.clock() + MINUTE)
        return await self.post(self.message(openid, MsgType="event", Event=event, **fields), openid)

    def message(self, openid: str, **fields: str) -> dict[str, str]:
        """The fields of a message or event."""
        common = {"ToUserName": ACCOUNT, "FromUserName": openid, "CreateTime": self._moment()}
        return {**common, **fields}

    async def post(self, fields: Mapping[str, str], openid: str = "") -> list[int]:
        """Post until it is taken, four times at most; the statuses, 0 where nothing came within `patience` seconds."""
        plain, statuses = xml(fields), list[int]()
        query, body = self.sealed(plain)
        for turn in range(TRIES):
            if turn:
                self.pause(PAUSE)
                if self.renews:
                    query, body = self.sealed(plain)
            status, said = await self._once(query, body)
            statuses.append(status)
            if status == 200:
                if said not in ("", "success"):
                    self.api.phone(openid).shown.append(Seen("passive", said))
                break
        else:
            self.api.phone(openid).shown.append(Seen("trouble", TROUBLE))
        self.statuses += statuses
        return statuses

    async def _once(self, query: Query, body: bytes) -> tuple[int, str]:
        try:
            answer = await self.client.post(
                self.url, params=query, content=body, headers={"content-type": "text/xml"}, timeout=self.patience
            )
        except httpx.HTTPError:
            return 0, ""
        return answer.status_code, answer.text

    def sealed(self, plain: str) -> tuple[Query, bytes]:
        """The query and body under which a message is posted in this mode."""
        stamp, nonce = self._moment(), secrets.token_hex(5)
        query = {"signature": signature(stamp, nonce), "timestamp": stamp, "nonce": nonce}
        if self.mode == "plain":
            return query, plain.encode()
        hidden = encrypted(plain)
        query |= {"encrypt_type": "aes", "msg_signature": signature(stamp, nonce, hidden)}
        inside = f"<Encrypt><![CDATA[{hidden}]]></Encrypt>"
        if self.mode == "both":
            return query, plain.replace("</xml>", f"{inside}</xml>").encode()
        return query, f"<xml><ToUserName><![CDATA[{ACCOUNT}]]></ToUserName>{inside}</xml>".encode()

    def _moment(self) -> str:
        return str(int(self.api.clock().timestamp()))


def xml(fields: Mapping[str, Any]) -> str:
    """A flat message; numbers stand bare, words in CDATA."""
    parts = []
    for name, value in fields.items():
        bare = name in ("CreateTime", "MsgId", "Location_X", "Location_Y", "Scale")
        shown = value if bare else "<![CDATA[" + str(value).replace("]]>", "]]]]><![CDATA[>") + "]]>"
        parts.append(f"<{name}>{shown}</{name}>")
    return f"<xml>{''.join(parts)}</xml>"


def signature(*parts: str) -> str:
    """The platform's signature over the token and these."""
    return hashlib.sha1("".join(sorted((TOKEN, *parts))).encode()).hexdigest()  # noqa: S324


def encrypted(plain: str, app_id: str = APP_ID) -> str:
    """AES-256-CBC over 16 random bytes, the length, the message and the app id, padded to 32 bytes."""
    key = base64.b64decode(AES_KEY + "=")
    said = plain.encode()
    whole = os.urandom(16) + struct.pack(">I", len(said)) + said + app_id.encode()
    pad = 32 - len(whole) % 32
    sealer = Cipher(algorithms.AES(key), modes.CBC(key[:16])).encryptor()
    return base64.b64encode(sealer.update(whole + bytes([pad]) * pad) + sealer.finalize()).decode()
