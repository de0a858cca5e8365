"""R8: nobody under 18 is looked for as a suspect; a minor's face, name and school are gone ten minutes after 找到."""

import os
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from handlers.bulletins import gate
from handlers.searches import reading, rules
from storage import bulletins, searches
from storage.bulletins import BulletinState
from storage.searches import SearchState
from tests.support.stage import texts
from tests.support.street import DELETES, FACTS, KEEPS, TELEGRAM, Standing, Street, make_street

NOW = datetime(2026, 11, 18, 10, 20, tzinfo=ZoneInfo("Asia/Shanghai"))
TEXTS = int(os.environ.get("RULES_TEXTS", "200"))
"""Generated ages; 20000 take a minute."""
CHILD = (
    "我儿子李小明，在幸福小学三年级2班",
    "9岁",
    "今天早上7点半，在幸福小学门口",
    "幸福小学校服，红书包，李小明有点胖",
    "有自闭症",
)
SECRETS = ("李小明", "幸福小学", "三年级", "自闭")
NAMED = ("李", "幸福小学", "9岁")
SPELT = "零一二三四五六七八九"


@pytest.fixture
def street(tmp_path: Path) -> Iterator[Street]:
    """The county; its own account is like Telegram."""
    for made in make_street(tmp_path):
        made.able(TELEGRAM)
        yield made


def spelt(age: int) -> str:
    """十六, 二十一."""
    tens, ones = divmod(age, 10)
    return ("" if tens < 2 else SPELT[tens]) + ("十" if tens else "") + (SPELT[ones] if ones or not tens else "")


def public(street: Street) -> list[Standing]:
    """What stands in groups and with readers who asked for it; the team's own talk left out."""
    team = ("民警甲", "所长", "副所长", "教导员", "指挥室", "居民甲", "派出所警务群")
    return [one for one in street.standing() if one.chat not in team]


@settings(max_examples=TEXTS, deadline=None)
@given(
    age=st.integers(1, 17),
    words=st.booleans(),
    before=st.sampled_from(["", "约", "看着像", "大概", "才", "年龄大约"]),
    after=st.sampled_from(["岁", "岁左右", "岁上下", "周岁"]),
    place=st.booleans(),
)
def test_no_age_under_18_passes_the_gate(age: int, words: bool, before: str, after: str, place: bool) -> None:
    said = f"{before}{spelt(age) if words else age}{after}"
    marks = f"黑色外套、牛仔裤，{said}" if place else f"{said}，黑色外套、牛仔裤"
    facts = {"case": FACTS[0], "when": "昨天", "place": FACTS[2], "marks": marks, "adult": "成年"}
    assert gate.Lack.MINOR in gate.lacks(facts, NOW)


@pytest.mark.parametrize("words", ["不确定", "未成年", "不是", "17", "可能成年"])
def test_whoever_is_not_surely_grown_up_is_not_looked_for(street: Street, words: str) -> None:
    for one in ("协查", *FACTS[:4]):
        street.say("民警甲", one)
    assert any("不满 18 岁" in one for one in texts(street.say("民警甲", words), "民警甲"))
    with street.stage.world.db.read() as session:
        assert not bulletins.in_state(session, list(BulletinState))


def test_an_edit_cannot_make_it_one_about_a_minor(street: Street) -> None:
    street.suspect("协1", approvers=())
    street.say("民警甲", "更正 协1 十六岁的少年，黑色外套、骑红色电动车")
    street.say("民警乙", "批准 协1")
    street.say("所长", "批准 协1")
    street.say("民警甲", "更正 协1 十六岁的少年，黑色外套、骑红色电动车")
    street.later(30, 5)
    assert not street.standing("十六岁")
    assert not street.standing("少年")
    with street.stage.world.db.read() as session:
        found = bulletins.in_state(session, list(BulletinState))
        assert [one.code for one in found] == ["协1"]


@pytest.mark.parametrize("hours", [0, 49])
def test_found_everything_about_a_child_is_gone_everywhere(street: Street, hours: int) -> None:
    street.account("deletes", DELETES)
    street.account("keeps", KEEPS)
    kept = set(street.groups(3, "keeps")) | set(street.groups(3, "deletes"))
    street.missing(CHILD, consent="同意，且知道有的群发出去收不回来")
    street.say("民警甲", "扩圈 寻1")
    street.say("居民戊", "寻1")
    shown = public(street)
    assert not [one for one in shown if any(secret in one.text for secret in SECRETS)]
    bare = [one for one in shown if one.chat in kept and "【寻人" in one.text]
    assert len(bare) == 6
    assert not [one for one in bare if one.photo or "李" in one.text], "never where it could not be taken back"
    assert [one for one in shown if one.photo]
    street.stage.clock.move(hours=hours)
    street.walk.pump()
    began = street.now
    street.say("民警甲", "找到 寻1")
    street.later(60, 5)
    left = public(street)
    assert not [one for one in left if one.photo]
    assert not [one for one in left if any(name in one.text for name in NAMED) and one.chat not in kept]
    for name in ("大侯村居民群", "商户群", "义警群", "幸福社区居民群"):
        assert [one for one in left if one.chat == name and "请勿再转发" in one.text]
    corrected = {one.shown.chat for one in street.since(began - timedelta(seconds=1), "sent", "请勿再转发")}
    assert corrected >= {one.chat for one in bare if one.account == "keeps"}


def test_the_familys_word_alone_hides_a_child_within_ten_minutes(street: Street) -> None:
    street.missing(CHILD)
    street.say("居民戊", "寻1")
    street.stage.clock.move(hours=49)
    street.walk.pump()
    street.say("居民甲", "找到 寻1")
    street.later(600, 30)
    left = public(street)
    assert not [one for one in left if one.photo or any(name in one.text for name in NAMED)]
    assert {one.chat for one in left if "请勿再转发" in one.text} >= {"大侯村居民群", "商户群", "居民戊"}
    with street.stage.world.db.read() as session:
        found = searches.numbered(session, 1)
        assert found is not None
        assert found.state is SearchState.PUBLISHED, "no officer has confirmed it yet"


@pytest.mark.parametrize(
    ("age", "minor"),
    [("9岁", True), ("十七岁", True), ("8个月", True), ("18岁", False), ("78岁", False), ("不知道", True), ("", True)],
)
def test_an_age_nobody_knows_is_shielded_like_a_minors(age: str, minor: bool) -> None:
    read = reading.read_age(age)
    facts = {"who": "邻居", "age": {"years": read.years, "group": read.group} if read is not None else None}
    assert rules.is_minor(rules.case_of(facts)) is minor
    case = rules.case_of({**facts, "consent": "stay", "health": "痴呆"})
    assert rules.photo_can_stay(case) is not minor
