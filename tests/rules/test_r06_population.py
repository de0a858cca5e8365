"""R6: tables of inhabitants, homes and firms never enter a talk; visits leave a result only."""

import re
from datetime import UTC, datetime
from pathlib import Path

import pytest

from handlers.dialogue import asking, command, turn
from handlers.dialogue.gate import withheld
from handlers.dialogue.message import Incoming, MediaRef, Quoted
from handlers.reading.population import is_population
from storage import inbox
from storage.tables import METADATA
from tests.support.secret_texts import samples
from tests.support.stage import ROOT, Stage, texts

GROUP = "大侯村居民群"
TEAM = "大侯村网格群"
PEOPLE = (
    "张三 男 140525198001011234 13800138001 大侯村58号",
    "李四 女 140525198202021235 13800138002 大侯村59号",
    "王五 男 140525198303031236 13800138003 大侯村60号",
)
TABLES = [
    "\n".join(PEOPLE),
    "；".join(PEOPLE),
    "实有人口\n" + "\n".join(PEOPLE[:2]),
    "姓名,性别,身份证号,联系电话,户籍地址\n" + "\n".join(one.replace(" ", ",") for one in PEOPLE[:2]),
    "姓名|性别|民族|身份证号|现住址\n张三|男|汉|140525198001011234|3号楼2单元601\n李四|女|汉|140525198202021235|3号楼2单元602",
    "常住人口登记表：张三１４０５２５１９８００１０１１２３４，李四１４０５２５１９８２０２０２１２３５，都住大侯村",
    "流动人口信息\n1. 刘洋 13800138001 住3号楼2单元601\n2. 陈静 13800138002 住3号楼2单元602",
    "租户名单：刘洋13800138001，陈静13800138002，赵强13800138003",
    "实有房屋 标准地址：3号楼1单元101室、3号楼1单元102室、3号楼1单元201室、3号楼1单元202室",
    "实有单位\n单位名称 法人 电话\n兴旺超市 张三 0356-2221111\n惠民药店 李四 0356-2222222",
    "140525198001011234\n140525198202021235\n140525198303031236",
    "户主张三，大侯村58号，13800138001\n户主李四，大侯村59号，13800138002\n户主王五，大侯村60号，13800138003",
    "3号楼2单元601 张三\n3号楼2单元602 李四\n3号楼2单元701 王五\n3号楼2单元702 赵六\n3号楼2单元801 陈七",
    "花名册 张三 一四零五二五一九八零零一零一一二三四 李四 一四零五二五一九八二零二零二一二三五",
]
NO_TABLES = [
    "上报 3号楼2单元601漏水，我电话13800138000，姓张",
    "求助 老人走丢了，叫王秀英，身份证140525194001011234，住大侯村58号，联系13800138000",
    "流动人口登记在哪里办？我叫刘洋，电话13800138000，住3号楼2单元601",
    "姓名张三 性别男 民族汉 身份证140525198001011234 户籍地址大侯村58号 联系电话13800138000，我的低保怎么还没下来",
    "走访过了大侯村58号，一切正常",
    "今天走访30户，发现隐患2处，其他正常",
    "3号楼1单元101、102、201、202都漏水了",
    "线索 骗子用13800138001、13800138002、13800138003三个号打来",
    "张三和李四在大侯村58号打架，王五劝架被打了，电话13800138000",
    "实有人口核查请大家配合",
    "一标三实什么时候开始采集，我们在3号楼",
    "值班表：周一张三，周二李四，周三王五，电话0356-2223110",
    "隐患 2号楼、3号楼、4号楼、5号楼楼道都堆着电动车",
    "我和老伴李四的电话是13800138001和13800138002，孩子不在家，住大侯村58号",
    "被骗了，转给6222021380013800123和6222021380013800124，一共3万元",
    "帮助",
    "",
]


@pytest.mark.parametrize("text", TABLES)
def test_tables_are_recognised(text: str) -> None:
    assert is_population(text)


@pytest.mark.parametrize("text", NO_TABLES)
def test_what_people_have_to_tell_is_none(text: str) -> None:
    assert not is_population(text)


def test_ordinary_lines_are_none() -> None:
    lines = (Path(__file__).parent / "data" / "harmless_numbers.txt").read_text(encoding="utf-8").split("\n")
    assert not [line for line in lines if is_population(line)]


def test_one_persons_particulars_are_none() -> None:
    singles = [one.text for one in samples(600, seed=6) if one.kind != "two"]
    assert not [text for text in singles if is_population(text)]


def _incoming(text: str, **more: object) -> Incoming:
    values: dict[str, object] = {
        "account": "play", "key": "k1", "kind": "message", "chat": "居民甲", "private": True, "sender": "居民甲",
        "sender_name": "居民甲", "at": datetime(2026, 11, 18, tzinfo=UTC), "text": text,
    }  # fmt: skip
    return Incoming(**(values | more))  # type: ignore[arg-type]


def test_nothing_of_it_is_left() -> None:
    photo = MediaRef("photo", "ref")
    left = withheld(_incoming("上报\n" + TABLES[0], media=(photo,), location=(36.1, 113.2), album="a"))
    assert (left.kind, left.text, left.media, left.location, left.album) == ("withheld", "", (), None, "")


def test_a_table_that_is_answered_to_is_not_kept_either() -> None:
    left = withheld(_incoming("登记一下", reply_to=Quoted("7", from_bot=False, text=TABLES[0])))
    assert left.kind == "withheld"
    assert left.reply_to is None
    assert withheld(_incoming(TABLES[0], kind="edited")).kind == "withheld"
    plain = _incoming("上报路灯坏了", reply_to=Quoted("7", from_bot=False, text="路灯坏了"))
    assert withheld(plain) is plain
    pressed = _incoming(TABLES[0], kind="button")
    assert withheld(pressed) is pressed


@pytest.mark.parametrize("text", TABLES[:4])
def test_the_inbox_keeps_nothing_of_it(stage: Stage, text: str) -> None:
    incoming = _incoming(f"上报\n{text}")
    assert turn.receive(stage.world, incoming) == incoming.queue
    with stage.world.db.write() as session:
        row = inbox.try_next(session, incoming.queue, fresh=True)
        assert row is not None
        payload = inbox.payload_of(session, row).decode()
    assert "张三" not in payload
    assert not re.search(r"[0-9]{11}", payload)


@pytest.mark.parametrize("text", TABLES)
def test_it_is_refused_in_private(stage: Stage, text: str) -> None:
    shown = stage.say("网格员甲", text)
    assert any("公安内网" in one for one in texts(shown, "网格员甲"))
    assert {one.chat for one in shown} == {"网格员甲"}
    assert not any(word in one.text for one in shown for word in ("张三", "601", "1380", "大侯村5"))


def test_it_is_refused_in_a_group_where_the_bot_is_meant(stage: Stage) -> None:
    for chat in (GROUP, TEAM):
        shown = stage.say("网格员甲", f"/上报 {TABLES[0]}", chat)
        assert [one.chat for one in shown] == [chat]
        assert "公安内网" in shown[0].text
    assert not any("报1" in one for one in texts(stage.say("网格员甲", "待办")))


def test_it_is_left_alone_where_the_bot_is_not_meant(stage: Stage) -> None:
    assert not stage.say("网格员甲", TABLES[0], GROUP)
    assert not stage.say("网格员甲", TABLES[0], TEAM)


def test_an_answer_to_a_question_can_be_none(stage: Stage) -> None:
    stage.say("居民甲", "上报")
    shown = stage.say("居民甲", TABLES[0])
    assert any("公安内网" in one for one in texts(shown, "居民甲"))
    assert any("报1" in one for one in texts(stage.say("居民甲", "水头村村口路灯坏了"), "居民甲"))


NEVER_ASKED = re.compile(
    r"身份证|户籍|民族|籍贯|户主|宗教|文化程度|婚姻|一标三实|实有(?:人口|房屋|单位)|标准地址|从业|服务处所"
)
NEVER_KEPT = re.compile(
    r"id_?card|identity_?n|household(?!_digest|_(?:units|members|alarms|hearers)\.)|ethnic|native|religio|marital|census|resident_?id|hukou"
)


def test_no_question_asks_for_it(stage: Stage) -> None:
    sentences = stage.world.words.sentences
    keys = [f"{form.name}.{question.name}.ask" for form in asking.all_forms().values() for question in form.questions]
    asked = [sentences[key] for key in keys if key in sentences]
    assert len(asked) >= 5
    assert not [one for one in asked if NEVER_ASKED.search(re.sub(r"不写[^。]*", "", one))]


def test_no_command_takes_it() -> None:
    words = {word for one in command.all_commands().values() for word in (one.word, *one.aliases)}
    assert len(words) >= 20
    assert not [word for word in words if NEVER_ASKED.search(word)]
    assert not [word for word in words if re.search(r"名单|人口|花名册|户口", word)]


def test_no_column_holds_it() -> None:
    names = [f"{table.name}.{column.name}" for table in METADATA.tables.values() for column in table.columns]
    assert len(names) > 100
    assert not [name for name in names if NEVER_KEPT.search(name)]
    assert (ROOT / "storage").is_dir()
