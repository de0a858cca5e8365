"""The script (脚本) of a story: scenes of steps in a TOML file; what is wrong with one is said with its place.

A file names the day it begins on (`begins`) and its `[[scene]]`s: `title`, `rows` of docs/mission.md it shows, and
`[[scene.step]]`s. A step is one of

    says = "…"      who says it, `in` which group (without: privately); `photo` a file beside the script, `place` one of
                    the places of the playground
    presses = "…"   who presses this label, `on` the latest message of that chat that has it (without: their own)
    replies = "…"   who answers the latest message of the bot in the group `in` (without: privately)

or none: then only time goes on, to `at` (a time of that day, or a day and time), or `later` by a span (30m, 2h).
`sees` lists what must be shown because of it: `in` (chat) and `has` (words, all of them; ［照片］ is a picture).
What is said may hold `{领取码}`, `{名片}` or `{口令}`: the last such code the bot showed.
"""

import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from pathlib import Path
from typing import Any, Final

from bot.cannot import CannotDo

SPAN: Final = re.compile(r"(\d+)([mhd])")
UNITS: Final = {"m": "minutes", "h": "hours", "d": "days"}
DOES: Final = ("says", "presses", "replies")
KEYS: Final = frozenset({*DOES, "who", "in", "on", "photo", "place", "at", "later", "sees"})


@dataclass(frozen=True, slots=True)
class Sight:
    """What must be shown: in this chat, with all of these words."""

    chat: str
    has: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Step:
    """Something somebody does: `does` is one of `DOES`, or empty where only time goes on."""

    where: str
    does: str
    words: str
    who: str
    chat: str | None
    photo: str
    place: str
    at: datetime | time | None
    later: timedelta | None
    sees: tuple[Sight, ...]


@dataclass(frozen=True, slots=True)
class Scene:
    """A part of the day; `rows` are those of docs/mission.md it shows."""

    title: str
    rows: tuple[int, ...]
    steps: tuple[Step, ...] = field(repr=False)


@dataclass(frozen=True, slots=True)
class Script:
    """A whole day: when it begins, and its scenes; `folder` is where its photos lie."""

    begins: datetime
    scenes: tuple[Scene, ...]
    folder: Path


def read(path: Path) -> Script:
    """Read a script; raises CannotDo naming what is wrong and where."""
    try:
        told = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise CannotDo(f"读不了故事 {path}（{error.strerror}），请检查路径。") from None
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise CannotDo(f"故事 {path} 的写法不对（{error}），请改好再试。") from None
    begins = told.get("begins")
    if not isinstance(begins, datetime) or begins.tzinfo is None:
        raise CannotDo(f"故事 {path} 缺少开始的时间，请写 begins = 2026-11-20T08:00:00+08:00 这样一行。")
    scenes = told.get("scene")
    if not isinstance(scenes, list) or not scenes:
        raise CannotDo(f"故事 {path} 里没有一场戏，请写 [[scene]]。")
    return Script(begins, tuple(_scene(path, number, one) for number, one in enumerate(scenes, 1)), path.parent)


def _scene(path: Path, number: int, told: Mapping[str, Any]) -> Scene:
    where = f"{path.name} 第 {number} 场"
    title, rows, steps = told.get("title"), told.get("rows", []), told.get("step")
    if not isinstance(title, str) or not isinstance(steps, list) or not isinstance(rows, list):
        raise CannotDo(f"{where}要有 title 和 [[scene.step]]，rows 是数字的列表。")
    done = tuple(_step(f"{where}第 {place} 步", one) for place, one in enumerate(steps, 1))
    return Scene(title, tuple(int(one) for one in rows), done)


def _step(where: str, told: Mapping[str, Any]) -> Step:
    wrong = set(told) - KEYS
    does = [one for one in DOES if one in told]
    if wrong or len(does) > 1 or (does and not told.get("who")):
        named = "、".join(sorted(wrong)) or "、".join(does)
        raise CannotDo(f"{where}的写法不对（{named}），请对照 samples/story.toml。")
    word = does[0] if does else ""
    chat = told.get("on" if word == "presses" else "in")
    return Step(
        where=where,
        does=word,
        words=str(told.get(word, "")),
        who=str(told.get("who", "")),
        chat=chat,
        photo=str(told.get("photo", "")),
        place=str(told.get("place", "")),
        at=_time(where, told.get("at")),
        later=_span(where, told.get("later")),
        sees=tuple(_sight(where, one) for one in told.get("sees", [])),
    )


def _time(where: str, told: object) -> datetime | time | None:
    if told is None or isinstance(told, datetime | time):
        return told
    raise CannotDo(f"{where}的 at 要写成 08:30:00 或 2026-11-20T08:30:00 这样的时间。")


def _span(where: str, told: object) -> timedelta | None:
    if told is None:
        return None
    found = SPAN.fullmatch(str(told))
    if found is None:
        raise CannotDo(f"{where}的 later 要写成 30m、2h 或 1d。")
    return timedelta(**{UNITS[found[2]]: int(found[1])})


def _sight(where: str, told: Mapping[str, Any]) -> Sight:
    has: str | Sequence[str] = told.get("has", ())
    if set(told) - {"in", "has"} or "in" not in told:
        raise CannotDo(f"{where}的 sees 要写成 {{ in = 聊天, has = 字句 }}。")
    return Sight(str(told["in"]), (has,) if isinstance(has, str) else tuple(has))
