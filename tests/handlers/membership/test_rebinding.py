"""Whoever answers for one area does not take another area's groups."""

import pytest

from storage import chats
from storage.chats import ChatKind
from tests.support.stage import Stage, texts


def kind_and_area(stage: Stage, chat: str) -> tuple[ChatKind, int | None]:
    """How the group is bound."""
    with stage.world.db.read() as session:
        found = chats.at(session, "play", chat)
        assert found is not None
        return found.kind, found.area_id


@pytest.mark.parametrize("chat", ["大侯村居民群", "大侯村网格群"])
def test_an_officer_does_not_rebind_another_areas_group(stage: Stage, chat: str) -> None:
    before = kind_and_area(stage, chat)
    shown = stage.say("民警乙", "/绑定群 居民群 幸福社区 确认", chat)
    assert texts(shown, chat)
    assert kind_and_area(stage, chat) == before


@pytest.mark.parametrize("chat", ["派出所警务群", "综合指挥室群", "管理员群"])
def test_an_officer_does_not_make_a_public_group_of_an_inner_one(stage: Stage, chat: str) -> None:
    before = kind_and_area(stage, chat)
    shown = stage.say("民警甲", "/绑定群 居民群 大侯村 确认", chat)
    assert texts(shown, chat)
    assert kind_and_area(stage, chat) == before


def test_an_admin_rebinds(stage: Stage) -> None:
    stage.say("管理员", "/绑定群 网格群 幸福社区 确认", "大侯村居民群")
    assert kind_and_area(stage, "大侯村居民群")[0] is ChatKind.WORKERS
