"""Visits (走访): a round of one sort over an area, each worker's own doors, and a receipt a door.

Nothing is kept of who lives there. Where a door is is sealed under its worker's own key and goes with it. Receipts are
erased a week after the round ended; its counts stay.
"""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, LargeBinary, String, UniqueConstraint, and_, bindparam, delete, func, or_, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from storage import keys, people, sealing
from storage.areas import Numbers, numbers
from storage.cases import Case
from storage.database import Base
from storage.people import Role, RoleGrant
from storage.prepared import Prepared, added

LETTER = "访"


class VisitSort(StrEnum):
    """What a round is about; a closed list."""

    RENT = "出租房"
    FLOOD = "防汛"
    FIRE = "消防"
    ALONE = "独居"
    FRAUD = "反诈"
    THEFT = "防盗"
    HEAT = "防暑"
    COLD = "防冻"
    HOMES = "进万家"


class Receipt(StrEnum):
    """What is said of a door, and nothing else."""

    VISITED = "已看"
    MOVE = "需转移"
    NOBODY = "无人"


class CampaignState(StrEnum):
    """A round goes until its day, and a day longer."""

    GOING = "going"
    ENDED = "ended"
    CANCELLED = "cancelled"


MOVES: Mapping[CampaignState, frozenset[CampaignState]] = {
    CampaignState.GOING: frozenset({CampaignState.ENDED, CampaignState.CANCELLED}),
    CampaignState.ENDED: frozenset(),
    CampaignState.CANCELLED: frozenset(),
}
OVER = (CampaignState.ENDED, CampaignState.CANCELLED)


class Campaign(Case):
    """A round of visits; `doors`, `visited` and `to_move` are its counts, which stay when the receipts are erased.

    late: its day has passed and everybody was told so.
    """

    __tablename__ = "campaigns"
    name = "campaign"
    letter = LETTER
    moves = MOVES
    over = OVER
    state: Mapped[CampaignState] = mapped_column(index=True)
    sort: Mapped[str] = mapped_column(String(8))
    due_at: Mapped[datetime]
    late: Mapped[bool] = mapped_column(default=False)
    doors: Mapped[int] = mapped_column(default=0)
    visited: Mapped[int] = mapped_column(default=0)
    to_move: Mapped[int] = mapped_column(default=0)


class Door(Base):
    """A door on a worker's own list: its number there, and where it is, sealed under the worker's key."""

    __tablename__ = "doors"
    __table_args__ = (UniqueConstraint("person_id", "number"), UniqueConstraint("person_id", "digest"))
    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("people.id", ondelete="CASCADE"), index=True)
    area_id: Mapped[int] = mapped_column(ForeignKey("areas.id"))
    number: Mapped[int]
    place: Mapped[bytes] = mapped_column(LargeBinary)
    digest: Mapped[str] = mapped_column(String(32))
    created_at: Mapped[datetime]


class Visit(Base):
    """A door in a round; without a receipt it is to be visited, at `again_at` once more where nobody was there."""

    __tablename__ = "visits"
    __table_args__ = (UniqueConstraint("campaign_id", "door_id"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    campaign_id: Mapped[int] = mapped_column(ForeignKey("campaigns.id", ondelete="CASCADE"), index=True)
    door_id: Mapped[int] = mapped_column(ForeignKey("doors.id", ondelete="CASCADE"), index=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("people.id", ondelete="CASCADE"), index=True)
    area_id: Mapped[int] = mapped_column(ForeignKey("areas.id"))
    receipt: Mapped[Receipt | None]
    again_at: Mapped[datetime | None]


class Tally:
    """Counts of doors: all, visited (已看 or 需转移), to be moved, nobody there."""

    __slots__ = ("doors", "nobody", "to_move", "visited")

    def __init__(self, by_receipt: Mapping[Receipt | None, int]) -> None:
        self.doors = sum(by_receipt.values())
        self.to_move = by_receipt.get(Receipt.MOVE, 0)
        self.visited = by_receipt.get(Receipt.VISITED, 0) + self.to_move
        self.nobody = by_receipt.get(Receipt.NOBODY, 0)

    @property
    def left(self) -> int:
        """How many are still to be visited."""
        return self.doors - self.visited


def add_doors(session: Session, person_id: int, places: Sequence[tuple[str, int]], now: datetime) -> list[Door]:
    """Put doors (where, area id) at the end of a worker's own list; those on it already are passed over."""
    key_id = people.get(session, person_id).key_id
    if key_id is None:
        return []
    known = {one.digest for one in doors_of(session, person_id)}
    last = session.scalar(select(func.max(Door.number)).where(Door.person_id == person_id)) or 0
    added: list[Door] = []
    for where, area_id in places:
        digest = sealing.digest(session, "doors.place", f"{person_id}|{where}")
        if digest in known:
            continue
        known.add(digest)
        last += 1
        place = keys.seal(session, key_id, "doors.place", where)
        added.append(
            Door(person_id=person_id, area_id=area_id, number=last, place=place, digest=digest, created_at=now)
        )
    session.add_all(added)
    session.flush()
    return added


def where_of(session: Session, door: Door) -> str:
    """Where a door is, as its worker wrote it."""
    return keys.open_text(session, people.get(session, door.person_id).key_id, "doors.place", door.place)


def doors_of(session: Session, person_id: int) -> Sequence[Door]:
    """A worker's own list."""
    return session.scalars(select(Door).where(Door.person_id == person_id).order_by(Door.number)).all()


def said_of(session: Session, doors: Sequence[Door]) -> list[tuple[Campaign, list[int]]]:
    """The rounds under way in which something is said of any of these doors, with the numbers of those doors."""
    ids = [one.id for one in doors]
    found = session.execute(
        select(Visit.campaign_id, Door.number)
        .join(Door, Door.id == Visit.door_id)
        .where(Visit.door_id.in_(ids), Visit.receipt.is_not(None))
        .order_by(Door.number)
    ).all()
    numbers = [(one, [number for at, number in found if at == one.id]) for one in going(session)]
    return [one for one in numbers if one[1]]


def drop_doors(session: Session, doors: Sequence[Door]) -> None:
    """Take doors off their worker's list, with what was said of them."""
    ids = [one.id for one in doors]
    session.execute(delete(Visit).where(Visit.door_id.in_(ids)))
    session.execute(delete(Door).where(Door.id.in_(ids)))


def drop_list(session: Session, person_id: int) -> int:
    """A worker leaves: the list goes; how many doors it had."""
    found = doors_of(session, person_id)
    drop_doors(session, found)
    return len(found)


def drop_of_nobody(session: Session, roles: Collection[Role], most: int) -> int:
    """Lists of people who hold none of these roles any more; how many doors went."""
    held = select(RoleGrant.person_id).where(RoleGrant.role.in_(list(roles)))
    found = session.scalars(select(Door).where(Door.person_id.not_in(held)).limit(most)).all()
    drop_doors(session, found)
    return len(found)


def begin(session: Session, campaign: Campaign, doors: Sequence[Door]) -> None:
    """Put doors into a round."""
    session.add_all(
        Visit(campaign_id=campaign.id, door_id=one.id, person_id=one.person_id, area_id=one.area_id) for one in doors
    )
    session.flush()


def going(session: Session) -> Sequence[Campaign]:
    """The rounds that are under way, the first due first."""
    return _GOING.entities(session, Campaign)


_GOING = Prepared(select(Campaign).where(Campaign.state == CampaignState.GOING).order_by(Campaign.due_at, Campaign.id))


def next_of(session: Session, campaign: Campaign, person_id: int, now: datetime) -> tuple[Visit, Door] | None:
    """The door a worker visits next, in the order of the areas; then those where nobody was, once their time comes."""
    again = and_(Visit.receipt == Receipt.NOBODY, Visit.again_at <= now)
    row = session.execute(
        select(Visit, Door)
        .join(Door, Door.id == Visit.door_id)
        .where(Visit.campaign_id == campaign.id, Visit.person_id == person_id, or_(Visit.receipt.is_(None), again))
        .order_by(Visit.receipt.is_not(None), Door.area_id, Door.number)
        .limit(1)
    ).first()
    return (row[0], row[1]) if row is not None else None


def visit_at(session: Session, campaign: Campaign, person_id: int, number: int) -> tuple[Visit, Door] | None:
    """The door of this number in a worker's own round."""
    row = session.execute(
        select(Visit, Door)
        .join(Door, Door.id == Visit.door_id)
        .where(Visit.campaign_id == campaign.id, Visit.person_id == person_id, Door.number == number)
    ).first()
    return (row[0], row[1]) if row is not None else None


def say(session: Session, visit: Visit, receipt: Receipt | None, again_at: datetime | None) -> None:
    """Note what is said of a door, or that nothing is."""
    visit.receipt, visit.again_at = receipt, again_at
    session.flush()


def leave_out(session: Session, campaign: Campaign, doors: Sequence[Door]) -> int:
    """Take doors of which nothing is said out of a round; how many."""
    ids = [one.id for one in doors]
    unsaid = Visit.campaign_id == campaign.id, Visit.door_id.in_(ids), Visit.receipt.is_(None)
    found = session.scalars(select(Visit.id).where(*unsaid)).all()
    session.execute(delete(Visit).where(Visit.id.in_(found)))
    return len(found)


def doors_in(session: Session, campaign: Campaign, person_id: int) -> set[int]:
    """Ids of a worker's doors that are in a round."""
    own = Visit.campaign_id == campaign.id, Visit.person_id == person_id
    return set(session.scalars(select(Visit.door_id).where(*own)))


def tally(session: Session, campaign: Campaign, person_id: int | None = None) -> Tally:
    """The counts of a round, or of one worker's part of it for that worker."""
    which = [Visit.campaign_id == campaign.id]
    if person_id is not None:
        which.append(Visit.person_id == person_id)
    rows = session.execute(select(Visit.receipt, func.count()).where(*which).group_by(Visit.receipt))
    return Tally({receipt: n for receipt, n in rows})


def tally_of(session: Session, campaign: Campaign, area_ids: Collection[int]) -> Tally:
    """The counts of a round in some of its areas."""
    here = Visit.campaign_id == campaign.id, Visit.area_id.in_(list(area_ids))
    rows = session.execute(select(Visit.receipt, func.count()).where(*here).group_by(Visit.receipt))
    return Tally({receipt: n for receipt, n in rows})


def still_at_it(session: Session, campaign: Campaign) -> list[int]:
    """Ids of the workers who have doors left in a round."""
    left = Visit.campaign_id == campaign.id, or_(Visit.receipt.is_(None), Visit.receipt == Receipt.NOBODY)
    return list(session.scalars(select(Visit.person_id).where(*left).distinct()))


def taking_part(session: Session, campaign: Campaign) -> list[int]:
    """Ids of the workers who have doors in a round."""
    return list(session.scalars(select(Visit.person_id).where(Visit.campaign_id == campaign.id).distinct()))


def erase_receipts(session: Session, campaign: Campaign) -> None:
    """What was said of each door of a round goes; its counts stay."""
    session.execute(delete(Visit).where(Visit.campaign_id == campaign.id))
    session.flush()


def keep_counts(session: Session, campaign: Campaign) -> Tally:
    """Bring the counts that stay up to date."""
    found = tally(session, campaign)
    campaign.doors, campaign.visited, campaign.to_move = found.doors, found.visited, found.to_move
    session.flush()
    return found


_ROUNDS = Prepared(
    select(Campaign.area_id, added(Campaign.doors), added(Campaign.visited), added(Campaign.to_move))
    .where(Campaign.closed_at >= bindparam("since"), Campaign.closed_at < bindparam("until"))
    .where(Campaign.state == CampaignState.ENDED)
    .group_by(Campaign.area_id)
)


def count_rounds(session: Session, since: datetime, until: datetime) -> Numbers:
    """(doors, visited, to be moved) of the rounds that ended in that time, by area."""
    return numbers(session, _ROUNDS, since=since, until=until)
