"""Staying (接着玩): whoever sits at the keyboard speaks for the people of the play, and sees what each phone shows."""

import asyncio
import re
import sys
import threading

from tests.support.wechat.demo.places import Protocol, Voice, who
from tests.support.wechat.demo.platforms import Platforms
from tests.support.wechat.demo.play import Cast

LINE = re.compile(r"\s*(?P<who>[^>＞]+?)\s*[>＞]\s*(?P<words>.+)")
PRESS = re.compile(r"[\[【](.+)[\]】]")
OFTEN = 0.3
CONFIRM = "群主"


def names(cast: Cast) -> dict[str, Voice]:
    """Everybody by what is typed: a name for the private talk, name@group for a group."""
    found = {}
    for voice in cast.voices:
        private = voice.place.name == voice.name
        name = voice.name if private else f"{voice.name}@{voice.place.name}"
        found[name if name not in found else f"{name}@{voice.place.how}"] = voice
    return found


async def stay(cast: Cast, platforms: Platforms, protocol: Protocol) -> None:
    """Let them speak until the input ends (Ctrl-D), or the program is told to stop (Ctrl-C)."""
    known = names(cast)
    protocol.act("轮到您了", "Your turn")
    protocol.tell("  写“谁> 话”，按钮写“谁> [接单]”，Ctrl-D 结束。 Type who> words; who> [button]; Ctrl-D ends.")
    protocol.tell(f"  {CONFIRM}> 发送：群主确认客户群的群发 / the owner confirms what waits for customer groups")
    for name, voice in known.items():
        protocol.tell(f"  {name}（{voice.place.how}）")
    watching = asyncio.create_task(_watch(cast, protocol))
    try:
        lines = typed()
        while line := await lines.get():
            await obey(line, known, platforms, protocol)
    finally:
        watching.cancel()
        await asyncio.gather(watching, return_exceptions=True)


async def obey(line: str, known: dict[str, Voice], platforms: Platforms, protocol: Protocol) -> None:
    """Do what one line says; one that nobody understands is answered by how to write it."""
    found = LINE.fullmatch(line.strip())
    if not line.strip():
        return
    if found is not None and found["who"] == CONFIRM:
        try:
            platforms.customers.confirm("ma")
        except LookupError:
            protocol.tell("  没有等群主确认的群发 / nothing waits for the owner")
        return
    if found is None or found["who"] not in known:
        protocol.tell(f"  请写成：谁> 话，例如：{next(iter(known))}> 帮助 / who> words, for example the line above")
        return
    voice = known[found["who"]]
    pressed = PRESS.fullmatch(found["words"])
    try:
        if pressed is None:
            await voice.says(found["words"])
        elif voice.presses is not None:
            await voice.presses(pressed[1])
        else:
            protocol.tell(f"  {who(voice)}没有按钮，请回复数字 / no buttons here: answer with the number")
    except AssertionError as error:
        protocol.tell(f"  {error}")


async def _watch(cast: Cast, protocol: Protocol) -> None:
    while True:
        for place in cast.places:
            for text in place.fresh():
                protocol.tell(f"    → {place.name}（{place.how}）看到：" + text.replace("\n", "\n      "))
        await asyncio.sleep(OFTEN)


def typed() -> "asyncio.Queue[str]":
    """The lines of the input as they come; an empty text is its end. A thread waits for them that keeps nobody here."""
    lines: asyncio.Queue[str] = asyncio.Queue()
    loop = asyncio.get_running_loop()

    def read() -> None:
        for line in sys.stdin:
            loop.call_soon_threadsafe(lines.put_nowait, line)
        loop.call_soon_threadsafe(lines.put_nowait, "")

    threading.Thread(target=read, daemon=True).start()
    return lines
