"""Trees, roles, tokens, leases, codes and the audit chain."""

import hashlib
import threading
from datetime import timedelta

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError

from storage import areas, audit, codes, leases, media, people, tokens, worlds
from storage.areas import Level
from storage.audit import AuditEntry
from storage.database import Database
from storage.people import Role
from storage.tokens import TokenKind
from storage.worlds import WorldKind
from tests.support.stage import START


def _tree(db: Database) -> dict[str, int]:
    with db.write() as session:
        county = areas.add(session, "县", Level.COUNTY, None)
        town = areas.add(session, "镇", Level.TOWN, county)
        village = areas.add(session, "村", Level.COMMUNITY, town, ["村子"])
        other = areas.add(session, "另一镇", Level.TOWN, county)
        return {area.name: area.id for area in (county, town, village, other)}


def test_a_subtree_is_the_area_and_what_lies_inside(db: Database) -> None:
    ids = _tree(db)
    with db.read() as session:
        assert set(areas.subtree(session, ids["镇"])) == {ids["镇"], ids["村"]}
        assert [area.name for area in areas.lineage(session, ids["村"])] == ["村", "镇", "县"]
        assert areas.covers(areas.get(session, ids["镇"]), areas.get(session, ids["村"]))
        assert not areas.covers(areas.get(session, ids["另一镇"]), areas.get(session, ids["村"]))
        assert areas.subtree(session, 999) == []
        assert areas.lineage(session, 999) == []


def test_the_nearest_holder_of_a_role_comes_first(db: Database) -> None:
    ids = _tree(db)
    with db.write() as session:
        far, near = (people.add(session, name, START).id for name in ("远", "近"))
        assert people.grant(session, far, Role.OFFICER, ids["县"], START)
        assert people.grant(session, near, Role.OFFICER, ids["村"], START)
        assert not people.grant(session, near, Role.OFFICER, ids["村"], START)
        assert people.holders(session, [Role.OFFICER], ids["村"]) == [near, far]
        assert people.nearest_holders(session, [Role.OFFICER], ids["村"]) == [near]
        assert people.nearest_holders(session, [Role.OFFICER], ids["另一镇"]) == [far]
        assert people.nearest_holders(session, [Role.CHIEF], ids["村"]) == []
        assert people.revoke_all(session, near) == 1
        assert people.holders(session, [Role.OFFICER], ids["村"]) == [far]


def test_a_person_is_found_by_account_and_name_and_lies_sealed(db: Database) -> None:
    with db.write() as session:
        person = people.add(session, "张三", START, phone="19900000001")
        people.identify(session, person, "a", "42", START)
        other = people.add(session, "李四", START)
    with db.read() as session:
        assert people.named(session, "张三") is not None
        found = people.behind(session, "a", "42")
        assert found is not None
        assert people.name_of(session, found.id) == "张三"
        assert people.phone_of(session, found.id) == "19900000001"
        assert found.name_sealed is not None
        assert "张三".encode() not in found.name_sealed
        assert people.behind(session, "a", "43") is None
        assert people.name_of(session, 999) == ""
    with db.write() as session:
        people.identify(session, other, "a", "42", START)
        moved = people.behind(session, "a", "42")
        assert moved is not None
        assert moved.id == other.id


def test_a_code_gives_its_role_once_and_not_too_late(db: Database) -> None:
    ids = _tree(db)
    with db.write() as session:
        code = tokens.new_code(session, Role.GRID_WORKER, ids["村"], None, START, START + timedelta(days=7))
        token = tokens.find(session, TokenKind.JOIN, code)
        assert token is not None
        assert (token.role, token.area_id) == (Role.GRID_WORKER, ids["村"])
        assert code not in str(vars(token))
        assert not tokens.use(session, token, START + timedelta(days=8))
        assert tokens.use(session, token, START)
        assert not tokens.use(session, token, START)
        assert tokens.find(session, TokenKind.LINK, code) is None


def test_a_link_is_for_one_person(db: Database) -> None:
    with db.write() as session:
        one, other = (people.add(session, name, START).id for name in ("甲", "乙"))
        link = tokens.new_link(session, one, START, START + timedelta(days=1))
        token = tokens.find(session, TokenKind.LINK, link)
        assert token is not None
        assert tokens.is_for(session, token, one)
        assert not tokens.is_for(session, token, other)
        assert tokens.drop_expired(session, START + timedelta(days=2)) == 1


def test_numbers_of_each_kind_count_for_themselves_under_many_hands(db: Database) -> None:
    got: list[int] = []

    def take() -> None:
        for _ in range(10):
            with db.write() as session:
                got.append(codes.next_number(session, "隐"))

    hands = [threading.Thread(target=take) for _ in range(4)]
    for hand in hands:
        hand.start()
    for hand in hands:
        hand.join()
    assert sorted(got) == list(range(1, 41))
    with db.write() as session:
        assert codes.next_number(session, "求") == 1
        assert codes.last_number(session, "隐") == 40
        assert codes.last_number(session, "寻") == 0


def test_a_lease_has_one_owner_and_its_epoch_rises(db: Database) -> None:
    second = timedelta(seconds=1)
    with db.write() as session:
        assert leases.take(session, "drain", "one", START, START + 3 * second) == 1
        assert leases.take(session, "drain", "two", START + second, START + 4 * second) is None
        assert leases.take(session, "drain", "one", START + second, START + 4 * second) == 1
        assert leases.take(session, "drain", "two", START + 5 * second, START + 8 * second) == 2
        assert leases.take(session, "drain", "one", START + 6 * second, START + 9 * second) is None
        leases.give_back(session, "drain", "two", START + 6 * second)
        assert leases.take(session, "drain", "one", START + 6 * second, START + 9 * second) == 3


def test_the_audit_chain_binds_each_entry_to_the_one_before(db: Database) -> None:
    for number in range(5):
        with db.write() as session:
            audit.write(session, "approve", START, actor_id=number, topic="bulletin:1", content="ab" * 32, chief=False)
    with db.read() as session:
        entries = session.scalars(select(AuditEntry).order_by(AuditEntry.id)).all()
    previous = audit.START
    for number, entry in enumerate(entries, 1):
        assert entry.id == number
        assert entry.previous == previous
        body = audit.canonical(entry.id, entry.at, entry.actor_id, entry.action, entry.topic, entry.detail)
        assert entry.hash == hashlib.sha256(previous.encode() + body).hexdigest()
        previous = entry.hash


def test_a_database_says_which_world_it_is(db: Database) -> None:
    with db.write() as session:
        assert worlds.of(session) is None
        assert worlds.found(session, WorldKind.PLAYGROUND, START).kind is WorldKind.PLAYGROUND
        assert worlds.found(session, WorldKind.REAL, START).kind is WorldKind.PLAYGROUND


def test_a_failed_transaction_keeps_nothing_and_a_naive_moment_is_refused(db: Database) -> None:
    def half() -> None:
        with db.write() as session:
            areas.add(session, "县", Level.COUNTY, None)
            raise RuntimeError("no")

    with pytest.raises(RuntimeError, match="no"):
        half()
    with db.read() as session:
        assert areas.named(session, "县") is None
    with pytest.raises(Exception, match="time zone"), db.write() as session:
        people.add(session, "甲", START.replace(tzinfo=None))


def test_who_put_something_into_the_outbox_wakes_the_listener(lite: Database) -> None:
    heard: list[int] = []
    lite.on_commit(lambda: heard.append(1))
    with lite.write() as session:
        areas.add(session, "县", Level.COUNTY, None)
    assert heard == []
    with lite.write() as session:
        session.info["woken"] = True
    assert heard == [1]


def test_a_file_id_that_no_longer_works_gives_way_to_the_new_one(db: Database) -> None:
    with db.write() as session:
        picture = media.want(session, media.MediumKind.PHOTO, {"ref": "r"}, START)
        media.note_upload(session, picture, "telegram", "old", START)
        media.note_upload(session, picture, "other", "theirs", START)
        media.note_upload(session, picture, "telegram", "new", START)
    with db.read() as session:
        assert media.upload_of(session, picture, "telegram") == "new"
        assert media.upload_of(session, picture, "other") == "theirs"


def test_an_error_never_repeats_what_was_said(db: Database) -> None:
    with pytest.raises(DBAPIError) as failed, db.write() as session:
        session.execute(text("SELECT nothing FROM nowhere WHERE said = :said"), {"said": "我妈不见了"})
    assert "我妈不见了" not in str(failed.value)
