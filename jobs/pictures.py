"""Pictures (图片): the only door by which bytes that anybody may have sent are opened as a picture.

Each is opened by a short-lived program of its own (`jobs/opening.py`) within bounds of bytes, pixels, memory and time;
one that breaks a bound is killed and is no picture. What comes back is written anew: no EXIF, no position, no
thumbnail, no comment and nothing hidden behind it goes on. Why so: docs/decisions/pictures.md.
"""

import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Final

from jobs import opening
from jobs.opening import NoPicture

__all__ = ["MOST_BYTES", "NoPicture", "Picture", "kind_of", "written_anew"]

MOST_BYTES: Final = 20 * 1024 * 1024
MOST_MADE: Final = 8 * 1024 * 1024
SECONDS: Final = 10
"""Of a processor's time for one picture."""
PATIENCE: Final = 30
"""Seconds after which the program is killed however little it did, as on a machine that is very busy."""
BEGINNINGS: Final = (b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"GIF8", b"RIFF", b"BM")


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture written anew; sizes in pixels."""

    blob: bytes
    mime: str
    width: int
    height: int


def written_anew(
    blob: bytes, edges: Sequence[int], quality: int, most: int = MOST_MADE, *, drill: bool = False
) -> Picture:
    """The picture alone as a JPEG, upright, of at most `most` bytes; raises NoPicture.

    Its longer side has at most the first of `edges` (pixels) with which it fits. In a `drill` the picture says so. It
    takes about a tenth of a second, `PATIENCE` at most: call it in a thread.
    """
    order = (",".join(map(str, edges)), str(quality), str(most), "drill" if drill else "")
    head, _, made = _asked("anew", blob, *order).partition(b"\n")
    width, _, height = head.partition(b" ")
    if not (width.isdigit() and height.isdigit() and made.startswith(BEGINNINGS[0]) and len(made) <= most):
        raise NoPicture("garbled")
    return Picture(made, "image/jpeg", int(width), int(height))


def kind_of(blob: bytes) -> str:
    """The format of a picture by its own header, whatever was claimed, such as PNG; raises NoPicture."""
    kind = _asked("kind", blob).decode(errors="replace")
    if kind not in opening.FORMATS:
        raise NoPicture("garbled")
    return kind


def _asked(task: str, blob: bytes, *order: str) -> bytes:
    """What the program that opens pictures says; it gets no variable of ours, and no file but the picture."""
    if not blob.startswith(BEGINNINGS) or len(blob) > MOST_BYTES:
        raise NoPicture("too large" if len(blob) > MOST_BYTES else "no picture")
    call = [sys.executable, "-I", "-S", str(Path(opening.__file__)), _site(), str(SECONDS), task, *order]
    try:
        # Our own program and our own words; the picture is on its standard input.
        done = subprocess.run(call, input=blob, capture_output=True, timeout=PATIENCE, env={}, cwd="/", check=False)  # noqa: S603
    except subprocess.TimeoutExpired:
        raise NoPicture("takes too long") from None
    if done.returncode == opening.REFUSED:
        raise NoPicture(done.stderr.decode(errors="replace")[: opening.LONGEST_WORD])
    if done.returncode != 0:
        raise NoPicture(f"ended with {done.returncode}")
    return done.stdout


@cache
def _site() -> str:
    """The folder in which Pillow lives."""
    found = find_spec("PIL")
    assert found is not None  # noqa: S101 - it is a requirement
    assert found.origin is not None  # noqa: S101
    return str(Path(found.origin).parents[1])
