"""What WeCom takes of an AI bot: the shapes of messages and cards, uploads in chunks, files to be fetched."""

import base64
import hashlib
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

MOST_BYTES, CHUNK, MIB = 20480, 512 * 1024, 1024 * 1024
MOST = {"image": 10 * MIB, "voice": 2 * MIB, "video": 10 * MIB, "file": 20 * MIB}
ADDRESS, SESSION, KEPT = 300.0, 1800.0, 259_200.0
FINE, TOO_LONG, BAD_BODY, EMPTY, NO_MEDIUM, BAD_UPLOAD = 0, 45002, 40008, 93017, 40007, 40009


@dataclass
class Shown:
    """What stands in a chat: `how` it came (stream, markdown, template_card, image, …, welcome) and what it says."""

    how: str
    text: str
    finished: bool = True
    buttons: tuple[tuple[str, str], ...] = ()
    task: str = ""
    frames: int = 1
    at: float = 0.0
    for_one: dict[str, str] = field(default_factory=dict)


@dataclass
class Upload:
    """A medium on its way in."""

    kind: str
    size: int
    total: int
    md5: str
    at: float
    chunks: dict[int, bytes] = field(default_factory=dict)


class Store:
    """What was uploaded, by id, and files that people sent."""

    def __init__(self) -> None:
        self.media: dict[str, tuple[str, bytes, float]] = {}
        self.files: dict[str, tuple[bytes, float]] = {}
        self._uploads: dict[str, Upload] = {}

    def has(self, media_id: str, kind: str, now: float) -> bool:
        """Whether a medium of this kind is still there."""
        known = self.media.get(media_id)
        return known is not None and known[0] == kind and now - known[2] <= KEPT

    def file(self, blob: bytes, now: float) -> tuple[str, str]:
        """Encrypt a file with a key of its own: its name and key."""
        key, name = os.urandom(32), os.urandom(8).hex()
        self.files[name] = (sealed(blob, key), now)
        return name, base64.b64encode(key).decode()

    def fetched(self, name: str, now: float) -> bytes | None:
        """An encrypted file, for five minutes."""
        found = self.files.get(name)
        return found[0] if found is not None and now - found[1] <= ADDRESS else None

    def upload(self, step: str, body: Mapping[str, Any], now: float) -> tuple[int, Mapping[str, Any]]:
        """One step of an upload: init, chunk, finish."""
        if step == "init":
            kind, size, total = body.get("type"), int(body["total_size"]), int(body["total_chunks"])
            if kind not in MOST or not 5 <= size <= MOST[kind] or not 1 <= total <= 100 or not body.get("filename"):
                return BAD_UPLOAD, {}
            name = f"upload-{len(self._uploads) + 1}"
            self._uploads[name] = Upload(kind, size, total, body["md5"], now)
            return FINE, {"upload_id": name}
        upload = self._uploads.get(str(body.get("upload_id")))
        if upload is None or now - upload.at > SESSION:
            return BAD_UPLOAD, {}
        if step == "chunk":
            index, data = int(body["chunk_index"]), base64.b64decode(body["base64_data"], validate=True)
            if not 0 <= index < upload.total or not 0 < len(data) <= CHUNK:
                return BAD_UPLOAD, {}
            upload.chunks.setdefault(index, data)
            return FINE, {}
        blob = b"".join(data for _, data in sorted(upload.chunks.items()))
        whole = len(upload.chunks) == upload.total and len(blob) == upload.size
        if not whole or hashlib.md5(blob, usedforsecurity=False).hexdigest() != upload.md5:
            return BAD_UPLOAD, {}
        media_id = f"media-{len(self.media) + 1}"
        self.media[media_id] = (upload.kind, blob, now)
        return FINE, {"type": upload.kind, "media_id": media_id, "created_at": "1795000000"}


def sealed(blob: bytes, key: bytes) -> bytes:
    """AES-256-CBC, padded to 32 bytes."""
    pad = 32 - len(blob) % 32
    sealer = Cipher(algorithms.AES(key), modes.CBC(key[:16])).encryptor()
    return sealer.update(blob + bytes([pad]) * pad) + sealer.finalize()


def made(kind: str, content: Mapping[str, Any]) -> tuple[Shown | None, int]:
    """What a message will look like, or why it is refused."""
    if kind in ("stream", "markdown", "text"):
        text = content.get("content") or ""
        if len(text.encode()) > MOST_BYTES:
            return None, TOO_LONG
        if not text:
            return None, EMPTY
        if content.get("msg_item"):
            return None, BAD_BODY
        return Shown(kind, text, finished=content.get("finish", True) if kind == "stream" else True), FINE
    if kind == "template_card":
        return _card(content)
    if kind in MOST:
        return Shown(kind, f"[{kind}]"), FINE
    return None, BAD_BODY


def _card(card: Mapping[str, Any]) -> tuple[Shown | None, int]:
    buttons, title = card.get("button_list") or [], (card.get("main_title") or {}).get("title") or ""
    below, task = card.get("sub_title_text") or "", card.get("task_id") or ""
    keys = [str(one.get("key") or "") for one in buttons]
    fine = (
        card.get("card_type") == "button_interaction"
        and 1 <= len(buttons) <= 6
        and all(1 <= len(key.encode()) <= 1024 for key in keys)
        and all(one.get("text") for one in buttons)
        and 1 <= len(task.encode()) <= 128
        and (title or below)
        and len(title) <= 26
        and len(below) <= 112
    )
    if not fine:
        return None, BAD_BODY
    shown = tuple((str(one["text"]), key) for one, key in zip(buttons, keys, strict=True))
    return Shown("template_card", "\n".join(filter(None, (title, below))), buttons=shown, task=task), FINE
