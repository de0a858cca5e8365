"""Red flags against lists of messages. `scams_unseen.txt` and `harmless_unseen.txt` were written after the patterns and
changed none of them: what the rules find there is what they find of words nobody told them."""

from collections import Counter
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from handlers.fraud_check import rules
from handlers.fraud_check.moves import MOVES
from handlers.fraud_check.rules import FLAGS, Verdict
from tests.support.stage import ROOT, words

HERE = Path(__file__).parent


def verdicts(name: str) -> Counter[Verdict]:
    """How often which verdict falls on the lines of a list."""
    lines = (HERE / name).read_text(encoding="utf-8").splitlines()
    assert len(lines) == len(set(lines))
    return Counter(rules.check(line).verdict for line in lines)


def test_what_is_found_of_the_frauds_it_knows() -> None:
    found = verdicts("scams.txt")
    assert found.total() == 212
    assert (found[Verdict.RED], found[Verdict.YELLOW], found[Verdict.NONE], found[Verdict.WARNS]) == (200, 12, 0, 0)


def test_next_to_nothing_is_found_in_everyday_words() -> None:
    """Six of 312: questions about a fraud, among them 手机屏幕共享是什么意思, and words that stand in a fraud, too."""
    found = verdicts("harmless.txt")
    assert found.total() == 312
    assert (found[Verdict.RED], found[Verdict.YELLOW], found[Verdict.WARNS]) == (3, 3, 19)


def test_what_is_found_of_words_it_was_never_told() -> None:
    """The page says so: docs/decisions/fraud.md."""
    scams, harmless = verdicts("scams_unseen.txt"), verdicts("harmless_unseen.txt")
    flagged, alarms = scams[Verdict.RED] + scams[Verdict.YELLOW], harmless[Verdict.RED] + harmless[Verdict.YELLOW]
    page = (ROOT / "docs" / "decisions" / "fraud.md").read_text(encoding="utf-8")
    assert f"{flagged} of {scams.total()} unseen frauds" in page
    assert f"{alarms} of {harmless.total()} unseen harmless" in page


def test_every_flag_has_its_why_and_names_are_unique() -> None:
    names = [one.name for one in FLAGS]
    assert len(names) == len(set(names))
    every = {*names, *(one.name for one in MOVES)}
    assert [name for name in every if f"fraud_check.why.{name}" not in words().sentences] == []
    whys = {one for one in words().sentences if one.startswith("fraud_check.why.")}
    assert whys == {f"fraud_check.why.{name}" for name in every}


def test_a_pretext_or_a_demand_alone_is_everyday_talk() -> None:
    for said in ("医保局上门登记，请带户口本", "扫码进群接龙订鸡蛋", "部队来村里慰问", "顺便帮我买点菜"):
        assert rules.check(said).verdict is Verdict.NONE, said
    assert rules.check("我们是部队后勤，订三十张床，顺便帮买罐头").flags == ("purchase",)


def test_words_spelt_to_slip_through_are_read_as_meant() -> None:
    assert "prize" in rules.check("免费领鸡旦，进裙就送").flags
    assert "off_platform" in rules.check("便宜出，加扣扣说").flags


def test_each_name_is_told_once() -> None:
    flags = rules.check("我是部队后勤，采购物资请垫付，供货商那边货到一起结").flags
    assert len(flags) == len(set(flags))
    assert "purchase" in flags


def test_signs_between_the_words_and_full_width_hide_nothing() -> None:
    assert rules.check("请 把 钱 转 入 安 全 账 户").verdict is Verdict.RED
    assert rules.check("點擊 ＨＴＴＰ://ａ.ｔｏｐ 領取").verdict is Verdict.RED


@given(st.text(max_size=300))
def test_it_answers_whatever_is_typed(said: str) -> None:
    found = rules.check(said)
    assert (found.verdict is Verdict.RED) <= bool(found.flags)
    assert rules.passed_on(said) <= (found.verdict is Verdict.RED)


def test_who_tells_what_befell_them_is_not_answered_by_flags() -> None:
    assert rules.passed_on("这里是公安局，您涉嫌洗钱，请把钱转入安全账户")
    for told in ("我妈接到电话，说要把钱转入安全账户", "我被骗了，对方说刷单返利", "刚转了两万到安全账户怎么办"):
        assert not rules.passed_on(told)
