"""What can be done with an evening talk (夜话): ask for one, agree, call off, note, close; and what time does.

The only door. What goes to residents has the yes of another officer, as every bulletin has.
"""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy.orm import Session

from handlers.callbacks.rules import ask_at
from handlers.dialogue.access import refuse, require
from handlers.dialogue.say import Button, Say, button, rows, to_people
from handlers.dialogue.scene import Actor, called
from handlers.dialogue.wording import Catalogue, Text, said, text
from handlers.dialogue.world import Station
from handlers.incidents.actions import no_petition
from handlers.incidents.rules import clean, split_private
from handlers.publishing import actions as publishing
from handlers.reading.identifiers import mask
from handlers.reminders.rules import moment_words
from handlers.talks import records, rules
from storage import areas, audit, cases, chats, talks
from storage.areas import Area
from storage.incidents import IncidentKind
from storage.lanes import Lane
from storage.purposes import Purpose
from storage.talks import Talk, TalkState


def ask(
    session: Session, actor: Actor, area: Area, meets_at: datetime, place: str, now: datetime, station: Station
) -> list[Say]:
    """Ask for a talk (夜话): another officer says yes, then the area's groups hear of it."""
    require(actor, "夜话", area)
    where = mask(clean(place))[: rules.MOST_PLACE]
    if not where:
        raise refuse("talks.where")
    if meets_at > now + rules.FARTHEST:
        raise refuse("talks.far", days=rules.FARTHEST.days)
    targets = records.groups(session, area)
    if not targets:
        raise refuse("talks.no_group", area=area.name)
    if (same := talks.meeting_at(session, area.id, meets_at)) is not None:
        raise refuse("talks.same", code=same.code)
    begun = Talk(
        purpose=Purpose.SERVICE,
        area_id=area.id,
        state=TalkState.ASKED,
        handler_id=actor.id,
        targets=targets,
        meets_at=meets_at,
        next_at=meets_at,
        expires_at=meets_at + station.incident_lives,
    )
    talk = cases.add(session, begun, now, private={}, origin={"person": actor.id}, teller_id=actor.id)
    talk.place = cases.sealed(session, talk, "place", where)
    officers = records.to_agree(session, talk)
    if not officers:
        raise refuse("talks.no_officer")
    audit.write(session, "talk", now, topic=talk.topic, code=talk.code, area=area.id)
    asked = Say(
        text("talks.agree", notice=notice(session, talk, now), code=talk.code, who=called(session, actor.id)),
        buttons=rows(
            (
                button("talks.button.yes", f"夜话 {talk.code} 同意"),
                button("talks.button.no", f"夜话 {talk.code} 不同意"),
            )
        ),
    )
    answer = Say(
        text("talks.asked", notice=notice(session, talk, now), code=talk.code, n=len(targets)),
        buttons=rows(button("talks.button.off", f"夜话 {talk.code} 取消")),
    )
    return [answer, *to_people(asked, officers)]


def notice(session: Session, talk: Talk, now: datetime) -> Text:
    """What residents read."""
    return text(
        "talks.notice",
        when=moment_words(talk.meets_at, now),
        place=cases.opened(session, talk, "place"),
        area=areas.get(session, talk.area_id).name,
    )


def agree(session: Session, actor: Actor, talk: Talk, words: Catalogue, now: datetime, station: Station) -> list[Say]:
    """Another officer says yes: it goes to the groups, by day."""
    if talk.handler_id == actor.id:
        raise refuse("talks.not_oneself", code=talk.code)
    if not records.may_agree(session, actor, talk):
        raise refuse("talks.officers_only", code=talk.code)
    next_at = max(talk.meets_at - rules.BEFORE, now)
    if talk.state is not TalkState.ASKED or not cases.move(
        session, talk, TalkState.ANNOUNCED, next_at=next_at, asked=0
    ):
        raise _not_now(talk)
    at = ask_at(now, station.quiet_from, station.quiet_until)
    _publish(session, talk, notice(session, talk, now), "first", words, now, actor.id, at if at > now else None)
    line = text("talks.announced", code=talk.code, n=len(talk.targets))
    says = [Say(line)]
    if talk.handler_id is not None:
        off = rows(button("talks.button.off", f"夜话 {talk.code} 取消"))
        says.append(Say(line, buttons=off, person=talk.handler_id))
    return says


def _publish(
    session: Session,
    talk: Talk,
    line: Text,
    which: str,
    words: Catalogue,
    now: datetime,
    actor_id: int | None = None,
    not_before: datetime | None = None,
) -> None:
    home = chats.private_of(session, talk.handler_id) if talk.handler_id is not None else None
    publishing.publish(
        session,
        words,
        topic=talk.topic,
        name=f"{talk.topic}:{which}",
        lane=Lane.BULK,
        notice=Say(line, topic=talk.topic),
        targets=talk.targets,
        now=now,
        report_to=home.id if home is not None and which == "first" else None,
        expires_at=talk.meets_at,
        not_before=not_before,
        actor_id=actor_id,
    )


def call_off(session: Session, actor: Actor, talk: Talk, words: Catalogue, now: datetime) -> list[Say]:
    """Call a talk off (取消), or say no to it; what the groups read is taken back."""
    if not records.may_agree(session, actor, talk):
        records.check_leader(session, actor, talk)
    was = talk.state
    if not cases.move(session, talk, TalkState.CANCELLED, closed_at=now, next_at=None):
        raise _not_now(talk)
    if was is not TalkState.ASKED:
        closing = text("talks.off_notice", when=moment_words(talk.meets_at, now))
        publishing.take_back(session, words, topic=talk.topic, closing=closing, lane=Lane.RECALL, now=now, close=True)
    says = [Say(text("talks.off", code=talk.code), quote=True)]
    if talk.handler_id is not None and talk.handler_id != actor.id:
        says.append(Say(text("talks.off_by", code=talk.code, who=called(session, actor.id)), person=talk.handler_id))
    return says


def move(
    session: Session,
    actor: Actor,
    talk: Talk,
    meets_at: datetime,
    place: str,
    words: Catalogue,
    now: datetime,
    station: Station,
) -> list[Say]:
    """Hold it at another time or place (改到): this one is called off, and the other needs a yes of its own.

    meets_at: the new time; place: the new place, empty where it stays.
    """
    if talk.handler_id != actor.id:
        records.check_leader(session, actor, talk)
        raise refuse("talks.move_leader", code=talk.code)
    if talk.state not in (TalkState.ASKED, TalkState.ANNOUNCED) or talk.meets_at <= now:
        raise _not_now(talk)
    if meets_at <= now:
        raise refuse("reminder.past", when=moment_words(meets_at, now))
    where = place or cases.opened(session, talk, "place")
    off = call_off(session, actor, talk, words, now)
    return [*off, *ask(session, actor, areas.get(session, talk.area_id), meets_at, where, now, station)]


def _not_now(talk: Talk) -> Exception:
    return refuse("talks.not_now", code=talk.code, state=text(f"talks.state.{talk.state}"))


def _held(session: Session, talk: Talk, words: Catalogue, now: datetime) -> None:
    """It has taken place: what the groups read says so."""
    moved = cases.move(
        session,
        talk,
        TalkState.HELD,
        only_from={TalkState.ANNOUNCED},
        held_at=talk.meets_at,
        asked=0,
        next_at=now + rules.NOTES_AFTER,
    )
    if moved:
        over = text("talks.over_notice", when=moment_words(talk.meets_at, now))
        publishing.take_back(session, words, topic=talk.topic, closing=over, lane=Lane.BULK, now=now, close=True)


def note(
    session: Session, actor: Actor, talk: Talk, told: Sequence[str], catalogue: Catalogue, now: datetime
) -> list[Say]:
    """Note what was said at it (夜话记), one a line; each may become a record of its own by a button."""
    records.check_leader(session, actor, talk)
    if talk.state is TalkState.ANNOUNCED and now >= talk.meets_at:
        _held(session, talk, catalogue, now)
    if talk.state is not TalkState.HELD:
        raise refuse("talks.not_yet", code=talk.code) if not talk.is_over else _not_now(talk)
    if not told:
        raise refuse("talks.note_what", code=talk.code)
    if any(len(one) > rules.MOST_NOTE for one in told):
        raise refuse("incidents.too_long", most=rules.MOST_NOTE)
    if len(talks.noted(session, talk)) + len(told) > rules.MOST_NOTES:
        raise refuse("talks.many_notes", most=rules.MOST_NOTES)
    for one in told:
        no_petition(IncidentKind.MATTER, one)
        cases.add_note(session, talk, talks.NOTED, split_private(clean(one)).private["words"], now)
    newest = list(talks.noted(session, talk))[-len(told) :]
    return noted(session, talk, newest)


def noted(session: Session, talk: Talk, numbers: Sequence[int] | None = None) -> list[Say]:
    """The latest notes, those that are nothing else yet with buttons; of older ones one speaks by number.

    A few notes a message: where there are no buttons, what can be chosen is numbered to nine.
    """
    found, became = talks.noted(session, talk), talks.became(session, talk)
    shown = [one for one in found if numbers is None or one in numbers][-rules.MOST_SHOWN :]
    lines = {
        one: text("talks.noted_became", n=one, words=talks.words_of(session, talk, found[one]), what=became[one])
        if one in became
        else text("talks.noted", n=one, words=talks.words_of(session, talk, found[one]))
        for one in shown
    }
    if not lines:
        return [Say(text("talks.no_notes", code=talk.code), buttons=_close_button(talk))]
    parts = [shown[start : start + rules.A_MESSAGE] for start in range(0, len(shown), rules.A_MESSAGE)]
    return [
        Say(
            text("talks.notes", code=talk.code, lines=tuple(lines[one] for one in part)),
            buttons=(
                *(_becoming(talk, one) for one in part if one not in became),
                *(_close_button(talk) if part is parts[-1] else ()),
            ),
        )
        for part in parts
    ]


def _becoming(talk: Talk, number: int) -> tuple[Button, ...]:
    return tuple(
        button("talks.button.becomes", f"夜话记 {talk.code} 第{number}条 {what}", n=number, what=what)
        for what in rules.BECOMES
    )


def _close_button(talk: Talk) -> tuple[tuple[Button, ...], ...]:
    held = talk.state is TalkState.HELD
    return rows(button("talks.button.close", f"夜话 {talk.code} 结束")) if held else ()


def words_of(session: Session, actor: Actor, talk: Talk, number: int) -> str:
    """The words of a note that is to become something; raises Refusal where it did already."""
    records.check_leader(session, actor, talk)
    found, became = talks.noted(session, talk), talks.became(session, talk)
    if number not in found:
        raise refuse("talks.no_such_note", code=talk.code, n=number)
    if number in became:
        raise refuse("talks.became_already", n=number, what=became[number])
    return talks.words_of(session, talk, found[number])


def became(session: Session, talk: Talk, number: int, what: str, now: datetime) -> None:
    """Keep that a note became something."""
    cases.add_note(session, talk, talks.BECAME, f"{number} {what}", now)


def drop(session: Session, actor: Actor, talk: Talk, number: int) -> list[Say]:
    """Take a note out again (删)."""
    records.check_leader(session, actor, talk)
    found = talks.noted(session, talk)
    if number not in found:
        raise refuse("talks.no_such_note", code=talk.code, n=number)
    talks.drop(session, talk, found[number])
    return [Say(text("talks.dropped", n=number))]


def close(session: Session, actor: Actor, talk: Talk, now: datetime, station: Station) -> list[Say]:
    """Close it (结束): how many notes, and what they became."""
    records.check_leader(session, actor, talk)
    line = _close(session, talk, now, station)
    if line is None:
        raise refuse("talks.not_yet", code=talk.code) if not talk.is_over else _not_now(talk)
    return [Say(line, buttons=rows(button("wishes.button.undone", f"重开 {talk.code}")))]


def _close(session: Session, talk: Talk, now: datetime, station: Station) -> Text | None:
    ends = {"closed_at": now, "next_at": None, "expires_at": now + station.incident_lives}
    if not cases.move(session, talk, TalkState.CLOSED, only_from={TalkState.HELD}, **ends):
        return None
    found, made = talks.noted(session, talk), list(talks.became(session, talk).values())
    sorts = [text("talks.made", what=one, n=made.count(one)) for one in rules.BECOMES if one in made]
    return text("talks.closed", code=talk.code, notes=len(found), made=tuple(sorts) if sorts else (said("—"),))


def reopen(session: Session, actor: Actor, talk: Talk, now: datetime) -> list[Say]:
    """Open it again, for more notes."""
    records.check_leader(session, actor, talk)
    if not cases.move(session, talk, TalkState.HELD, closed_at=None, asked=1, next_at=now + rules.CLOSED_AFTER):
        raise _not_now(talk)
    return [Say(text("incidents.reopened"), quote=True)]


def step(session: Session, talk: Talk, now: datetime, station: Station, words: Catalogue) -> list[Say]:
    """What time does: it lapses without a yes; an hour before, all are reminded; after it, notes are asked for."""
    cases.change(session, talk, asked=talk.asked + 1, next_at=None)
    leader = [talk.handler_id] if talk.handler_id is not None else []
    when = moment_words(talk.meets_at, now)
    if talk.state is TalkState.ASKED:
        cases.move(session, talk, TalkState.CANCELLED, closed_at=now)
        return to_people(Say(text("talks.lapsed", code=talk.code, when=when)), leader)
    if talk.state is TalkState.ANNOUNCED and now < talk.meets_at:
        cases.change(session, talk, next_at=talk.meets_at + rules.LASTS)
        place = cases.opened(session, talk, "place")
        _publish(session, talk, text("talks.soon", when=when, place=place), "soon", words, now)
        return to_people(Say(text("talks.soon_you", code=talk.code, place=place), lane=Lane.REMINDER), leader)
    if talk.state is TalkState.ANNOUNCED:
        _held(session, talk, words, now)
        return to_people(_asks_notes(talk, "talks.ask_notes"), leader)
    if talk.asked == 1:
        cases.change(session, talk, next_at=now + rules.CLOSED_AFTER)
        return [] if talks.noted(session, talk) else to_people(_asks_notes(talk, "talks.ask_notes_again"), leader)
    line = _close(session, talk, now, station)
    return to_people(Say(line, lane=Lane.REMINDER), leader) if line is not None else []


def _asks_notes(talk: Talk, key: str) -> Say:
    buttons = (
        button("talks.button.notes", f"夜话记 {talk.code}"),
        button("talks.button.not_held", f"夜话 {talk.code} 取消"),
    )
    return Say(text(key, code=talk.code), buttons=rows(buttons), lane=Lane.REMINDER)
