"""Sealed files (加密文件): AES-256-GCM chunk by chunk, so that neither writing nor reading needs more than a chunk.

A file begins with `WANGGE`, a byte of version, 16 bytes salt and 7 bytes nonce prefix; then chunks of at most 1 MiB,
each with its tag. The key is derived from the master key, what the file is for, and the salt. A chunk's nonce is the
prefix, its number (4 bytes) and whether it is the last (1 byte), and the head is its additional data: a chunk that
was changed, left out, exchanged, taken from another file or cut off does not open (the STREAM construction).
"""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from storage.sealing import MasterKey, Tampered

MAGIC: Final = b"WANGGE\x01"
SALT: Final = 16
PREFIX: Final = 7
HEAD: Final = len(MAGIC) + SALT + PREFIX
CHUNK: Final = 2**20
TAG: Final = 16
MOST_CHUNKS: Final = 2**32


class NotSealed(Exception):
    """The file does not begin like a sealed one."""


class Writer:
    """Seals what is written to it; without `finish` the file never opens."""

    def __init__(self, file: BinaryIO, keys: MasterKey, purpose: str) -> None:
        salt, prefix = os.urandom(SALT), os.urandom(PREFIX)
        self._head = MAGIC + salt + prefix
        self._prefix, self._file = prefix, file
        self._cipher = AESGCM(keys.file_key(purpose, salt))
        self._held = bytearray()
        self._number = 0
        file.write(self._head)

    def write(self, data: bytes) -> None:
        """Seal some bytes."""
        self._held += data
        while len(self._held) > CHUNK:
            self._put(bytes(self._held[:CHUNK]), last=False)
            del self._held[:CHUNK]

    def finish(self) -> None:
        """Seal the rest as the last chunk and bring all of it to the disk."""
        self._put(bytes(self._held), last=True)
        self._held.clear()
        self._file.flush()
        os.fsync(self._file.fileno())

    def _put(self, plain: bytes, *, last: bool) -> None:
        if self._number >= MOST_CHUNKS:
            raise OverflowError("a sealed file holds 4 PiB")
        self._file.write(self._cipher.encrypt(_nonce(self._prefix, self._number, last), plain, self._head))
        self._number += 1


def read(path: Path, keys: MasterKey, purpose: str) -> Iterator[bytes]:
    """What was sealed, a chunk at a time.

    Raises NotSealed, Tampered (also under another master key, or for another purpose) and OSError. What came before a
    bad chunk has been handed out by then: whoever acts on it reads the whole file once before.
    """
    with path.open("rb") as file:
        head = file.read(HEAD)
        if len(head) < HEAD or not head.startswith(MAGIC):
            raise NotSealed(path.name)
        salt, prefix = head[len(MAGIC) : -PREFIX], head[-PREFIX:]
        cipher = AESGCM(keys.file_key(purpose, salt))
        number, sealed = 0, file.read(CHUNK + TAG)
        while True:
            following = file.read(CHUNK + TAG)
            try:
                yield cipher.decrypt(_nonce(prefix, number, not following), sealed, head)
            except InvalidTag as error:
                raise Tampered(path.name) from error
            if not following:
                return
            number, sealed = number + 1, following


def lines(path: Path, keys: MasterKey, purpose: str) -> Iterator[bytes]:
    """The sealed lines, one at a time; raises as `read`."""
    rest = bytearray()
    for chunk in read(path, keys, purpose):
        rest += chunk
        *whole, last = rest.split(b"\n")
        yield from map(bytes, whole)
        rest = bytearray(last)
    if rest:
        yield bytes(rest)


def _nonce(prefix: bytes, number: int, last: bool) -> bytes:
    return prefix + number.to_bytes(4, "big") + (b"\x01" if last else b"\x00")
