"""Disputes (矛盾纠纷): who with whom about what, sorted, mediated, agreed, called back, closed one by one.

Names, phones and all that was said are sealed under the dispute's own key; its columns in clear tell where it is,
of what sort, and how it stands.
"""

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column

from storage.cases import Case

LETTER = "纠"


class Sort(StrEnum):
    """What a dispute is about; a closed list."""

    NEIGHBOURS = "邻里"
    FAMILY = "婚姻家庭"
    LAND = "土地宅基地"
    DEBT = "债务"
    WORK = "劳务工资"
    HOUSING = "物业租房"
    CUSTOMER = "消费"
    DAMAGE = "损害赔偿"
    OTHER = "其他"


class DisputeState(StrEnum):
    """登记 → 调解 → 达成, called back → 销号; ended without an agreement; or taken back by its teller."""

    REPORTED = "reported"
    MEDIATING = "mediating"
    AGREED = "agreed"
    CLOSED = "closed"
    ENDED = "ended"
    WITHDRAWN = "withdrawn"


class Triage(StrEnum):
    """How it is sorted (分流)."""

    SPOT = "当场"
    FOLLOW = "跟踪"
    STATION = "警务室"
    REFERRED = "转办"


class Lane(StrEnum):
    """Which way it is mediated (三调)."""

    ONE_STOP = "一站联调"
    QUICK = "警网快调"
    REMOTE = "线上随调"


class Partner(StrEnum):
    """With whom (三联)."""

    LINKED = "联调联通"
    COURT = "诉调联合"
    VIRTUE = "德调联动"


MOVES: Mapping[DisputeState, frozenset[DisputeState]] = {
    DisputeState.REPORTED: frozenset({DisputeState.MEDIATING, DisputeState.ENDED, DisputeState.WITHDRAWN}),
    DisputeState.MEDIATING: frozenset({DisputeState.MEDIATING, DisputeState.AGREED, DisputeState.ENDED}),
    DisputeState.AGREED: frozenset({DisputeState.AGREED, DisputeState.CLOSED, DisputeState.MEDIATING}),
    DisputeState.CLOSED: frozenset({DisputeState.MEDIATING}),
    DisputeState.ENDED: frozenset({DisputeState.MEDIATING}),
    DisputeState.WITHDRAWN: frozenset(),
}
UNDER_WAY = (DisputeState.REPORTED, DisputeState.MEDIATING)
OVER = (DisputeState.CLOSED, DisputeState.ENDED, DisputeState.WITHDRAWN)


class Dispute(Case):
    """A dispute (纠纷); its handler is asked how it goes at `next_at`; `reopened` counts how often it was."""

    __tablename__ = "disputes"
    name = "dispute"
    letter = LETTER
    moves = MOVES
    over = OVER
    state: Mapped[DisputeState] = mapped_column(index=True)
    sort: Mapped[str] = mapped_column(String(16))
    triage: Mapped[str | None] = mapped_column(String(8))
    lane: Mapped[str | None] = mapped_column(String(8))
    partner: Mapped[str | None] = mapped_column(String(8))
    place: Mapped[bytes | None] = mapped_column(LargeBinary)
    agreement: Mapped[bytes | None] = mapped_column(LargeBinary)
    agreement_hash: Mapped[str | None] = mapped_column(String(64))
    outcome: Mapped[bytes | None] = mapped_column(LargeBinary)
    meets_at: Mapped[datetime | None]
    reminder_id: Mapped[int | None] = mapped_column(ForeignKey("reminders.id"))
    reopened: Mapped[int] = mapped_column(default=0)
    agreed_at: Mapped[datetime | None]
