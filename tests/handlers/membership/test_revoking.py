"""Roles taken away: nothing works any more, nothing more arrives, and whoever shares a name is left alone."""

from datetime import timedelta

from sqlalchemy import select

from bot.channels.console import ACCOUNT
from bot.play import let_in
from handlers.membership import actions, revoking
from storage import areas, audit, incidents, people, tokens
from storage.audit import AuditEntry
from storage.incidents import IncidentState
from storage.people import Role
from storage.tokens import Token
from tests.support.stage import Stage, texts

VERIFIED = (
    ("居民甲", "寻人 我奶奶王秀英，78岁，今天早上8点从大侯村走失，穿蓝棉袄，白头发"),
    ("居民甲", "老年痴呆"),
    ("居民甲", "没有照片"),
    ("居民甲", "同意发布"),
    ("民警甲", "核实 寻1"),
)


def colleague(stage: Stage, name: str, role: Role, area: str) -> int:
    """One more colleague, perhaps of a name somebody has already; their id."""
    now = stage.world.now()
    with stage.world.db.write() as session:
        where = areas.named(session, area)
        assert where is not None
        person = people.add(session, name, now)
        people.grant(session, person.id, role, where.id, now)
        return person.id


def roles_of(stage: Stage, person_id: int) -> list[Role]:
    """What somebody holds."""
    with stage.world.db.read() as session:
        return [role for role, _ in people.holds_of(session, person_id)]


def test_who_was_told_of_a_search_hears_nothing_more_of_it(stage: Stage) -> None:
    for who, words in VERIFIED:
        stage.say(who, words)
    stage.say("管理员", "收回权限 民警甲 确认")
    shown = stage.say("居民乙", "线索 寻1 桥头看见一个老人")
    assert not any(one.chat == "民警甲" for one in shown), "the search's own officer, whose phone is stolen"
    stage.clock.move(hours=2)
    assert not any(one.chat == "民警甲" for one in stage.play.pump())


def test_what_was_in_hand_goes_back(stage: Stage) -> None:
    stage.say("居民甲", "上报 大侯村村口路灯坏了")
    stage.say("网格员甲", "接单 报1")
    stage.say("管理员", "收回权限 网格员甲 确认")
    with stage.world.db.read() as session:
        incident = incidents.numbered(session, incidents.IncidentKind.MATTER, 1)
        assert incident is not None
        assert (incident.state, incident.taken_by, incident.stage) == (IncidentState.OPEN, None, 0)
        assert incident.next_at is not None
    stage.say("网格员甲", "办结 报1 好了")
    with stage.world.db.read() as session:
        again = incidents.numbered(session, incidents.IncidentKind.MATTER, 1)
        assert again is not None
        assert again.state is IncidentState.OPEN


def test_codes_that_were_made_are_void(stage: Stage) -> None:
    other = colleague(stage, "管理员乙", Role.ADMIN, "望河县")
    now = stage.world.now()
    with stage.world.db.write() as session:
        county = areas.named(session, "望河县")
        person = people.named(session, "管理员")
        assert county is not None
        assert person is not None
        tokens.new_code(session, Role.ADMIN, county.id, person.id, now, now + timedelta(days=7))
        tokens.new_account_code(session, person.id, now, now + timedelta(minutes=15))
        kept = tokens.new_code(session, Role.GRID_WORKER, county.id, other, now, now + timedelta(days=7))
        let_in(session, ["管理员乙"], now)
    stage.say("管理员乙", "收回权限 管理员 确认")
    with stage.world.db.read() as session:
        assert session.scalars(select(Token.made_by)).all() == [other]
        assert tokens.find(session, tokens.TokenKind.JOIN, kept) is not None
    assert "管理员来做" in texts(stage.say("管理员", "发码 网格员 大侯村"))[-1]


def test_an_admin_takes_what_lies_in_their_area_and_says_what_is_left(stage: Stage) -> None:
    admin = colleague(stage, "村管理员", Role.ADMIN, "大侯村")
    with stage.world.db.write() as session:
        let_in(session, ["村管理员"], stage.world.now())
    shown = texts(stage.say("村管理员", "收回权限 辅警甲 确认"), "村管理员")
    assert "大侯村辅警" in shown[0]
    assert "幸福社区辅警" in shown[0].partition("别处还有")[2]
    with stage.world.db.read() as session:
        person = people.named(session, "辅警甲")
        assert person is not None
        assert people.accounts_of(session, person.id) == [ACCOUNT], "their accounts stay for the other area"
    assert "没有叫“网格员乙”" in texts(stage.say("村管理员", "收回权限 网格员乙"))[0]
    assert roles_of(stage, admin) == [Role.ADMIN]


def test_of_two_of_one_name_the_one_meant_goes(stage: Stage) -> None:
    second = colleague(stage, "网格员甲", Role.GRID_WORKER, "幸福社区")
    asked = texts(stage.say("管理员", "收回权限 网格员甲"))[0]
    assert "有 2 位" in asked
    assert "1. 大侯村网格员\n2. 幸福社区网格员" in asked
    assert "有 2 位" in texts(stage.say("管理员", "收回权限 网格员甲 3 确认"))[0]
    sure = stage.say("管理员", "收回权限 网格员甲 2")[0]
    stage.press("管理员", sure, "确定收回")
    assert roles_of(stage, second) == []
    assert "大侯村网格员" in texts(stage.say("管理员", "收回权限 网格员甲 大侯村"))[0]
    with stage.world.db.read() as session:
        assert [len(people.grants_of(session, one.id)) for one in people.all_named(session, "网格员甲")] == [1]


def test_it_is_written_down_by_ids_only(stage: Stage) -> None:
    stage.say("管理员", "收回权限 网格员甲 确认")
    with stage.world.db.read() as session:
        entry = session.scalars(select(AuditEntry).where(AuditEntry.action == "revoke")).one()
        assert entry.actor_id is not None
        assert entry.detail == {"roles": 1, "left": 0}
        assert "网格员甲" not in str(audit.canonical(1, entry.at, None, entry.action, entry.topic, entry.detail))


def test_the_stations_own_computer_can_even_take_the_only_admins(stage: Stage) -> None:
    now = stage.world.now()
    with stage.world.db.write() as session:
        person = revoking.found(session, None, "管理员", None)
        says = revoking.revoke(session, None, person, None, None, stage.world.station, now)
        assert "管理员" in stage.world.words.render(says[0].text)
        assert actions.first_admin_code(session, now) is not None, "a new first admin can join"


def test_nobody_comes_back_by_the_old_account(stage: Stage) -> None:
    stage.say("管理员", "收回权限 网格员甲 确认")
    with stage.world.db.read() as session:
        assert people.behind(session, ACCOUNT, "网格员甲") is None
        gone = session.scalars(select(people.Person).where(people.Person.name_digest.is_(None))).all()
        assert [people.name_of(session, one) for one in gone] == ["网格员甲"], "colleagues still read who did what"
