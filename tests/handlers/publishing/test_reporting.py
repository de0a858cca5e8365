"""The report: in words as many lines as one reads, the rest in a sheet that holds no formula, no words, no names."""

import io
import re
import zipfile
from datetime import timedelta

from handlers.publishing import reporting
from handlers.publishing.reporting import Line
from jobs.channel import ChatGone, Impossible
from storage import chats, keeping, media
from storage.chats import ChatKind, ChatState
from storage.media import MediumKind, MediumState
from storage.outbox import OutboxState
from storage.recipients import Recipient
from tests.support.stage import Stage, texts, words

WORDS = words()


def _cells(blob: bytes) -> list[list[str]]:
    """The rows of a sheet, as a reader of its XML finds them."""
    with zipfile.ZipFile(io.BytesIO(blob)) as book:
        assert not any("vba" in name for name in book.namelist())
        page = book.read("xl/worksheets/sheet1.xml").decode()
        shared = re.findall(r"<si><t[^>]*>(.*?)</t></si>", book.read("xl/sharedStrings.xml").decode(), re.S)
    assert "<f>" not in page
    rows = []
    for row in re.findall(r"<row .*?</row>", page, re.S):
        cells = re.findall(r'<c r="\w+"(?: s="\d+")?( t="s")?(?:/>|><v>(.*?)</v></c>)', row, re.S)
        rows.append([shared[int(value)] if is_text else value for is_text, value in cells])
    return rows


def _line(group: str, state: str = "sent") -> Line:
    return Line(group, "大侯村", "居民群", state, "", "2026-11-18 10:20:00", "", 1)


def test_a_groups_name_that_looks_like_a_formula_stays_a_name() -> None:
    blob = reporting.sheet(WORDS, [_line("=cmd|'/c calc'!A0"), _line("http://x.example")], "1a2b3c4d")
    rows = _cells(blob)
    assert rows[0] == ["群", "区域", "类型", "情况", "时间", "原因", "试了几次"]
    assert rows[1][0].startswith("=cmd")
    assert rows[1][6] == "1"
    assert [row[0] for row in rows[3:]] == ["审计 1a2b3c4d"]


def test_an_empty_report_is_still_a_sheet() -> None:
    assert len(_cells(reporting.sheet(WORDS, [], "1a2b3c4d"))) == 2


def test_a_private_talk_is_shown_without_its_reader(stage: Stage) -> None:
    with stage.world.db.read() as session:
        talk = chats.at(session, "play", "居民甲")
        assert talk is not None
        one = reporting._line(WORDS, Recipient(talk, OutboxState.DEAD, reason="gone"), {}, stage.world.now())
    assert one.group == "私聊"
    assert "居民甲" not in str(one)


def _send_to_many(stage: Stage, count: int) -> None:
    """A chief's warning to the whole county's residents, of whom many groups have thrown the bot out."""
    now = stage.world.now()
    with stage.world.db.write() as session:
        for n in range(count):
            chats.add(session, "play", f"群{n}", ChatKind.RESIDENTS, now, title=f"群{n}", area_id=1)
    for n in range(count):
        stage.play.console.faults[f"群{n}"] = ChatGone("gone")
    stage.say("所长", "反诈 冒充客服退款诈骗高发，不要转账")
    stage.say("所长", "改范围 反1 全县 居民群")
    stage.say("所长", "发送 反1")
    stage.say("民警甲", "批准 反1")


def test_more_lines_than_one_reads_are_left_to_the_sheet(both_stages: Stage) -> None:
    stage = both_stages
    _send_to_many(stage, 45)
    shown = [one for one in stage.say("所长", "发送情况 反1") if one.file]
    assert [one.file for one in shown] == ["发送情况-反1.xlsx"]
    lines = shown[0].text.splitlines()
    assert len([line for line in lines if line.startswith("· ")]) == 30
    assert lines[-1] == "其余 15 个见表。"
    assert "冒充客服" not in shown[0].text


def test_the_sheet_is_erased_within_three_days(stage: Stage) -> None:
    stage.say("民警甲", "反诈 冒充客服退款诈骗高发，不要转账")
    stage.say("民警甲", "发送 反1")
    stage.say("民警乙", "批准 反1")
    stage.say("民警甲", "发送情况 反1")
    with stage.world.db.read() as session:
        medium = session.get_one(media.Medium, 1)
        assert (medium.kind, medium.state, medium.name) == (MediumKind.FILE, MediumState.READY, "发送情况-反1.xlsx")
        blob = media.blob_of(session, 1)
        assert blob is not None
        rows = _cells(blob)
        assert [row[0] for row in rows[1:-1]] == ["大侯村居民群", "商户群", "义警群"]
        assert rows[-1][0].startswith("审计 ")
        assert "冒充客服" not in str(rows)
        assert keeping.media_past(session, stage.world.now() + timedelta(days=3), 10) == [1]
    stage.later(days=3)
    with stage.world.db.read() as session:
        assert session.get_one(media.Medium, 1).state is MediumState.ERASED


def test_a_group_the_bot_was_not_in_gets_it_once_it_is_back(both_stages: Stage) -> None:
    stage = both_stages
    stage.say("民警甲", "反诈 冒充客服退款诈骗高发，不要转账")
    stage.say("民警甲", "发送 反1")
    _set(stage, "商户群", ChatState.GONE)
    stage.say("民警乙", "批准 反1")
    assert any("商户群：没有发，机器人不在群里" in one for one in texts(stage.say("民警甲", "发送情况 反1")))
    assert any("现在补发不了" in one for one in texts(stage.say("民警甲", "补发 反1")))
    _set(stage, "商户群", ChatState.OPEN)
    assert any("现在可以补发" in one for one in texts(stage.say("民警甲", "发送情况 反1")))
    shown = stage.say("民警甲", "补发 反1")
    assert [one.chat for one in shown if "【反诈提醒】" in one.text] == ["商户群"]
    assert any("没有可以补发的群" in one for one in texts(stage.say("民警甲", "补发 反1")))


def _set(stage: Stage, title: str, state: ChatState) -> None:
    with stage.world.db.write() as session:
        chat = chats.at(session, "play", title)
        assert chat is not None
        chats.set_state(session, chat.id, state, stage.world.now())


def test_what_is_sent_again_has_the_corrected_words(both_stages: Stage) -> None:
    stage = both_stages
    stage.play.console.faults["商户群"] = Impossible("refused")
    stage.say("民警甲", "反诈 冒充客服退款诈骗高发，不要转账")
    stage.say("民警甲", "发送 反1")
    stage.say("民警乙", "批准 反1")
    stage.say("民警甲", "更正 反1 冒充快递理赔诈骗高发，不要转账")
    stage.say("民警乙", "批准 反1")
    stage.play.console.faults.clear()
    shown = stage.say("民警甲", "补发 反1")
    assert ["快递理赔" in one.text for one in shown if one.chat == "商户群"] == [True]


def test_what_was_said_too_long_ago_is_not_sent_again_empty(stage: Stage) -> None:
    stage.play.console.faults["商户群"] = Impossible("refused")
    stage.say("民警甲", "反诈 冒充客服退款诈骗高发，不要转账")
    stage.say("民警甲", "发送 反1")
    stage.say("民警乙", "批准 反1")
    stage.later(days=2)
    assert any("原话已按期限删除" in one for one in texts(stage.say("民警甲", "补发 反1")))


def test_another_stations_officer_may_not_look(stage: Stage) -> None:
    with stage.world.db.write() as session:
        group = chats.at(session, "play", "派出所警务群")
        assert group is not None
        group.area_id = 2
    stage.say("民警甲", "反诈 冒充客服退款诈骗高发，不要转账")
    stage.say("民警甲", "发送 反1")
    stage.say("所长", "批准 反1")
    assert any("不在您的辖区" in one for one in texts(stage.say("民警丙", "发送情况 反1")))
