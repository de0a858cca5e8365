"""People (人员): who somebody is, by which accounts they speak, and which roles they hold where."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from enum import StrEnum
from typing import Final

from sqlalchemy import ForeignKey, LargeBinary, String, UniqueConstraint, bindparam, delete, select, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from storage import areas, keys, prepared, sealing
from storage.database import Base
from storage.prepared import Prepared


class Role(StrEnum):
    """The closed list of roles."""

    RESIDENT = "居民"
    MERCHANT = "商户"
    GRID_WORKER = "网格员"
    AUXILIARY = "辅警"
    OFFICER = "社区民警"
    CASE_TEAM = "办案队"
    CHIEF = "所长"
    COMMAND_ROOM = "指挥室"
    SAFETY_OFFICE = "平安办"
    MEDIATOR = "调解员"
    GUARD = "保安"
    VOLUNTEER = "义警"
    CUSTODIAN = "保密员"
    AUDITOR = "审计员"
    ADMIN = "管理员"


OF_EVERYBODY: Final = frozenset({Role.RESIDENT, Role.MERCHANT})
"""Roles that come by themselves, with what somebody says in a group; all others are given by somebody."""


class Person(Base):
    """A person; name, phone and household are sealed under the person's own data key.

    `messages_agreed` is what they said about messages they did not just ask for; None where they said nothing.
    """

    __tablename__ = "people"
    id: Mapped[int] = mapped_column(primary_key=True)
    key_id: Mapped[str | None] = mapped_column(String(32))
    name_sealed: Mapped[bytes | None] = mapped_column(LargeBinary)
    name_digest: Mapped[str | None] = mapped_column(String(32), index=True)
    phone_sealed: Mapped[bytes | None] = mapped_column(LargeBinary)
    phone_digest: Mapped[str | None] = mapped_column(String(32), index=True)
    household_digest: Mapped[str | None] = mapped_column(String(32))
    title: Mapped[str | None] = mapped_column(String(16))
    notice_version: Mapped[int] = mapped_column(default=0)
    messages_agreed: Mapped[bool | None]
    created_at: Mapped[datetime]

    @property
    def is_registered(self) -> bool:
        """Whether the station put this person on its list, with a telephone or a household."""
        return self.phone_digest is not None or self.household_digest is not None


class RoleGrant(Base):
    """A role held in an area and everything inside it."""

    __tablename__ = "role_grants"
    __table_args__ = (UniqueConstraint("person_id", "role", "area_id"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("people.id", ondelete="CASCADE"), index=True)
    role: Mapped[Role]
    area_id: Mapped[int] = mapped_column(ForeignKey("areas.id"), index=True)
    granted_at: Mapped[datetime]


class Identity(Base):
    """An account by which a person speaks; the platform's user id is kept only as a digest."""

    __tablename__ = "identities"
    __table_args__ = (UniqueConstraint("account", "user_digest"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("people.id", ondelete="CASCADE"), index=True)
    account: Mapped[str] = mapped_column(String(32))
    user_digest: Mapped[str] = mapped_column(String(32))
    created_at: Mapped[datetime]


_BEHIND = (Identity.account == bindparam("on"), Identity.user_digest == bindparam("user"))
_WHO = Prepared(
    select(Identity.person_id, RoleGrant.role, RoleGrant.area_id)
    .outerjoin(RoleGrant, RoleGrant.person_id == Identity.person_id)
    .where(*_BEHIND)
    .order_by(RoleGrant.id)
)
_PERSON_BEHIND = Prepared(select(Person.__table__).join(Identity, Identity.person_id == Person.id).where(*_BEHIND))
_GRANTS = Prepared(select(RoleGrant.__table__).where(RoleGrant.person_id == bindparam("whose")).order_by(RoleGrant.id))
_HOLDS = Prepared(
    select(RoleGrant.role, RoleGrant.area_id).where(RoleGrant.person_id == bindparam("whose")).order_by(RoleGrant.id)
)
_NOTICED = Prepared(
    update(Person)
    .where(Person.id == bindparam("whose"), Person.notice_version < bindparam("version"))
    .values(notice_version=bindparam("version"))
)


def add(session: Session, name: str, now: datetime, *, phone: str = "", household: str = "") -> Person:
    """Make a person; what identifies them is sealed."""
    person = Person(key_id=keys.new(session, now), created_at=now)
    session.add(person)
    describe(session, person, name=name, phone=phone, household=household)
    session.flush()
    return person


def describe(session: Session, person: Person, *, name: str = "", phone: str = "", household: str = "") -> None:
    """Set what is known of a person; an empty value leaves the old one."""
    assert person.key_id is not None  # noqa: S101 - an erased person is never described again
    if name:
        person.name_sealed = keys.seal(session, person.key_id, "people.name", name)
        person.name_digest = sealing.digest(session, "people.name", name)
    if phone:
        person.phone_sealed = keys.seal(session, person.key_id, "people.phone", phone)
        person.phone_digest = sealing.digest(session, "people.phone", phone)
    if household:
        person.household_digest = sealing.digest(session, "people.household", household)


def get(session: Session, person_id: int) -> Person:
    """The person with this id."""
    return prepared.get_one(session, Person, person_id)


def name_of(session: Session, person: Person | int) -> str:
    """A person's name, empty when erased."""
    if isinstance(person, int):
        found = session.get(Person, person)
        if found is None:
            return ""
        person = found
    return keys.open_text(session, person.key_id, "people.name", person.name_sealed)


def phone_of(session: Session, person: Person | int) -> str:
    """A person's phone number, empty when unknown or erased."""
    if isinstance(person, int):
        person = get(session, person)
    return keys.open_text(session, person.key_id, "people.phone", person.phone_sealed)


def named(session: Session, name: str) -> Person | None:
    """The person of this name (the first registered, where two share it)."""
    wanted = sealing.digest(session, "people.name", name)
    return session.scalar(select(Person).where(Person.name_digest == wanted).order_by(Person.id).limit(1))


def all_named(session: Session, name: str) -> Sequence[Person]:
    """Everybody of this name, the first registered first."""
    wanted = sealing.digest(session, "people.name", name)
    return session.scalars(select(Person).where(Person.name_digest == wanted).order_by(Person.id)).all()


def behind(session: Session, account: str, user_id: str) -> Person | None:
    """The person who speaks by this account's user id."""
    return _PERSON_BEHIND.entity(session, Person, on=account, user=_user(session, account, user_id))


def known_behind(session: Session, account: str, user_id: str) -> tuple[int, list[tuple[Role, int]]] | None:
    """The id of the person who speaks by this account's user id, and what they hold as in `holds_of`."""
    rows = _WHO.all(session, on=account, user=_user(session, account, user_id))
    if not rows:
        return None
    return rows[0][0], [(role, area_id) for _, role, area_id in rows if role is not None]


def hears_notice(session: Session, person_id: int, version: int) -> bool:
    """Note that a person hears this version of the privacy notice; False where they have heard it before."""
    return bool(_NOTICED.run(session, whose=person_id, version=version))


def agree(session: Session, person_id: int, wanted: bool) -> None:
    """Note whether somebody wants messages they did not just ask for (订阅, 退订)."""
    get(session, person_id).messages_agreed = wanted
    session.flush()


def identify(session: Session, person: Person, account: str, user_id: str, now: datetime) -> None:
    """Note that this user id is this person; an id known for somebody else moves over."""
    user = _user(session, account, user_id)
    session.execute(delete(Identity).where(Identity.account == account, Identity.user_digest == user))
    session.add(Identity(person_id=person.id, account=account, user_digest=user, created_at=now))
    session.flush()


def accounts_of(session: Session, person_id: int) -> list[str]:
    """The accounts by which a person speaks."""
    own = select(Identity.account).where(Identity.person_id == person_id).order_by(Identity.id)
    return list(session.scalars(own))


def _user(session: Session, account: str, user_id: str) -> str:
    return sealing.digest(session, "identities.user", f"{account}|{user_id}")


def grant(session: Session, person_id: int, role: Role, area_id: int, now: datetime) -> bool:
    """Give a role in an area; False when it was held already."""
    held = select(RoleGrant.id).where(
        RoleGrant.person_id == person_id, RoleGrant.role == role, RoleGrant.area_id == area_id
    )
    if session.scalar(held) is not None:
        return False
    session.add(RoleGrant(person_id=person_id, role=role, area_id=area_id, granted_at=now))
    session.flush()
    return True


def revoke_all(session: Session, person_id: int) -> int:
    """Take all roles of a person back; how many there were."""
    grants = session.scalars(select(RoleGrant).where(RoleGrant.person_id == person_id)).all()
    for one in grants:
        session.delete(one)
    session.flush()
    return len(grants)


def revoke(session: Session, grant_ids: Iterable[int]) -> None:
    """Take these roles back."""
    session.execute(delete(RoleGrant).where(RoleGrant.id.in_(list(grant_ids))))


def cut_off(session: Session, person: Person) -> None:
    """No account speaks for this person any more, and nobody finds them by name; colleagues still read the name."""
    session.execute(delete(Identity).where(Identity.person_id == person.id))
    person.name_digest = person.phone_digest = None
    session.flush()


def grants_of(session: Session, person_id: int) -> Sequence[RoleGrant]:
    """The roles a person holds."""
    return _GRANTS.entities(session, RoleGrant, whose=person_id)


def holds_of(session: Session, person_id: int) -> list[tuple[Role, int]]:
    """(role, area id) of what a person holds, in the order it was granted."""
    return _HOLDS.all(session, whose=person_id)


def is_colleague(session: Session, person_id: int) -> bool:
    """Whether somebody holds a role that was given to them."""
    return any(role not in OF_EVERYBODY for role, _ in holds_of(session, person_id))


def holders(session: Session, roles: Iterable[Role], area_id: int) -> list[int]:
    """Ids of people holding one of `roles` over the area (in it or in a parent), the nearest area's first."""
    lineage = areas.lineage(session, area_id)
    nearness = {area.id: place for place, area in enumerate(lineage)}
    rows = session.execute(
        select(RoleGrant.person_id, RoleGrant.area_id).where(
            RoleGrant.role.in_(list(roles)), RoleGrant.area_id.in_(list(nearness))
        )
    ).all()
    ordered = sorted(rows, key=lambda row: (nearness[row.area_id], row.person_id))
    return list(dict.fromkeys(row.person_id for row in ordered))


def granted(session: Session, roles: Iterable[Role], area_ids: Iterable[int]) -> list[tuple[int, Role, int]]:
    """(person, role, area) of these roles given in these very areas, as they were given."""
    query = select(RoleGrant.person_id, RoleGrant.role, RoleGrant.area_id).where(
        RoleGrant.role.in_(list(roles)), RoleGrant.area_id.in_(list(area_ids))
    )
    return [(one.person_id, one.role, one.area_id) for one in session.execute(query.order_by(RoleGrant.id))]


def all_holders(session: Session, roles: Iterable[Role]) -> list[int]:
    """Ids of people holding one of `roles` anywhere."""
    held = select(RoleGrant.person_id).where(RoleGrant.role.in_(list(roles))).distinct()
    return list(session.scalars(held.order_by(RoleGrant.person_id)))


def nearest_holders(session: Session, roles: Iterable[Role], area_id: int) -> list[int]:
    """Like `holders`, but only those of the nearest area that has any."""
    wanted = list(roles)
    for area in areas.lineage(session, area_id):
        rows = session.scalars(
            select(RoleGrant.person_id)
            .where(RoleGrant.role.in_(wanted), RoleGrant.area_id == area.id)
            .order_by(RoleGrant.person_id)
        ).all()
        if rows:
            return list(dict.fromkeys(rows))
    return []


def anybody_is(session: Session, role: Role) -> bool:
    """Whether anybody holds this role anywhere who has an account to speak by; a name on a list is nobody yet."""
    speaks = select(RoleGrant.id).join(Identity, Identity.person_id == RoleGrant.person_id)
    return session.scalar(speaks.where(RoleGrant.role == role).limit(1)) is not None


def forget(session: Session, person: Person) -> None:
    """Erase who somebody was: roles, accounts, name, phone and household; the empty row stays as a tombstone."""
    revoke_all(session, person.id)
    session.execute(delete(Identity).where(Identity.person_id == person.id))
    if person.key_id is not None:
        keys.erase(session, person.key_id)
    person.key_id = person.name_sealed = person.phone_sealed = None
    person.name_digest = person.phone_digest = person.household_digest = person.title = None
    person.messages_agreed = False
    session.flush()
