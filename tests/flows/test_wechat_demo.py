"""What `make wechat-demo` shows comes about, and where it does not, somebody is told which step failed."""

import asyncio
from pathlib import Path

import pytest

from tests.support.telegram_api import awaits
from tests.support.wechat.demo import __main__ as demo
from tests.support.wechat.demo.places import Line, NotSeen, Place, Protocol

PATIENCE = 60.0
"""A busy machine is waited for."""


@awaits
async def test_every_way_in_and_every_way_out(tmp_path: Path) -> None:
    play = await demo.played(tmp_path, Protocol(aloud=False, patience=PATIENCE))
    assert "8/9 个群和居民收到（系统 6，人工自报 2）" in play.sent
    assert "8/8 已处理（系统 6，人工自报 2）：删 3、改 0、更正 5" in play.taken_back
    assert not [line for line in play.station.printed if "Traceback" in line or "ERROR" in line]


@awaits
async def test_what_does_not_come_about_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    lines = [Line("您好"), Line("收回了", gone=True)]
    place, protocol = Place("王大妈", "公众号", lambda: lines), Protocol(patience=0.0)
    await protocol.sees(place, "您好")
    for part in ("您好", "收回了"):
        with pytest.raises(NotSeen, match=f"王大妈（公众号）该看到“{part}”"):
            await protocol.sees(place, part)
    await protocol.gone(place, "收回了")
    with pytest.raises(NotSeen, match="该被收回"):
        await protocol.gone(place, "您好")
    lines[0] = Line("您好，又有新的")
    assert await protocol.sees(place, "又有") == "，又有新的", "what has grown is new"
    assert "看到：您好" in capsys.readouterr().out


def test_a_play_that_fails_ends_with_one(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    async def fails(*told: object, **more: object) -> None:
        await asyncio.sleep(0)
        raise NotSeen("网格员李姐该看到工单")

    monkeypatch.setattr(demo, "played", fails)
    monkeypatch.setattr("sys.argv", ["wechat-demo"])
    assert demo.main() == 1
    assert "没有演成 / the demo failed：网格员李姐该看到工单" in capsys.readouterr().err
