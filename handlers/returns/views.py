"""Views of a return (看法): what its handler, the other officer and the owner read, each privately."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from sqlalchemy.orm import Session

from handlers.dialogue.say import Button, Say, button, rows, to_people
from handlers.dialogue.scene import called
from handlers.dialogue.wording import Text, said, text
from handlers.dialogue.world import Station
from handlers.reminders.rules import moment_words
from handlers.returns import records, rules
from storage import areas, cases
from storage.lanes import Lane
from storage.returns import Return, ReturnState

MOST_ASKED = 4
MOST_NOTES = 8


def thing(session: Session, row: Return) -> str:
    """What it is, without its numbers."""
    return str(cases.private_of(session, row).get("what", ""))


def to_owner(session: Session, row: Return, key: str, *buttons: Sequence[Button] | Button, **fields: object) -> Say:
    """Tell the owner, privately; only where the bot knows them."""
    return Say(
        text(key, code=row.code, thing=thing(session, row), **fields),
        buttons=rows(*buttons),
        person=records.owner_of(session, row),
        lane=Lane.REMINDER,
    )


def to_handler(row: Return, key: str, *buttons: Sequence[Button] | Button, **fields: object) -> list[Say]:
    """Tell its handler, where somebody has it."""
    line = Say(text(key, code=row.code, **fields), buttons=rows(*buttons), lane=Lane.REMINDER)
    return to_people(line, [row.handler_id]) if row.handler_id is not None else []


def check(session: Session, row: Return, key: str, people: Iterable[int]) -> list[Say]:
    """Ask other officers to verify it: what it is, and from which case."""
    source = cases.private_of(session, row).get("from")
    line = text(
        key,
        code=row.code,
        place=areas.get(session, row.area_id).name,
        thing=thing(session, row),
        source=text("returns.source", source=source) if source else text("returns.no_source"),
        name=called(session, row.registered_by),
    )
    yes, no = button("returns.button.verify", f"核实 {row.code}"), button("returns.button.reject", f"驳回 {row.code}")
    return to_people(Say(line, buttons=rows((yes, no)), lane=Lane.REMINDER), list(people)[:MOST_ASKED])


def arrange(session: Session, row: Return, why: str, now: datetime, station: Station) -> list[Say]:
    """Ask the handler to make an appointment (first, late, moved, missed); one to be phoned is shown by a word."""
    if records.owner_of(session, row) is None:
        phone = button("returns.button.phone", f"返赃 {row.code} 电话")
        return to_handler(row, f"returns.phone.{why}", phone, thing=thing(session, row))
    three = button("returns.button.three", f"约谈 {row.code} 三个时间")
    times = "；".join(moment_words(one, now) for one in rules.proposals(now, station.workdays))
    return to_handler(row, f"returns.arrange.{why}", three, thing=thing(session, row), times=times)


def choices(row: Return, times: Sequence[datetime], now: datetime) -> list[Sequence[Button] | Button]:
    """What the owner presses: one of the moments, another one, or that it is not theirs."""
    made: list[Sequence[Button] | Button] = [
        Button(said(moment_words(one, now)), f"领取 {row.code} {rules.stamp(one)}") for one in times
    ]
    other = button("returns.button.other", f"领取 {row.code} 换时间")
    return [*made, (other, button("returns.button.not_mine", f"领取 {row.code} 不是我的"))]


def pick(session: Session, row: Return, times: Sequence[datetime], now: datetime) -> Say:
    """Ask the owner once more to choose one of these moments."""
    return to_owner(session, row, "returns.owner.pick", *choices(row, times, now))


def state_of(row: Return, now: datetime) -> Text:
    """How it stands."""
    if row.state is ReturnState.MEETING and row.meets_at is not None:
        return text("returns.state_meets", when=moment_words(row.meets_at, now))
    if row.state is ReturnState.VERIFIED and row.reopened:
        return text("returns.state_again")
    return text(f"returns.state.{row.state}")


def notes(session: Session, row: Return, now: datetime) -> list[Text]:
    """Its steps, for its handler alone."""
    found = cases.notes_of(session, row)[-MOST_NOTES:]
    return [text(f"returns.note.{kind}", at=moment_words(at, now), words=words) for at, kind, words in found]


def overview(session: Session, row: Return, now: datetime) -> Say:
    """All its handler reads: the thing, where it came from, how it stands, what was done."""
    source = cases.private_of(session, row).get("from")
    lines = [
        text("returns.brief", code=row.code, thing=thing(session, row), state=state_of(row, now)),
        *([text("returns.brief_source", source=source)] if source else []),
        _owner_line(session, row),
        *notes(session, row, now),
    ]
    return Say(text("incidents.lines", lines=tuple(lines)), buttons=rows(*handler_buttons(session, row)))


def _owner_line(session: Session, row: Return) -> Text:
    if records.owner_of(session, row) is not None:
        return text("returns.brief_known")
    return text("returns.brief_phone") if records.owner_note(session, row) else text("returns.brief_nobody")


def handler_buttons(session: Session, row: Return) -> Iterable[Sequence[Button] | Button]:
    """What its handler does next."""
    if row.state in (ReturnState.VERIFIED, ReturnState.MEETING):
        if records.owner_of(session, row) is None:
            yield button("returns.button.phone", f"返赃 {row.code} 电话")
        elif row.state is ReturnState.VERIFIED:
            yield button("returns.button.three", f"约谈 {row.code} 三个时间")
    if row.state is ReturnState.MEETING:
        yield button("returns.button.missed", f"约谈 {row.code} 没来")
    if row.state is ReturnState.REGISTERED:
        yield button("returns.button.withdraw", f"撤销 {row.code}")
