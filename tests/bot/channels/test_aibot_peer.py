"""The official SDK as a client of the emulated long connection, which proves the emulator."""

import asyncio
import base64
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from tests.support.telegram_api import awaits
from tests.support.wechat import node_peers
from tests.support.wechat.aibot_server import BOT, SECRET, AibotServer, Fault

CARD = {
    "card_type": "button_interaction",
    "main_title": {"title": "隐患 隐12"},
    "button_list": [{"text": "接单", "style": 1, "key": "k1"}],
    "task_id": "task-1",
}


class Sdk:
    """The SDK at work in a process of its own."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process
        self._events: list[dict[str, Any]] = []

    async def ask(self, does: str, **told: Any) -> Any:  # noqa: ANN401 - any JSON
        """Let it do something; what came of it, an error number where that is what came."""
        assert self._process.stdin is not None
        self._process.stdin.write((json.dumps({"do": does, **told}) + "\n").encode())
        while True:
            line = await self._line()
            if "event" not in line:
                return line.get("done") if "done" in line else line["failed"]
            self._events.append(line)

    async def event(self, name: str) -> Any:  # noqa: ANN401 - any JSON
        """The next event of this name."""
        while True:
            for line in self._events:
                if line["event"] == name:
                    self._events.remove(line)
                    return line.get("frame")
            self._events.append(await self._line())

    async def _line(self) -> dict[str, Any]:
        assert self._process.stdout is not None
        async with asyncio.timeout(20):
            found: dict[str, Any] = json.loads(await self._process.stdout.readline())
        return found


@asynccontextmanager
async def sdk() -> AsyncIterator[Sdk]:
    """The SDK, not yet connected."""
    process = await asyncio.create_subprocess_exec(
        "node",
        str(node_peers.HERE / "aibot.js"),
        str(node_peers.installed()),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        limit=8 << 20,
    )
    try:
        yield Sdk(process)
    finally:
        assert process.stdin is not None
        process.stdin.close()
        await process.wait()


@awaits
async def test_the_official_sdk_finds_the_platform_it_knows() -> None:
    blob = b"a picture of somebody" * 1000
    async with AibotServer() as server, sdk() as peer:
        await peer.ask("connect", url=server.url, bot=BOT, secret=SECRET)
        await peer.event("authenticated")
        await server.until(lambda: [one["cmd"] for one in server.frames].count("ping") >= 2)

        await server.says("zhang", "@网格助手 帮助", "wrGroup")
        frame = await peer.event("message")
        assert frame["body"]["text"] == {"content": "@网格助手 帮助"}
        for content, finish in (("一", False), ("一二", False), ("一二三", True)):
            assert (await peer.ask("stream", frame=frame, id="s1", content=content, finish=finish))["errcode"] == 0
        (shown,) = server.standing("wrGroup")
        assert (shown.text, shown.finished, shown.frames) == ("一二三", True, 3)
        assert await peer.ask("stream", frame=frame, id="s1", content="x", finish=False) == 846608
        assert await peer.ask("welcome", frame=frame, body={"msgtype": "text", "text": {"content": "x"}}) == 846605

        markdown = {"msgtype": "markdown", "markdown": {"content": "**提醒**"}}
        assert (await peer.ask("send", chat="wrGroup", body={**markdown, "chat_type": 2}))["errcode"] == 0
        assert await peer.ask("send", chat="wrOther", body={**markdown, "chat_type": 2}) == 93006
        server.left.add("wrGroup")
        assert await peer.ask("send", chat="wrGroup", body={**markdown, "chat_type": 2}) == 93001

        uploaded = await peer.ask("upload", size=1_300_000, type="file", filename="notice.pdf")
        assert server.media[uploaded["media_id"]][1] == b"x" * 1_300_000
        chunks = [one for one in server.frames if one["cmd"] == "aibot_upload_media_chunk"]
        assert sorted(one["body"]["chunk_index"] for one in chunks) == [0, 1, 2]

        await server.enters("li")
        entered = await peer.event("event")
        hello = {"msgtype": "text", "text": {"content": "您好"}}
        assert (await peer.ask("welcome", frame=entered, body=hello))["errcode"] == 0
        assert server.shows("li") == ["您好"]

        await server.says("li", "看")
        assert (await peer.ask("card", frame=await peer.event("message"), card=CARD))["errcode"] == 0
        await server.presses("li", "接单")
        pressed = await peer.event("event")
        done = {**CARD, "sub_title_text": "已接单"}
        assert (await peer.ask("update", frame=pressed, card=done, people=["li"]))["errcode"] == 0
        assert server.standing("li")[-1].for_one == {"li": "隐患 隐12\n已接单"}

        await server.sends("li", "image", blob)
        told = (await peer.event("message"))["body"]["image"]
        assert base64.b64decode(await peer.ask("download", url=told["url"], key=told["aeskey"])) == blob

        server.faults = [Fault("aibot_send_msg", 45009)]
        assert await peer.ask("send", chat="li", body={**markdown, "chat_type": 1}) == 45009


@awaits
async def test_a_newer_connection_throws_the_older_out() -> None:
    async with AibotServer() as server, sdk() as older, sdk() as newer:
        await older.ask("connect", url=server.url, bot=BOT, secret=SECRET)
        await older.event("authenticated")
        await newer.ask("connect", url=server.url, bot=BOT, secret=SECRET)
        await newer.event("authenticated")
        frame = await older.event("event")
        assert frame["body"]["event"]["eventtype"] == "disconnected_event"
        assert "New connection" in await older.event("disconnected")


@awaits
async def test_a_wrong_secret_is_refused() -> None:
    async with AibotServer() as server, sdk() as peer:
        await peer.ask("connect", url=server.url, bot=BOT, secret="wrong")
        assert "Authentication failed" in await peer.event("error")
        assert server.live is None
