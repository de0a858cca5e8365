"""`wangge wecom group`: a duty group is made, and the real world meets it."""

import asyncio
from collections.abc import Callable, Iterator
from pathlib import Path
from threading import Event, Thread

import pytest

from bot.cannot import CannotDo
from bot.commands.wecom import group
from bot.settings import load_settings
from bot.worlds import open_real
from storage import inbox
from tests.support.wechat.corp_api import AGENT, CORP_ID, SECRET, Corp
from tests.support.wechat.corp_callbacks import AES_KEY, TOKEN
from tests.support.wechat.serving import Fault


@pytest.fixture
def corp() -> Iterator[Corp]:
    """A corp in a thread of its own, since the command has a loop of its own."""
    there, up, down = Corp(visible={"zhang", "li"}), Event(), Event()

    async def serve() -> None:
        async with there.running():
            up.set()
            await asyncio.to_thread(down.wait)

    thread = Thread(target=lambda: asyncio.run(serve()))
    thread.start()
    assert up.wait(10)
    yield there
    down.set()
    thread.join()


@pytest.fixture
def config(tmp_path: Path, corp: Corp) -> Path:
    """The settings of the app."""
    file = tmp_path / "config.toml"
    file.write_text(
        f'[database]\nurl = "sqlite:///{tmp_path}/real.db"\n'
        f'[wecom]\ncorp_id = "{CORP_ID}"\napi_base_url = "{corp.url}"\n'
        f'[wecom_app]\nagent_id = {AGENT}\nsecret = "{SECRET}"\ntoken = "{TOKEN}"\naes_key = "{AES_KEY}"\n'
    )
    return file


def test_a_group_is_made_and_met(corp: Corp, config: Path) -> None:
    (line,) = group("值班一组", "zhang", ["li"], config)
    (chat,) = corp.groups
    assert chat in line
    world = open_real(load_settings(config))
    with world.db.read() as session:
        assert inbox.waiting_queues(session) == [f"wecom_duty|{chat}"]
    world.db.close()


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (lambda corp: corp.apps.clear(), "Secret"),
        (lambda corp: setattr(corp, "trusted", False), "企业可信IP"),
        (lambda corp: corp.visible.clear(), "可见范围"),
        (lambda corp: corp.faults.add("appchat/create", Fault(errcode=60011)), "根部门"),
        (lambda corp: corp.faults.add("appchat/create", Fault(status=502)), "网络"),
    ],
)
def test_what_went_wrong_is_said(corp: Corp, config: Path, spoil: Callable[[Corp], object], said: str) -> None:
    spoil(corp)
    with pytest.raises(CannotDo, match=said):
        group("值班一组", "zhang", ["li"], config)
    assert corp.groups == {}


def test_a_group_nobody_could_make_is_refused(corp: Corp, config: Path, tmp_path: Path) -> None:
    with pytest.raises(CannotDo, match="2 到 2000"):
        group("值班一组", "zhang", ["zhang"], config)
    empty = tmp_path / "empty.toml"
    empty.write_text("")
    with pytest.raises(CannotDo, match="wecom_app"):
        group("值班一组", "zhang", ["li"], empty)
