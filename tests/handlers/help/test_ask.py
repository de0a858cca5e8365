"""Help: every command explains itself, the menu fits the role, words wait for a button."""

from datetime import timedelta

import pytest
from sqlalchemy.orm import Session

from handlers.dialogue import access, command
from handlers.help import pending, rules
from handlers.help.ask import menu_for
from handlers.help.pending import Kept
from handlers.reading.normal import fold
from storage import chats, incidents, media, people
from storage.media import MediumKind, MediumState
from storage.people import Role
from tests.support.stage import Stage, words


@pytest.mark.parametrize("one", command.main_commands(), ids=lambda one: one.word)
def test_every_command_has_a_row_and_explains_itself(one: command.Command) -> None:
    assert one.word in access.MATRIX
    catalogue = words()
    for part in ("about", "usage"):
        assert catalogue.sentences[f"help.{one.word}.{part}"].strip()
    usage = catalogue.sentences[f"help.{one.word}.usage"]
    assert any(word in usage for word in one.words), "an example says the word"


def private(session: Session) -> tuple[int, int]:
    """居民甲 and their private chat."""
    person = people.named(session, "居民甲")
    assert person is not None
    chat = chats.private_of(session, person.id)
    assert chat is not None
    return person.id, chat.id


def test_the_menu_fits_the_role() -> None:
    def names(*roles: Role) -> list[str]:
        return [word for _, word, _ in menu_for(roles, words())]

    assert "发码" in names(Role.ADMIN)
    assert "发码" not in names(Role.RESIDENT)
    assert "提醒" in names(Role.RESIDENT)
    for role in Role:
        menu = menu_for([role], words())
        assert 0 < len(menu) <= 12
        assert all(latin.isascii() and latin == latin.lower() and about for latin, _, about in menu)
        assert len({latin for latin, _, _ in menu}) == len(menu)


@pytest.mark.parametrize("said", ["谢谢", "好的", "OK", "收到，谢谢您！", "嗯嗯", "知道了👍", "辛苦了", "谢谢網格員"])
def test_thanks(said: str) -> None:
    assert rules.is_thanks(fold(said))


@pytest.mark.parametrize(
    "said", ["好的路灯又坏了", "收到货了但少一件怎么办", "谢谢，还有一件事：水管漏了", "", "行人摔倒了"]
)
def test_no_thanks(said: str) -> None:
    assert not rules.is_thanks(fold(said))


def test_words_wait_half_an_hour_and_are_given_out_once(both_stages: Stage) -> None:
    world, now = both_stages.world, both_stages.world.now()
    with world.db.write() as session:
        where = private(session)
        pending.keep(session, *where, Kept("路灯坏了"), now)
        pending.keep(session, *where, Kept("路灯真的坏了", [7]), now)
        assert pending.take(session, *where, now) == Kept("路灯真的坏了", [7])
        assert pending.take(session, *where, now) == Kept()
        pending.keep(session, *where, Kept("路灯坏了"), now)
        assert pending.take(session, *where, now + timedelta(minutes=30)) == Kept()


def test_a_picture_and_its_words_are_one(stage: Stage) -> None:
    world, now = stage.world, stage.world.now()
    with world.db.write() as session:
        where = private(session)
        medium = media.want(session, MediumKind.PHOTO, {"ref": "x"}, now)
        pending.keep(session, *where, Kept("", [medium]), now)
        said = pending.with_before(session, *where, Kept("路灯坏了"), now + timedelta(minutes=1))
        assert said == Kept("路灯坏了", [medium])
        pending.keep(session, *where, said, now)
        medium_row = media.get(session, medium)
        assert medium_row.state is not MediumState.ERASED
        late = pending.with_before(session, *where, Kept("在村口"), now + pending.TOGETHER)
        assert late == Kept("在村口")


@pytest.mark.parametrize(
    ("before", "later", "joined"),
    [
        ("路灯坏了", "", "路灯坏了"),
        ("今天天气不错", "", None),
        ("", "路灯坏了", "路灯坏了"),
        ("路灯坏了。", "在村口", "路灯坏了。在村口"),
        ("在村口", "路灯坏了", "在村口，路灯坏了"),
        ("灯杆今天下午也歪了", "隔壁天天半夜有人吸毒", None),
    ],
)
def test_what_belongs_together(before: str, later: str, joined: str | None) -> None:
    assert pending.joined_words(before, later) == joined


def test_too_much_is_not_joined(stage: Stage) -> None:
    world, now = stage.world, stage.world.now()
    with world.db.write() as session:
        where = private(session)
        pending.keep(session, *where, Kept("路灯坏" * 400), now)
        assert pending.with_before(session, *where, Kept("在村口"), now) == Kept("在村口")


def test_a_picture_nobody_chose_for_is_erased(stage: Stage) -> None:
    world, now = stage.world, stage.world.now()
    with world.db.write() as session:
        where = private(session)
        medium = media.want(session, MediumKind.PHOTO, {"ref": "x"}, now)
        pending.keep(session, *where, Kept("", [medium]), now)
    stage.later(hours=1)
    with world.db.read() as session:
        assert media.get(session, medium).state is MediumState.ERASED


def test_words_are_offered_to_what_takes_them(stage: Stage) -> None:
    """Who is to call a car's owner adds nothing to it: only its finder does."""
    stage.say("居民甲", "车门 晋E12345 水头村村口")
    for who, offered in (("民警甲", False), ("居民甲", True)):
        asked = next(one for one in stage.say(who, "车主好像出远门了") if one.chat == who)
        assert any("车1" in does for _, does in asked.buttons) is offered


def test_a_place_shared_behind_the_words_is_the_place_of_the_matter(stage: Stage) -> None:
    stage.say("居民乙", "路灯坏了")
    stage.later(minutes=1)
    menu = stage.say("居民乙", location=(34.76543, 113.65432))[-1]
    assert "您想做什么" in menu.text
    stage.press("居民乙", menu, "报隐患")
    with stage.world.db.read() as session:
        incident = incidents.numbered(session, incidents.IncidentKind.HAZARD, 1)
        assert incident is not None
        assert incidents.private_of(session, incident)["location"] == [34.76543, 113.65432]


def test_a_place_shared_too_late_is_that_of_nothing(stage: Stage) -> None:
    menu = stage.say("居民乙", "路灯坏了")[-1]
    stage.later(minutes=6)
    assert "请用一句话写清" in stage.say("居民乙", location=(34.76543, 113.65432))[-1].text
    stage.press("居民乙", menu, "报隐患")
    with stage.world.db.read() as session:
        incident = incidents.numbered(session, incidents.IncidentKind.HAZARD, 1)
        assert incident is not None
        assert incidents.private_of(session, incident)["location"] is None


def test_a_place_shared_behind_a_report_is_its_place(stage: Stage) -> None:
    stage.say("居民乙", "上报 路灯坏了")
    stage.say("网格员甲", "接单 报1", "大侯村网格群")
    stage.later(minutes=1)
    shown = stage.say("居民乙", location=(34.76543, 113.65432))
    assert [one.text for one in shown if one.chat == "居民乙"] == ["报1 的位置记下了。"]
    assert any("34.76543" in one.text for one in shown if one.chat == "网格员甲")
    assert not any("34.76543" in one.text for one in shown if one.chat != "网格员甲")
    again = stage.say("居民乙", location=(34.1, 113.1))
    assert "请用一句话写清" in again[-1].text, "the first one counts"


@pytest.mark.parametrize("first", ["withdrawn", "late", "another", "wish"])
def test_a_place_is_put_to_nothing_it_was_not_shared_for(stage: Stage, first: str) -> None:
    stage.say("居民乙", "上报 路灯坏了")
    if first == "withdrawn":
        stage.say("居民乙", "撤销 报1")
    stage.later(minutes=6 if first == "late" else 1)
    if first == "another":
        stage.say("居民乙", "井盖也不见了")
    if first == "wish":
        stage.say("居民乙", "心愿 厨房灯坏了，水头村上街3号楼402")
    shown = stage.say("居民乙", location=(34.76543, 113.65432))[-1].text
    assert ("您想做什么" if first == "another" else "请用一句话写清") in shown
    with stage.world.db.read() as session:
        told = incidents.numbered(session, incidents.IncidentKind.MATTER, 1)
        assert told is not None
        assert incidents.private_of(session, told).get("location") is None
