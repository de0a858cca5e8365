"""Whole ways through a WeCom app: somebody binds, reports, and reads what became of it, however often Tencent posts."""

import re
from pathlib import Path

import pytest
from sqlalchemy import func, select

from bot.app import first_admin
from handlers.dialogue.message import Incoming
from storage.incidents import Incident
from tests.support.telegram_api import awaits
from tests.support.wechat.corp_api import Group
from tests.support.wechat.corp_town import CorpTown, corp_town
from tests.support.wechat.serving import Fault


def reports(place: CorpTown) -> int:
    """How many reports there are."""
    with place.world.db.read() as session:
        return session.scalar(select(func.count()).select_from(Incident)) or 0


async def bound(place: CorpTown, who: str, role: str) -> None:
    """The admin hands out a code, and somebody uses it."""
    (handed,) = await place.says("boss", f"发码 {role}")
    code = re.search(r"[A-Z0-9]{4}-[A-Z0-9]{4}", handed)
    assert code, handed
    assert "绑定好了" in "".join(await place.says(who, f"绑定 {code.group()}"))


async def staffed(place: CorpTown) -> None:
    """An admin and a worker are there."""
    printed = re.search(r"绑定 (\S+)", "".join(first_admin(place.world)))
    assert printed
    assert "管理员" in "".join(await place.says("boss", printed.group()))
    await bound(place, "li", "网格员 大侯村")


@pytest.mark.parametrize("renews", [True, False])
@awaits
async def test_a_report_redelivered_three_times_is_one_report(tmp_path: Path, renews: bool) -> None:
    async with corp_town(tmp_path, "boss", "li", "zhang") as place:
        await staffed(place)
        place.member.renews = renews
        told = place.member.xml("zhang", "text", Content="上报水头村村口路灯坏了")
        before = place.count("li")
        await place.member.deliver(told, whatever=True)
        await place.quiet()
        assert place.member.statuses[-4:] == [200] * 4
        assert reports(place) == 1
        assert len([one for one in place.corp.texts("zhang") if "已记下 报1" in one]) == 1
        assert len([one for one in place.corp.texts("li")[before:] if "路灯坏了" in one]) <= 1
        done = await place.says("li", "办结 报1 已换灯泡")
        assert done
        assert "已换灯泡" in place.corp.texts("zhang")[-1]


@awaits
async def test_a_report_that_could_not_be_kept_at_first_is_one_report(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with corp_town(tmp_path, "boss", "li", "zhang") as place:
        await staffed(place)
        sift, failing = place.world.gate.sift, [OSError("disk"), OSError("disk")]

        def shaky(*told: object) -> object:
            if failing:
                raise failing.pop()
            return sift(*told)  # type: ignore[arg-type]

        monkeypatch.setattr(place.world.gate, "sift", shaky)
        await place.says("zhang", "上报水头村村口路灯坏了")
        assert place.member.statuses[-3:] == [503, 503, 200]
        assert reports(place) == 1


@awaits
async def test_an_answer_lost_on_its_way_is_said_once(tmp_path: Path) -> None:
    """The line breaks after Tencent has taken the message: it is repeated, and recognised."""
    async with corp_town(tmp_path, "zhang") as place:
        place.corp.faults.add("message/send", Fault(breaks=True, after=True))
        await place.member.says("zhang", "帮助")
        await place.quiet()
        for _ in range(5):
            place.clock.move(seconds=30)
            await place.quiet()
        said = place.corp.texts("zhang")
        assert len(place.corp.made("message/send")) == len(said) + 1
        assert len(set(said)) == len(said)


@awaits
async def test_menus_are_answered_by_number(tmp_path: Path) -> None:
    async with corp_town(tmp_path, "zhang") as place:
        said = await place.says("zhang", "帮助")
        assert "回复" in said[-1]
        assert await place.says("zhang", "1")


@awaits
async def test_a_duty_group_is_bound_from_afar_and_reads_reports(tmp_path: Path) -> None:
    async with corp_town(tmp_path, "boss", "li", "zhang") as place:
        await staffed(place)
        place.corp.groups["g1"] = Group("大侯值班群", "boss", ["boss", "li"])
        now = place.world.now()
        met = Incoming("wecom_duty", "met|g1", "met", "g1", False, "", "", now, chat_title="大侯值班群")
        before = place.count("boss")
        await place.work.keeper.accept(met)
        await place.quiet()
        assert "大侯值班群" in place.corp.texts("boss")[before]
        assert "绑定好了" in "".join(await place.says("boss", "绑定群 大侯值班群 网格群 大侯村"))
        await place.says("zhang", "上报水头村村口路灯坏了")
        assert any("路灯坏了" in text for text in place.corp.texts("g1"))
        assert all("boss" not in text and "zhang" not in text for text in place.corp.texts("g1"))
