"""Purposes (用途): the closed list of what a record may be kept for; opinion, petition, assembly, belief and
ethnicity are none (R1). What each table is kept for stands here, too: one without a row fails the suite."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum


class Purpose(StrEnum):
    """The closed list of purposes a record can have; the database refuses any other."""

    SERVICE = "service"
    SAFETY = "safety"
    RESCUE = "rescue"
    CRIME = "crime"
    MISSING = "missing"
    FRAUD = "fraud"
    WARNING = "warning"
    REMINDER = "reminder"
    MEMBERSHIP = "membership"


@dataclass(frozen=True, slots=True)
class Said:
    """Each row says its purpose itself, in its column `purpose`."""


@dataclass(frozen=True, slots=True)
class PartOf:
    """A part of the record in `table`, to which it is bound by a foreign key: kept for that record's purpose."""

    table: str


@dataclass(frozen=True, slots=True)
class Always:
    """Every row is kept for the same purpose."""

    purpose: Purpose


@dataclass(frozen=True, slots=True)
class Plumbing:
    """No record of anything in the world: what the program itself needs to work, and why."""

    reason: str


Kept = Said | PartOf | Always | Plumbing

TABLES: Mapping[str, Kept] = {
    "incidents": Said(),
    "incident_notes": PartOf("incidents"),
    "incident_media": PartOf("incidents"),
    "searches": Said(),
    "bulletins": Said(),
    "approvals": PartOf("bulletins"),
    "reminders": Said(),
    "people": Always(Purpose.MEMBERSHIP),
    "role_grants": PartOf("people"),
    "identities": PartOf("people"),
    "tokens": Always(Purpose.MEMBERSHIP),
    "tries": Always(Purpose.MEMBERSHIP),
    "chats": Always(Purpose.MEMBERSHIP),
    "areas": Plumbing("names of places, told by the station"),
    "accounts": Plumbing("what the platforms' accounts can do"),
    "forms": Plumbing("what is being told, until it is a record with a purpose or has lapsed; see `expires_at`"),
    "media": Plumbing("the pictures of records: each belongs to the record that names it and goes with it"),
    "sources": Plumbing("which message became which record, by digest"),
    "inbox": Plumbing("messages on their way in: the payload is dropped when it is answered"),
    "contents": Plumbing("messages on their way out: the payload is dropped a day after the end"),
    "content_media": Plumbing("which pictures a message on its way out carries"),
    "outbox": Plumbing("calls to be made, without their words"),
    "uploads": Plumbing("what a platform calls a picture it was given"),
    "deliveries": Plumbing("a record's way into many chats"),
    "copies": Plumbing("which message of which chat shows which record, so that it can be taken back"),
    "changes": Plumbing("a record's change on its way to its copies"),
    "forwards": Plumbing("a record's way through people's hands; its `purpose` is passing on or taking back"),
    "floods": Plumbing("too much at once from somebody, by digest, answered once"),
    "data_keys": Plumbing("the wrapped keys of records and people"),
    "counters": Plumbing("the numbers of codes"),
    "audit": Plumbing("who decided what, by row ids only"),
    "audit_head": Plumbing("the end of the audit's chain"),
    "alarms": Plumbing("what the admins were told of the program's own health"),
    "leases": Plumbing("which process does what"),
    "worlds": Plumbing("which world this database is"),
}
"""What each table is kept for."""
