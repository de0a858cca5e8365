"""Media (图片、语音、视频): fetched in time, pictures re-encoded without their hidden data, sealed and kept as rows.

A picture is opened within bounds (`jobs/pictures.py`), turned upright, scaled to 1600 pixels at most and written anew
as JPEG, so that no EXIF and nothing hidden behind the picture goes on; a drill's says 演练. Films and voices are
freed of their hidden data without being coded anew; what cannot be freed of it is refused.
"""

import asyncio
import hashlib
import logging
from collections.abc import Mapping
from datetime import timedelta

from handlers.dialogue.say import Cause, Say, post
from handlers.dialogue.wording import text
from handlers.dialogue.world import World
from jobs import clean_film, clean_sound, files, library
from jobs.channel import CallFailed, Channel, Impossible
from jobs.pictures import MOST_BYTES, NoPicture, Picture, written_anew
from storage import media, waiting
from storage.media import MediumKind
from storage.worlds import WorldKind

LOG = logging.getLogger("wangge.media")
EDGE = 1600
QUALITY = 85
SECONDS = 60
TRIES = 5
TOLD_WITHIN = timedelta(days=1)
_FILMS = (b"ftyp", b"moov", b"mdat", b"wide", b"free", b"skip")


def reencode(blob: bytes, *, drill: bool = False) -> Picture:
    """The picture alone, upright, at most 1600 pixels wide and high; in a drill it says so. Raises NoPicture."""
    return written_anew(blob, (EDGE,), QUALITY, drill=drill)


def bare(kind: MediumKind, blob: bytes, mime: str) -> tuple[bytes, str]:
    """A film or voice without its hidden data, and its media type; raises NoPicture.

    A document (PDF, Office, an archive) is refused: nobody can tell what else it carries, and nobody needs it here.
    """
    if blob[4:8] in _FILMS:
        try:
            return clean_film.clean(blob), mime if mime.startswith(("video/", "audio/")) else "video/mp4"
        except clean_film.NoFilm as failure:
            raise NoPicture(str(failure)) from failure
    if kind is MediumKind.VIDEO:
        raise NoPicture("no film of a known kind")
    try:
        return clean_sound.clean(blob)
    except clean_sound.NoSound as failure:
        raise NoPicture(str(failure)) from failure


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
    if kind is MediumKind.FILE and files.take(world, medium_id, blob):
        return
    width = height = None
    if kind is MediumKind.PHOTO:
        picture = reencode(blob, drill=world.kind is WorldKind.DRILL)
        blob, mime, width, height = picture.blob, picture.mime, picture.width, picture.height
    else:
        blob, mime = bare(kind, blob, mime)
    sha256 = hashlib.sha256(blob).hexdigest()
    with world.db.write() as session:
        media.store(session, medium_id, blob, mime or "application/octet-stream", sha256, width=width, height=height)
        waiting.medium_came(session, medium_id)


def _give_up(world: World, medium_id: int, reason: str) -> None:
    """What waits for it goes on without it, and whoever sent it hears so."""
    if files.take(world, medium_id, None):
        return
    now = world.now()
    with world.db.write() as session:
        medium = media.get(session, medium_id)
        kind, person = medium.kind, media.source_of(session, medium).get("person")
        media.fail(session, medium_id, reason)
        waiting.medium_came(session, medium_id)
        if not library.lose_medium(world, session, medium_id, now) and person:
            told = Say(text(f"common.lost_{kind}"), person=person, expires_at=now + TOLD_WITHIN)
            post(session, world.words, [told], Cause(f"lost:{medium_id}"), now)


def _later(world: World, medium_id: int, attempts: int, reason: str) -> None:
    if attempts + 1 >= TRIES:
        _give_up(world, medium_id, reason)
        return
    with world.db.write() as session:
        media.retry(session, medium_id, world.now() + timedelta(seconds=5 * 2**attempts))
