"""Views of a meeting (看法): the brief for its handler alone; for everybody else a number and an age."""

from datetime import datetime

from sqlalchemy.orm import Session

from handlers.cases.views import span_words
from handlers.dialogue.say import Button, Say, button, rows
from handlers.dialogue.wording import Text, said, text
from handlers.meetings import rules
from handlers.reminders.rules import moment_words
from storage import audit, cases
from storage.lanes import Lane
from storage.meetings import Meeting, MeetingState, Result

MOST_NOTES = 12


def age(meeting: Meeting, now: datetime) -> str:
    """How long ago it was given."""
    return span_words(now - meeting.created_at)


def state(meeting: Meeting) -> Text:
    """How it stands, in a word."""
    if meeting.state is MeetingState.DONE and meeting.result:
        return text("meetings.state_result", result=meeting.result, sum=sum_words(meeting.yuan))
    return text(f"meetings.state.{meeting.state}")


def sum_words(yuan: int | None) -> str:
    """A sum as people read it, 3万元."""
    if yuan is None:
        return ""
    if yuan >= 10_000:
        return f"{yuan / 10_000:.4f}".rstrip("0").rstrip(".") + "万元"
    return f"{yuan}元"


def brief(session: Session, meeting: Meeting, now: datetime, key: str = "meetings.brief") -> Say:
    """Who, where and what, to its handler privately; that it was shown is kept."""
    audit.write(session, "meeting.brief", now, actor_id=meeting.handler_id, topic=meeting.topic)
    private = cases.private_of(session, meeting)
    lines: list[Text] = [
        text(
            key,
            code=meeting.code,
            reach=moment_words(meeting.created_at + rules.REACH, now)[-5:],
            meet=moment_words(meeting.created_at + rules.MEET, now)[-5:],
        ),
        said(str(private.get("words", ""))),
    ]
    lines += notes(session, meeting, now)
    return Say(
        text("incidents.lines", lines=tuple(lines)),
        buttons=buttons(meeting),
        person=meeting.handler_id,
        lane=Lane.LIFE,
    )


def notes(session: Session, meeting: Meeting, now: datetime) -> list[Text]:
    """What was noted beside it, oldest first."""
    found = cases.notes_of(session, meeting)[-MOST_NOTES:]
    return [text(f"meetings.note.{kind}", at=moment_words(at, now), words=words) for at, kind, words in found]


def buttons(meeting: Meeting) -> tuple[tuple[Button, ...], ...]:
    """What its handler does next."""
    code = meeting.code
    (results,) = result_buttons(meeting)
    met = button("meetings.button.met", f"见面 {code} 已见面")
    if meeting.met_at is not None:
        return rows(results)
    if meeting.reached_at is not None:
        return rows((met, button("meetings.button.hand", f"转派 {code}")), results)
    reached = button("meetings.button.reached", f"见面 {code} 已联系")
    return rows((reached, met), (button("meetings.button.hand", f"转派 {code}"),))


def result_buttons(meeting: Meeting) -> tuple[tuple[Button, ...], ...]:
    """已止付, 未转, 已转."""
    made = tuple(button(f"meetings.button.{one.name.lower()}", f"见面 {meeting.code} {one}") for one in Result)
    return (made,)


def line(meeting: Meeting, now: datetime) -> Text:
    """A line of 待办: number and age, nothing else."""
    return text("meetings.todo", code=meeting.code, age=age(meeting, now))


def progress(meeting: Meeting, now: datetime) -> Text:
    """How it stands for those who may know that it exists."""
    return text("meetings.progress", code=meeting.code, state=state(meeting), age=age(meeting, now))
