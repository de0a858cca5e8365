"""R2: a record holds the fields of its purpose and no other; free text is masked before it is stored.

The long form: RULES_PAYLOADS=10000 (about a minute).
"""

import os
import random
from collections.abc import Callable, Mapping
from datetime import datetime
from functools import partial
from typing import Any

import pytest
from sqlalchemy.orm import Session

from handlers.dialogue import asking
from handlers.dialogue.form import Form, Question, plain
from storage import (
    areas,
    bulletins,
    cases,
    disputes,
    forms,
    incidents,
    library,
    media,
    meetings,
    people,
    purposes,
    returns,
    searches,
)
from storage import areas, bulletins, cases, disputes, forms, households, incidents, media, people, purposes, searches
    media,
    people,
    purposes,
    searches,
    talks,
    visits,
    wishes,
    media,
    patrols,
    people,
    purposes,
    searches,
    shifts,
    volunteers,
)
from storage.bulletins import BulletinKind
from storage.incidents import IncidentKind
from storage.media import MediumKind
from storage.purposes import FIELDS, ExtraField, Purpose
from tests.support.secret_texts import leaks, readable, samples
from tests.support.stage import Stage

PAYLOADS = int(os.environ.get("RULES_PAYLOADS", "400"))
STRANGE = (
    *(
        "id_card",
        "ethnicity",
        "身份证",
        "民族",
        "score",
        "points",
        "phone2",
        "informer",
        "face",
        "religion",
        "",
        "words ",
    ),
    *("Words", "text.", "facts.name", "seen.id", "age.months", "pending.face", "household", "GPS"),
)


def _value(dice: random.Random) -> object:
    return dice.choice(["x", 3, None, True, ["a"], {"a": 1}, [{"b": 2}], "13800138000"])


def _payload(dice: random.Random, column: str) -> dict[str, Any]:
    """Some fields of the column's list, and often one or more that are not on it, at any depth."""
    allowed = sorted(set().union(*FIELDS[column].values()))
    made: dict[str, Any] = {}
    for field in dice.sample(allowed, dice.randint(0, min(4, len(allowed)))):
        outer, _, inner = field.partition(".")
        if inner:
            held = made.setdefault(outer, {})
            if isinstance(held, dict):
                held[inner] = "x"
        elif outer not in made:
            made[outer] = [] if outer == "media" else "x"
    for _ in range(dice.choice((0, 1, 1, 2))):
        name = dice.choice(STRANGE)
        nested = [held for held in made.values() if isinstance(held, dict)]
        (dice.choice(nested) if nested and dice.random() < 0.5 else made)[name] = _value(dice)
    return made


def _names(value: object, inside: str = "") -> set[str]:
    found: set[str] = set()
    if isinstance(value, Mapping):
        for name, one in value.items():
            found |= {f"{inside}{name}"} | _names(one, f"{inside}{name}.")
    if isinstance(value, list):
        for one in value:
            found |= _names(one, inside)
    return found


Opened = dict[str, Any]
Store = Callable[[Session, Purpose, dict[str, Any], datetime, int, int], Opened]


def _private(session: Session, purpose: Purpose, value: dict[str, Any], now: datetime, area: int, _who: int) -> Opened:
    row = incidents.add(session, IncidentKind.MATTER, purpose, area, "路灯", now, expires_at=now, private=value)
    return incidents.private_of(session, row)


def _rewritten(session: Session, purpose: Purpose, value: dict[str, Any], now: datetime, area: int, _: int) -> Opened:
    row = incidents.add(session, IncidentKind.MATTER, purpose, area, "路灯", now, expires_at=now)
    incidents.rewrite(session, row, "路灯", private=value)
    return incidents.private_of(session, row)


def _origin(session: Session, purpose: Purpose, value: dict[str, Any], now: datetime, area: int, _who: int) -> Opened:
    row = incidents.add(session, IncidentKind.MATTER, purpose, area, "路灯", now, expires_at=now, origin=value)
    return incidents.origin_of(session, row)


def _facts(session: Session, purpose: Purpose, value: dict[str, Any], now: datetime, area: int, _who: int) -> Opened:
    row = searches.add(session, purpose, area, value, now, expires_at=now)
    return searches.facts_of(session, row)


def _learned(session: Session, purpose: Purpose, value: dict[str, Any], now: datetime, area: int, _who: int) -> Opened:
    row = searches.add(session, purpose, area, {}, now, expires_at=now)
    searches.set_facts(session, row, value)
    return searches.facts_of(session, row)


def _sought(session: Session, purpose: Purpose, value: dict[str, Any], now: datetime, area: int, _who: int) -> Opened:
    return searches.origin_of(session, searches.add(session, purpose, area, {}, now, expires_at=now, origin=value))


def _body(session: Session, purpose: Purpose, value: dict[str, Any], now: datetime, area: int, who: int) -> Opened:
    row = bulletins.add(session, BulletinKind.FRAUD, purpose, area, who, value, [], now, expires_at=now)
    return bulletins.body_of(session, row)


def _reworded(session: Session, purpose: Purpose, value: dict[str, Any], now: datetime, area: int, who: int) -> Opened:
    row = bulletins.add(session, BulletinKind.FRAUD, purpose, area, who, {}, [], now, expires_at=now)
    bulletins.set_body(session, row, value)
    return bulletins.body_of(session, row)


def _mediated(session: Session, purpose: Purpose, value: dict[str, Any], now: datetime, area: int, who: int) -> Opened:
    return cases.private_of(session, _dispute(session, purpose, value, {}, now, area, who))


def _told_anew(session: Session, purpose: Purpose, value: dict[str, Any], now: datetime, area: int, who: int) -> Opened:
    row = _dispute(session, purpose, {}, {}, now, area, who)
    cases.set_private(session, row, value)
    return cases.private_of(session, row)


def _asked_for(session: Session, purpose: Purpose, value: dict[str, Any], now: datetime, area: int, who: int) -> Opened:
    return cases.origin_of(session, _dispute(session, purpose, {}, value, now, area, who))


def _dispute(
    session: Session, purpose: Purpose, private: Opened, origin: Opened, now: datetime, area: int, who: int
) -> disputes.Dispute:
    state, sort = disputes.DisputeState.REPORTED, disputes.Sort.OTHER
    row = disputes.Dispute(purpose=purpose, area_id=area, state=state, sort=sort, expires_at=now)
    return cases.add(session, row, now, private=private, origin=origin, teller_id=who)


def _warned(session: Session, purpose: Purpose, value: dict[str, Any], now: datetime, area: int, who: int) -> Opened:
    return cases.private_of(session, _meeting(session, purpose, value, {}, now, area, who))


def _given_by(session: Session, purpose: Purpose, value: dict[str, Any], now: datetime, area: int, who: int) -> Opened:
    return cases.origin_of(session, _meeting(session, purpose, {}, value, now, area, who))


def _meeting(
    session: Session, purpose: Purpose, private: Opened, origin: Opened, now: datetime, area: int, who: int
) -> meetings.Meeting:
    row = meetings.Meeting(purpose=purpose, area_id=area, state=meetings.MeetingState.GIVEN, expires_at=now)
    return cases.add(session, row, now, private=private, origin=origin, teller_id=who)


def _shelved(session: Session, purpose: Purpose, value: dict[str, Any], now: datetime, area: int, who: int) -> Opened:
    shelf = next((one for one, kept in library.PURPOSES.items() if kept is purpose), library.Shelf.FRAUD)
    purposes.require("library_items.body", purpose, value)
    row = library.add(session, shelf, area, who, {"text": "", "media": [], **value}, "", now, now)
    return {name: one for name, one in library.body_of(session, row).items() if name in value}


def _found(session: Session, purpose: Purpose, value: dict[str, Any], now: datetime, area: int, who: int) -> Opened:
    return cases.private_of(session, _return(session, purpose, value, {}, now, area, who))


def _owned(session: Session, purpose: Purpose, value: dict[str, Any], now: datetime, area: int, who: int) -> Opened:
    return cases.origin_of(session, _return(session, purpose, {}, value, now, area, who))


def _owned_anew(
    session: Session, purpose: Purpose, value: dict[str, Any], now: datetime, area: int, who: int
) -> Opened:
    row = _return(session, purpose, {}, {}, now, area, who)
    cases.set_teller(session, row, value, who)
    return cases.origin_of(session, row)


def _return(
    session: Session, purpose: Purpose, private: Opened, origin: Opened, now: datetime, area: int, who: int
) -> returns.Return:
    state = returns.ReturnState.REGISTERED
    row = returns.Return(purpose=purpose, area_id=area, state=state, registered_by=who, expires_at=now)
    return cases.add(session, row, now, private=private, origin=origin, teller_id=who)
def _alarm(
    session: Session, purpose: Purpose, private: Opened, origin: Opened, now: datetime, area: int, who: int
) -> households.Alarm:
    unit, state = households.add(session, "和平街东段", area, now), households.AlarmState.UNDER_WAY
    row = households.Alarm(purpose=purpose, area_id=area, state=state, unit_id=unit.id, expires_at=now)
    return cases.add(session, row, now, private=private, origin=origin, teller_id=who)


def _alarmed(session: Session, purpose: Purpose, value: dict[str, Any], now: datetime, area: int, who: int) -> Opened:
    return cases.private_of(session, _alarm(session, purpose, value, {}, now, area, who))


def _raised(session: Session, purpose: Purpose, value: dict[str, Any], now: datetime, area: int, who: int) -> Opened:
    return cases.origin_of(session, _alarm(session, purpose, {}, value, now, area, who))

def _of_case(
    begin: Callable[[Purpose, datetime, int], cases.Case],
) -> tuple[Store, Store]:
    """How a kind of case keeps what only its handler reads, and where its teller is answered."""

    def private(s: Session, purpose: Purpose, value: Opened, now: datetime, area: int, who: int) -> Opened:
        row = cases.add(s, begin(purpose, now, area), now, private=value, origin={}, teller_id=who)
        return cases.private_of(s, row)

    def origin(s: Session, purpose: Purpose, value: Opened, now: datetime, area: int, who: int) -> Opened:
        row = cases.add(s, begin(purpose, now, area), now, private={}, origin=value, teller_id=who)
        return cases.origin_of(s, row)

    return private, origin


def _wish(purpose: Purpose, now: datetime, area: int) -> wishes.Wish:
    state, sort, want = wishes.WishState.OPEN, wishes.WishSort.WISH, wishes.Want.OTHER
    return wishes.Wish(purpose=purpose, area_id=area, state=state, sort=sort, want=want, expires_at=now)


def _talk(purpose: Purpose, now: datetime, area: int) -> talks.Talk:
    state = talks.TalkState.ASKED
    return talks.Talk(purpose=purpose, area_id=area, state=state, targets=[], meets_at=now, expires_at=now)


def _round(purpose: Purpose, now: datetime, area: int) -> visits.Campaign:
    state, sort = visits.CampaignState.GOING, visits.VisitSort.FLOOD
    return visits.Campaign(purpose=purpose, area_id=area, state=state, sort=sort, due_at=now, expires_at=now)


_WISHED, _WISHER = _of_case(_wish)
_TALKED, _LEADER = _of_case(_talk)
_WALKED, _BEGINNER = _of_case(_round)

def _of(make: Callable[..., cases.Case], what: str) -> Store:
    """How a kind of case keeps what only its handler reads (private), or where its teller is answered (origin)."""

    def store(session: Session, purpose: Purpose, value: Opened, now: datetime, area: int, who: int) -> Opened:
        row = make(purpose=purpose, area_id=area, expires_at=now)
        parts: dict[str, Opened] = {"private": {}, "origin": {}} | {what: value}
        cases.add(session, row, now, teller_id=who, **parts)
        return cases.private_of(session, row) if what == "private" else cases.origin_of(session, row)

    return store


def _patrol(**columns: Any) -> cases.Case:  # noqa: ANN401 - columns of any type
    state = patrols.PatrolState.PLANNED
    return patrols.Patrol(state=state, starts_at=columns["expires_at"], **columns)


def _shift_plan(**columns: Any) -> cases.Case:  # noqa: ANN401 - columns of any type
    at = columns["expires_at"]
    days = {"starts_on": at.date(), "ends_on": at.date(), "told_until": at, "settled_until": at}
    return shifts.ShiftPlan(state=shifts.PlanState.ACTIVE, **days, **columns)


WATCH: Mapping[str, Callable[..., cases.Case]] = {
    "volunteers": partial(volunteers.Volunteer, state=volunteers.VolunteerState.ASKED),
    "patrols": _patrol,
    "cars": partial(patrols.Car, state=patrols.CarState.REPORTED),
    "shift_plans": _shift_plan,
}
STORES: tuple[tuple[str, Store], ...] = (
    *((f"{table}.{what}", _of(make, what)) for table, make in WATCH.items() for what in ("private", "origin")),
    ("incidents.private", _private),
    ("incidents.private", _rewritten),
    ("incidents.origin", _origin),
    ("disputes.private", _mediated),
    ("disputes.private", _told_anew),
    ("disputes.origin", _asked_for),
    ("meetings.private", _warned),
    ("meetings.origin", _given_by),
    ("library_items.body", _shelved),
    ("returns.private", _found),
    ("returns.origin", _owned),
    ("returns.origin", _owned_anew),
    ("household_alarms.private", _alarmed),
    ("household_alarms.origin", _raised),
    ("wishes.private", _WISHED),
    ("wishes.origin", _WISHER),
    ("talks.private", _TALKED),
    ("talks.origin", _LEADER),
    ("campaigns.private", _WALKED),
    ("campaigns.origin", _BEGINNER),
    ("searches.facts", _facts),
    ("searches.facts", _learned),
    ("searches.origin", _sought),
    ("bulletins.body", _body),
    ("bulletins.body", _reworded),
)


def test_no_payload_brings_an_extra_field(stage: Stage) -> None:
    dice = random.Random(2026)
    now = stage.world.now()
    refused = kept = 0
    with stage.world.db.write() as session:
        area = areas.all_of(session)[0].id
        person = people.named(session, "民警甲")
        assert person is not None
        for number in range(PAYLOADS):
            column, store = STORES[number % len(STORES)]
            purpose = dice.choice(list(FIELDS[column]) if dice.random() < 0.8 else list(Purpose))
            value = _payload(dice, column)
            allowed = FIELDS[column].get(purpose, frozenset())
            try:
                opened = store(session, purpose, value, now, area, person.id)
            except ExtraField:
                assert _names(value) - allowed
                refused += 1
            else:
                assert _names(opened) <= allowed
                assert opened == value
                kept += 1
    assert min(refused, kept) > PAYLOADS // 10


def test_a_refused_payload_leaves_no_row(stage: Stage) -> None:
    now = stage.world.now()
    with stage.world.db.write() as session:
        area = areas.all_of(session)[0].id
        with pytest.raises(ExtraField, match=r"incidents\.private: id_card"):
            _private(session, Purpose.SERVICE, {"words": "a", "id_card": "1"}, now, area, 0)
        assert incidents.numbered(session, IncidentKind.MATTER, 1) is None
        row = incidents.add(session, IncidentKind.MATTER, Purpose.SERVICE, area, "路灯", now, expires_at=now)
        with pytest.raises(ExtraField):
            incidents.rewrite(session, row, "灯", private={"ethnicity": "x"})
        assert incidents.text_of(session, row) == "路灯"


@pytest.mark.parametrize(
    ("column", "purpose", "value"),
    [
        ("bulletins.body", "fraud", {"facts": {"case": "A"}}),
        ("bulletins.body", "crime", {"facts": {"case": "A", "name": "张三"}}),
        ("bulletins.body", "missing", {"text": "x"}),
        ("searches.facts", "missing", {"seen": {"who": "x"}}),
        ("searches.facts", "crime", {"who": "x"}),
        ("incidents.private", "reminder", {"words": "x"}),
        ("incidents.origin", "rescue", {"name": "x"}),
        ("searches.facts", "missing", {"contact": [{"id": 1}]}),
    ],
)
def test_each_purpose_has_its_own_list(column: str, purpose: str, value: dict[str, Any]) -> None:
    with pytest.raises(ExtraField):
        purposes.require(column, purpose, value)


def test_what_is_on_the_list_passes() -> None:
    purposes.require("bulletins.body", "crime", {"text": "", "facts": {"case": "A", "marks": "黑衣"}, "media": [1]})
    purposes.require("searches.facts", Purpose.MISSING, {"age": {"years": 78, "group": "old"}, "contact": ["1"]})
    purposes.require("incidents.private", Purpose.RESCUE, {"words": "x", "location": [36.1, 113.2]})


def test_an_unknown_purpose_is_none() -> None:
    with pytest.raises(ValueError, match="opinion"):
        purposes.require("incidents.private", "opinion", {})
    assert {str(one) for one in Purpose}.isdisjoint({"opinion", "petition", "assembly", "belief", "ethnicity"})


def test_no_list_names_what_nobody_may_keep() -> None:
    every = {field for lists in FIELDS.values() for fields in lists.values() for field in fields}
    words = ("id_card", "identity", "ethnic", "belief", "religio", "petition", "score", "rank", "face", "native")
    assert not [field for field in every for word in words if word in field]


def test_a_file_name_is_not_kept(stage: Stage) -> None:
    with stage.world.db.write() as session, pytest.raises(ExtraField):
        media.want(session, MediumKind.FILE, {"ref": "x", "name": "张三140525198001011234.xlsx"}, stage.world.now())


def test_a_talk_keeps_what_it_asks_for(stage: Stage) -> None:
    form = Form("r02", (Question("place", plain),), lambda: None, keeps=frozenset({"kind"}))
    with stage.world.db.write() as session:
        now = stage.world.now()
        person = people.named(session, "民警甲")
        assert person is not None
        with pytest.raises(ExtraField):
            asking.begin(session, form, person.id, 1, now, {"kind": "x", "身份证": "1"})
        assert forms.open_of(session, person.id, 1, now) is None


def _shown(*values: object) -> str:
    return "\n".join(map(str, values))


def test_free_text_is_masked_before_it_is_stored(stage: Stage) -> None:
    checked = 0
    for sample in samples(80, seed=22):
        if sample.kind in ("two", "house"):
            continue
        stage.say("居民甲", f"上报 路灯坏了 {sample.text}")
        with stage.world.db.read() as session:
            row = max(
                (one for kind in IncidentKind if (one := _latest(session, kind)) is not None), key=lambda one: one.id
            )
            stored = _shown(incidents.text_of(session, row), incidents.place_of(session, row))
            private = incidents.private_of(session, row)
            assert not leaks(stored, sample, public=False), (sample.text, stored)
            if sample.kind in ("identity", "card"):
                assert not leaks(_shown(private["words"]), sample, public=False)
            checked += 1
        stage.clock.move(minutes=1)
    assert checked >= 50


def _latest(session: Session, kind: IncidentKind) -> incidents.Incident | None:
    number = 0
    found = None
    while (one := incidents.numbered(session, kind, number + 1)) is not None:
        number, found = number + 1, one
    return found


def test_notices_are_masked_before_they_are_stored(stage: Stage) -> None:
    secret = "13812345678"
    stage.say("民警甲", f"反诈 骗子用 {secret} 打来，住3号楼2单元601，说要转账，大家不要相信")
    stage.say("民警甲", f"上报 水管坏了，找{secret}")
    with stage.world.db.read() as session:
        row = bulletins.numbered(session, BulletinKind.FRAUD, 1)
        assert row is not None
        body = bulletins.body_of(session, row)
    assert "骗子用" in body["text"]
    assert secret not in readable(body["text"])
    assert "601" not in body["text"]


def test_lists_end_where_the_rooms_do() -> None:
    assert set(FIELDS) == {column for column, _ in STORES}
