"""Asking: how a guided talk goes on from question to question; the state lies in `storage.forms`."""

from collections.abc import Mapping
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy.orm import Session

from handlers.dialogue import command
from handlers.dialogue.access import refuse
from handlers.dialogue.form import Form, Problem, Question
from handlers.dialogue.given import Given, call
from handlers.dialogue.say import Button, Say, button
from handlers.dialogue.shown import form_mark
from handlers.dialogue.wording import Text, text
from handlers.reading.normal import fold
from storage import forms
from storage.forms import FormState, OpenForm
from storage.purposes import ExtraField

CANCEL = frozenset({"取消", "撤销", "退出", "不弄了", "算了", "不发了"})
BACK = frozenset({"返回", "上一步", "上一题", "后退"})
UNKNOWN = frozenset({"不知道", "不清楚", "跳过", "没有", "无", "不记得", "不晓得", "略过"})


@cache
def all_forms() -> Mapping[str, Form]:
    """Name → guided talk."""
    found = {one.form.name: one.form for one in command.main_commands() if one.form is not None}
    return {**found, **command.all_extra_forms()}


def begin(
    session: Session,
    form: Form,
    person_id: int,
    chat_id: int,
    now: datetime,
    answers: Mapping[str, Any] | None = None,
    topic: str | None = None,
) -> list[Say]:
    """Open a guided talk in a person's private chat at the first question not answered yet.

    One that was open there already lapses into this one if it is another talk or new answers came along; the same
    talk goes on. Raises ExtraField for what the talk neither asks for nor keeps.
    """
    known = dict(answers or {})
    extra = known.keys() - form.keeps - {question.name for question in form.questions}
    if extra:
        raise ExtraField(f"{form.name}: {sorted(extra)[0]}")
    already = forms.open_of(session, person_id, chat_id, now)
    if already is not None and already.name == form.name and not known:
        return [Say(text("form.goes_on"), chat=chat_id), *_ask(session, form, already)]
    if already is not None:
        forms.close(session, already, FormState.LAPSED, now)
    first = _next(form, known, None)
    row = forms.begin(session, person_id, chat_id, form.name, first.name, now, now + form.lives, known)
    row.topic = topic
    return _ask(session, form, row)


def drop(session: Session, form: Form, person_id: int, chat_id: int, now: datetime) -> bool:
    """Let this talk lapse where it is open, and whether it was: the next message is no answer to it any more."""
    already = forms.open_of(session, person_id, chat_id, now)
    if already is None or already.name != form.name:
        return False
    forms.close(session, already, FormState.LAPSED, now)
    return True


def go_on(given: Given, row: OpenForm | None, raw: str) -> list[Say]:
    """Take an answer to the open question, and ask the next or finish; the row was read without a lock.

    Raises Refusal for an answer to no open question: a button of an earlier one, or one that means nothing any more.
    """
    row = forms.still_at(given.session, row) if row is not None else None
    if row is None:
        raise refuse("form.old_button")
    form = all_forms()[row.name]
    question = next(one for one in form.questions if one.name == row.step)
    answers = forms.answers_of(given.session, row)
    given.answers, given.form = answers, row
    folded = fold(raw).strip().strip("。.!！~～")
    if folded in CANCEL:
        forms.close(given.session, row, FormState.CANCELLED, given.now)
        said = _as_list(call(form.on_end, given)) if form.on_end else []
        return [Say(text("form.cancelled"), chat=row.chat_id), *said]
    if folded in BACK:
        return _back(given, form, row, question, answers)
    value = _value(given, question, raw, folded)
    if isinstance(value, Problem):
        noted = _sent_early(given, form, row, question, answers)
        return [Say(noted or value.text, chat=row.chat_id), *_ask(given.session, form, row)]
    answers[question.name] = value
    given.answers = answers
    further = call(form.fills, given) if form.fills else {}
    answers.update({name: told for name, told in further.items() if name not in answers})
    says = _as_list(call(form.on_answer, given)) if form.on_answer else []
    following = _next(form, answers, question)
    if following is None:
        says = [*says, *_as_list(call(form.finish, given))]
        forms.close(given.session, row, FormState.DONE, given.now)
        return says
    forms.keep(given.session, row, following.name, answers, given.now, given.now + form.lives)
    return [*_ask(given.session, form, row), *says]


def _sent_early(given: Given, form: Form, row: OpenForm, question: Question, answers: dict[str, Any]) -> Text | None:
    """What was sent without an answer to this question, but is one to a later: it is kept, and said so."""
    if not form.fills or not given.incoming.media:
        return None
    told = {name: one for name, one in call(form.fills, given).items() if name != question.name and name not in answers}
    if not told:
        return None
    forms.keep(given.session, row, question.name, {**answers, **told}, given.now, given.now + form.lives)
    return text("form.sent_early")


def _value(given: Given, question: Question, raw: str, folded: str) -> Any:  # noqa: ANN401 - JSON or Problem
    if folded in UNKNOWN:
        if question.optional:
            return None
        return Problem(text("form.needed"))
    meaning = given.meaning
    if meaning is not None and meaning.rest != raw:
        raise ValueError("a form reads what the message said")
    return call(question.read, given)


def _back(given: Given, form: Form, row: OpenForm, question: Question, answers: dict[str, Any]) -> list[Say]:
    asked = _asked(form, row, answers)
    before = asked[: asked.index(question)]
    if not before:
        return [Say(text("form.at_start"), chat=row.chat_id), *_ask(given.session, form, row)]
    answers.pop(before[-1].name, None)
    forms.keep(given.session, row, before[-1].name, answers, given.now, given.now + form.lives)
    return _ask(given.session, form, row)


def _next(form: Form, answers: Mapping[str, Any], after: Question | None) -> Any:  # noqa: ANN401 - Question or None
    start = form.questions.index(after) + 1 if after is not None else 0
    for question in form.questions[start:]:
        if question.name not in answers and question.when(answers):
            return question
    return None


def _asked(form: Form, row: OpenForm, answers: Mapping[str, Any]) -> list[Question]:
    """The questions this talk has: not what was known before, nor what the answers so far make needless."""
    return [one for one in form.questions if one.when(answers) and (one.name not in row.known or one.name == row.step)]


def _ask(session: Session, form: Form, row: OpenForm) -> list[Say]:
    answers = forms.answers_of(session, row)
    open_ones = _asked(form, row, answers)
    question = next(one for one in form.questions if one.name == row.step)
    mark = form_mark(row)
    choices = tuple(tuple(Button(b.label, f"{mark} {b.does}") for b in line) for line in question.choices)
    last: list[Button] = []
    if question.optional:
        last.append(button(question.skip, f"{mark} 不知道"))
    if open_ones[0] is not question:
        last.append(button("form.back", f"{mark} 返回"))
    last.append(button("form.cancel", f"{mark} 取消"))
    sentence = text(
        "form.ask",
        n=open_ones.index(question) + 1,
        total=len(open_ones),
        question=Text(f"{form.name}.{question.name}.ask"),
    )
    return [Say(sentence, buttons=(*choices, tuple(last)), chat=row.chat_id)]


def _as_list(answer: Any) -> list[Say]:  # noqa: ANN401 - Say, several or None
    if answer is None:
        return []
    return [answer] if isinstance(answer, Say) else list(answer)
