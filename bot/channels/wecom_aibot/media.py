"""Media (素材): uploaded in chunks over the link; fetched by their address and decrypted with their own key."""

import asyncio
import base64
import binascii
import hashlib
import json
import logging
from typing import Final, Literal

import httpx
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from bot.channels.tencent.texts import ascii_name
from bot.channels.wecom_aibot.errors import BAD_MEDIUM, TOO_FAST, Rejected
from bot.channels.wecom_aibot.link import Link
from jobs.channel import Impossible, Medium, MediumRefused, NotNow, Unsure

LOG = logging.getLogger("wangge.wecom_aibot")
Kind = Literal["image", "voice", "video", "file"]
CHUNK: Final = 512 * 1024
LEAST: Final = 5
MIB: Final = 1024 * 1024
MOST: Final[dict[Kind, int]] = {"image": 10 * MIB, "voice": 2 * MIB, "video": 10 * MIB, "file": 20 * MIB}
NAMES: Final = {"photo": "photo.jpg", "video": "video.mp4", "voice": "voice.ogg", "file": "file.bin"}
WITHIN: Final = 60.0
BLOCK: Final = 32


def kind_of(medium: Medium) -> Kind:
    """As what it goes: a film or voice the platform would not play goes as a file. Raises MediumRefused."""
    size = len(medium.blob or b"")
    wanted: Kind = "file"
    if medium.kind == "photo" and medium.mime in ("image/jpeg", "image/png"):
        wanted = "image"
    elif medium.kind == "voice" and medium.mime == "audio/amr":
        wanted = "voice"
    elif medium.kind == "video" and medium.mime == "video/mp4":
        wanted = "video"
    for kind in dict.fromkeys((wanted, "file")):
        if LEAST <= size <= MOST[kind]:
            return kind
    raise MediumRefused("too big" if size else "empty")


async def upload(link: Link, medium: Medium) -> str:
    """Hand a medium over; its kind and id, valid for three days, as `kind:id`.

    Raises MediumRefused, and NotNow for whatever else goes wrong: nothing was said yet.
    """
    kind, blob = kind_of(medium), medium.blob or b""
    chunks = [blob[at : at + CHUNK] for at in range(0, len(blob), CHUNK)]
    begun = {
        "type": kind,
        "filename": ascii_name(medium.name or NAMES[medium.kind]),
        "total_size": len(blob),
        "total_chunks": len(chunks),
        "md5": hashlib.md5(blob, usedforsecurity=False).hexdigest(),
    }
    try:
        name = (await link.ask("aibot_upload_media_init", begun))["upload_id"]
        for index, chunk in enumerate(chunks):
            data = base64.b64encode(chunk).decode()
            await link.ask("aibot_upload_media_chunk", {"upload_id": name, "chunk_index": index, "base64_data": data})
        done = await link.ask("aibot_upload_media_finish", {"upload_id": name})
        return f"{kind}:{done['media_id']}"
    except Rejected as refused:
        LOG.warning("a medium was not taken: %s", refused.code)
        if refused.code in BAD_MEDIUM:
            raise MediumRefused(f"medium {refused.code}") from None
        raise NotNow("uploads rest" if refused.code in TOO_FAST else f"upload {refused.code}") from None
    except (Unsure, KeyError):
        raise NotNow("not uploaded") from None


async def fetch(client: httpx.AsyncClient, ref: str, most: int, aes_key: str = "") -> bytes:
    """A medium of at most `most` bytes; `aes_key` opens what has no key of its own. Raises Impossible, NotNow."""
    try:
        told = json.loads(ref)
        address, key = str(told["url"]), _key(str(told["aeskey"] or aes_key))
    except (ValueError, TypeError, KeyError):
        raise Impossible("no such medium") from None
    try:
        async with asyncio.timeout(WITHIN):
            sealed = await _download(client, address, most + BLOCK)
    except (httpx.HTTPError, httpx.InvalidURL, TimeoutError):
        raise NotNow("no file for now") from None
    blob = decrypted(sealed, key)
    if len(blob) > most:
        raise Impossible("too big")
    return blob


async def _download(client: httpx.AsyncClient, address: str, most: int) -> bytes:
    body = bytearray()
    async with client.stream("GET", address) as response:
        if response.status_code >= 500 or response.status_code == 429:
            raise NotNow("no file for now")
        if response.status_code != 200:
            raise Impossible("no such file")
        async for chunk in response.aiter_bytes():
            body += chunk
            if len(body) > most:
                raise Impossible("too big")
    return bytes(body)


def decrypted(sealed: bytes, key: bytes) -> bytes:
    """What AES-256-CBC with PKCS#7 to 32 bytes hid; raises Impossible."""
    if not sealed or len(sealed) % 16:
        raise Impossible("not encrypted")
    opener = Cipher(algorithms.AES(key), modes.CBC(key[:16])).decryptor()
    plain = opener.update(sealed) + opener.finalize()
    pad = plain[-1]
    if not 1 <= pad <= BLOCK or plain[-pad:] != bytes([pad]) * pad:
        raise Impossible("wrong key")
    return plain[:-pad]


def _key(told: str) -> bytes:
    """The key, whose '=' at the end the platform leaves out."""
    try:
        key = base64.b64decode(told.rstrip("=") + "=" * (-len(told.rstrip("=")) % 4), validate=True)
    except binascii.Error:
        raise ValueError("no key") from None
    if len(key) != 32:
        raise ValueError("no key")
    return key
