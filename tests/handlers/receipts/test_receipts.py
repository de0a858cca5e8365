"""What a receipt opens besides the plain way: merged tips, long words, a talk not opened yet, floods of numbers."""

from storage import chats, receipts
from storage.chats import ChatState
from storage.incidents import IncidentKind, numbered
from tests.support.informers import RECEIPT
from tests.support.stage import Stage, texts

GROUP = "大侯村居民群"


def tell(stage: Stage, who: str, what: str, group: str | None = None) -> str:
    """Somebody tells a tip; their receipt."""
    shown = stage.say(who, f"/线索 {what}", group)
    return next(found.group() for one in shown if (found := RECEIPT.search(one.text)))


def test_a_merged_tip_stands_as_the_one_it_was_merged_into(stage: Stage) -> None:
    tell(stage, "居民甲", "3号楼车棚昨晚有人撬锁偷电瓶")
    second = tell(stage, "居民乙", "3号楼车棚昨晚有人撬锁偷了电瓶")
    stage.say("民警甲", "接单 线1")
    stage.say("民警甲", "问线索 线1 只问第一个人")
    stage.say("民警甲", "合并 线2 线1")
    (stands,) = texts(stage.say("居民丁", f"回执 {second}"))
    assert "处理中" in stands
    assert "只问第一个人" not in stands
    shown = stage.say("居民丁", f"回执 {second} 是辆红车")
    assert any("线2 有补充：是辆红车" in one for one in texts(shown, "民警甲"))
    stage.say("民警甲", "办结 线1 已抓获")
    stage.say("民警甲", "答复 线1 第1稿")
    assert "结果：已抓获" in texts(stage.say("居民丁", f"回执 {second}"))[0]


def test_words_out_of_bounds_are_refused(stage: Stage) -> None:
    receipt = tell(stage, "居民甲", "3号楼车棚昨晚有人撬锁")
    assert "太长" in texts(stage.say("居民丁", f"回执 {receipt} {'红' * 1001}"))[0]
    stage.say("民警甲", "接单 线1")
    assert "太长" in texts(stage.say("民警甲", f"问线索 线1 {'红' * 301}"))[0]


def test_a_receipt_waits_for_the_private_talk_to_open(stage: Stage) -> None:
    with stage.world.db.write() as session:
        chat = chats.at(session, "play", "居民甲")
        assert chat is not None
        chats.set_state(session, chat.id, ChatState.UNOPENED, stage.world.now())
    shown = stage.say("居民甲", "/线索 3号楼车棚昨晚有人撬锁", GROUP)
    assert not any(RECEIPT.search(one.text) for one in shown)
    assert any(RECEIPT.search(one.text) for one in stage.say("居民甲", "你好") if one.chat == "居民甲")


def test_a_message_full_of_numbers_voids_at_most_five(stage: Stage) -> None:
    receipt = tell(stage, "居民甲", "3号楼车棚昨晚有人撬锁")
    numbers = " ".join(f"和9999 0000 1111 {number:04}" for number in range(5))
    shown = stage.say("居民乙", f"回执 {numbers} 和{receipt}", GROUP)
    assert len(shown) == 1
    assert "您的线索" in texts(stage.say("居民丁", f"回执 {receipt}"))[0]


def test_a_new_receipt_takes_the_place_of_the_old_one(stage: Stage) -> None:
    old = tell(stage, "居民甲", "3号楼车棚昨晚有人撬锁").replace(" ", "")
    with stage.world.db.write() as session:
        tip = numbered(session, IncidentKind.TIP, 1)
        assert tip is not None
        new = receipts.give(session, tip, stage.world.now())
        assert len(new) == 16
        assert new != old
        assert receipts.find(session, old) is None
        assert receipts.find(session, new) is tip
        assert receipts.find(session, "") is None
