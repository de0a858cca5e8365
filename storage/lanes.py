"""Lanes: whose call goes out first where a platform's limit is tight, and which calls are made again after a crash."""

from collections.abc import Mapping
from enum import IntEnum, StrEnum
from typing import Final

from sqlalchemy import SmallInteger, TypeDecorator
from sqlalchemy.engine import Dialect


class Lane(IntEnum):
    """Who goes first where a limit is tight."""

    RECALL_PERSON = 0
    LIFE = 1
    SUSPECT = 2
    RECALL = 3
    REPLY = 4
    REMINDER = 5
    BULK = 6


URGENT: Final = Lane.SUSPECT
"""The last of the lanes for which a part of every chat's limit is kept."""


class Fate(StrEnum):
    """What becomes of a call when nobody knows whether it arrived: made AGAIN, or SHOWN to a person as unsure."""

    AGAIN = "again"
    SHOWN = "shown"


AFTER_CRASH: Final[Mapping[Lane, Fate]] = {
    Lane.RECALL_PERSON: Fate.AGAIN,
    Lane.LIFE: Fate.AGAIN,
    Lane.SUSPECT: Fate.AGAIN,
    Lane.RECALL: Fate.AGAIN,
    Lane.REPLY: Fate.SHOWN,
    Lane.REMINDER: Fate.SHOWN,
    Lane.BULK: Fate.SHOWN,
}
"""Better a search notice twice than never; better a reminder looked into by a person than twice."""


class LaneNumber(TypeDecorator[Lane]):
    """A lane kept as its number, so that the database orders by it."""

    impl = SmallInteger
    cache_ok = True

    def process_bind_param(self, value: int | None, dialect: Dialect) -> int | None:
        """Store the number."""
        return None if value is None else int(value)

    def process_result_value(self, value: int | None, dialect: Dialect) -> Lane | None:
        """Read the lane."""
        return None if value is None else Lane(value)
