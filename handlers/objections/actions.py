"""What can be done with an objection (异议): make it, ask back, answer it; and what time does. The only door.

A `Refusal` changes nothing. An objector is reached by the sealed origin alone and named to nobody.
"""

from datetime import timedelta

from handlers.bulletins.rules import cleaned, masked
from handlers.bulletins.views import Office
from handlers.dialogue import access
from handlers.dialogue.access import refuse
from handlers.dialogue.say import Say, say
from handlers.dialogue.scene import Actor
from handlers.dialogue.wording import Text, text
from handlers.objections import notices, rules, telling
from handlers.objections.notices import Notice
from handlers.objections.rules import Effect, Limit, Voice
from handlers.searches import reading
from storage import areas, audit, objections, people, searches, tries
from storage.objections import Contest, ContestState, Objection
from storage.searches import Search

ANY = "any"
"""Under this name the objections to all notices are counted together."""


def make(office: Office, actor: Actor, notice: Notice, words: str, account: str) -> list[Say]:
    """异议: frozen in this transaction, hidden at once where the rules say so, and everybody who must act is told.

    Objections count by `account`, too, so that erasing oneself and coming back as a new person wins none.
    """
    session, now = office.session, office.now
    said = masked(cleaned(words), office.station.lines, True)[: rules.WORDS_MOST]
    before = objections.of_person(session, notice.topic, actor.id)
    if before is not None:
        return _once_more(office, notice, before, said)
    if not notice.is_live:
        raise refuse("objections.over", code=notice.code)
    lately = max(objections.count_since(session, actor.id, now - rules.DAY), _by_account(office, ANY, account))
    if rules.limit(False, lately) is Limit.DAY:
        raise refuse("objections.day", most=rules.A_DAY)
    if rules.limit(_by_account(office, notice.topic, account) > 0, 0) is Limit.AGAIN:
        raise refuse("objections.account_again", code=notice.code)
    for which in (ANY, notice.topic):
        tries.wrong(session, f"objection.{which}", account, now, rules.DAY)
    session.refresh(notice.record, with_for_update=True)
    contest = objections.on(session, notice.topic)
    first = contest is None
    if contest is None:
        contest = objections.begin(session, notice.topic, now, now + rules.ANSWER_WITHIN)
    does = rules.effect(notice.suspect, _voice(office, actor, notice), _households(office, contest))
    objection = objections.add(session, contest, actor.id, said, now)
    hides = does is Effect.HIDE and contest.state is ContestState.FROZEN
    if hides:
        _hide(office, notice, contest)
    audit.write(session, "object", now, topic=notice.topic, objection=objection.id, does=str(does))
    told = _alarm(office, notice, said) if first or hides else telling.more(office, notice, said) if said else []
    return [*_taken(notice, said, hidden=contest.state is ContestState.HIDDEN), *told]


def _by_account(office: Office, which: str, account: str) -> int:
    """How many objections to `which` were made by an account within a day, whoever it was then."""
    return tries.count(office.session, f"objection.{which}", account, office.now, rules.DAY)


def _once_more(office: Office, notice: Notice, before: Objection, said: str) -> list[Say]:
    """Somebody who objected already: a reason is passed on while it waits; nothing else changes."""
    contest = objections.get(office.session, before.contest_id)
    told = objections.words_of(office.session, before)
    every = rules.added(told, said)
    if contest.state not in objections.OPEN:
        raise refuse("objections.answered", code=notice.code)
    if every is None:
        raise refuse("objections.again", code=notice.code)
    objections.set_words(office.session, before, every)
    return [say("objections.added", code=notice.code), *telling.more(office, notice, said)]


def _voice(office: Office, actor: Actor, notice: Notice) -> Voice:
    area = areas.get(office.session, notice.area_id)
    return Voice(
        officer=actor.has(access.OFFICERS, area),
        concerned=isinstance(notice.record, Search) and _is_concerned(office, actor, notice.record),
        household=people.get(office.session, actor.id).household_digest,
    )


def _is_concerned(office: Office, actor: Actor, search: Search) -> bool:
    """Whether this is the family that reported, or the missing person, by the name the station registered them under.

    A name somebody gave themselves proves nothing: without a household or a telephone on record it does not count,
    nor where it is a colleague's, who may say what they are called.
    """
    session = office.session
    if search.teller_digest == searches.teller_digest(session, actor.id):
        return True
    person = people.get(session, actor.id)
    missing = reading.full_name(searches.facts_of(session, search).get("who") or "")
    registered = person.is_registered and not people.is_colleague(session, actor.id)
    return registered and missing is not None and people.name_of(session, person) == missing


def _households(office: Office, contest: Contest) -> list[str | None]:
    """The households of those whose objections wait already."""
    session = office.session
    found = [objections.person_of(session, one) for one in objections.of_contest(session, contest)]
    return [people.get(session, one).household_digest for one in found if one is not None]


def _hide(office: Office, notice: Notice, contest: Contest) -> None:
    frozen = notices.hide(office, notice)
    moved = objections.move(office.session, contest, ContestState.HIDDEN, hidden_at=office.now, paused=frozen)
    if moved:
        audit.write(office.session, "objection hides", office.now, topic=notice.topic, deliveries=len(frozen))


def _alarm(office: Office, notice: Notice, words: str) -> list[Say]:
    hidden = objections.hides(office.session, notice.topic)
    kind = "suspect" if notice.suspect else "hidden" if hidden else "missing"
    reason = text("objections.reason", words=words) if words else text("objections.no_reason")
    gaps = {"code": notice.code, "minutes": telling.MINUTES}
    what = text(f"objections.alarm_{kind}", reason=reason, **gaps)
    return telling.alarm(office, notice, what, text(f"objections.line_{kind}", **gaps))


def _taken(notice: Notice, words: str, *, hidden: bool) -> list[Say]:
    key = "objections.taken_hidden" if hidden else "objections.taken_missing"
    why: Text | str = "" if words else text("objections.why", code=notice.code)
    return [say(key, code=notice.code, why=why)]


def ask(office: Office, actor: Actor, notice: Notice, question: str) -> list[Say]:
    """问异议: an officer asks whoever objected something, without learning who that is."""
    _of_the_area(office, actor, notice, "问异议")
    contest = _open(office, notice)
    words = masked(cleaned(question), office.station.lines, True)[: rules.WORDS_MOST]
    if not words:
        raise refuse("objections.ask_how", code=notice.code)
    audit.write(office.session, "objection asks", office.now, actor_id=actor.id, topic=notice.topic)
    asked = text("objections.asked", code=notice.code, words=words)
    return [say("objections.asked_done", code=notice.code), *telling.to_objectors(office, contest, asked)]


def uphold(office: Office, actor: Actor, notice: Notice) -> list[Say]:
    """异议成立: any one officer takes the notice back; a suspect's name is cleared in words wherever it went."""
    access.require(actor, "异议成立", None)
    contest = _open(office, notice)
    says = notices.take_back(office, actor, notice)
    _close(office, contest, ContestState.UPHELD, actor.id)
    key = "objections.upheld_suspect" if notice.suspect else "objections.upheld_missing"
    return [*says, *telling.to_objectors(office, contest, text(key, code=notice.code))]


def dismiss(office: Office, actor: Actor, notice: Notice, reason: str) -> list[Say]:
    """异议不成立: an officer of the area other than its author lets the notice go on; the objectors hear why."""
    _of_the_area(office, actor, notice, "异议不成立")
    contest = _open(office, notice)
    hidden = contest.state is ContestState.HIDDEN
    if not rules.may_restore(notice.suspect, hidden, notice.by == actor.id):
        raise refuse("objections.self", code=notice.code)
    why = masked(cleaned(reason), office.station.lines, True)[: rules.WORDS_MOST]
    if not why:
        raise refuse("objections.why_not", code=notice.code)
    if not notice.is_live:
        raise refuse("objections.over", code=notice.code)
    _close(office, contest, ContestState.DISMISSED, actor.id)
    if hidden:
        notices.show_again(office, notice, contest.paused)
    name = office.called(actor.id)
    return [
        say("objections.dismissed" if hidden else "objections.dismissed_widen", code=notice.code),
        *telling.result(office, notice, "objections.dismissed_told", but=[actor.id], who=name, why=why),
        *telling.to_objectors(office, contest, text("objections.dismissed_objector", code=notice.code, why=why)),
    ]


def _of_the_area(office: Office, actor: Actor, notice: Notice, word: str) -> None:
    """Raise Refusal unless this officer answers for the notice's area; an officer of another hears what they can do."""
    area, roles = areas.get(office.session, notice.area_id), access.MATRIX[word].roles
    if actor.has(roles) and not actor.has(roles, area):
        raise refuse("objections.area", code=notice.code, area=area.name)
    access.require(actor, word, area)


def _open(office: Office, notice: Notice) -> Contest:
    """The contest that waits, one at a time where two press the same button; raises Refusal."""
    found = objections.on(office.session, notice.topic)
    if found is None:
        before = objections.last_on(office.session, notice.topic)
        raise refuse("objections.none" if before is None else "objections.answered_staff", code=notice.code)
    office.session.refresh(found, with_for_update=True)
    return found


def _close(office: Office, contest: Contest, to: ContestState, actor_id: int | None) -> None:
    objections.move(office.session, contest, to, next_at=None, closed_at=office.now, closed_by=actor_id)
    audit.write(office.session, f"objection {to}", office.now, actor_id=actor_id, topic=contest.topic)


def step(office: Office, contest: Contest) -> list[Say]:
    """What time asks of an open contest: the notice may have ended, or nobody answered."""
    notice = notices.of_topic(office, contest.topic)
    if notice is None or not notice.is_live:
        _close(office, contest, ContestState.OVER, None)
        code = notice.code if notice is not None else ""
        return telling.to_objectors(office, contest, text("objections.ended", code=code))
    if contest.next_at is None or contest.next_at > office.now:
        return []
    return _unanswered(office, notice, contest)


def _unanswered(office: Office, notice: Notice, contest: Contest) -> list[Say]:
    """Half an hour without an answer: a suspect notice is taken back; about somebody missing they are asked again."""
    if notice.suspect:
        _close(office, contest, ContestState.UNANSWERED, None)
        says = notices.take_back_unanswered(office, notice)
        told = text("objections.unanswered_objector", code=notice.code)
        return [
            *says,
            *telling.result(office, notice, "objections.unanswered", minutes=telling.MINUTES),
            *telling.to_objectors(office, contest, told),
        ]
    contest.next_at = office.now + rules.ASK_AGAIN
    minutes = int((office.now - contest.opened_at) / timedelta(minutes=1))
    late = text("objections.late", code=notice.code, minutes=minutes)
    return telling.alarm(office, notice, late, late)


def any_due(office: Office) -> bool:
    """Whether time asks something of a contest."""
    return any(_is_due(office, one) for one in objections.every_open(office.session))


def _is_due(office: Office, contest: Contest) -> bool:
    notice = notices.of_topic(office, contest.topic)
    late = contest.next_at is not None and contest.next_at <= office.now
    return late or notice is None or not notice.is_live
