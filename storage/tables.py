"""All rooms at once, so that the catalogue of tables is complete for migrations and tests."""

from storage import (
    areas,
    audit,
    bulletins,
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
    areas,
    audit,
    bulletins,
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
