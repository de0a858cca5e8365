"""Lanes: whose call goes out first where a platform's limit is tight."""

from enum import IntEnum

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
