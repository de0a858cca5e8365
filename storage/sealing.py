"""Sealing: what describes a person is kept under a data key of its own, and erased by dropping that key.

A data key (32 bytes) belongs to one record or person. It lies in the table `data_keys`, wrapped by a
master key that never enters the database. A sealed value is AES-256-GCM: 12 bytes nonce, ciphertext, tag;
its additional data is `table|row|column`, where the row is named by its data key, so that a value moved to
another row or column does not open.
"""

import hashlib
import hmac
import os
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from sqlalchemy.orm import Session

NONCE = 12


class Erased(Exception):
    """The data key was dropped: the value is gone for good."""


class Tampered(Exception):
    """The value was changed, moved, or sealed under another master key."""


class MasterKey:
    """The key that wraps data keys and answers look-ups; 32 bytes, kept in a file beside the settings."""

    def __init__(self, secret: bytes) -> None:
        if len(secret) != 32:
            raise ValueError("a master key has 32 bytes")
        self._wrap = AESGCM(hmac.digest(secret, b"wangge/wrap", hashlib.sha256))
        self._look_up = hmac.digest(secret, b"wangge/look-up", hashlib.sha256)
        self._sign = hmac.digest(secret, b"wangge/sign", hashlib.sha256)
        self._files = hmac.digest(secret, b"wangge/files", hashlib.sha256)

    def __repr__(self) -> str:
        return "MasterKey(…)"

    @classmethod
    def load(cls, path: Path) -> "MasterKey":
        """Read the key file, or make one (mode 600) where there is none.

        Raises ValueError where the file holds no key, OSError where it cannot be read or made.
        """
        try:
            return cls(bytes.fromhex(path.read_text(encoding="ascii").strip()))
        except FileNotFoundError:
            secret = os.urandom(32)
            fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(fd, "w", encoding="ascii") as file:
                file.write(secret.hex() + "\n")
                file.flush()
                os.fsync(file.fileno())
            return cls(secret)

    def wrap(self, data_key: bytes, name: str) -> bytes:
        """The data key as it may lie in the database."""
        nonce = os.urandom(NONCE)
        return nonce + self._wrap.encrypt(nonce, data_key, name.encode())

    def unwrap(self, wrapped: bytes, name: str) -> bytes:
        """The data key itself; raises Tampered under a wrong master key."""
        try:
            return self._wrap.decrypt(wrapped[:NONCE], wrapped[NONCE:], name.encode())
        except InvalidTag as error:
            raise Tampered(name) from error

    def file_key(self, purpose: str, salt: bytes) -> bytes:
        """The key of one sealed file; `purpose` keeps kinds of files apart, `salt` (random) one file from another."""
        return hmac.digest(self._files, purpose.encode() + b"|" + salt, hashlib.sha256)

    def digest(self, purpose: str, value: str) -> str:
        """A keyed fingerprint (32 hex digits) by which `value` can be looked up but not read."""
        return hmac.digest(self._look_up, f"{purpose}|{value}".encode(), hashlib.sha256).hex()[:32]

    def sign(self, purpose: str, value: str, size: int = 6) -> bytes:
        """A short authentication code (`size` bytes) for what leaves and comes back, such as button data."""
        return hmac.digest(self._sign, f"{purpose}|{value}".encode(), hashlib.sha256)[:size]


def encrypt(data_key: bytes, place: str, value: str | bytes) -> bytes:
    """Seal `value` under a bare data key; `place` is the additional data."""
    nonce = os.urandom(NONCE)
    plain = value.encode() if isinstance(value, str) else value
    return nonce + AESGCM(data_key).encrypt(nonce, plain, place.encode())


def decrypt(data_key: bytes, place: str, blob: bytes) -> bytes:
    """Open what `encrypt` sealed; raises Tampered."""
    try:
        return AESGCM(data_key).decrypt(blob[:NONCE], blob[NONCE:], place.encode())
    except InvalidTag as error:
        raise Tampered(place) from error


def keys_of(session: Session) -> MasterKey:
    """The master key of the session's world."""
    keys: MasterKey = session.info["keys"]
    return keys


def digest(session: Session, purpose: str, value: str) -> str:
    """A keyed fingerprint for a look-up column, see `MasterKey.digest`."""
    return keys_of(session).digest(purpose, value)
