"""Where the code on a card leads: to what the asker's channel declares, else another's, else to words."""

from handlers.cards import rules
from storage import accounts
from tests.support.stage import Stage

OPENS = "https://t.me/wangge_bot?start="


def test_a_code_leads_where_a_channel_can_be_opened(stage: Stage) -> None:
    now = stage.world.now()
    with stage.world.db.write() as session:
        assert rules.payload(accounts.opening(session, "play"), "K7M2PQ9R") == "名片 K7M2PQ9R"
        for name, opens in (("first", f"{OPENS}1"), ("second", OPENS), ("mute", "")):
            accounts.note(session, name, now, edits=None, deletes=None, writes_first=False, opens=opens)
        assert accounts.opening(session, "second") == OPENS
        assert accounts.opening(session, "mute") == accounts.opening(session, "play") == f"{OPENS}1"


def test_a_card_of_somebody_who_left_leads_to_nobody(stage: Stage) -> None:
    token = stage.say("网格员丙", "名片 同意")[-1].text.partition("名片 ")[2][:8]
    assert "网格员丙" in stage.say("居民丁", f"名片 {token}")[-1].text
    stage.say("网格员丙", "退出 确定")
    assert "没有这张名片" in stage.say("居民丁", f"名片 {token}")[-1].text
