"""All rooms at once, so that the catalogue of tables is complete for migrations and tests."""

from storage import (  # noqa: F401 - a room adds its tables by being imported
    accounts,
    alarms,
    areas,
    audit,
    bulletins,
    changes,
    chats,
    codes,
    contents,
    copies,
    deliveries,
    disclosures,
    floods,
    forms,
    forwards,
    holds,
    inbox,
    incidents,
    keys,
    leases,
    media,
    objections,
    outbox,
    people,
    receipts,
    reminders,
    searches,
    sources,
    tokens,
    tries,
    worlds,
)
from storage.database import Base

METADATA = Base.metadata
