"""R2: a record holds the fields of its purpose and no other; free text is masked before it is stored.

The long form: RULES_PAYLOADS=10000 (about a minute).
"""

import os
import random
from collections.abc import Callable, Mapping
from datetime import datetime
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
    households,
    incidents,
    library,
    media,
    meetings,
    patrols,
    people,
    purposes,
    returns,
    searches,
    shifts,
    talks,
    visits,
    volunteers,
    wishes,
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


def _shelved(session: Session, purpose: Purpose, value: dict[str, Any], now: datetime, area: int, who: int) -> Opened:
    shelf = next((one for one, kept in library.PURPOSES.items() if kept is purpose), library.Shelf.FRAUD)
    purposes.require("library_items.body", purpose, value)
    row = library.add(session, shelf, area, who, {"text": "", "media": [], **value}, "", now, now)
    return {name: one for name, one in library.body_of(session, row).items() if name in value}


Begin = Callable[[Session, int, Mapping[str, Any]], cases.Case]
"""Makes a case that is not kept yet: (session, who, columns every kind has)."""


def _dispute(_session: Session, _who: int, columns: Mapping[str, Any]) -> cases.Case:
    return disputes.Dispute(state=disputes.DisputeState.REPORTED, sort=disputes.Sort.OTHER, **columns)


def _meeting(_session: Session, _who: int, columns: Mapping[str, Any]) -> cases.Case:
    return meetings.Meeting(state=meetings.MeetingState.GIVEN, **columns)


def _return(_session: Session, who: int, columns: Mapping[str, Any]) -> cases.Case:
    return returns.Return(state=returns.ReturnState.REGISTERED, registered_by=who, **columns)


def _alarm(session: Session, _who: int, columns: Mapping[str, Any]) -> cases.Case:
    unit = households.add(session, "和平街东段", columns["area_id"], columns["expires_at"])
    return households.Alarm(state=households.AlarmState.UNDER_WAY, unit_id=unit.id, **columns)


def _wish(_session: Session, _who: int, columns: Mapping[str, Any]) -> cases.Case:
    sort, want = wishes.WishSort.WISH, wishes.Want.OTHER
    return wishes.Wish(state=wishes.WishState.OPEN, sort=sort, want=want, **columns)


def _talk(_session: Session, _who: int, columns: Mapping[str, Any]) -> cases.Case:
    return talks.Talk(state=talks.TalkState.ASKED, targets=[], meets_at=columns["expires_at"], **columns)


def _round(_session: Session, _who: int, columns: Mapping[str, Any]) -> cases.Case:
    state, sort = visits.CampaignState.GOING, visits.VisitSort.FLOOD
    return visits.Campaign(state=state, sort=sort, due_at=columns["expires_at"], **columns)


def _volunteer(_session: Session, _who: int, columns: Mapping[str, Any]) -> cases.Case:
    return volunteers.Volunteer(state=volunteers.VolunteerState.ASKED, **columns)


def _patrol(_session: Session, _who: int, columns: Mapping[str, Any]) -> cases.Case:
    return patrols.Patrol(state=patrols.PatrolState.PLANNED, starts_at=columns["expires_at"], **columns)


def _car(_session: Session, _who: int, columns: Mapping[str, Any]) -> cases.Case:
    return patrols.Car(state=patrols.CarState.REPORTED, **columns)


def _shift_plan(_session: Session, _who: int, columns: Mapping[str, Any]) -> cases.Case:
    at = columns["expires_at"]
    days = {"starts_on": at.date(), "ends_on": at.date(), "told_until": at, "settled_until": at}
    return shifts.ShiftPlan(state=shifts.PlanState.ACTIVE, **days, **columns)


def _kept(begin: Begin, what: str) -> Store:
    """How a kind of case keeps what only its handler reads (private), or where its teller is answered (origin)."""

    def store(session: Session, purpose: Purpose, value: Opened, now: datetime, area: int, who: int) -> Opened:
        row = begin(session, who, {"purpose": purpose, "area_id": area, "expires_at": now})
        parts: dict[str, Opened] = {"private": {}, "origin": {}} | {what: value}
        cases.add(session, row, now, teller_id=who, **parts)
        return cases.private_of(session, row) if what == "private" else cases.origin_of(session, row)

    return store


def _anew(begin: Begin, what: str) -> Store:
    """How it is replaced."""

    def store(session: Session, purpose: Purpose, value: Opened, now: datetime, area: int, who: int) -> Opened:
        row = begin(session, who, {"purpose": purpose, "area_id": area, "expires_at": now})
        cases.add(session, row, now, private={}, origin={}, teller_id=who)
        if what == "private":
            cases.set_private(session, row, value)
            return cases.private_of(session, row)
        cases.set_teller(session, row, value, who)
        return cases.origin_of(session, row)

    return store


KINDS: Mapping[Begin, type[cases.Case]] = {
    _dispute: disputes.Dispute,
    _meeting: meetings.Meeting,
    _return: returns.Return,
    _alarm: households.Alarm,
    _wish: wishes.Wish,
    _talk: talks.Talk,
    _round: visits.Campaign,
    _volunteer: volunteers.Volunteer,
    _patrol: patrols.Patrol,
    _car: patrols.Car,
    _shift_plan: shifts.ShiftPlan,
}
STORES: tuple[tuple[str, Store], ...] = (
    *(
        (f"{kind.__tablename__}.{what}", how(begin, what))
        for begin, kind in KINDS.items()
        for what in ("private", "origin")
        for how in (_kept, _anew)
    ),
    ("incidents.private", _private),
    ("incidents.private", _rewritten),
    ("incidents.origin", _origin),
    ("library_items.body", _shelved),
    ("searches.facts", _facts),
    ("searches.facts", _learned),
    ("searches.origin", _sought),
    ("bulletins.body", _body),
    ("bulletins.body", _reworded),
)


def test_every_kind_of_case_is_tried() -> None:
    assert set(KINDS.values()) == set(cases.kinds())


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
