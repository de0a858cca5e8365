"""Push webhooks of WeCom groups (消息推送, once 群机器人): a group has an address of its own; nothing is heard there.

What fits goes as plain `text`: it calls people by name, everybody included, and shows what people typed as they
typed it. `markdown` takes twice as much, so that what is too long for a text is one message of the twenty a minute
instead of two; it cannot call everybody, and people's words are written in wide signs there (`texts.markdown`).
`markdown_v2` can call nobody. The key of an address is its only secret: outside this file a group is known by a
digest of it.

Facts: developer.work.weixin.qq.com, document 99110; limits of the interfaces: 90454.
"""

import asyncio
import base64
import hashlib
import json
import logging
import secrets
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

import httpx

from bot.channel_settings import WecomRobot as Section
from bot.channels.real import Stands, only_real, only_real_world
from bot.channels.splitting import cut, length, split
from bot.channels.tencent import errors, pictures, texts
from bot.channels.tencent.meeting import met
from bot.finding import Finding
from bot.settings import Settings
from handlers.dialogue.message import Outgoing, RealCall
from jobs.channel import (
    Accept,
    Call,
    CallFailed,
    Capabilities,
    ChatGone,
    Impossible,
    Limits,
    Medium,
    MediumRefused,
    NotNow,
    Sent,
    Unsure,
    Window,
)
from storage.copies import CopyKind
from storage.outbox import CallKind
from storage.sealing import MasterKey
from storage.worlds import WorldKind

ACCOUNT: Final = "wecom_robot"
TEXT, MARKDOWN, TITLE, ABOUT = 2048, 4096, 128, 512
"""Bytes of a text, of markdown, and of the title and the description of a link card."""
EVERYBODY: Final = "@all"
PICTURE, VOICE, FILE = 2 << 20, 2 << 20, 20 << 20
"""Bytes of media; a file has more than 5."""
LEAST: Final = 6
LIMITS: Final = Limits(windows=(Window("chat", 20, 60.0, frozenset({CallKind.SEND}), reserve=3),), in_order=True)
"""20 messages a minute into each group, whoever wants to say something there."""
CONNECT, WHOLE = 5.0, 3.0
"""Seconds for a connection; a whole call may take so many times the time-out of a step."""
PATIENCE: Final = 10.0
MOST_ANSWER: Final = 1 << 20
NEVER_LEFT: Final = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.ProxyError)
"""What surely happened before the request was on its way."""

NO_SUCH_KEY: Final = 93000
CODES: Final[errors.Codes] = {code: lambda: MediumRefused("medium refused") for code in (40007, 44001, 45007, 301019)}
"""What is wrong with a medium here: an id of our own upload that is not known, nothing in it, too long, its digest."""
KINDS: Final = {"image": CopyKind.PHOTO, "file": CopyKind.FILE, "voice": CopyKind.FILE}


@dataclass(frozen=True, slots=True)
class Part:
    """One call of a message: words (as `markdown` where they are long), or a medium.

    `calls` says that it names the people who are meant.
    """

    text: str = ""
    markdown: bool = False
    medium: Medium | None = None
    calls: bool = False


class WecomRobot(Stands):
    """A way to speak into WeCom groups by their webhooks; only the real world may use it.

    `timeout` is in seconds, for each step of a call.
    """

    def __init__(
        self,
        settings: Section,
        kind: WorldKind,
        *,
        timeout: float = 15.0,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        only_real_world(kind)
        self.account = ACCOUNT
        self.can = Capabilities(
            hears_all=False,
            hears_groups=False,
            photo=True,
            voice=True,
            text_length=TEXT,
            unit="bytes",
            directory="wecom_app",
        )
        self.limits = LIMITS
        self._now, self._timeout = now, timeout
        self._base = f"{settings.api_base_url}/cgi-bin"
        self._names = {name_of(one.key.get_secret_value()): one.name for one in settings.groups}
        self._keys = {name_of(one.key.get_secret_value()): one.key for one in settings.groups}
        self._client = _client(settings, timeout)

    def __repr__(self) -> str:
        return f"WecomRobot({len(self._keys)} groups)"

    @property
    def listening(self) -> str:
        """There is nothing to hear."""
        return "none"

    def parts(self, outgoing: Outgoing, media: tuple[Medium, ...]) -> int:
        """How many messages this one takes: each medium is one, words beyond 2048 bytes are several."""
        return max(len(plan(outgoing, media)), 1)

    async def send(self, call: Call, media: tuple[Medium, ...], part: int = 0) -> Sent:
        """Send one part of a message; raises a CallFailed, TypeError for a call of another world.

        The platform names no message, and an uploaded medium works in this one group only, so no upload is told.
        """
        real = only_real(call)
        key = self._key(real.chat)
        parts = plan(real.outgoing, media)
        if part >= len(parts):
            raise Impossible("nothing to say")
        body = await self._body(key, parts[part], real.outgoing)
        await self._post("send", key, json.dumps(body, ensure_ascii=False).encode(), "application/json")
        return Sent(((_made_up(real, part), KINDS.get(body["msgtype"], CopyKind.TEXT)),))

    async def probe(self) -> None:
        """Ask the platform for a token without saying whose: a refusal shows that it is there. Raises a CallFailed."""
        await self._call("GET", "gettoken")

    async def listen(self, accept: Accept) -> None:
        """Tell of each group once, then wait until cancelled."""
        for chat, name in self._names.items():
            await accept(met(ACCOUNT, chat, name, self._now()))
        await asyncio.Event().wait()

    async def close(self) -> None:
        """Give connections back."""
        await self._client.aclose()

    def _key(self, chat: str) -> str:
        """The key of a group; raises ChatGone for one that is not in the settings any more."""
        if chat not in self._keys:
            raise ChatGone("not in the settings")
        return self._keys[chat].get_secret_value()

    async def _body(self, key: str, part: Part, outgoing: Outgoing) -> dict[str, Any]:
        """One message as the platform takes it; a file is uploaded before. Raises a CallFailed."""
        one = part.medium
        if one is None and part.markdown:
            return {"msgtype": "markdown", "markdown": {"content": part.text}}
        if one is None:
            words: dict[str, Any] = {"content": part.text}
            if part.calls:
                words["mentioned_list"] = list(outgoing.mentions)
            return {"msgtype": "text", "text": words}
        if one.kind == "video" and one.url:
            return {"msgtype": "news", "news": {"articles": [_card(one, harmless(outgoing.text))]}}
        if one.kind == "photo":
            try:
                blob = await asyncio.to_thread(pictures.fit, one.blob or b"", PICTURE)
            except pictures.NoPicture:
                raise MediumRefused("no picture") from None
            digest = hashlib.md5(blob, usedforsecurity=False).hexdigest()
            return {"msgtype": "image", "image": {"base64": base64.b64encode(blob).decode(), "md5": digest}}
        kind = "voice" if _is_amr(one) else "file"
        return {"msgtype": kind, kind: {"media_id": await self._upload(key, kind, one)}}

    async def _upload(self, key: str, kind: str, one: Medium) -> str:
        """Upload a file for this one group and give its id; nothing was said yet, so it may be tried again."""
        body, content_type = form(file_name(one), one.blob or b"")
        try:
            answer = await self._post("upload_media", key, body, content_type, type=kind)
        except Unsure:
            raise NotNow("upload unsure") from None
        except Impossible:
            raise MediumRefused("upload refused") from None
        media_id = answer.get("media_id")
        if not isinstance(media_id, str) or not media_id:
            raise MediumRefused("no media id")
        return media_id

    async def _post(self, method: str, key: str, body: bytes, content_type: str, **params: str) -> Mapping[str, Any]:
        """Call a method of a group's webhook; raises a CallFailed."""
        said = await self._call(
            "POST",
            f"webhook/{method}",
            params={"key": key, **params},
            content=body,
            headers={"Content-Type": content_type},
        )
        if said["errcode"]:
            raise errors.failure(said["errcode"], CODES)
        return said

    async def _call(self, method: str, path: str, **options: Any) -> dict[str, Any]:  # noqa: ANN401 - httpx's options
        """Make a request; what the platform answered. Errors of the library hold the address, so none goes on."""
        body = bytearray()
        try:
            async with (
                asyncio.timeout(self._timeout * WHOLE),
                self._client.stream(method, f"{self._base}/{path}", **options) as answer,
            ):
                async for more in answer.aiter_bytes():
                    body += more
                    if len(body) > MOST_ANSWER:
                        raise Unsure("not the platform")
        except NEVER_LEFT:
            raise NotNow("no connection") from None
        except (httpx.HTTPError, TimeoutError):
            raise Unsure("no answer") from None
        return _said(answer.status_code, bytes(body))


def make(settings: Settings, keys: MasterKey) -> WecomRobot | None:
    """The channel the settings ask for; None without a group."""
    return WecomRobot(settings.wecom_robot, WorldKind.REAL) if settings.wecom_robot.on else None


def examine(settings: Settings) -> Iterator[Finding]:
    """What `wangge check` finds: whether each group's key is known, by a message of a kind that does not exist.

    The platform refuses it (40008) where it knows the key, so that nobody sees anything.
    """
    section = settings.wecom_robot
    hush()
    yield Finding(True, f"企业微信消息推送 {len(section.groups)} 个群，只能发、听不到；只用于企业内部群 webhooks")
    with httpx.Client(proxy=section.proxy or None, timeout=PATIENCE, trust_env=False) as client:
        for one in section.groups:
            try:
                params = {"key": one.key.get_secret_value()}
                answer = client.post(
                    f"{section.api_base_url}/cgi-bin/webhook/send", params=params, json={"msgtype": "check"}
                )
                errcode = _said(answer.status_code, answer.content)["errcode"]
            except (httpx.HTTPError, CallFailed):
                mend = "请检查网络；要经过代理请写 [wecom_robot] proxy，私有部署请写 [wecom_robot] api_base_url"
                yield Finding(False, "连不上企业微信 WeCom unreachable", mend)
                return
            known = errcode != NO_SUCH_KEY
            mend = "平台不认这个 key，请在这个群的“消息推送”里重新复制地址，把 key= 后面的一串写进 [wecom_robot] groups"
            yield Finding(known, f"“{one.name}”的推送地址 webhook", mend)


def plan(outgoing: Outgoing, media: tuple[Medium, ...]) -> list[Part]:
    """How a message is cut into calls: media first, words last; who is meant is named with the first words."""
    shown = [Part(medium=one) for one in media if _is_shown(one)]
    if (long := _in_one(outgoing)) is not None:
        return [*shown, Part(long, markdown=True)]
    parts = split(harmless(outgoing.text), TEXT, "bytes")
    return [*shown, *(Part(one, calls=place == 0 and bool(outgoing.mentions)) for place, one in enumerate(parts))]


def _in_one(outgoing: Outgoing) -> str | None:
    """Words too long for a text as one markdown message with its mentions; None where they are not, or don't fit."""
    if length(harmless(outgoing.text), "bytes") <= TEXT or EVERYBODY in outgoing.mentions:
        return None
    names = "".join(f"<@{one}>" for one in outgoing.mentions)
    whole = "\n".join(filter(None, (names, texts.markdown(outgoing.text.strip()))))
    return whole if length(whole, "bytes") <= MARKDOWN else None


def harmless(text: str) -> str:
    """The text with nothing in it that WeCom would read as a mention: a space of no width breaks `<@`."""
    return texts.clean(text).replace("<@", f"<{texts.NOTHING}@")


def name_of(key: str) -> str:
    """What a group is called everywhere else: a digest of its key, from which the key cannot be found."""
    return f"webhook-{hashlib.sha256(f'wecom_robot|{key}'.encode()).hexdigest()[:20]}"


def file_name(one: Medium) -> str:
    """A file name the platform surely reads, with the ending that belongs to it; the words tell what it is."""
    mime = one.mime.partition(";")[0].strip().lower()
    name = one.name if "." in one.name else f"{one.name or one.kind}.{ENDINGS.get(mime, 'bin')}"
    return texts.ascii_name(name, one.kind)


ENDINGS: Final = {
    "video/mp4": "mp4",
    "audio/amr": "amr",
    "audio/ogg": "ogg",
    "audio/mpeg": "mp3",
    "application/pdf": "pdf",
    "image/jpeg": "jpg",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": "xlsx",
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document": "docx",
}


def form(name: str, blob: bytes) -> tuple[bytes, str]:
    """A multipart body with one file, and its content type; WeCom wants `filelength`, which no library writes."""
    boundary = secrets.token_hex(16)
    head = (
        f'--{boundary}\r\nContent-Disposition: form-data; name="media"; filename="{name}"; filelength={len(blob)}\r\n'
        "Content-Type: application/octet-stream\r\n\r\n"
    )
    return head.encode() + blob + f"\r\n--{boundary}--\r\n".encode(), f"multipart/form-data; boundary={boundary}"


def hush() -> None:
    """Keep the libraries from logging addresses, which hold the key, at whatever level they are told to log."""
    for name in ("httpx", "httpcore"):
        logging.getLogger(name).addFilter(_loud)


def _loud(record: logging.LogRecord) -> bool:
    return record.levelno >= logging.WARNING


def _client(settings: Section, timeout: float) -> httpx.AsyncClient:
    hush()
    timeouts = httpx.Timeout(timeout, connect=min(CONNECT, timeout))
    limits = httpx.Limits(max_connections=8)
    return httpx.AsyncClient(timeout=timeouts, limits=limits, proxy=settings.proxy or None, trust_env=False)


def _said(status: int, body: bytes) -> dict[str, Any]:
    """What the platform answered; raises a CallFailed where it was not the platform, or not now."""
    if (failure := errors.of_status(status)) is not None:
        raise failure
    try:
        said = json.loads(body)
    except (ValueError, RecursionError):
        said = None
    if isinstance(said, dict) and isinstance(said.get("errcode"), int):
        return said
    raise Unsure("not the platform")


def _is_shown(one: Medium) -> bool:
    """Whether a medium can be shown here; a film without a page of its own goes as a file."""
    if one.kind == "video" and one.url:
        return True
    size = len(one.blob or b"")
    return size > 0 if one.kind == "photo" else LEAST <= size <= FILE


def _is_amr(one: Medium) -> bool:
    """Whether it is speech in the one format that plays in the chat; any other goes as a file."""
    return one.kind == "voice" and (one.blob or b"").startswith(b"#!AMR") and len(one.blob or b"") <= VOICE


def _card(one: Medium, text: str) -> dict[str, str]:
    """A card that opens the page where a film can be seen."""
    first, _, rest = text.strip().partition("\n")
    title, about = cut(texts.clean(one.name) or first, TITLE, "bytes") or "视频", cut(rest.strip(), ABOUT, "bytes")
    return {"title": title, "description": about or "点开观看", "url": one.url}


def _made_up(call: RealCall, part: int) -> str:
    """A name for a message, since the platform gives none; the same for a repeated call."""
    key = call.key or secrets.token_hex(16)
    return hashlib.sha256(f"{call.chat}|{key}|{part}".encode()).hexdigest()[:32]
