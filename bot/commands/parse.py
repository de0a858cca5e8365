"""`wangge parse`: how a private message is read, by somebody allowed everything; nothing happens because of it."""

import json
from pathlib import Path

from bot.channels.console import ACCOUNT
from bot.commands.here import read_moment, world_here
from handlers.dialogue import understand
from handlers.dialogue.meaning import Meaning
from handlers.dialogue.message import Incoming
from handlers.dialogue.scene import Actor, Hold, Scene
from handlers.dialogue.world import World
from handlers.reading.codes import codes
from handlers.reading.normal import fold
from handlers.reading.when import When, read_when
from storage import areas
from storage.areas import Level
from storage.chats import ChatKind
from storage.people import Role

WITHOUT_TIME = ("提醒", "改提醒")
EDGES = " \t\r\n,:;.!、。，：；！"


def parse(text: str, now: str | None, config: Path | None) -> str:
    """The reading of `text` as one JSON object; raises CannotDo."""
    moment = read_moment(now)
    with world_here(moment, config) as world:
        return json.dumps(reading(world, text), ensure_ascii=False)


def reading(world: World, text: str) -> dict[str, object]:
    """Command (its main word or None), text, when (`When.as_json`), place as written, record codes."""
    now = world.now()
    incoming = Incoming(ACCOUNT, "parse", "message", "", True, "", "", now, text)
    with world.db.read() as session:
        root = next((area for area in areas.all_of(session) if area.level is Level.COUNTY), None)
        holds = tuple(Hold(role, root.id, root.path) for role in Role) if root is not None else ()
        scene = Scene(Actor(0, holds), None, ChatKind.PRIVATE, root.id if root is not None else None)
        meaning = understand.read(session, incoming, scene, now, world.bot_names)
        gazetteer = world.gazetteer(session)
    word = meaning.command.word if isinstance(meaning, Meaning) and meaning.command is not None else None
    rest = meaning.rest if isinstance(meaning, Meaning) else text
    when = read_when(text, now)
    place = gazetteer.find(text)
    return {
        "command": word,
        "text": _without(rest, read_when(rest, now)) if word in WITHOUT_TIME else rest.strip(),
        "when": when.as_json() if when is not None else None,
        "place": place.place_text if place is not None else None,
        "codes": [str(code) for code in codes(fold(text))],
    }


def _without(text: str, when: When | None) -> str:
    """What a reminder is about: its words without the time phrase."""
    if when is None:
        return text.strip()
    start, end = when.span
    return (text[:start].rstrip(EDGES) + text[end:].lstrip(EDGES) if start else text[end:].lstrip(EDGES)).strip()
