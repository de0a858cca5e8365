"""Media (图片、语音、视频): fetched in time, pictures re-encoded without their hidden data, sealed and kept as rows.

A picture is decoded within bounds of bytes, pixels and time, turned upright, scaled to 1600 pixels at most and
written anew as JPEG, so that no EXIF and nothing hidden behind the picture goes on.
"""

import asyncio
import hashlib
import io
import logging
import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

from handlers.dialogue.world import World
from jobs.channel import CallFailed, Channel, Impossible
from storage import media, waiting
from storage.media import MediumKind

LOG = logging.getLogger("wangge.media")
MOST_BYTES = 20 * 1024 * 1024
MOST_PIXELS = 40_000_000
EDGE = 1600
SECONDS = 60
TRIES = 5


class NoPicture(Exception):
    """The bytes are no picture, or one too large to be opened safely."""


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture written anew; sizes in pixels."""

    blob: bytes
    mime: str
    width: int
    height: int


def reencode(blob: bytes) -> Picture:
    """The picture alone, upright, at most 1600 pixels wide and high; raises NoPicture."""
    from PIL import Image, ImageOps

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            image = Image.open(io.BytesIO(blob), formats=("JPEG", "PNG", "WEBP", "GIF", "BMP"))
            if image.width * image.height > MOST_PIXELS:
                raise NoPicture("too many pixels")
            image.draft("RGB", (EDGE, EDGE))
            upright = ImageOps.exif_transpose(image) or image
            flat = Image.new("RGB", upright.size, "white")
            seen = upright.convert("RGBA") if upright.mode in ("P", "LA", "PA", "RGBA") else None
            flat.paste(seen or upright.convert("RGB"), mask=seen)
            flat.thumbnail((EDGE, EDGE))
            out = io.BytesIO()
            flat.save(out, "JPEG", quality=85)
    except NoPicture:
        raise
    except Exception as error:
        raise NoPicture(type(error).__name__) from error
    return Picture(out.getvalue(), "image/jpeg", flat.width, flat.height)


async def fetch_due(world: World, channels: Mapping[str, Channel]) -> bool:
    """Fetch what is wanted now, one after another; whether there was anything."""
    with world.db.read() as session:
        waiting = [
            (row.id, row.kind, row.attempts, media.source_of(session, row)) for row in media.due(session, world.now())
        ]
    for medium_id, kind, attempts, source in waiting:
        channel = channels.get(str(source.get("account")))
        if channel is None:
            await asyncio.to_thread(_give_up, world, medium_id, "no such account")
            continue
        try:
            async with asyncio.timeout(SECONDS):
                blob = await channel.fetch(str(source.get("ref")), MOST_BYTES)
                await asyncio.to_thread(_keep, world, medium_id, kind, blob, str(source.get("mime") or ""))
        except (Impossible, NoPicture) as failure:
            LOG.info("medium %s given up: %s", medium_id, failure)
            await asyncio.to_thread(_give_up, world, medium_id, str(failure)[:60])
        except (CallFailed, TimeoutError) as failure:
            await asyncio.to_thread(_later, world, medium_id, attempts, type(failure).__name__)
    return bool(waiting)


def _keep(world: World, medium_id: int, kind: MediumKind, blob: bytes, mime: str) -> None:
    width = height = None
    if kind is MediumKind.PHOTO:
        picture = reencode(blob)
        blob, mime, width, height = picture.blob, picture.mime, picture.width, picture.height
    sha256 = hashlib.sha256(blob).hexdigest()
    with world.db.write() as session:
        media.store(session, medium_id, blob, mime or "application/octet-stream", sha256, width=width, height=height)
        waiting.medium_came(session, medium_id)


def _give_up(world: World, medium_id: int, reason: str) -> None:
    with world.db.write() as session:
        media.fail(session, medium_id, reason)
        waiting.medium_came(session, medium_id)


def _later(world: World, medium_id: int, attempts: int, reason: str) -> None:
    with world.db.write() as session:
        if attempts + 1 >= TRIES:
            media.fail(session, medium_id, reason)
            waiting.medium_came(session, medium_id)
        else:
            media.retry(session, medium_id, world.now() + timedelta(seconds=5 * 2**attempts))
