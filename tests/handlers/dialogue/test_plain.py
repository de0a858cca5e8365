"""Buttons written as numbers, and wrong numbers helped without telling of others' records."""

from handlers.dialogue import nearby
from handlers.dialogue.message import OutButton, Outgoing
from handlers.dialogue.plain import as_numbers
from handlers.dialogue.scene import Actor, Scene, actor_of
from handlers.reading.codes import Code
from storage import areas, incidents, people
from storage.chats import ChatKind
from storage.incidents import IncidentKind
from storage.purposes import Purpose
from tests.support.stage import Stage


def test_numbers_run_over_what_can_be_said() -> None:
    link = OutButton("私聊查看", token="t")
    shown = as_numbers(
        Outgoing("您想做什么？", ((OutButton("报隐患", "隐患"), OutButton("报线索", "线索")), (link,)), (3,))
    )
    assert shown.text == "您想做什么？\n回复 1 报隐患\n回复 2 报线索"
    assert shown.buttons == ((link,),)
    assert shown.media == (3,)


def test_under_a_question_what_is_no_answer_is_named_by_its_word() -> None:
    rows = (
        (OutButton("是", "·7/1 是"), OutButton("否", "·7/1 否")),
        (OutButton("上一步", "·7/1 返回"), OutButton("取消", "·7/1 取消")),
    )
    assert as_numbers(Outgoing("在家吗？", rows)).text == "在家吗？\n回复 1 是\n回复 2 否\n也可以回复：上一步、取消"


def test_without_buttons_nothing_changes() -> None:
    assert as_numbers(Outgoing("好的")) == Outgoing("好的")


def test_a_number_is_a_button_privately(stage: Stage) -> None:
    shown = stage.say("居民甲", "提醒 交电费")
    assert [label for label, _ in shown[0].buttons][:1] == ["一小时后"]
    assert "11:20" in stage.say("居民甲", "回复1")[0].text


def test_the_nearest_of_ones_own(stage: Stage) -> None:
    world, now = stage.world, stage.world.now()
    with world.db.write() as session:
        teller, other = people.named(session, "居民甲"), people.named(session, "居民丙")
        worker, far = people.named(session, "网格员甲"), people.named(session, "网格员乙")
        area = areas.named(session, "大侯村")
        assert teller
        assert other
        assert worker
        assert far
        assert area
        for kind in (IncidentKind.HAZARD, IncidentKind.TIP):
            incidents.add(session, kind, Purpose.SAFETY, area.id, "路灯", now, expires_at=now, teller_id=teller.id)

        def said(person: int, prefix: str, kind: ChatKind = ChatKind.PRIVATE) -> str:
            scene = Scene(actor_of(session, person), None, kind, None)
            return world.words.render(nearby.missing(session, scene, Code(prefix, 99, (0, 3))))

        assert "您最近的是 隐1" in said(teller.id, "隐")
        assert "您最近的是 隐1" in said(worker.id, "隐", ChatKind.WORKERS)
        assert "您最近的是 线1" in said(teller.id, "线")
        for stranger in (other.id, far.id):
            assert said(stranger, "隐") == "没有查到 隐99。请看看编号对不对，或发“帮助”。"
        assert "线1" not in said(teller.id, "线", ChatKind.RESIDENTS), "no tip's number in a group"
        assert "线1" not in said(worker.id, "线", ChatKind.WORKERS)
        assert "没有查到" in world.words.render(nearby.missing(session, Actor(0), "寻9"))
