"""Callbacks (回调): what Tencent posts to us is opened here, or refused with a typed error.

The order is fixed: signature in constant time over bytes that were only cut out, then the time, then decryption,
then reading. wechatpy does the decryption and the reading of XML; its own order (parse first, compare with `!=`, no
look at the time) is not used, and whatever it raises on hostile input becomes `Malformed`.
"""

import asyncio
import base64
import hashlib
import hmac
import json
import logging
import re
import secrets
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final, Literal

import xmltodict
from starlette.requests import ClientDisconnect, Request
from starlette.responses import PlainTextResponse, Response

from bot.channels.tencent import library
from bot.channels.tencent.library import Message
from bot.channels.tencent.texts import cdata

LOG = logging.getLogger("wangge.tencent")
MOST_BYTES: Final = 1 << 20
WINDOW: Final = timedelta(seconds=300)
REMEMBERED: Final = 10_000
"""How many callbacks are kept in mind against a replay; each for twice the window at most."""

MOST_KEPT: Final = 2048
"""Characters of an answer that are kept in mind: so many callbacks must not fill the memory."""

BASE64: Final = re.compile(rb"[A-Za-z0-9+/]+={0,2}")
STAMP: Final = re.compile(r"[0-9]{1,12}")
MOST_TAGS: Final = 4096
"""More tags than any message has."""

IN_JSON: Final = re.compile(rb'"encrypt"\s{0,8}:\s{0,8}"')
MARKS: Final = re.compile(rb"<!\[CDATA\[|\]\]>|</?Encrypt>")
PATIENCE: Final = 10.0
"""Seconds for a whole body; the platform itself has given up by then."""

Shape = Literal["xml", "json"]


class Hostile(Exception):
    """A callback that is refused; `status` is what the caller hears."""

    status = 400


class Forged(Hostile):
    """Not signed by the platform, too old, or another message under a used signature."""

    status = 403


class Malformed(Hostile):
    """Signed or not, it does not read like anything the platform sends."""


class TooSlow(Hostile):
    """A body that does not come to its end."""

    status = 408


class TooBig(Hostile):
    """More than the platform ever sends."""

    status = 413


def system_now() -> datetime:
    """The moment, in UTC."""
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True, repr=False)
class Opened:
    """A callback that is genuine: its content, its name for `Envelope.keep`, and what the first like it was answered.

    `answered` is None for the first, and for one whose first was refused or not kept.
    """

    plain: str
    name: str
    answered: str | None


@dataclass(slots=True)
class _Seen:
    digest: bytes
    until: datetime
    answer: str | None = None


class Envelope:
    """Opens and seals what goes between us and one account of the platform.

    `aes_key` is the EncodingAESKey (43 characters; empty: the plain mode of a 公众号), `receive_id` the corp id, the
    app id, or empty for an AI bot. `official` is for a 公众号, whose address check and plain mode sign without the
    content. Raises ValueError for a key that cannot be one.
    """

    def __init__(
        self,
        token: str,
        aes_key: str,
        receive_id: str,
        now: Callable[[], datetime] = system_now,
        *,
        official: bool = False,
    ) -> None:
        self._token, self._receive_id, self._now, self._official = token, receive_id, now, official
        self._crypto = (library.OfficialCrypto if official else library.CorpCrypto)(_key(aes_key)) if aes_key else None
        if self._crypto is None and not official:
            raise ValueError("only an official account has a plain mode")
        self._seen: OrderedDict[str, _Seen] = OrderedDict()

    def __repr__(self) -> str:
        return "Envelope()"

    def __len__(self) -> int:
        return len(self._seen)

    def echo(self, query: Mapping[str, str]) -> str:
        """What the platform wants to hear when it checks our address; raises Forged, Malformed."""
        told = query.get("echostr", "")
        if self._official:
            self._check(query, "signature")
            return told
        self._check(query, "msg_signature", told)
        return self._decrypt(told)

    def open(self, query: Mapping[str, str], body: bytes) -> Opened:
        """The content of a callback; raises Forged, Malformed. It counts as seen once `keep` was called."""
        if self._crypto is None:
            name, digest = self._check(query, "signature"), hashlib.sha256(body).digest()
            return Opened(_text(body), name, self._look(name, digest))
        sealed = _sealed(body)
        name = self._check(query, "msg_signature", sealed)
        plain = self._decrypt(sealed)
        return Opened(plain, name, self._look(name, hashlib.sha256(sealed.encode()).digest()))

    def keep(self, opened: Opened, answer: str = "") -> None:
        """Note that a callback was taken and how it was answered: a repeat is answered alike and goes no further.

        After a long answer (a bot's stream, asked for each second) it is heard anew, where its key stops it.
        """
        if (seen := self._seen.get(opened.name)) is not None and len(answer) <= MOST_KEPT:
            seen.answer = answer

    def seal(self, plain: str, shape: Shape = "xml") -> str:
        """Encrypt and sign an answer."""
        if self._crypto is None:
            return plain
        stamp, nonce = str(int(self._now().timestamp())), secrets.token_hex(8)
        sealed = self._crypto.encrypt(plain, self._receive_id).decode("ascii")
        signed = self._signature(stamp, nonce, sealed)
        if shape == "json":
            return json.dumps({"encrypt": sealed, "msgsignature": signed, "timestamp": int(stamp), "nonce": nonce})
        return (
            f"<xml><Encrypt>{cdata(sealed)}</Encrypt><MsgSignature>{cdata(signed)}</MsgSignature>"
            f"<TimeStamp>{stamp}</TimeStamp><Nonce>{cdata(nonce)}</Nonce></xml>"
        )

    def _signature(self, *parts: str) -> str:
        told = sorted(part.encode("utf-8", "surrogatepass") for part in (self._token, *parts))
        return hashlib.sha1(b"".join(told)).hexdigest()  # noqa: S324 - the platform's choice

    def _check(self, query: Mapping[str, str], name: str, *content: str) -> str:
        """The signature of a genuine and fresh call; raises Forged."""
        stamp, nonce = query.get("timestamp", ""), query.get("nonce", "")
        right = self._signature(stamp, nonce, *content)
        if not hmac.compare_digest(right.encode(), query.get(name, "").encode("utf-8", "surrogatepass")):
            raise Forged("signature")
        if not STAMP.fullmatch(stamp) or abs(self._now().timestamp() - int(stamp)) > WINDOW.total_seconds():
            raise Forged("time")
        return right

    def _decrypt(self, sealed: str) -> str:
        if self._crypto is None or not BASE64.fullmatch(sealed.encode("utf-8", "surrogatepass")):
            raise Malformed("not encrypted")
        try:
            plain: str = self._crypto.decrypt(sealed, self._receive_id)
        except Exception:
            # Of all that the library raises here only two kinds are its own.
            raise Malformed("not for us") from None
        return plain

    def _look(self, name: str, digest: bytes) -> str | None:
        """How a callback was answered before; raises Forged where its signature was used for another."""
        now = self._now()
        while self._seen and (len(self._seen) > REMEMBERED or next(iter(self._seen.values())).until <= now):
            self._seen.popitem(last=False)
        seen = self._seen.setdefault(name, _Seen(digest, now + 2 * WINDOW))
        if not hmac.compare_digest(seen.digest, digest):
            raise Forged("used signature")
        return seen.answer


async def read_body(request: Request, most: int = MOST_BYTES, within: float = PATIENCE) -> bytes:
    """The body of a request; raises TooBig beyond `most` bytes, TooSlow after `within` seconds."""
    body = bytearray()
    try:
        async with asyncio.timeout(within):
            async for chunk in request.stream():
                body += chunk
                if len(body) > most:
                    raise TooBig("body")
    except TimeoutError:
        raise TooSlow("body") from None
    return bytes(body)


async def receive(request: Request, envelope: Envelope, hear: Callable[[Opened], Awaitable[str]], who: str) -> Response:
    """Answer one request of the platform: its check of our address, or a callback.

    `hear` takes what was opened and returns the answer; it may raise Hostile. Whatever else it raises is answered
    503, so that the platform calls again. Each refusal is one line in the log, without content.
    """
    try:
        if request.method == "GET":
            return _said(envelope.echo(request.query_params))
        opened = envelope.open(request.query_params, await read_body(request))
        if opened.answered is not None:
            return _said(opened.answered)
        answer = await hear(opened)
        envelope.keep(opened, answer)
        return _said(answer)
    except Hostile as refused:
        LOG.warning("%s: a callback was refused: %s (%s)", who, type(refused).__name__, str(refused))
        return Response(status_code=refused.status)
    except ClientDisconnect:
        return Response(status_code=400)
    except Exception as error:
        LOG.warning("%s: a callback is not kept yet: %s", who, type(error).__name__)
        return Response(status_code=503)


def parse_xml(plain: str, parse: Callable[[str], Message | None] = library.parse_corp) -> Message:
    """A message as wechatpy reads it (`library.parse_corp`, `library.parse_official`); raises Malformed.

    Documents with declarations or too many tags are refused before a parser sees them.
    Fields are converted when they are read: read them within `reading`.
    """
    _refuse_declarations(plain)
    try:
        message = parse(plain)
    except Exception:
        raise Malformed("no message") from None
    if message is None or not isinstance(message._data, dict):
        raise Malformed("no message")
    return message


def parse_fields(plain: str) -> dict[str, Any]:
    """The fields of a flat XML document under `<xml>`, whatever they are called; raises Malformed."""
    _refuse_declarations(plain)
    try:
        found = xmltodict.parse(plain, disable_entities=True)["xml"]
    except Exception:
        raise Malformed("no message") from None
    if not isinstance(found, dict):
        raise Malformed("no message")
    return found


def parse_json(plain: str) -> dict[str, Any]:
    """The content of a JSON callback; raises Malformed."""
    try:
        found = json.loads(plain)
    except (ValueError, RecursionError):
        raise Malformed("no json") from None
    if not isinstance(found, dict):
        raise Malformed("no json")
    return found


class reading:
    """Within it, whatever a malformed message makes the reader raise becomes Malformed."""

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: object) -> None:
        if isinstance(error, Exception) and not isinstance(error, Hostile):
            raise Malformed("unreadable") from None


def _said(answer: str) -> Response:
    shape = "application/json" if answer.startswith("{") else "application/xml" if answer.startswith("<xml") else None
    kept = {"X-Content-Type-Options": "nosniff"}
    return Response(answer, media_type=shape, headers=kept) if shape else PlainTextResponse(answer, headers=kept)


def _key(aes_key: str) -> bytes:
    """The key itself, 32 bytes; raises ValueError."""
    try:
        key = base64.b64decode(aes_key + "=", validate=True)
    except ValueError:
        raise ValueError("no EncodingAESKey") from None
    if len(key) != 32:
        raise ValueError("no EncodingAESKey")
    return key


def _sealed(body: bytes) -> str:
    """The encrypted part, cut out of XML or JSON without parsing either; raises Malformed."""
    if body.lstrip()[:1] == b"{":
        found = list(IN_JSON.finditer(body))
        start = found[0].end() if len(found) == 1 else 0
        part = body[start : max(body.find(b'"', start), start)].replace(b"\\/", b"/") if start else b""
    else:
        part = _element(body)
        if part.startswith(b"<![CDATA[") and part.endswith(b"]]>"):
            part = part[9:-3].strip()
    if not BASE64.fullmatch(part):
        raise Malformed("not encrypted")
    return part.decode("ascii")


def _element(body: bytes) -> bytes:
    """What stands in the one `<Encrypt>` of a document; empty where there is none, or more than one.

    What people typed stands beside it in CDATA sections (兼容模式), and may well hold such a tag.
    """
    typed, starts, ends = False, list[int](), list[int]()
    for mark in MARKS.finditer(body):
        match mark[0]:
            case b"<![CDATA[":
                typed = True
            case b"]]>":
                typed = False
            case _ if typed:
                continue
            case b"<Encrypt>":
                starts.append(mark.end())
            case _:
                ends.append(mark.start())
        if len(starts) > 1 or len(ends) > 1:
            return b""
    return body[starts[0] : ends[0]].strip() if starts and ends else b""


def _refuse_declarations(plain: str) -> None:
    """Raise Malformed for a DOCTYPE, entity or comment outside the CDATA sections, and for too many tags."""
    tags = at = 0
    while at >= 0:
        opens = plain.find("<![CDATA[", at)
        outside = plain[at:opens] if opens >= 0 else plain[at:]
        tags += outside.count("<")
        if "<!" in outside or tags > MOST_TAGS:
            raise Malformed("declarations")
        ends = plain.find("]]>", opens) if opens >= 0 else -1
        at = ends + 3 if ends >= 0 else -1


def _text(body: bytes) -> str:
    try:
        return body.decode("utf-8")
    except UnicodeDecodeError:
        raise Malformed("no text") from None
