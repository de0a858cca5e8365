"""Two people press 接单 at once: one has it, the other hears who."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

from bot.channels.console import ACCOUNT
from handlers.dialogue import turn
from handlers.dialogue.message import Incoming, Quoted
from storage import incidents, people
from storage.incidents import IncidentKind, IncidentState
from tests.support.stage import Stage, texts


def test_first_wins(both_stages: Stage) -> None:
    stage = both_stages
    shown = stage.say("居民甲", "上报水头村村口路灯坏了", "大侯村居民群")
    card = next(one for one in shown if one.chat == "大侯村网格群")
    queues = []
    for number, who in enumerate(("网格员甲", "民警甲", "辅警甲")):
        press = Incoming(
            ACCOUNT,
            f"press{number}",
            "button",
            who,
            True,
            who,
            who,
            stage.world.now(),
            text="接单 报1",
            message_id=card.message_id,
            reply_to=Quoted(card.message_id, from_bot=True),
            callback=who,
        )
        queues.append(turn.receive(stage.world, press))
    gate = Barrier(len(queues))

    def answer(queue: str | None) -> bool:
        gate.wait()
        return turn.answer_next(stage.world, queue or "")

    with ThreadPoolExecutor(len(queues)) as pool:
        assert all(pool.map(answer, queues))
    shown = stage.play.pump()
    briefs = [one for one in shown if "您接了" in one.text]
    assert len(briefs) == 1
    assert sum("已由" in one.text for one in shown if one.what == "sent") == 2
    assert len([one for one in texts(shown, "大侯村居民群") if "已有人接单" in one]) == 1
    with stage.world.db.read() as session:
        incident = incidents.numbered(session, IncidentKind.MATTER, 1)
        assert incident is not None
        assert incident.state is IncidentState.TAKEN
        assert people.name_of(session, incident.taken_by or 0) == briefs[0].chat
