"""The flows of the bot to their end, over a Bot API server that is not ours, by polling and by webhook.

What that server cannot do (put another picture into a message) is not needed here: copies of a notice are at most
48 hours old and are deleted. `tests/bot/channels/test_telegram_sending.py` closes older ones on our own fake.
"""

import json
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from lo_bot_api_emulator.journal import verdict  # type: ignore[import-untyped]

from jobs.clean_film import clean
from tests.support.pictures import photo_bytes
from tests.support.stage import ROOT
from tests.support.telegram_api import awaits
from tests.support.telegram_town import Saved, Town, film, paper, photo, town

CLIP = ROOT / "tests" / "support" / "small.mp4"
RESIDENTS, TEAM, OFFICERS, WATCH = "大侯村居民群", "大侯村网格群", "派出所警务群", "义警群"


def all_accepted(folder: Path, *refusals: str) -> None:
    """The peer refused nothing but what was arranged, and every update was taken."""
    judged = verdict(str(folder / "journal.jsonl"), require_response=True, allowed_refusals=list(refusals))
    assert judged["ok"], judged


@pytest.mark.parametrize("mode", ["polling", "webhook"])
@awaits
async def test_a_report_is_taken_done_and_told(station: Saved, tmp_path: Path, mode: str) -> None:
    async with town(tmp_path, mode, station) as place:
        residents, team = place.id_of(RESIDENTS), place.id_of(TEAM)
        assert await told_nothing(place, "今天水头村赶集，人真多", RESIDENTS)
        news = await place.say("居民甲", "上报水头村村口路灯坏了", RESIDENTS)
        assert "已记下 报1" in news.texts(residents)
        card = news.one(team, "路灯坏了")
        assert card.labels == ("接单", "转派", "办结")

        news = await place.press_on("网格员甲", card, "接单")
        assert any("接单成功" in toast for toast in news.toasts)
        assert "网格员甲 已接单" in news.texts(team, edited=True)
        assert "路灯坏了" in news.texts(place.id_of("网格员甲"))
        assert "报1 已有人接单" in news.texts(residents)
        assert "网格员甲" not in news.texts(residents)

        news = await place.press_data("民警甲", card, card.data["转派"][:-1] + "x")
        assert any("过期" in toast for toast in news.toasts), "a button we did not make"

        news = await place.say("网格员甲", "办结 报1 已换灯泡", TEAM)
        assert "已换灯泡" in news.texts(team, edited=True)
        assert "报1 已办结" in news.texts(residents)
        assert "已换灯泡" in news.texts(residents)
    all_accepted(tmp_path)


async def told_nothing(place: Town, words: str, group: str) -> bool:
    """Whether ordinary talk is met with silence."""
    news = await place.say("居民乙", words, group)
    return not (news.sent or news.edited or news.deleted)


@pytest.mark.parametrize("mode", ["polling", "webhook"])
@awaits
async def test_a_tip_is_answered_to_its_teller_alone(station: Saved, tmp_path: Path, mode: str) -> None:
    async with town(tmp_path, mode, station) as place:
        residents, team = place.id_of(RESIDENTS), place.id_of(TEAM)
        teller = place.id_of("居民甲")
        news = await place.say("居民甲", "/线索 昨晚车棚3号楼有人撬锁，电话13912345678", RESIDENTS)
        thanks = news.one(residents)
        assert "已收到，谢谢" in thanks.text
        assert "线1" not in thanks.text
        assert news.texts(teller) == "", "nobody may write to somebody who never opened the talk"
        assert "线1" not in news.texts(team)
        assert "撬锁" not in news.texts(team)
        link = urlsplit(thanks.data["私聊查看"])
        assert (link.netloc, link.path) == ("t.me", "/wangge_peer_bot")
        (token,) = parse_qs(link.query)["start"]

        nosy = await place.start("居民乙", token)
        assert "线1" not in nosy.texts(place.id_of("居民乙"))
        assert nosy.texts(teller) == ""

        opened = await place.start("居民甲", token)
        assert "线1" in opened.texts(teller)
        again = await place.start("居民甲", token)
        assert "线1" not in again.texts(teller), "a token works once"

        news = await place.press("民警甲", "接单", TEAM)
        assert "13912345678" in news.texts(place.id_of("民警甲"))
        assert "撬锁" not in news.texts(team, edited=True)
        assert "线1 已有人接单" in news.texts(teller)
    all_accepted(tmp_path)


@awaits
async def test_a_search_is_verified_published_and_taken_down(station: Saved, tmp_path: Path) -> None:
    async with town(tmp_path, "polling", station) as place:
        place.phones.assets["face"] = {"data": photo_bytes(exif=True), "size": 1}
        residents, team, watch = place.id_of(RESIDENTS), place.id_of(TEAM), place.id_of(WATCH)
        family, officer = place.id_of("居民甲"), place.id_of("民警甲")
        news = await place.say("居民甲", "寻人", RESIDENTS)
        assert "110" in news.texts(residents)
        (token,) = parse_qs(urlsplit(news.one(residents).data["私聊查看"]).query)["start"]
        opened = await place.start("居民甲", token)
        assert "1/7" in opened.texts(family)
        news = await place.say("居民甲", "我奶奶王秀英")
        assert "王秀英" in news.texts(officer), "told at the first answer"
        assert "王秀英" not in news.texts(place.id_of(OFFICERS))
        for answer in ("78岁", "今天早上8点，水头村菜市场门口", "蓝棉袄黑裤子，白头发", "老年痴呆"):
            await place.say("居民甲", answer)
        news = await place.say("居民甲", photo=photo("face"))
        assert "7/7" in news.texts(family)
        news = await place.press("居民甲", "同意发布")
        assert "寻1" in news.texts(family)
        assert any(one.photo for one in news.sent if one.chat == officer)

        news = await place.press("民警甲", "核实")
        notices = [news.one(chat, "王奶奶") for chat in (residents, team, watch)]
        assert all(one.photo for one in notices)
        assert not any("王秀英" in one.text or "痴呆" in one.text for one in notices)
        assert "3/3" in news.either(officer)
        uploads = [one for one in place.phones.told if one[0] == "sendPhoto" and "photo" in one[1]]
        assert uploads, "sent again by the id the platform gave"
        kept = next(name for name in place.phones.assets if name.startswith("fixture-photo"))
        assert b"SECRETCAM" not in place.phones.assets[kept]["data"]

        news = await place.reply("居民丙", notices[0], "刚才在大侯村桥头看见她往东走", RESIDENTS)
        assert "桥头" in news.either(officer)
        assert "桥头" not in news.texts(residents)
        news = await place.say("民警甲", "线索汇总 寻1")
        assert "桥头" in news.texts(officer)

        news = await place.say("民警甲", "找到 寻1")
        assert {one.chat for one in news.deleted} >= {residents, team, watch}
        assert all(one.gone for one in notices)
        assert "已找到" in news.texts(residents)
        assert "已确认找到" in news.texts(family)
        assert "3/3" in news.either(officer)
        assert not [one for one in place.phones.standing.values() if one.photo and one.chat < 0]
    all_accepted(tmp_path)


@awaits
async def test_a_bulletin_is_approved_by_another_sent_and_recalled(station: Saved, tmp_path: Path) -> None:
    async with town(tmp_path, "polling", station) as place:
        residents, watch, author = place.id_of(RESIDENTS), place.id_of(WATCH), place.id_of("民警甲")
        news = await place.say("民警甲", "反诈 冒充客服退款诈骗高发，不要转账")
        assert "反1" in news.texts(author)
        news = await place.press("民警甲", "发送")
        assert "已请其他民警批准" in news.texts(author)
        asked = news.one(place.id_of(OFFICERS), "请您核准 反1")
        assert news.texts(residents) == ""

        own = await place.press_on("民警甲", asked, "批准")
        assert own.texts(residents) == "", "not by its author"
        news = await place.press_on("民警乙", asked, "批准")
        assert "【反诈提醒】冒充客服" in news.texts(residents)
        assert "【反诈提醒】冒充客服" in news.texts(watch)
        assert "民警乙已批准" in news.texts(author)
        assert "2/2" in news.either(author)

        news = await place.say("民警乙", "撤回 反1")
        assert {one.chat for one in news.deleted} == {residents, watch}
        assert "2/2 已处理：删 2" in news.either(place.id_of("民警乙"))
    all_accepted(tmp_path)


@awaits
async def test_a_reminder_rings_on_the_dot(station: Saved, tmp_path: Path) -> None:
    async with town(tmp_path, "polling", station) as place:
        worker = place.id_of("网格员甲")
        news = await place.say("网格员甲", "提醒 明天9点 走访7号楼")
        assert "星期四 11月19日 09:00" in news.texts(worker)
        assert not (await place.later(hours=21)).sent
        news = await place.later(minutes=40)
        rung = news.one(worker, "提醒：走访7号楼")
        assert "迟到" not in rung.text
        news = await place.press_on("网格员甲", rung, "10分钟后再提醒")
        assert "09:10" in news.texts(worker, edited=True)
        assert "走访7号楼" in (await place.later(minutes=10)).texts(worker)
        news = await place.press("网格员甲", "完成")
        assert "已完成" in news.texts(worker, edited=True)
        assert not (await place.later(days=3)).sent
    all_accepted(tmp_path)


@awaits
async def test_a_group_that_moves_and_one_that_puts_the_bot_out(station: Saved, tmp_path: Path) -> None:
    async with town(tmp_path, "polling", station) as place:
        old, new, team = place.id_of(RESIDENTS), -100_777, place.id_of(TEAM)
        await place.say("居民甲", "上报水头村村口路灯坏了", RESIDENTS)
        place.phones.moved[old] = new
        place.groups[RESIDENTS] = new
        news = await place.press("网格员甲", "接单", TEAM)
        assert "报1 已有人接单" in news.texts(new), "learned from the refusal"
        moved = {"migrate_from_chat_id": old, "group_chat_created": True}
        await place.say("管理员", "", RESIDENTS, **moved)
        news = await place.say("居民甲", "进度 报1", RESIDENTS)
        assert "报1" in news.texts(new)

        news = await place.stands(TEAM, "member", "left")
        assert TEAM in news.texts(place.id_of("管理员群"))
        news = await place.say("居民甲", "上报水头村井盖没了", RESIDENTS)
        assert "已记下 报2" in news.texts(new)
        assert news.texts(team) == ""
        news = await place.stands(TEAM, "left", "member")
        news = await place.say("居民甲", "上报水头村墙要倒了", RESIDENTS)
        assert news.one(team, "墙要倒了").labels == ("接单", "转派", "办结"), "still bound"
    all_accepted(tmp_path, "sendMessage:400")


@awaits
async def test_an_answer_in_a_forum_stays_in_its_topic(station: Saved, tmp_path: Path) -> None:
    async with town(tmp_path, "polling", station) as place:
        there = {"message_thread_id": 33, "is_topic_message": True}
        news = await place.say("网格员甲", "@wangge_peer_bot 帮助", TEAM, **there)
        assert [one.thread for one in news.sent if one.chat == place.id_of(TEAM)] == [33]
        news = await place.say("网格员甲", "/帮助", TEAM)
        assert [one.thread for one in news.sent if one.chat == place.id_of(TEAM)] == [0]
        news = await place.say("居民甲", "上报水头村井盖没了", RESIDENTS, **there)
        assert news.one(place.id_of(RESIDENTS)).thread == 33
        assert news.one(place.id_of(TEAM), "井盖").thread == 0
    all_accepted(tmp_path)


@awaits
async def test_the_bot_knows_its_name_and_shows_each_the_menu_of_their_roles(station: Saved, tmp_path: Path) -> None:
    async with town(tmp_path, "polling", station) as place:
        await place.start("居民乙")
        assert "wangge_peer_bot" in place.world.bot_names
        while await place.work.show_menus():
            pass
        menus = {json.loads(one["scope"]).get("chat_id"): one["commands"] for one in place.phones.made("setMyCommands")}
        assert "fraud" in menus[place.id_of("民警甲")]
        assert "fraud" not in menus[place.id_of("网格员甲")]
        assert place.id_of("居民乙") not in menus
    all_accepted(tmp_path)


@pytest.mark.parametrize("sent_as", ["video", "document"])
@awaits
async def test_a_film_of_the_library_goes_out_in_turn(station: Saved, tmp_path: Path, sent_as: str) -> None:
    """Recorded by a browser (H.264 in pieces), sent as a film or as a file, approved, and shown in the groups."""
    clip = {"video": film("clip")} if sent_as == "video" else {"document": paper("clip", "video/mp4", "案例.mp4")}
    async with town(tmp_path, "polling", station) as place:
        place.phones.assets["clip"] = {"data": CLIP.read_bytes(), "size": 1}
        residents, officer, chief = place.id_of(RESIDENTS), place.id_of("民警甲"), place.id_of("所长")
        news = await place.say("民警甲", "入库 反诈 冒充客服退款是这样骗人的，看完这段短片", **clip)
        assert news.one(officer, "【反诈提醒】冒充客服").video, "looked at before it is sent to be approved"
        assert "库1" in news.texts(officer)
        news = await place.press("民警甲", "送批")
        assert news.one(chief, "【反诈提醒】冒充客服").video
        await place.press("所长", "批准")
        await place.say("民警甲", "反诈库 每周三晚7点")
        for _ in range(8):
            news = await place.later(days=1)
            if news.texts(residents):
                break
        assert news.one(residents, "冒充客服").video
        kept = next(name for name in place.phones.assets if name.startswith("fixture-video"))
        assert place.phones.assets[kept]["data"] == clean(CLIP.read_bytes())
    all_accepted(tmp_path)


@awaits
async def test_figures_come_as_a_file(station: Saved, tmp_path: Path) -> None:
    async with town(tmp_path, "polling", station) as place:
        table = "项目,数,来源,地区\n警情,812,县局110台账,\n电诈,12,反诈中心日报,柳溪镇\n".encode("gb18030")
        place.phones.assets["table"] = {"data": table, "size": len(table)}
        desk = place.id_of("指挥室")
        document = paper("table", "text/csv", "本周外来数.csv")
        news = await place.say("指挥室", "周报录入", document=document)
        assert "已录入 2 项" in news.texts(desk)
        assert "望河县 警情 812" in news.texts(desk)
        news = await place.press("指挥室", "撤销这 2 项")
        assert "已撤销这 2 项" in news.texts(desk)
        assert "直接发来" in (await place.say("指挥室", "周报录入")).texts(desk)
        assert "已录入 2 项" in (await place.say("指挥室", document=document)).texts(desk)
    all_accepted(tmp_path)
