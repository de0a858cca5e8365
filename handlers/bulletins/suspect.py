"""协查: a suspect notice, asked question by question; the gate hears each answer (R7, R8)."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from handlers.bulletins import audience, drafting, form, gate, rules, views
from handlers.bulletins.gate import Lack
from handlers.bulletins.views import Office
from handlers.dialogue import asking
from handlers.dialogue.access import refuse
from handlers.dialogue.command import Command
from handlers.dialogue.form import Form, Problem, Question
from handlers.dialogue.say import Say, button
from handlers.dialogue.scene import Actor
from handlers.dialogue.wording import text
from handlers.reading import intent
from handlers.reading.normal import fold
from storage import areas, bulletins, chats
from storage.bulletins import BulletinKind

HOURS = (24, 48, 72)


def _lack(lack: Lack) -> Problem:
    return Problem(text(f"bulletins.lack.{lack}"))


def read_case(rest: str) -> Any:  # noqa: ANN401 - JSON or Problem
    """The case number (案号)."""
    return rules.cleaned(rest) if gate.has_case(rest) else _lack(Lack.CASE)


def read_time(rest: str, now: datetime) -> Any:  # noqa: ANN401 - JSON or Problem
    """When it happened; kept as a day that stays true tomorrow."""
    found = gate.time_lack(rest, now)
    return _lack(found[0]) if found else f"{gate.when_shown(rest, now)}"


def read_place(rest: str) -> Any:  # noqa: ANN401 - JSON or Problem
    """Where it happened."""
    return rules.cleaned(rest)[:60] if gate.has_place(rest) else _lack(Lack.PLACE)


def read_marks(rest: str, now: datetime) -> Any:  # noqa: ANN401 - JSON or Problem
    """Two descriptors that change with the day, and nothing of what somebody is."""
    words = rules.cleaned(rest)[:300]
    found = gate.forbidden(words, now)
    if found:
        return _lack(found[0])
    return words if len(gate.marks_in(words)) >= gate.ENOUGH_MARKS else _lack(Lack.MARKS)


def read_adult(rest: str) -> Any:  # noqa: ANN401 - JSON or Problem
    """Whether the person is surely grown up; what says neither that nor the contrary is asked again."""
    if gate.says_adult(rest):
        return "成年"
    return _lack(Lack.MINOR) if gate.says_no_adult(rest) else Problem(text("bulletins.say_adult"))


def read_hours(rest: str) -> Any:  # noqa: ANN401 - JSON or Problem
    """For how long it counts, at most 72 hours."""
    _, span = rules.lasting(f"{fold(rest).strip()}内有效")
    digits = "".join(one for one in fold(rest) if one.isdecimal())
    hours = int(digits[:4]) if span is None and digits else round((span or timedelta()).total_seconds() / 3600)
    return hours if 1 <= hours <= max(HOURS) else Problem(text("bulletins.no_hours", most=max(HOURS)))


def finish(office: Office, actor: Actor, answers: Mapping[str, Any]) -> list[Say]:
    """The draft and its preview."""
    drafted = drafting.draft(
        office,
        actor,
        BulletinKind.SUSPECT,
        media=answers.get("photo") or (),
        facts={name: answers[name] for name in ("case", "when", "place", "marks", "adult")},
        scope=areas.get(office.session, answers["scope"]),
        lives=timedelta(hours=answers["hours"]),
    )
    return views.preview(office, drafted, bulletins.body_of(office.session, drafted))


FORM = Form(
    "bulletins.suspect",
    (
        Question("case", read_case, optional=False),
        Question("when", read_time, optional=False),
        Question("place", read_place, optional=False),
        Question("marks", read_marks, optional=False),
        Question(
            "adult",
            read_adult,
            ((button("bulletins.adult", "成年"), button("bulletins.unsure", "不确定")),),
            optional=False,
        ),
        Question("photo", form.read_picture),
        Question("scope", form.read_scope, form.SCOPES, optional=False),
        Question(
            "hours",
            read_hours,
            (tuple(button("bulletins.hours", f"{hours}小时", n=hours) for hours in HOURS),),
            optional=False,
        ),
    ),
    finish,
    lives=timedelta(hours=2),
)


def suspect(office: Office, actor: Actor) -> list[Say]:
    """Open the guided talk."""
    audience.home(office.session, actor, BulletinKind.SUSPECT)
    chat = chats.private_of(office.session, actor.id)
    if chat is None:
        raise refuse("bulletins.which", word="协查")
    return asking.begin(office.session, FORM, actor.id, chat.id, office.now)


COMMAND = Command("协查", suspect, latin="suspect", bare=intent.suspect, form=FORM, rank=22)
