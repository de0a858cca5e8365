"""Purposes (用途): the closed list of what a record may be kept for; opinion, petition, assembly, belief and
ethnicity are none (R1). What each table is kept for stands here, too: one without a row fails the suite."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any


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
class ByTopic:
    """Belongs to the record its column `topic` names, of whatever table: kept for that record's purpose."""


@dataclass(frozen=True, slots=True)
class Always:
    """Every row is kept for the same purpose."""

    purpose: Purpose


@dataclass(frozen=True, slots=True)
class Plumbing:
    """No record of anything in the world: what the program itself needs to work, and why."""

    reason: str


Kept = Said | PartOf | ByTopic | Always | Plumbing

TABLES: Mapping[str, Kept] = {
    "incidents": Said(),
    "incident_notes": PartOf("incidents"),
    "incident_media": PartOf("incidents"),
    "receipts": PartOf("incidents"),
    "tip_studies": PartOf("incidents"),
    "disclosures": PartOf("incidents"),
    "hazards": PartOf("incidents"),
    "disputes": Said(),
    "meetings": Said(),
    "returns": Said(),
    "household_units": Always(Purpose.MEMBERSHIP),
    "household_members": PartOf("household_units"),
    "household_alarms": Said(),
    "household_hearers": PartOf("household_alarms"),
    "wishes": Said(),
    "talks": Said(),
    "campaigns": Said(),
    "visits": PartOf("campaigns"),
    "doors": PartOf("people"),
    "awaited_files": PartOf("people"),
    "case_notes": ByTopic(),
    "callbacks": Always(Purpose.SERVICE),
    "callback_asks": PartOf("callbacks"),
    "supervisions": Always(Purpose.SERVICE),
    "ladders": Plumbing("at which level a record stands and until when, without a word of it"),
    "moments": Plumbing("when a record was first attended to, calm, and called back, without a word of it"),
    "volunteers": Said(),
    "patrols": Said(),
    "patrol_members": PartOf("patrols"),
    "cars": Said(),
    "shift_plans": Said(),
    "shift_zones": PartOf("shift_plans"),
    "shift_claims": PartOf("shift_zones"),
    "shift_tallies": PartOf("shift_plans"),
    "weekly_issues": Plumbing("which week's figures were told, and what was counted then of whole areas"),
    "weekly_orders": PartOf("people"),
    "weekly_entries": Plumbing("figures of whole areas the station told, with their source"),
    "searches": Said(),
    "outings": PartOf("searches"),
    "sectors": PartOf("outings"),
    "searchers": PartOf("outings"),
    "bulletins": Said(),
    "approvals": PartOf("bulletins"),
    "bulletin_media": PartOf("bulletins"),
    "library_items": Said(),
    "library_media": PartOf("library_items"),
    "library_pushes": PartOf("library_items"),
    "library_days": PartOf("library_pushes"),
    "library_rotations": Plumbing("when the library's items go out in an area, and who planned it"),
    "contests": ByTopic(),
    "objections": PartOf("contests"),
    "holds": ByTopic(),
    "reminders": Said(),
    "people": Always(Purpose.MEMBERSHIP),
    "contact_cards": Always(Purpose.MEMBERSHIP),
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
    "audit_anchors": Plumbing("which ends of the audit's chain were handed out"),
    "alarms": Plumbing("what the admins were told of the program's own health"),
    "leases": Plumbing("which process does what"),
    "worlds": Plumbing("which world this database is"),
}
"""What each table is kept for."""


class ExtraField(ValueError):
    """A record was to hold a field its purpose has no use for; nothing was stored."""


_TELLING = frozenset({"words", "phone", "plate", "door", "location", "person"})
_NOTICE = frozenset({"text", "media", "home", "kinds", "pending", "pending.text", "pending.by", "pending.at"})
_DESCRIBED = frozenset(
    {"facts", *(f"facts.{name}" for name in ("case", "when", "when_shown", "place", "marks", "adult"))}
)
_MISSING = frozenset(
    {
        *("who", "age", "age.years", "age.group", "clothes", "health", "photo", "consent", "contact", "note"),
        *("seen", "seen.when", "seen.part", "seen.where", "seen.area", "seen.contact", "seen.location"),
        *("correction", "danger", "frozen", "hidden", "told"),
    }
)
_TOLD_IN = (Purpose.SERVICE, Purpose.SAFETY, Purpose.RESCUE, Purpose.CRIME, Purpose.MISSING, Purpose.FRAUD)

FIELDS: Mapping[str, Mapping[Purpose, frozenset[str]]] = {
    "incidents.private": dict.fromkeys(_TOLD_IN, _TELLING),
    "incidents.origin": dict.fromkeys(_TOLD_IN, frozenset({"person", "chat", "message"})),
    "disputes.private": {
        Purpose.SERVICE: frozenset({"words", "place", "parties", "parties.name", "parties.phone"}),
    },
    "disputes.origin": {Purpose.SERVICE: frozenset({"person", "team"})},
    "meetings.private": {Purpose.FRAUD: frozenset({"words"})},
    "meetings.origin": {Purpose.FRAUD: frozenset({"person", "team"})},
    "returns.private": {Purpose.SERVICE: frozenset({"what", "from", "note", "times", "wish", "code"})},
    "returns.origin": {Purpose.SERVICE: frozenset({"person"})},
    "household_alarms.private": {Purpose.RESCUE: frozenset({"words", "called"})},
    "household_alarms.origin": {Purpose.RESCUE: frozenset({"person"})},
    "wishes.private": {Purpose.SERVICE: frozenset({"words"})},
    "wishes.origin": {Purpose.SERVICE: frozenset({"person", "team"})},
    "talks.private": {Purpose.SERVICE: frozenset()},
    "talks.origin": {Purpose.SERVICE: frozenset({"person"})},
    "campaigns.private": {Purpose.SERVICE: frozenset(), Purpose.SAFETY: frozenset()},
    "campaigns.origin": {
        Purpose.SERVICE: frozenset({"person"}),
        Purpose.SAFETY: frozenset({"person"}),
    },
    "volunteers.private": {Purpose.SAFETY: frozenset({"hours"})},
    "volunteers.origin": {Purpose.SAFETY: frozenset({"person"})},
    "patrols.private": {Purpose.SAFETY: frozenset({"place"})},
    "patrols.origin": {Purpose.SAFETY: frozenset({"person"})},
    "cars.private": {Purpose.SAFETY: frozenset({"plate", "place", "asked"})},
    "cars.origin": {Purpose.SAFETY: frozenset({"person"})},
    "shift_plans.private": {Purpose.SAFETY: frozenset({"words"})},
    "shift_plans.origin": {Purpose.SAFETY: frozenset({"person"})},
    "searches.facts": {Purpose.MISSING: _MISSING},
    "searches.origin": {Purpose.MISSING: frozenset({"person", "chat"})},
    "bulletins.body": {
        Purpose.FRAUD: _NOTICE,
        Purpose.WARNING: _NOTICE,
        Purpose.CRIME: _NOTICE | _DESCRIBED,
    },
    "library_items.body": dict.fromkeys((Purpose.FRAUD, Purpose.WARNING), frozenset({"text", "media"})),
}
"""What each sealed column may hold for each purpose; `facts.case` is the field `case` inside `facts` (R2)."""

SOURCE = frozenset({"account", "ref", "mime", "size", "duration", "person"})
"""What is kept, until it is here, of where a medium can be fetched and who hears if it cannot be taken."""


def require(column: str, purpose: Purpose | str, value: Mapping[str, Any]) -> None:
    """Let what a record may hold pass; raises ExtraField naming the first field that is not on the list.

    column: a key of `FIELDS`. A purpose that has no such record may hold nothing.
    """
    only(column, FIELDS[column].get(Purpose(purpose), frozenset()), value)


def only(column: str, allowed: Collection[str], value: Mapping[str, Any]) -> None:
    """Let a mapping pass that has no other fields than these, however deep; raises ExtraField."""
    for field in _fields(value, ""):
        if field not in allowed:
            raise ExtraField(f"{column}: {field}")


def _fields(value: object, inside: str) -> Iterator[str]:
    """The dotted names of all fields of a mapping, those of mappings in lists among them."""
    if isinstance(value, Mapping):
        for name, one in value.items():
            yield f"{inside}{name}"
            yield from _fields(one, f"{inside}{name}.")
    elif isinstance(value, list | tuple):
        for one in value:
            yield from _fields(one, inside)
