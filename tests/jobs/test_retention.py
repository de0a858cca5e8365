"""What has been kept long enough is gone for good; what is still needed stays."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import delete, func, select

from handlers.dialogue import asking
from handlers.dialogue.form import Form, Question, plain
from handlers.dialogue.message import Outgoing
from handlers.dialogue.say import Say, say
from jobs import retention
from storage import (
    areas,
    chats,
    contents,
    deliveries,
    forms,
    inbox,
    incidents,
    leases,
    media,
    outbox,
    people,
    sources,
    tokens,
)
from storage.contents import Content
from storage.forms import FormState, OpenForm
from storage.incidents import Incident, IncidentKind, IncidentNote, IncidentState
from storage.keys import DataKey
from storage.lanes import Lane
from storage.media import MediumKind, MediumState
from storage.people import Role
from storage.purposes import Purpose
from storage.tokens import Token
from tests.support.stage import Stage


def an_incident(stage: Stage, kind: IncidentKind = IncidentKind.HAZARD, text: str = "金丝雀路灯") -> tuple[int, int]:
    """(incident id, id of its photo)."""
    now = stage.world.now()
    with stage.world.db.write() as session:
        area, teller = areas.named(session, "大侯村"), people.named(session, "居民甲")
        assert area is not None
        assert teller is not None
        row = incidents.add(
            session,
            kind,
            Purpose.SAFETY,
            area.id,
            text,
            now,
            expires_at=now + timedelta(days=365),
            teller_id=teller.id,
            origin={"person": teller.id},
        )
        medium = media.want(session, MediumKind.PHOTO, {"ref": "x"}, now)
        media.store(session, medium, b"picture", "image/jpeg", "0" * 64)
        incidents.attach(session, row, [medium])
        incidents.add_note(session, row, "补充", "金丝雀补充", now)
        return row.id, medium


def test_photos_go_three_days_after_the_close(both_stages: Stage) -> None:
    stage = both_stages
    number, medium = an_incident(stage)
    stage.later(days=30)
    with stage.world.db.write() as session:
        assert media.get(session, medium).state is MediumState.READY, "still open"
        row = incidents.get(session, number)
        incidents.move(session, row, IncidentState.DONE, closed_at=stage.world.now())
    stage.later(days=2, hours=23)
    with stage.world.db.read() as session:
        assert media.blob_of(session, medium) == b"picture"
    stage.later(hours=2)
    with stage.world.db.read() as session:
        assert media.get(session, medium).state is MediumState.ERASED
        assert incidents.text_of(session, incidents.get(session, number)) == "金丝雀路灯"


@pytest.mark.parametrize(("kind", "days"), [(IncidentKind.TIP, 90), (IncidentKind.HAZARD, 365)])
def test_a_record_becomes_a_tombstone(stage: Stage, kind: IncidentKind, days: int) -> None:
    number, medium = an_incident(stage, kind)
    stage.later(days=days - 1)
    with stage.world.db.read() as session:
        assert incidents.text_of(session, incidents.get(session, number)) == "金丝雀路灯"
    stage.later(days=1, minutes=1)
    with stage.world.db.read() as session:
        row = incidents.get(session, number)
        assert (row.kind, row.number, row.state) == (kind, 1, IncidentState.OPEN)
        assert (row.text, row.origin, row.teller_digest, row.next_at) == (None, None, None, None)
        assert session.scalar(select(func.count()).select_from(IncidentNote)) == 0
        assert media.get(session, medium).state is MediumState.ERASED


def test_a_tip_that_was_confirmed_stays_its_time(stage: Stage) -> None:
    number, _ = an_incident(stage, IncidentKind.TIP)
    with stage.world.db.write() as session:
        incidents.move(session, incidents.get(session, number), IncidentState.DONE, closed_at=stage.world.now())
    stage.later(days=91)
    with stage.world.db.read() as session:
        assert session.scalar(select(Incident.text)) is not None


def test_what_was_said_goes_a_day_after_but_not_what_is_still_to_be_said(both_stages: Stage) -> None:
    stage = both_stages
    stage.say("居民甲", "帮助")
    now = stage.world.now()
    with stage.world.db.write() as session:
        waiting = contents.keep(session, Outgoing("后天的预警").to_bytes(), (), now)
        chat = chats.groups(session, (chats.ChatKind.RESIDENTS,))[0]
        deliveries.add(
            session, "d", "bulletin:1", Lane.BULK, waiting, [chat.id], now, not_before=now + timedelta(days=2)
        )
    stage.later(hours=23)
    with stage.world.db.read() as session:
        assert session.scalar(select(func.count()).where(Content.payload.is_not(None))) == 2
    stage.later(hours=2)
    with stage.world.db.read() as session:
        assert session.scalars(select(Content.id).where(Content.payload.is_not(None))).all() == [waiting]
        assert contents.payload_of(session, waiting) is not None


def test_small_things_go_in_their_time(both_stages: Stage) -> None:
    stage = both_stages
    now = stage.world.now()
    with stage.world.db.write() as session:
        area = areas.named(session, "大侯村")
        assert area is not None
        tokens.new_code(session, Role.RESIDENT, area.id, None, now, now + timedelta(days=7))
        sources.note(session, "m", "incident:1", now)
        row_id = inbox.add(session, "play", "k", "q", b"x", now)
        assert row_id is not None
        inbox.set_aside(session, row_id, now)
    for days, left in ((6, (1, 1)), (2, (0, 1)), (23, (0, 0))):
        stage.later(days=days)
        with stage.world.db.read() as session:
            kept = session.scalar(select(func.count()).select_from(Token))
            known = int(sources.topic_of(session, "m") is not None)
            assert (kept, known) == left
    with stage.world.db.read() as session:
        row = session.get_one(inbox.InboxRow, row_id)
        assert (row.wrapped, row.payload) == (None, None)


def test_a_talk_nobody_went_on_with_ends_and_says_so_where_it_wants(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    def ended(answers: dict[str, Any], form: OpenForm) -> Say:
        return say("said", words=f"没填完：{answers['what']} {form.topic}")

    form = Form("for_test", (Question("what", plain), Question("more", plain)), plain, on_end=ended)
    monkeypatch.setattr(asking, "all_forms", lambda: {"for_test": form})
    now = stage.world.now()
    with stage.world.db.write() as session:
        person = people.named(session, "居民甲")
        assert person is not None
        chat = chats.private_of(session, person.id)
        assert chat is not None
        row = forms.begin(session, person.id, chat.id, "for_test", "more", now, now + form.lives, {"what": "帽子"})
        row.topic = "search:3"
    shown = stage.later(hours=25)
    assert [(one.chat, one.text) for one in shown] == [("居民甲", "没填完：帽子 search:3")]
    with stage.world.db.read() as session:
        assert session.get_one(OpenForm, row.id).state is FormState.LAPSED
    assert stage.later(hours=25) == []


def test_a_talk_that_cannot_end_well_ends_all_the_same(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken() -> Say:
        raise RuntimeError

    form = Form("for_test", (Question("what", plain),), plain, on_end=broken)
    monkeypatch.setattr(asking, "all_forms", lambda: {"for_test": form})
    now = stage.world.now()
    with stage.world.db.write() as session:
        person = people.named(session, "居民甲")
        assert person is not None
        chat = chats.private_of(session, person.id)
        assert chat is not None
        row = forms.begin(session, person.id, chat.id, "for_test", "what", now, now + form.lives)
    assert stage.later(hours=25) == []
    with stage.world.db.read() as session:
        assert session.get_one(OpenForm, row.id).state is FormState.LAPSED


def test_one_process_sweeps_at_a_time(both_stages: Stage) -> None:
    stage = both_stages
    stage.later(hours=1)
    now = stage.world.now()
    an_incident(stage)
    with stage.world.db.write() as session:
        session.scalars(select(Incident)).one().expires_at = now
        session.execute(delete(IncidentNote))
        assert not leases.is_free(session, retention.LEASE, now)
    assert retention.tick(stage.world) == 0, "swept a moment ago"
    stage.clock.move(minutes=10)
    with stage.world.db.write() as session:
        assert leases.take(session, retention.LEASE, "another", stage.world.now(), stage.world.now() + retention.EVERY)
    assert retention.tick(stage.world) == 0, "somebody else sweeps"
    stage.clock.move(minutes=10)
    assert retention.tick(stage.world) >= 1


def test_a_part_that_fails_leaves_the_others_their_work(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> int:
        raise RuntimeError

    an_incident(stage)
    monkeypatch.setattr(retention, "PARTS", {"broken": broken, **retention.PARTS})
    stage.later(days=366)
    with stage.world.db.read() as session:
        assert session.scalar(select(Incident.text)) is None


def test_calls_that_came_too_late_are_given_up(stage: Stage) -> None:
    now = stage.world.now()
    with stage.world.db.write() as session:
        chat = chats.groups(session, (chats.ChatKind.RESIDENTS,))[0]
        chats.set_state(session, chat.id, chats.ChatState.MUTED, now)
        content = contents.keep(session, Outgoing("一").to_bytes(), (), now)
        outbox.put(session, chat, "a", now, lane=Lane.BULK, content_id=content, expires_at=now + timedelta(hours=1))
        outbox.put(session, chat, "b", now, lane=Lane.BULK, content_id=content)
    stage.later(hours=1)
    with stage.world.db.read() as session:
        states = session.scalars(select(outbox.OutboxRow.state).order_by(outbox.OutboxRow.id)).all()
        assert [str(state) for state in states] == ["dead", "queued"]
    stage.later(days=31)
    with stage.world.db.read() as session:
        states = session.scalars(select(outbox.OutboxRow.state).order_by(outbox.OutboxRow.id)).all()
        assert [str(state) for state in states] == ["dead", "dead"]


def test_after_the_purge_no_byte_of_it_is_left(stage: Stage) -> None:
    number, medium = an_incident(stage)
    with stage.world.db.read() as session:
        row, photo = incidents.get(session, number), media.get(session, medium)
        assert row.text
        assert photo.blob
        sealed = [row.text, photo.blob]
        sealed += [session.get_one(DataKey, key_id).wrapped for key_id in (row.key_id, photo.key_id)]
    stage.world.db.settle()
    assert all(part in _raw(stage) for part in sealed)
    stage.later(days=366)
    assert not any(part in _raw(stage) for part in sealed)


def _raw(stage: Stage) -> bytes:
    """All bytes of the database's files."""
    folder = Path(stage.world.db.url.removeprefix("sqlite:///")).parent
    return b"".join(path.read_bytes() for path in folder.iterdir())
