"""Who with whom about what, names taken out, sorts, notes and hashes."""

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handlers.disputes import rules
from handlers.disputes.rules import Party
from storage.disputes import Lane, Partner, Sort, Triage


@pytest.mark.parametrize(
    ("words", "one", "other", "about"),
    [
        ("张三和李四因为院墙，水头村", "张三", "李四", "院墙，水头村"),
        ("居民张三与邻居李四因噪音", "张三", "李四", "噪音"),
        ("王大毛跟赵铁柱两家，地界的事", "王大毛", "赵铁柱", "地界的事"),
        ("张三和李四打起来了，大侯村", "张三", "李四", "打起来了，大侯村"),
        ("老王家、和老赵家为了停车位", "老王家", "老赵家", "停车位"),
        ("甲公司与李四 拖欠工资", "甲公司", "李四", "拖欠工资"),
        ("欧阳修和司马光就宅基地问题争吵", "欧阳修", "司马光", "宅基地问题争吵"),
    ],
)
def test_one_message_is_read(words: str, one: str, other: str, about: str) -> None:
    told = rules.read(words)
    assert told is not None
    assert ([side.name for side in told.parties], told.about) == ([one, other], about)


@pytest.mark.parametrize("words", ["", "张三和李四", "我家楼上漏水", "张三和张三因为钱", "和李四因为钱"])
def test_what_cannot_be_read_is_asked_for(words: str) -> None:
    assert rules.read(words) is None


def test_a_number_belongs_to_the_side_it_stands_behind() -> None:
    told = rules.read("张三和李四（电话１３８ 0000 0002）因为院墙，证人电话13800000003")
    assert told is not None
    assert told.parties == (Party("张三"), Party("李四", "13800000002"))
    assert told.about == "院墙，证人电话13800000003"


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("张三 13800000001", Party("张三", "13800000001")),
        ("张三", Party("张三")),
        ("张三，电话：13800000001", Party("张三", "13800000001")),
        ("13800000001", None),
        ("", None),
        ("3号楼的人", None),
        ("一个我不知道叫什么名字的男人啊", None),
    ],
)
def test_a_side_is_a_name_and_perhaps_a_number(words: str, found: Party | None) -> None:
    assert rules.party(words) == found


def test_names_become_sides() -> None:
    sides = (Party("张三丰"), Party("李四"))
    said = "张三丰说李四的儿子挪了界石，李四家不认，老张气病了，三丰住院，电话13800000001，住3号楼2单元402"
    shown = rules.masked(said, sides)
    assert shown == "甲方说乙方的儿子挪了界石，乙方不认，甲方气病了，甲方住院，电话〔电话〕，住3号楼〔门牌〕"


@given(st.text(max_size=80))
def test_no_text_is_too_strange(words: str) -> None:
    told = rules.read(words)
    assert told is None or len(told.parties) == 2
    rules.masked(words, told.parties if told else (Party("张三"),))
    rules.fact(words)
    assert rules.sort_of(words) in set(Sort)


@pytest.mark.parametrize(
    ("words", "sort"),
    [
        ("婆媳吵架", Sort.FAMILY),
        ("拖欠工资三个月", Sort.WORK),
        ("借钱不还", Sort.DEBT),
        ("院墙占了地界", Sort.LAND),
        ("物业不退押金", Sort.HOUSING),
        ("楼上漏水", Sort.NEIGHBOURS),
        ("狗咬伤了人", Sort.DAMAGE),
        ("买到假货", Sort.CUSTOMER),
        ("说不清", Sort.OTHER),
    ],
)
def test_sorts(words: str, sort: Sort) -> None:
    assert rules.sort_of(words) == sort


def test_opinion_petition_assembly_belief_and_ethnicity_are_no_sorts() -> None:
    assert [one for one in Sort if any(word in one for word in ("访", "集会", "信仰", "宗教", "民族", "言论"))] == []


def test_a_note_in_one_message() -> None:
    told = rules.fact("听了两边的说法；地点：调解室；方法: 先把脉后治病；见证人：村支书；说好三天后再谈")
    assert told == rules.Fact("听了两边的说法；说好三天后再谈", "调解室", "先把脉后治病", "村支书")
    assert rules.fact("地点：调解室").words == ""


@pytest.mark.parametrize(
    ("words", "body"), [("司法所", "司法所"), ("县人民法院", "县人民法院"), ("张三丰", ""), ("", "")]
)
def test_bodies(words: str, body: str) -> None:
    assert rules.organ(words) == body


def test_anybody_can_prove_what_was_agreed() -> None:
    assert rules.sealed_hash("栽界石") == hashlib.sha256("栽界石".encode()).hexdigest()


def test_every_way_has_a_clock() -> None:
    assert set(rules.BY_TRIAGE) == set(rules.ASKED_AFTER) == {str(one) for one in Triage}
    assert len(Lane) == len(Partner) == 3
