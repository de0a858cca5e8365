"""What can be done to a bulletin before it is live: change, ask for yeses, approve, reject. The only door.

A draft is made in `drafting.py`; what comes after the yeses (going out, lapsing) stands in `sending.py`, and what
comes after that (recall, correction, expiry) in `closing.py`; commands and the clock call the same functions.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from handlers.bulletins import audience, drafting, rules, sending, views
from handlers.bulletins.sending import MOST_ASKED
from handlers.bulletins.views import Office
from handlers.dialogue import access
from handlers.dialogue.access import refuse
from handlers.dialogue.say import Say, button, say, to_each, to_people
from handlers.dialogue.scene import Actor
from handlers.dialogue.wording import text
from handlers.publishing import rules as sending_rules
from storage import areas, audit, bulletins, chats, objections, people
from storage.areas import Area
from storage.bulletins import Bulletin, BulletinKind, BulletinState
from storage.chats import ChatKind


def rewrite(office: Office, actor: Actor, bulletin: Bulletin, words: str) -> list[Say]:
    """New words before it is live; an edit voids every yes given so far."""
    body = drafting.own(office, actor, bulletin)
    if bulletin.kind is BulletinKind.SUSPECT:
        body["facts"] = drafting.checked(office, {**body["facts"], "marks": words})
    else:
        body["text"] = drafting.worded(office, words)
        if bulletin.kind is BulletinKind.WARNING and bulletin.category != rules.LAW:
            bulletin.category = rules.category_of(words)
    return _changed(office, bulletin, body)


def add_media(office: Office, actor: Actor, bulletin: Bulletin, media: Sequence[int]) -> list[Say]:
    """A further picture of the same album; an edit as well."""
    body = drafting.own(office, actor, bulletin)
    body["media"] = [*body["media"], *media][:10]
    return _changed(office, bulletin, body)


def retime(office: Office, actor: Actor, bulletin: Bulletin, moment: datetime | None) -> list[Say]:
    """Another moment for it to go out, None for at once; a suspect notice is never scheduled."""
    body = drafting.own(office, actor, bulletin)
    if bulletin.kind is BulletinKind.SUSPECT:
        raise refuse("bulletins.never_scheduled", code=bulletin.code)
    if moment is not None and moment <= office.now:
        raise refuse("bulletins.time_past", code=bulletin.code)
    if moment is not None and moment > office.now + rules.LONGEST:
        raise refuse("bulletins.time_far", code=bulletin.code)
    lives = bulletin.expires_at - (bulletin.send_at or bulletin.created_at)
    bulletin.send_at = moment
    bulletin.expires_at = (moment or office.now) + lives
    return _changed(office, bulletin, body)


def readdress(
    office: Office, actor: Actor, bulletin: Bulletin, scope: Area | None, kinds: Sequence[ChatKind]
) -> list[Say]:
    """Another audience: an area, kinds of group, or both."""
    body = drafting.own(office, actor, bulletin)
    if kinds:
        body["kinds"] = [str(one) for one in kinds]
    if scope is not None:
        bulletin.area_id = scope.id
    found = audience.targets(office.session, bulletin.kind, bulletin.area_id, map(ChatKind, body["kinds"]))
    bulletin.targets = found
    return _changed(office, bulletin, body)


def _changed(office: Office, bulletin: Bulletin, body: Mapping[str, Any]) -> list[Say]:
    """Keep a change; where yeses were asked for, they are void and asked for anew."""
    bulletins.set_body(office.session, bulletin, body)
    bulletin.night = False
    if bulletin.state is BulletinState.DRAFT:
        office.session.flush()
        return views.preview(office, bulletin, body)
    bulletin.revision += 1
    audit.write(office.session, "void", office.now, actor_id=bulletin.author_id, topic=bulletin.topic)
    return [say("bulletins.voided", code=bulletin.code), *_ask(office, bulletin)]


def discard(office: Office, actor: Actor, bulletin: Bulletin) -> list[Say]:
    """Its author drops what has not left yet (作废)."""
    drafting.own(office, actor, bulletin)
    moved = bulletins.move(
        office.session,
        bulletin,
        BulletinState.RECALLED,
        only_from=drafting.BEFORE_LIVE,
        next_at=None,
        closed_at=office.now,
        closed_by=actor.id,
    )
    if not moved:
        raise refuse("bulletins.past", code=bulletin.code, state=views.state(bulletin))
    audit.write(office.session, "discard", office.now, actor_id=actor.id, topic=bulletin.topic)
    sending.take_requests_back(office, bulletin)
    return [say("bulletins.dropped", code=bulletin.code, again=audience.WORDS[bulletin.kind])]


def submit(
    office: Office, actor: Actor, bulletin: Bulletin, *, at_once: bool = False, sure: int | None = None
) -> list[Say]:
    """Send a draft (发送): at once where nobody has to confirm, else to those who may.

    at_once: in the quiet hours, for a warning of danger only. sure: the number of groups its author was shown
    and said yes to; to many groups nothing goes out at one press.
    """
    _lock(office, bulletin)
    body = drafting.own(office, actor, bulletin)
    if bulletin.state is not BulletinState.DRAFT and not at_once:
        raise refuse("bulletins.asked_already", code=bulletin.code, state=views.state(bulletin))
    if not bulletin.targets:
        raise refuse("bulletins.nobody", code=bulletin.code)
    alone = (
        bulletin.state is BulletinState.DRAFT and rules.wants(bulletin.kind, views.needs_confirm(office, bulletin)) == 0
    )
    if alone and sending_rules.asks_if_sure(len(bulletin.targets), sure):
        return [views.ask_if_sure(office, bulletin, at_once=at_once)]
    if at_once:
        if bulletin.kind is BulletinKind.SUSPECT:
            raise refuse("bulletins.night_chief", code=bulletin.code)
        if not views.may_go_at_night(bulletin) and office.is_quiet(office.now):
            raise refuse("bulletins.night_danger", code=bulletin.code, at=_morning(office))
        bulletin.quiet, bulletin.send_at = not views.may_go_at_night(bulletin), None
        if bulletin.state is BulletinState.WAITING:
            office.session.flush()
            return [say("bulletins.at_once", code=bulletin.code)]
        if bulletin.state is BulletinState.APPROVED:
            return sending.go(office, bulletin)
    if bulletin.kind is BulletinKind.SUSPECT:
        drafting.checked(office, body["facts"])
    return _ask(office, bulletin)


def _morning(office: Office) -> str:
    station = office.station
    return office.clock(rules.after_quiet(office.now, station.quiet_from, station.quiet_until))


def _ask(office: Office, bulletin: Bulletin) -> list[Say]:
    """Ask for the yeses to exactly this, or go on where none is needed."""
    session, now = office.session, office.now
    body = bulletins.body_of(session, bulletin)
    bulletin.content_hash = views.content_hash(office, bulletin, body)
    confirm = views.needs_confirm(office, bulletin)
    if rules.wants(bulletin.kind, confirm) == 0:
        bulletins.move(session, bulletin, BulletinState.APPROVED, approved_at=now)
        return sending.go(office, bulletin)
    window = rules.approval_window(bulletin.kind, office.station.approval)
    if bulletin.state is not BulletinState.WAITING:
        bulletins.move(session, bulletin, BulletinState.WAITING, approved_at=None)
    bulletin.asked_at, bulletin.next_at = now, now + window
    head = audit.write(
        session,
        "ask",
        now,
        actor_id=bulletin.author_id,
        topic=bulletin.topic,
        content=bulletin.content_hash,
        groups=len(bulletin.targets),
    )
    suspect = bulletin.kind is BulletinKind.SUSPECT
    answer = say(
        "bulletins.asked_suspect" if suspect else "bulletins.asked",
        button("bulletins.drop", f"作废 {bulletin.code}"),
        code=bulletin.code,
        content=bulletin.content_hash[:8],
    )
    return [answer, *ask_others(office, bulletin, body, bulletin.content_hash, head, bulletin.author_id)]


def ask_others(
    office: Office, bulletin: Bulletin, body: Mapping[str, Any], content: str, head: str, asker: int
) -> list[Say]:
    """The request for a yes, to the other officers privately and to their group."""
    found = [one for one in people.holders(office.session, access.OFFICERS, bulletin.area_id) if one != asker]
    groups = [chat.id for chat in chats.nearest(office.session, (ChatKind.OFFICERS,), bulletin.area_id)]
    asked = views.ask(office, bulletin, body, content, head)
    return [addressed for one in asked for addressed in (*to_people(one, found[:MOST_ASKED]), *to_each(one, groups))]


def _lock(office: Office, bulletin: Bulletin) -> None:
    """One at a time where two press the same button."""
    office.session.refresh(bulletin, with_for_update=True)


def may_approve(office: Office, actor: Actor, bulletin: Bulletin, word: str = "批准") -> None:
    """Raise Refusal unless this is an officer of the same station, other than the author."""
    access.require(actor, word, None)
    if not audience.is_colleague(office.session, actor, bulletin.area_id):
        raise refuse("bulletins.not_colleague", code=bulletin.code)


def approve(office: Office, actor: Actor, bulletin: Bulletin, seen: str = "") -> list[Say]:
    """Say yes (批准) to exactly what stands there now; `seen`: the first 8 of the hash the button was shown with."""
    session, now = office.session, office.now
    _lock(office, bulletin)
    may_approve(office, actor, bulletin)
    if bulletin.author_id == actor.id:
        raise refuse("bulletins.self", code=bulletin.code)
    if bulletin.state is not BulletinState.WAITING:
        raise refuse("bulletins.not_waiting", code=bulletin.code, state=views.state(bulletin))
    body = bulletins.body_of(session, bulletin)
    _not_contested(office, bulletin, body)
    if _is_late(office, bulletin) or views.content_hash(office, bulletin, body) != bulletin.content_hash:
        return [say("bulletins.too_late", code=bulletin.code), *sending.lapse(office, bulletin)]
    if (seen and not bulletin.content_hash.startswith(seen)) or (not seen and bulletin.revision > 1):
        head = views.audit_head(office)
        return [say("bulletins.look_again"), *views.ask(office, bulletin, body, bulletin.content_hash, head)]
    chief = actor.has(access.CHIEFS, areas.get(session, bulletin.area_id))
    if not bulletins.approve(session, bulletin, actor.id, bulletin.content_hash, chief, now):
        raise refuse("bulletins.twice", code=bulletin.code, lacking=_lacking(office, bulletin))
    head = audit.write(
        session, "approve", now, actor_id=actor.id, topic=bulletin.topic, content=bulletin.content_hash, chief=chief
    )
    name = office.called(actor.id)
    if not sending.is_complete(office, bulletin):
        lacking = _lacking(office, bulletin)
        return [
            say("bulletins.noted", code=bulletin.code, lacking=lacking, head=head[: audit.SHOWN]),
            Say(
                text("bulletins.noted_author", code=bulletin.code, who=name, lacking=lacking, head=head[: audit.SHOWN]),
                person=bulletin.author_id,
            ),
        ]
    bulletins.move(session, bulletin, BulletinState.APPROVED, only_from=(BulletinState.WAITING,), approved_at=now)
    told = Say(
        text("bulletins.approved_author", code=bulletin.code, who=name, head=head[: audit.SHOWN]),
        person=bulletin.author_id,
    )
    return [told, *sending.go(office, bulletin)]


def _not_contested(office: Office, bulletin: Bulletin, body: Mapping[str, Any]) -> None:
    """Raise Refusal while an objection to a notice of the same case waits for its answer (R11)."""
    if bulletin.kind is not BulletinKind.SUSPECT:
        return
    for contest in objections.every_open(office.session):
        kind, _, number = contest.topic.partition(":")
        if kind != "bulletin" or contest.topic == bulletin.topic:
            continue
        other = bulletins.get(office.session, int(number))
        if rules.same_case(bulletins.body_of(office.session, other)["facts"]["case"], body["facts"]["case"]):
            raise refuse("bulletins.case_contested", code=bulletin.code, other=other.code)


def _is_late(office: Office, bulletin: Bulletin) -> bool:
    window = rules.approval_window(bulletin.kind, office.station.approval)
    return bulletin.asked_at is None or office.now > bulletin.asked_at + window or office.now >= bulletin.expires_at


def _lacking(office: Office, bulletin: Bulletin) -> Any:  # noqa: ANN401 - a Text
    yeses = sending.yeses(office, bulletin)
    if bulletin.kind is BulletinKind.SUSPECT and not any(one.chief for one in yeses):
        return text("bulletins.lacking_chief" if yeses else "bulletins.lacking_two")
    return text("bulletins.lacking_one")


def night(office: Office, actor: Actor, bulletin: Bulletin) -> list[Say]:
    """A chief lets a suspect notice go out in the night (夜间发送); it is no yes by itself."""
    _lock(office, bulletin)
    access.require(actor, "夜间发送", areas.get(office.session, bulletin.area_id))
    if bulletin.kind is not BulletinKind.SUSPECT:
        raise refuse("bulletins.night_only_suspect", code=bulletin.code)
    if bulletin.author_id == actor.id:
        raise refuse("bulletins.self", code=bulletin.code)
    if bulletin.state not in (BulletinState.WAITING, BulletinState.APPROVED):
        raise refuse("bulletins.not_waiting", code=bulletin.code, state=views.state(bulletin))
    if not office.is_quiet(office.now):
        raise refuse("bulletins.not_night", code=bulletin.code)
    _not_contested(office, bulletin, bulletins.body_of(office.session, bulletin))
    bulletin.night = True
    audit.write(
        office.session, "night", office.now, actor_id=actor.id, topic=bulletin.topic, content=bulletin.content_hash
    )
    if bulletin.state is BulletinState.APPROVED:
        return sending.go(office, bulletin)
    return [say("bulletins.night_noted", code=bulletin.code, lacking=_lacking(office, bulletin))]


def reject(office: Office, actor: Actor, bulletin: Bulletin, reason: str) -> list[Say]:
    """Say no (驳回); its author hears why."""
    _lock(office, bulletin)
    may_approve(office, actor, bulletin, "驳回")
    if bulletin.author_id == actor.id:
        raise refuse("bulletins.self_reject", code=bulletin.code)
    moved = bulletins.move(
        office.session,
        bulletin,
        BulletinState.REJECTED,
        only_from=(BulletinState.WAITING,),
        closed_at=office.now,
        closed_by=actor.id,
        next_at=None,
    )
    if not moved:
        raise refuse("bulletins.not_waiting", code=bulletin.code, state=views.state(bulletin))
    audit.write(office.session, "reject", office.now, actor_id=actor.id, topic=bulletin.topic)
    sending.take_requests_back(office, bulletin)
    name, why = office.called(actor.id), views.words_as_said(rules.cleaned(reason)[:200])
    return [
        say("bulletins.rejected", code=bulletin.code),
        Say(text("bulletins.rejected_author", code=bulletin.code, who=name, why=why), person=bulletin.author_id),
    ]
