"""All rooms at once, so that the catalogue of tables is complete for migrations and tests."""

from storage import (
    accounts,
    areas,
    audit,
    bulletins,
    changes,
    chats,
    codes,
    copies,
    deliveries,
    forms,
    inbox,
    incidents,
    keys,
    leases,
    media,
    outbox,
    people,
    reminders,
    searches,
    sources,
    tokens,
    worlds,
)
from storage.database import Base

ROOMS = (
    accounts,
    areas,
    audit,
    bulletins,
    changes,
    chats,
    codes,
    copies,
    deliveries,
    forms,
    inbox,
    incidents,
    keys,
    leases,
    media,
    outbox,
    people,
    reminders,
    searches,
    sources,
    tokens,
    worlds,
)

METADATA = Base.metadata
