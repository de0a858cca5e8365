"""What can be done about a call-back (回访): begin, ask, answer, say why, end; the only door.

The handler never sees an answer: questions go to private talks, results to whoever takes over.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from handlers.callbacks import rules
from handlers.dialogue import asking, kinds
from handlers.dialogue.access import refuse
from handlers.dialogue.form import Form
from handlers.dialogue.kinds import Addressee, Case
from handlers.dialogue.say import Button, Say, button, rows
from handlers.dialogue.scene import Actor
from handlers.dialogue.wording import Text, text
from handlers.dialogue.world import Station
from storage import callbacks, chats, moments
from storage.callbacks import Answer, Callback, CallbackAsk, CallbackState
from storage.chats import ChatState
from storage.lanes import Lane
from storage.moments import Clock

MOST_WHICH = 8
ENDS = {
    "satisfied": CallbackState.SATISFIED,
    "dissatisfied": CallbackState.DISSATISFIED,
    "unanswered": CallbackState.UNANSWERED,
}


def begin(
    session: Session,
    case: Case,
    now: datetime,
    station: Station,
    *,
    even_if_nobody: bool = False,
    after: timedelta = rules.AFTER,
) -> Callback | None:
    """Have the people of a record asked seven days (`after`) after it was done; None where nobody can be.

    Nobody is asked about their own work: its handler is never among them. even_if_nobody: the round runs its
    days although nobody can be reached, so that what is done is closed no sooner for that.
    """
    cancel(session, case.topic, now)
    asked = [one for one in case.kind.addressees(session, case) if one.person != case.handler_id]
    people = list({(one.person, one.side): one for one in _reachable(session, asked)}.values())
    if not people and not even_if_nobody:
        return None
    at = rules.ask_at(now + after, station.quiet_from, station.quiet_until)
    asks = [(one.person, one.side, one.by_phone) for one in people]
    return callbacks.open_round(session, case.topic, case.key_id, case.handler_id, asks, at, now)


def _reachable(session: Session, asked: Sequence[Addressee]) -> list[Addressee]:
    return [one for one in asked if reaches(session, one.person)]


def reaches(session: Session, person_id: int) -> bool:
    """Whether this person has opened their private talk."""
    private = chats.private_of(session, person_id)
    return private is not None and private.state is ChatState.OPEN


def cancel(session: Session, topic: str, now: datetime) -> None:
    """The record was opened again: nobody is asked any more."""
    row = callbacks.newest(session, topic)
    if row is not None and row.state in callbacks.OPEN:
        callbacks.set_state(session, row, CallbackState.CANCELLED, None, now)


def step(session: Session, row: Callback, now: datetime, station: Station) -> list[Say]:
    """What is due: the question, the question once more to those who have not answered, or the end."""
    case = kinds.case_of(session, row.topic)
    if case is None:
        callbacks.set_state(session, row, CallbackState.CANCELLED, None, now)
        return []
    given = [ask.answer for ask in callbacks.asks_of(session, row)]
    if row.state is CallbackState.AGAIN or Answer.NONE not in given:
        return _end(session, row, case, rules.at_the_end(given), now, station)
    again = row.state is CallbackState.ASKED
    at = rules.ask_at(now + rules.AGAIN, station.quiet_from, station.quiet_until)
    callbacks.set_state(session, row, CallbackState.AGAIN if again else CallbackState.ASKED, at, now)
    open_ones = [ask for ask in callbacks.asks_of(session, row) if ask.answer is Answer.NONE]
    return [one for ask in open_ones for one in _question(session, row, ask, case, now, again=again)]


def _question(
    session: Session, row: Callback, ask: CallbackAsk, case: Case, now: datetime, *, again: bool
) -> list[Say]:
    """The private question; to a caller with whom to phone."""
    person = callbacks.who_of(session, row, ask)
    if person is None or not reaches(session, person):
        return []
    if ask.by_phone:
        reach = case.kind.reach
        who = reach(session, case, ask.side, person, now) if reach is not None else ask.side
        line = text("callbacks.call", code=case.code, place=case.place, who=who, side=ask.side)
        buttons = rows(
            (
                button("callbacks.button.yes", f"回访 {case.code} {ask.side} 满意"),
                button("callbacks.button.no", f"回访 {case.code} {ask.side} 不满意"),
            ),
            button("callbacks.button.unreached", f"回访 {case.code} {ask.side} 没联系上"),
        )
    else:
        more = text("callbacks.again") if again else text("callbacks.first")
        line = text("callbacks.ask", code=case.code, place=case.place, more=more)
        buttons = _yes_or_no(case.code)
    return [Say(line, buttons=buttons, person=person, lane=Lane.REMINDER)]


def _yes_or_no(of: str) -> tuple[tuple[Button, ...], ...]:
    return rows((button("callbacks.button.yes", f"回访 {of} 满意"), button("callbacks.button.no", f"回访 {of} 不满意")))


def well_or_not(session: Session, ask: CallbackAsk) -> Say:
    """还行吧 may mean either: asked once more, by a button."""
    row = callbacks.get(session, ask.callback_id)
    case = kinds.case_of(session, row.topic)
    if case is None or row.state not in callbacks.OPEN:
        raise refuse("callbacks.nothing")
    of = f"{case.code} {ask.side}" if ask.by_phone else case.code
    return Say(text("callbacks.well_or_not", code=case.code), buttons=_yes_or_no(of))


def open_of(session: Session, actor: Actor, topic: str | None, side: str, given: Answer) -> list[CallbackAsk]:
    """The questions of this person that this answer may be to."""
    asks = callbacks.asked_of(session, actor.id, topic) if actor.id else ()
    fresh = [one for one in asks if one.answer is Answer.NONE and side in ("", one.side)]
    return [one for one in fresh if one.by_phone or given is not Answer.UNREACHED]


def which(session: Session, asks: Sequence[CallbackAsk], given: Answer, kept: str) -> Say:
    """Which of the questions is answered, the answer standing in each button; kept: where why is kept."""
    word = rules.WORDS[given]
    made = []
    for ask in asks:
        case = kinds.case_of(session, callbacks.get(session, ask.callback_id).topic)
        if case is not None:
            does = f"回访 {case.code} {ask.side} {word} {kept}".strip()
            label = "callbacks.button.which" if ask.by_phone else "callbacks.button.which_own"
            about = {"side": ask.side} if ask.by_phone else {"place": case.place}
            made.append(button(label, does, code=case.code, **about))
    return Say(text("callbacks.which", word=word), buttons=rows(*made[:MOST_WHICH]))


def question_of(session: Session, actor: Actor, topic: str | None, side: str) -> CallbackAsk:
    """The open question of this person, about the record named; a Refusal that tells a stranger nothing."""
    if not actor.id:
        raise refuse("callbacks.nothing")
    asks = [one for one in callbacks.asked_of(session, actor.id, topic) if not side or one.side == side]
    fresh = [one for one in asks if one.answer is Answer.NONE]
    if len({one.callback_id for one in fresh}) > 1 or (len(fresh) > 1 and not side):
        raise refuse("callbacks.which_how")
    if fresh:
        return fresh[0]
    raise refuse("callbacks.answered" if asks else "callbacks.nothing")


def answer(
    session: Session,
    actor: Actor,
    ask: CallbackAsk,
    given: Answer,
    why: str,
    now: datetime,
    station: Station,
    why_form: Form,
) -> list[Say]:
    """Take an answer; 不满意 opens the record again for somebody else at once, and asks why."""
    row = callbacks.get(session, ask.callback_id)
    case = kinds.case_of(session, row.topic)
    if case is None or row.state not in callbacks.OPEN:
        raise refuse("callbacks.nothing")
    callbacks.set_answer(session, ask, given, now)
    says: list[Say] = []
    if given is Answer.DISSATISFIED:
        if why:
            callbacks.set_why(session, row, ask, case.kind.shown(session, case, why)[: rules.MOST_WHY])
            by_phone = text("callbacks.noted_why", code=case.code, side=ask.side)
            says.append(Say(by_phone if ask.by_phone else text("callbacks.sorry_why")))
        else:
            says += _ask_why(session, actor, ask, case.code, now, why_form)
    elif ask.by_phone:
        says.append(Say(text("callbacks.noted", code=case.code, side=ask.side, word=rules.WORDS[given])))
    else:
        says.append(Say(text("callbacks.thanks")))
    end = rules.verdict([one.answer for one in callbacks.asks_of(session, row)])
    if end is not None:
        says += _end(session, row, case, end, now, station)
    return says


def _ask_why(session: Session, actor: Actor, ask: CallbackAsk, code: str, now: datetime, why_form: Form) -> list[Say]:
    private = chats.private_of(session, actor.id)
    by_phone = text("callbacks.noted_no", code=code, side=ask.side)
    said = Say(by_phone if ask.by_phone else text("callbacks.sorry"))
    if private is None:
        return [said]
    return [said, *asking.begin(session, why_form, actor.id, private.id, now, topic=f"ask:{ask.id}")]


def say_why(session: Session, actor: Actor, topic: str | None, why: str) -> list[Say]:
    """Keep why somebody is not satisfied; whoever has it now hears it, never who said it."""
    row, ask, case = _own(session, actor, topic)
    words = case.kind.shown(session, case, why)[: rules.MOST_WHY]
    callbacks.set_why(session, row, ask, words)
    return [
        Say(text("callbacks.thanks_why")),
        *_to_new(session, case, text("callbacks.why", code=case.code, words=words)),
    ]


def say_slip(session: Session, actor: Actor, topic: str | None) -> list[Say]:
    """不满意 was a slip: what is open again stays so, and whoever takes it reads or hears that nobody complained."""
    row, ask, case = _own(session, actor, topic)
    callbacks.set_why(session, row, ask, rules.SLIP)
    line = text("callbacks.slip", code=case.code)
    return [Say(line), *_to_new(session, case, text("callbacks.slip_told", code=case.code))]


def _own(session: Session, actor: Actor, topic: str | None) -> tuple[Callback, CallbackAsk, Case]:
    """The question this person was asked; raises Refusal where it is another's or gone."""
    _, _, number = (topic or "").partition(":")
    ask = callbacks.ask_of(session, int(number)) if number.isdecimal() else None
    row = callbacks.get(session, ask.callback_id) if ask is not None else None
    case = kinds.case_of(session, row.topic) if row is not None else None
    if ask is None or row is None or case is None or callbacks.who_of(session, row, ask) != actor.id:
        raise refuse("callbacks.nothing")
    return row, ask, case


def _to_new(session: Session, case: Case, line: Text) -> list[Say]:
    """What whoever has it now hears; nobody where it waits to be taken."""
    if case.handler_id is None or case.handler_id in callbacks.barred(session, case.topic):
        return []
    return [Say(line, person=case.handler_id)]


def _end(session: Session, row: Callback, case: Case, end: str, now: datetime, station: Station) -> list[Say]:
    callbacks.set_state(session, row, ENDS[end], None, now)
    if end == "dissatisfied":
        moments.anew(session, case.topic)
        return case.kind.reopen(session, case, now, station)
    if end == "satisfied" or callbacks.counts(session, row)[0]:
        moments.note(session, case.topic, Clock.CALLED, now)
    return case.kind.called_back(session, case, now, station)


def check_handler(session: Session, topic: str, person_id: int) -> None:
    """Raise a Refusal where somebody was not satisfied with this person's handling: another one takes it now."""
    if person_id in callbacks.barred(session, topic):
        raise refuse("callbacks.another")


def line(session: Session, topic: str) -> Text | None:
    """How the call-back stands, for the team: how many have answered, never who nor what."""
    row = callbacks.newest(session, topic)
    if row is None or row.state is CallbackState.CANCELLED:
        return None
    answered, n = callbacks.counts(session, row)
    return text(f"callbacks.state.{row.state}", answered=answered, n=n)
