"""`wangge say`: one message through the very path of a live one; prints what the bot sends as JSON lines."""

import json
from pathlib import Path

from bot.cannot import CannotDo
from bot.channels.console import Shown
from bot.commands.here import meant, read_moment, world_here
from bot.play import Busy, Play, UnknownName
from handlers.dialogue.message import MediaRef

SHOWN = ("sent", "edited")


def say(
    who: str, chat: str | None, text: str, now: str | None, photo: Path | None, everything: bool, config: Path | None
) -> list[str]:
    """Let `who` say `text` in `chat` (None: privately) and give the lines to print; raises CannotDo."""
    moment = read_moment(now)
    picture = _picture(photo)
    with world_here(moment, config) as world:
        play = Play.of(world, "say")
        media: tuple[MediaRef, ...] = ()
        if photo is not None:
            play.console.files[photo.name] = picture
            media = (MediaRef("photo", photo.name, size=len(picture)),)
        try:
            play.known(who, chat)
            shown = play.pump() + play.say(who, text, chat, media=media)
        except UnknownName as error:
            wrong = str(error)
            kind = "人" if wrong == who else "群"
            raise CannotDo(f"没有叫“{wrong}”的{kind}，{meant(wrong, error.names)}") from None
        except Busy:
            raise CannotDo("另一个程序正在用这个数据库，请等它结束再试。") from None
        finally:
            play.leave()
    return [line(one, everything) for one in shown if everything or one.what in SHOWN]


def line(one: Shown, everything: bool = False) -> str:
    """One thing shown, as a line of JSON; `everything` adds what happened."""
    shown: dict[str, object] = {
        "chat": one.chat,
        "text": one.text,
        "buttons": [label for label, _ in one.buttons],
        "photo": one.photo,
    }
    if everything:
        shown["what"] = one.what
    return json.dumps(shown, ensure_ascii=False)


def _picture(photo: Path | None) -> bytes:
    if photo is None:
        return b""
    try:
        return photo.read_bytes()
    except OSError as error:
        raise CannotDo(f"读不了图片 {photo}（{error.strerror}），请检查路径。") from None
