"""R19: what has to stand in the chain stands there once: approvals, sends, recalls, exports, unmasked views …"""

import ast
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import select

from handlers.dialogue.say import Say
from handlers.dialogue.wording import said
from handlers.membership import importing
from handlers.publishing import actions as publishing
from storage import audit, chats, people
from storage.audit import AuditEntry
from storage.audited import ACTIONS, SORTS
from storage.chats import ChatKind
from storage.lanes import Lane
from storage.objections import OPEN as WAITS
from storage.objections import ContestState
from tests.support.stage import ROOT, Stage, texts

FRAUD = "反诈 冒充客服退款诈骗高发，不要转账"
GROUP = "大侯村居民群"


def entries(stage: Stage) -> list[AuditEntry]:
    """The chain."""
    with stage.world.db.read() as session:
        return list(session.scalars(select(AuditEntry).order_by(AuditEntry.id)))


def new(stage: Stage, does: Callable[[], object]) -> Counter[str]:
    """Action → how many entries something made."""
    before = len(entries(stage))
    does()
    return Counter(one.action for one in entries(stage)[before:])


def test_a_bulletin_from_its_first_yes_to_its_recall(both_stages: Stage) -> None:
    stage = both_stages
    stage.say("民警甲", FRAUD)
    assert new(stage, lambda: stage.say("民警甲", "发送 反1")) == {"ask": 1}
    assert new(stage, lambda: stage.say("民警乙", "批准 反1")) == {"approve": 1, "send": 1}
    assert new(stage, lambda: stage.say("民警甲", "发送情况 反1")) == {"report": 1}
    assert new(stage, lambda: stage.say("所长", "撤回 反1")) == {"recall": 1}
    sent = next(one for one in entries(stage) if one.action == "send")
    approved = next(one for one in entries(stage) if one.action == "approve")
    assert sent.detail["content"] == approved.detail["content"]
    assert sent.detail["groups"] > 0
    assert approved.actor_id is not None


def test_a_refused_step_makes_no_entry(stage: Stage) -> None:
    stage.say("民警甲", FRAUD)
    stage.say("民警甲", "发送 反1")
    assert new(stage, lambda: stage.say("民警甲", "批准 反1")) == {}
    assert new(stage, lambda: stage.say("居民甲", "撤回 反1")) == {}
    assert new(stage, lambda: stage.say("民警乙", "驳回 反1 不合适")) == {"reject": 1}


def test_a_bulletin_that_ends_by_itself(stage: Stage) -> None:
    stage.say("民警甲", f"{FRAUD}，一天内有效")
    stage.say("民警甲", "发送 反1")
    stage.say("民警乙", "批准 反1")
    stage.play.pump()
    found = new(stage, lambda: stage.later(days=1, minutes=1))
    assert found["expire"] == 1


def test_each_delivery_that_is_begun(both_stages: Stage) -> None:
    def begin() -> None:
        with both_stages.world.db.write() as session:
            groups = chats.groups(session, (ChatKind.RESIDENTS,))
            publishing.publish(
                session,
                both_stages.world.words,
                topic="bulletin:7",
                name="seven",
                lane=Lane.BULK,
                notice=Say(said("防骗提醒")),
                targets=[one.id for one in groups],
                now=both_stages.world.now(),
                actor_id=3,
            )

    assert new(both_stages, begin) == {"send": 1}
    last = entries(both_stages)[-1]
    assert (last.actor_id, last.topic) == (3, "bulletin:7")
    assert last.detail["delivery"] == 1


def test_a_search_and_who_read_the_familys_words(stage: Stage) -> None:
    assert (
        new(stage, lambda: stage.say("居民甲", "寻人 我奶奶78岁，老年痴呆，今天上午在大侯村走失，穿红棉袄"))["view"]
        >= 1
    )
    readers = [one for one in entries(stage) if one.action == "view"]
    assert all(one.actor_id is not None and one.topic == "search:1" for one in readers)


def test_a_report_whose_private_words_are_read(both_stages: Stage) -> None:
    stage = both_stages
    told = new(stage, lambda: stage.say("居民甲", "/上报 3号楼地下室进水了，电话13812345678", GROUP))
    assert told == {"incident": 1}
    assert new(stage, lambda: stage.say("网格员甲", "接单 报1")) == {"incident.brief": 1}
    assert new(stage, lambda: stage.say("居民甲", "补充 报1 我住402室")) == {"view": 1}
    last = entries(stage)[-1]
    with stage.world.db.read() as session:
        worker = people.named(session, "网格员甲")
        assert worker is not None
        assert (last.actor_id, last.detail) == (worker.id, {"what": "added"})


def test_a_merged_reports_words_are_read_by_the_others_taker(stage: Stage) -> None:
    stage.say("居民甲", "/上报 3号楼地下室进水了", GROUP)
    stage.say("居民乙", "/上报 东门路灯坏了，电话13812345678", GROUP)
    stage.say("网格员甲", "接单 报1")
    assert new(stage, lambda: stage.say("网格员甲", "合并 报2 报1")) == {"view": 1}


def test_an_answer_to_a_bulletin_is_read_by_its_officers(stage: Stage) -> None:
    stage.say("民警甲", FRAUD)
    stage.say("民警甲", "发送 反1")
    stage.say("民警乙", "批准 反1")
    shown = stage.say("居民甲", "线索 反1 我昨天接到过这个电话 13812345678")
    readers = {one.chat for one in shown if "13812345678" in one.text}
    assert readers
    views = [one for one in entries(stage) if one.action == "view"]
    assert len(views) == len({one.actor_id for one in views}) >= len(readers)


def test_roles_that_change(both_stages: Stage) -> None:
    stage = both_stages
    shown: list[str] = []
    assert new(stage, lambda: shown.extend(texts(stage.say("管理员", "发码 网格员 大侯村 1")))) == {"codes": 1}
    code = next(word for line in shown for word in line.split() if len(word) == 9 and word[4] == "-")
    assert new(stage, lambda: stage.say("居民乙", f"绑定 {code}")) == {"join": 1}
    assert new(stage, lambda: stage.say("居民乙", "退出 确定")) == {"leave": 1}

    def bring() -> None:
        with stage.world.db.write() as session:
            table = "name,roles\n新来的,网格员@大侯村;保安@大侯村\n"
            importing.import_all(session, {"people.csv": table}, "play", stage.world.now())

    assert new(stage, bring) == {"grant": 2}
    assert new(stage, bring) == {}, "nothing changed"


def test_keys_that_are_dropped_when_their_time_is_over(both_stages: Stage) -> None:
    stage = both_stages
    stage.say("居民甲", "/线索 有人半夜往河里倒东西")
    found = new(stage, lambda: stage.later(days=91))
    assert found["sweep"] >= 1
    erased = [one for one in entries(stage) if one.action == "sweep"]
    assert all(one.detail["count"] >= 1 and one.actor_id is None for one in erased)
    with stage.world.db.read() as session:
        assert audit.verify(session) is None
    assert "sweep" not in new(stage, lambda: stage.later(minutes=11)), "nothing was dropped"


def test_every_approval_and_every_report_of_a_sending_shows_the_chains_end(stage: Stage) -> None:
    def end() -> str:
        return f"审计 {entries(stage)[-1].hash[:8]}"

    stage.say("民警甲", FRAUD)
    asked = stage.say("民警甲", "发送 反1")
    request = next(one.text for one in asked if "核对码" in one.text)
    assert end() in request
    shown = stage.say("民警乙", "批准 反1")
    approved = next(one for one in entries(stage) if one.action == "approve")
    assert any(f"已批准 反1。审计 {approved.hash[:8]}" in one.text for one in shown)
    assert any("已发完" in one.text and end() in one.text for one in shown)
    head = end()
    assert any("发送情况" in one.text and head in one.text for one in stage.say("民警甲", "发送情况 反1"))
    assert any("已处理" in one.text and end() in one.text for one in stage.say("所长", "撤回 反1"))


def written() -> dict[str, set[str]]:
    """Action → the details it is written with anywhere in the program, from its own source."""
    found: dict[str, set[str]] = {}
    for folder in ("bot", "jobs", "handlers", "storage"):
        for path in sorted((ROOT / folder).rglob("*.py")):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if not isinstance(node, ast.Call) or ast.unparse(node.func) != "audit.write":
                    continue
                named = {one.arg for one in node.keywords}
                assert None not in named, f"{path}: details are named one by one"
                if isinstance(node.args[1], ast.Constant):
                    kept = found.setdefault(str(node.args[1].value), set())
                    kept |= {str(one) for one in named - {"actor_id", "topic"}}
    return found


def test_the_list_of_actions_holds_what_the_program_writes() -> None:
    """An action or a detail that is not in the list would undo what it tells of: it is found here, not at work."""
    found = written()
    assert len(found) > 40
    assert sorted(set(found) - set(ACTIONS)) == []
    assert {action: some - set(ACTIONS[action]) for action, some in found.items() if some - set(ACTIONS[action])} == {}
    assert {f"objection {state}" for state in ContestState if state not in WAITS} <= set(ACTIONS)
    assert len(ACTIONS) == sum(map(len, SORTS.values()))


BY_ITSELF = dict.fromkeys(
    ("handlers/meetings/actions.py", "handlers/meetings/meet.py"), 'audit.write(session, "meeting.brief"'
)
"""Files that call a `brief` of their own room, which writes its entry itself."""


@pytest.mark.parametrize("door", ["delivery", "brief", "known"])
def test_no_way_around_the_door(door: str) -> None:
    """What begins a delivery, or shows all that is known, is called where the entry is written and nowhere else."""
    allowed = {
        "delivery": ("deliveries.add(", {"handlers/publishing/actions.py"}),
        "brief": ("views.brief(", {"handlers/incidents/work.py"}),
        "known": ("views.known(", {"handlers/searches/opening.py", "handlers/searches/steps.py"}),
    }
    call, files = allowed[door]
    calling = {
        str(path.relative_to(ROOT))
        for folder in ("bot", "jobs", "handlers")
        for path in Path(ROOT / folder).rglob("*.py")
        if call in path.read_text(encoding="utf-8")
    }
    assert calling - BY_ITSELF.keys() == files
    for file, entry in BY_ITSELF.items():
        assert entry in (ROOT / Path(file).parent / "views.py").read_text(encoding="utf-8")
