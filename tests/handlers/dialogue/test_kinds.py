"""Kinds of record: the shared words lead to the record named, and nowhere else."""

from contextlib import nullcontext

import pytest

from handlers.dialogue import command, kinds
from handlers.dialogue.access import MATRIX, Refusal
from handlers.dialogue.scene import Actor, Hold
from handlers.reading.codes import PREFIXES, codes
from storage.chats import ChatKind
from storage.people import Role
from tests.support.stage import Stage, texts


def test_every_kind_has_letters_of_its_own_and_answers_words_there_are() -> None:
    letters = [letter for kind in kinds.all_kinds().values() for letter in kind.letters]
    assert len(letters) == len(set(letters))
    assert set(letters) <= set(PREFIXES)
    for kind in kinds.all_kinds().values():
        assert set(kind.answers) <= set(MATRIX)
        assert set(kind.opened_by) <= set(kind.answers)
        assert set(kind.opened_by.values()) <= set(MATRIX)
        assert (kind.spans is None) == (kind.stepped is None)
    assert set(command.all_commands()["销号"].words) == {"办结", "销号"}


@pytest.mark.parametrize(
    ("word", "said", "topic", "mine"),
    [
        ("进度", "纠3", None, True),
        ("进度", "隐3", None, False),
        ("进度", "隐3", "dispute:1", False),
        ("进度", "", "dispute:1", True),
        ("进度", "", "search:1", False),
        ("进度", "", None, False),
        ("合并", "纠3", None, False),
    ],
)
def test_the_code_decides_before_the_message_answered(word: str, said: str, topic: str | None, mine: bool) -> None:
    assert (kinds.answering(word, codes(said), topic) is not None) == mine


@pytest.mark.parametrize(
    ("role", "word", "said", "at", "opened"),
    [
        (Role.VOLUNTEER, "办结", "愿1", ChatKind.PRIVATE, True),
        (Role.VOLUNTEER, "办结", "愿1", ChatKind.RESIDENTS, False),
        (Role.VOLUNTEER, "办结", "报1", ChatKind.PRIVATE, False),
        (Role.VOLUNTEER, "办结", "", ChatKind.PRIVATE, False),
        (Role.RESIDENT, "重开", "愿1", ChatKind.PRIVATE, True),
        (Role.RESIDENT, "重开", "愿1", ChatKind.RESIDENTS, False),
        (Role.RESIDENT, "重开", "纠1", ChatKind.PRIVATE, True),
        (Role.RESIDENT, "重开", "报1", ChatKind.PRIVATE, True),
        (Role.RESIDENT, "重开", "报1", ChatKind.RESIDENTS, False),
        (Role.OFFICER, "重开", "报1", ChatKind.RESIDENTS, False),
        (Role.RESIDENT, "重开", "劝1", ChatKind.PRIVATE, False),
        (Role.RESIDENT, "办结", "愿1", ChatKind.PRIVATE, False),
        (Role.MEDIATOR, "重开", "愿1", ChatKind.WORKERS, True),
    ],
)
def test_a_word_is_opened_by_the_row_of_another(role: Role, word: str, said: str, at: ChatKind, opened: bool) -> None:
    actor = Actor(1, (Hold(role, 3, "/1/3/"),))
    with nullcontext() if opened else pytest.raises(Refusal):
        kinds.check_access(actor, word, at, codes(said), None)


def test_a_topic_of_no_kind_or_gone_is_no_case(stage: Stage) -> None:
    with stage.world.db.read() as session:
        for topic in (None, "", "dispute:", "dispute:x", "dispute:99", "incident:99", "search:1", "bulletin:7"):
            assert kinds.case_of(session, topic) is None


def test_a_dispute_and_an_incident_of_the_same_number_are_not_mixed_up(stage: Stage) -> None:
    stage.say("网格员甲", "纠纷 老王家和老赵家吵架，大侯村")
    stage.say("居民甲", "隐患 水头村村口电线裸露")
    assert any("纠1：待分流" in one for one in texts(stage.say("网格员甲", "进度 纠1")))
    assert any("隐1：待接单" in one for one in texts(stage.say("网格员甲", "进度 隐1")))
    taken = texts(stage.say("网格员甲", "接单 纠1"), "网格员甲")
    assert any("还没有分流" in one for one in taken)
    both = texts(stage.say("网格员甲", "待办"), "网格员甲")
    assert any("纠1" in one and "隐1" in one for one in both)


@pytest.mark.parametrize(("said", "found"), [("纠2 张三", ["纠2"]), ("纠十二", ["纠12"]), ("有纠纷3天了", [])])
def test_nothing_is_counted_in_disputes(said: str, found: list[str]) -> None:
    assert [str(one) for one in codes(said)] == found
