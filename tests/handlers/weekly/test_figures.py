"""What is counted: each figure told by its own records, and no trick raises a rate."""

from datetime import timedelta

import pytest

from handlers.weekly.figure import all_figures
from jobs.channel import ChatGone
from storage import areas
from tests.support.figures import counted
from tests.support.stage import Stage, words


def count(stage: Stage, name: str, place: str = "望河县", *, days: float = 7, ago: float = 0) -> tuple[int, int | None]:
    """A figure of the days up to now, or to so many days ago."""
    until = stage.clock() - timedelta(days=ago) + timedelta(seconds=1)
    with stage.world.db.read() as session:
        area = areas.named(session, place)
        assert area is not None
        found = counted(session, name, areas.subtree(session, area.id), until - timedelta(days=days), until)
    return found.n, found.of


def register(stage: Stage, number: int) -> None:
    """A dispute sorted and in hand."""
    stage.say("网格员甲", f"纠纷 张三和李四{'一二三四五六七'[number]}因为院墙，水头村上街微网格")
    stage.say("网格员甲", f"跟踪 纠{number + 1}")


def called_back(stage: Stage, code: str, answer: str) -> None:
    """The desk phones both sides."""
    for side in ("甲方", "乙方"):
        stage.say("指挥室", f"回访 {code} {side} {answer}")


def test_a_dispute_counts_as_settled_once_called_back_and_not_before(stage: Stage) -> None:
    register(stage, 0)
    register(stage, 1)
    assert count(stage, "disputes_found") == (2, None)
    assert count(stage, "disputes_settled") == (0, 2)
    stage.say("网格员甲", "达成 纠1 各退一步，按老地界")
    assert count(stage, "disputes_settled") == (0, 2), "an agreement alone raises nothing"
    stage.later(days=7)
    called_back(stage, "纠1", "满意")
    assert count(stage, "disputes_settled") == (1, 2)
    assert count(stage, "satisfied") == (2, 2)
    assert count(stage, "disputes_settled", "石桥镇") == (0, 0)


def test_one_opened_again_is_taken_off_in_that_week(stage: Stage) -> None:
    for number in range(3):
        register(stage, number)
        stage.say("网格员甲", f"达成 纠{number + 1} 各退一步，按老地界")
    stage.later(days=7)
    for code in ("纠1", "纠2", "纠3"):
        called_back(stage, code, "满意")
    assert count(stage, "disputes_settled") == (3, 3)
    stage.say("网格员甲", "重开 纠1")
    assert count(stage, "disputes_settled") == (2, 3), "in the same week it counts as if never closed"
    assert count(stage, "disputes_reopened") == (1, None)
    stage.later(days=7)
    stage.say("网格员甲", "重开 纠2")
    assert count(stage, "disputes_settled") == (0, 2), "taken off later, never below nought"
    assert count(stage, "disputes_settled", ago=7) == (2, 3), "what the week before was stays"


def test_opening_a_mere_agreement_again_takes_nothing_off(stage: Stage) -> None:
    register(stage, 0)
    stage.say("网格员甲", "达成 纠1 各退一步")
    stage.say("网格员甲", "重开 纠1")
    assert count(stage, "disputes_settled") == (0, 1)
    assert count(stage, "disputes_reopened") == (1, None)


def test_who_is_not_satisfied_counts_too(stage: Stage) -> None:
    register(stage, 0)
    stage.say("网格员甲", "达成 纠1 各退一步，按老地界")
    stage.later(days=7)
    stage.say("指挥室", "回访 纠1 甲方 满意")
    stage.say("指挥室", "回访 纠1 乙方 不满意")
    assert count(stage, "satisfied") == (1, 2)
    assert count(stage, "disputes_settled") == (0, 1)


def test_one_taken_back_at_once_is_none(stage: Stage) -> None:
    stage.say("网格员甲", "纠纷 张三和李四因为院墙，水头村上街微网格")
    stage.say("网格员甲", "撤销 纠1")
    assert count(stage, "disputes_found") == (0, None)
    assert count(stage, "disputes_settled") == (0, 0)


def test_reports_and_tips(stage: Stage) -> None:
    stage.say("网格员甲", "隐患 水头村上街路灯坏了")
    stage.say("网格员丙", "隐患 东岭村井盖没了")
    stage.say("居民甲", "线索 大侯村村口有人撬电动车")
    stage.say("网格员甲", "办结 隐1 换了灯泡")
    assert count(stage, "reports_done") == (1, 2)
    assert count(stage, "reports_done", "柳溪镇") == (1, 1)
    assert count(stage, "tips") == (1, None)
    assert count(stage, "tips", "石桥镇") == (0, None)
    stage.say("网格员甲", "重开 隐1")
    assert count(stage, "reports_done") == (0, 2)


def test_a_warning_counts_where_it_arrived(stage: Stage) -> None:
    stage.play.console.faults["商户群"] = ChatGone("gone")
    stage.say("民警甲", "反诈 冒充客服退款诈骗高发，不要转账")
    assert count(stage, "warnings_reached") == (0, 0)
    stage.say("民警甲", "发送 反1")
    stage.say("民警乙", "批准 反1")
    stage.later(minutes=1)
    n, of = count(stage, "warnings_reached")
    assert of is not None
    assert n == of - 1
    assert count(stage, "warnings_reached", "石桥镇") == (0, 0)


def test_a_search_counts_once_an_officer_verified_it(stage: Stage) -> None:
    answers = (
        "寻人",
        "我奶奶王秀英",
        "78岁",
        "今天早上8点，水头村菜市场门口，我电话13912345678",
        "蓝棉袄黑裤子，白头发",
    )
    for said in (*answers, "老年痴呆", "不知道", "同意发布"):
        stage.say("居民甲", said)
    assert count(stage, "searches_found") == (0, 0)
    stage.say("民警甲", "核实 寻1")
    assert count(stage, "searches_found") == (0, 1)
    stage.say("民警甲", "找到 寻1")
    assert count(stage, "searches_found") == (1, 1)


def test_a_rate_is_told_below_the_days_it_is_of(stage: Stage) -> None:
    for number in range(1, 7):
        stage.say("网格员甲", f"隐患 水头村上街{number}号路灯坏了")
        stage.say("网格员甲", f"办结 隐{number} 换了灯泡")
    said = stage.say("所长", "周报")[0].text
    assert "2026年11月13日（周五）至" in said.split("报事办结：6/6件，100%")[0]


@pytest.mark.parametrize("name", list(all_figures()))
def test_every_figure_has_its_words_and_a_whole_where_it_is_a_rate(stage: Stage, name: str) -> None:
    figure = all_figures()[name]
    assert words().has(f"weekly.figure.{name}")
    with stage.world.db.read() as session:
        found = figure.count(session, {1: 1}, stage.clock() - timedelta(days=7), stage.clock())
    assert name in found
    assert len(words().sentences[f"weekly.figure.{name}"]) <= 8, "it stands large in a picture"


def test_every_figure_has_a_place_of_its_own() -> None:
    every = all_figures().values()
    assert len({one.rank for one in every}) == len(every)
