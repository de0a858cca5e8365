"""What a refusal says, word for word."""

import pytest

from handlers.dialogue import access
from handlers.dialogue.access import MATRIX, TEAM, Refusal
from handlers.dialogue.scene import Actor, Hold
from handlers.dialogue.wording import text
from storage.chats import ChatKind
from storage.people import Role

STRANGER = Actor(1)


@pytest.mark.parametrize(
    ("word", "said"),
    [
        ("夜间发送", "所长"),
        ("批准", "社区民警、办案队、所长"),
        ("发码", "管理员"),
        ("没有这个词", "管理员"),
        ("接单", text("access.team_members")),
    ],
)
def test_who_may_is_said_as_people_say_it(word: str, said: object) -> None:
    assert access.who_may(word) == said


def test_a_whole_team_and_more_is_said_in_few_words(monkeypatch: pytest.MonkeyPatch) -> None:
    for roles in (TEAM, TEAM | {Role.GUARD}):
        monkeypatch.setattr(access, "MATRIX", {**MATRIX, "接单": access.Rule(roles)})
        assert access.who_may("接单") == text("access.team_members")


@pytest.mark.parametrize("word", ["批准", "没有这个词"])
def test_both_doors_refuse_with_the_same_sentence(word: str) -> None:
    with pytest.raises(Refusal, match=r"^access\.role$") as by_area:
        access.require(STRANGER, word, None)
    with pytest.raises(Refusal) as by_chat:
        access.check(STRANGER, word, ChatKind.PRIVATE)
    assert by_area.value.text == by_chat.value.text == text("access.role", who=access.who_may(word))


def test_the_wrong_kind_of_chat_is_told_apart() -> None:
    with pytest.raises(Refusal) as team:
        access.check(Actor(1, standing(Role.CHIEF)), "批准", ChatKind.RESIDENTS)
    assert team.value.text == text("access.team", word="批准")
    with pytest.raises(Refusal) as private:
        access.check(STRANGER, "我叫", ChatKind.RESIDENTS)
    assert private.value.text == text("access.private", word="我叫")


def standing(role: Role) -> tuple[Hold, ...]:
    """A role over one area."""
    return (Hold(role, 3, "/1/3/"),)
