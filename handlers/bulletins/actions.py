"""What can be done to a bulletin before it is live: draft, change, ask for yeses, approve, send. The only door.

What comes after (recall, correction, expiry, what time does) stands in `closing.py`; both are called alike by
commands and by the clock. Nothing is published anywhere but in `_send`, which looks at the yeses once more.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from handlers.bulletins import audience, gate, rules, views
from handlers.bulletins.views import Office
from handlers.dialogue import access
from handlers.dialogue.access import refuse
from handlers.dialogue.say import Say, button, rows, say, to_each, to_people
from handlers.dialogue.scene import Actor
from handlers.dialogue.wording import text
from handlers.publishing import actions as publishing
from storage import areas, audit, bulletins, chats, people
from storage.areas import Area
from storage.bulletins import Bulletin, BulletinKind, BulletinState
from storage.chats import ChatKind
from storage.purposes import Purpose

PURPOSES = {
    BulletinKind.FRAUD: Purpose.FRAUD,
    BulletinKind.WARNING: Purpose.WARNING,
    BulletinKind.SUSPECT: Purpose.CRIME,
}
BEFORE_LIVE = (BulletinState.DRAFT, BulletinState.WAITING, BulletinState.APPROVED)
MOST_ASKED = 8
LONGEST_TEXT = 1500
SHORTEST_TEXT = 4


def draft(
    office: Office,
    actor: Actor,
    kind: BulletinKind,
    *,
    words: str = "",
    media: Sequence[int] = (),
    category: str = "",
    facts: Mapping[str, Any] | None = None,
    kinds: Sequence[ChatKind] = (),
    scope: Area | None = None,
    send_at: datetime | None = None,
    lives: timedelta | None = None,
) -> Bulletin:
    """Draft a bulletin to the author's own area unless `scope` names another; raises Refusal."""
    session = office.session
    own = audience.home(session, actor, kind)
    access.require(actor, audience.WORDS[kind], own)
    over = scope or own
    body: dict[str, Any] = {"text": "", "media": list(media), "home": own.id, "kinds": []}
    if kind is BulletinKind.SUSPECT:
        body["facts"] = _checked(office, facts or {})
    else:
        body["text"] = worded(words)
    body["kinds"] = [str(one) for one in (kinds or audience.DEFAULT_KINDS[kind])]
    targets = [chat.id for chat in audience.groups_of(session, over.id, map(ChatKind, body["kinds"]))]
    bulletin = bulletins.add(
        session,
        kind,
        PURPOSES[kind],
        over.id,
        actor.id,
        body,
        targets,
        office.now,
        expires_at=_ends(office, kind, send_at, lives),
        category=category or ("反诈" if kind is BulletinKind.FRAUD else rules.category_of(words)),
        send_at=send_at,
    )
    bulletin.next_at = office.now + rules.DRAFT_LIVES
    session.flush()
    return bulletin


def worded(words: str) -> str:
    clean = rules.cleaned(words)
    if len(clean) < SHORTEST_TEXT:
        raise refuse("bulletins.empty")
    if len(clean) > LONGEST_TEXT:
        raise refuse("bulletins.too_long", most=LONGEST_TEXT, n=len(clean))
    return clean


def _checked(office: Office, facts: Mapping[str, Any]) -> dict[str, Any]:
    """The facts of a suspect notice, past the gate; a refusal says what is lacking and how to mend it (R7)."""
    named = {name: rules.cleaned(str(value or "")) for name, value in facts.items()}
    lacks = gate.lacks(named, office.now)
    if lacks:
        raise refuse("bulletins.lack.intro", lines=tuple(text(f"bulletins.lack.{lack}") for lack in lacks))
    named["when_shown"] = gate.when_shown(named["when"], office.now)
    return named


def _ends(office: Office, kind: BulletinKind, send_at: datetime | None, lives: timedelta | None) -> datetime:
    station = office.station
    if kind is BulletinKind.SUSPECT:
        return office.now + min(lives or station.suspect_lives, station.suspect_lives)
    return (send_at or office.now) + min(lives or station.bulletin_lives, rules.LONGEST)


def own(office: Office, actor: Actor, bulletin: Bulletin) -> dict[str, Any]:
    """The body of a bulletin that has not left yet, for its author alone; raises Refusal."""
    if bulletin.author_id != actor.id:
        raise refuse("bulletins.not_author", code=bulletin.code)
    access.require(actor, audience.WORDS[bulletin.kind], areas.get(office.session, _home(office, bulletin)))
    if bulletin.state not in BEFORE_LIVE:
        raise refuse("bulletins.past", code=bulletin.code, state=views.state(bulletin))
    return bulletins.body_of(office.session, bulletin)


def _home(office: Office, bulletin: Bulletin) -> int:
    found: int = bulletins.body_of(office.session, bulletin).get("home", bulletin.area_id)
    return found


def rewrite(office: Office, actor: Actor, bulletin: Bulletin, words: str) -> list[Say]:
    """New words before it is live; an edit voids every yes given so far."""
    body = own(office, actor, bulletin)
    if bulletin.kind is BulletinKind.SUSPECT:
        body["facts"] = _checked(office, {**body["facts"], "marks": words})
    else:
        body["text"] = worded(words)
        if bulletin.kind is BulletinKind.WARNING:
            bulletin.category = rules.category_of(words)
    return _changed(office, bulletin, body)


def add_media(office: Office, actor: Actor, bulletin: Bulletin, media: Sequence[int]) -> list[Say]:
    """A further picture of the same album; an edit as well."""
    body = own(office, actor, bulletin)
    body["media"] = [*body["media"], *media][:10]
    return _changed(office, bulletin, body)


def retime(office: Office, actor: Actor, bulletin: Bulletin, moment: datetime | None) -> list[Say]:
    """Another moment for it to go out, None for at once; a suspect notice is never scheduled."""
    body = own(office, actor, bulletin)
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
    body = own(office, actor, bulletin)
    if kinds:
        body["kinds"] = [str(one) for one in kinds]
    if scope is not None:
        bulletin.area_id = scope.id
    groups = audience.groups_of(office.session, bulletin.area_id, map(ChatKind, body["kinds"]))
    bulletin.targets = [chat.id for chat in groups]
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
    own(office, actor, bulletin)
    moved = bulletins.move(
        office.session,
        bulletin,
        BulletinState.RECALLED,
        only_from=BEFORE_LIVE,
        next_at=None,
        closed_at=office.now,
        closed_by=actor.id,
    )
    if not moved:
        raise refuse("bulletins.past", code=bulletin.code, state=views.state(bulletin))
    audit.write(office.session, "discard", office.now, actor_id=actor.id, topic=bulletin.topic)
    take_requests_back(office, bulletin)
    return [say("bulletins.dropped", code=bulletin.code, again=audience.WORDS[bulletin.kind])]


def submit(office: Office, actor: Actor, bulletin: Bulletin, *, at_once: bool = False) -> list[Say]:
    """Send a draft (发送): at once where nobody has to confirm, else to those who may.

    at_once: in the quiet hours, for a warning of danger only.
    """
    _lock(office, bulletin)
    body = own(office, actor, bulletin)
    if bulletin.state is not BulletinState.DRAFT and not at_once:
        raise refuse("bulletins.asked_already", code=bulletin.code, state=views.state(bulletin))
    if not bulletin.targets:
        raise refuse("bulletins.nobody", code=bulletin.code)
    if at_once:
        if bulletin.kind is BulletinKind.SUSPECT:
            raise refuse("bulletins.night_chief", code=bulletin.code)
        if not views.may_go_at_night(bulletin) and office.is_quiet(office.now):
            raise refuse("bulletins.night_danger", code=bulletin.code, at=_morning(office))
        bulletin.quiet, bulletin.send_at = False, None
        if bulletin.state is BulletinState.WAITING:
            office.session.flush()
            return [say("bulletins.at_once", code=bulletin.code)]
        if bulletin.state is BulletinState.APPROVED:
            return _go(office, bulletin)
    if bulletin.kind is BulletinKind.SUSPECT:
        _checked(office, body["facts"])
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
        return _go(office, bulletin)
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
    if _is_late(office, bulletin) or views.content_hash(office, bulletin, body) != bulletin.content_hash:
        return [say("bulletins.too_late", code=bulletin.code), *lapse(office, bulletin)]
    if (seen and not bulletin.content_hash.startswith(seen)) or (not seen and bulletin.revision > 1):
        head = views.audit_head(office)
        return [say("bulletins.look_again"), *views.ask(office, bulletin, body, bulletin.content_hash, head)]
    chief = actor.has(access.CHIEFS, areas.get(session, bulletin.area_id))
    if not bulletins.approve(session, bulletin, actor.id, bulletin.content_hash, chief, now):
        raise refuse("bulletins.twice", code=bulletin.code, lacking=_lacking(office, bulletin))
    audit.write(
        session, "approve", now, actor_id=actor.id, topic=bulletin.topic, content=bulletin.content_hash, chief=chief
    )
    name = people.name_of(session, actor.id)
    if not _is_complete(office, bulletin):
        lacking = _lacking(office, bulletin)
        return [
            say("bulletins.noted", code=bulletin.code, lacking=lacking),
            Say(
                text("bulletins.noted_author", code=bulletin.code, who=name, lacking=lacking), person=bulletin.author_id
            ),
        ]
    bulletins.move(session, bulletin, BulletinState.APPROVED, only_from=(BulletinState.WAITING,), approved_at=now)
    told = Say(text("bulletins.approved_author", code=bulletin.code, who=name), person=bulletin.author_id)
    return [told, *_go(office, bulletin)]


def _is_late(office: Office, bulletin: Bulletin) -> bool:
    window = rules.approval_window(bulletin.kind, office.station.approval)
    return bulletin.asked_at is None or office.now > bulletin.asked_at + window or office.now >= bulletin.expires_at


def _is_complete(office: Office, bulletin: Bulletin) -> bool:
    yeses = [rules.Yes(one.person_id, one.as_chief) for one in bulletins.approvals(office.session, bulletin)]
    return rules.complete(bulletin.kind, bulletin.author_id, yeses, views.needs_confirm(office, bulletin))


def _lacking(office: Office, bulletin: Bulletin) -> Any:  # noqa: ANN401 - a Text
    yeses = bulletins.approvals(office.session, bulletin)
    if bulletin.kind is BulletinKind.SUSPECT and not any(one.as_chief for one in yeses):
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
    bulletin.night = True
    audit.write(
        office.session, "night", office.now, actor_id=actor.id, topic=bulletin.topic, content=bulletin.content_hash
    )
    if bulletin.state is BulletinState.APPROVED:
        return _go(office, bulletin)
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
    take_requests_back(office, bulletin)
    name, why = people.name_of(office.session, actor.id), views.words_as_said(rules.cleaned(reason)[:200])
    return [
        say("bulletins.rejected", code=bulletin.code),
        Say(text("bulletins.rejected_author", code=bulletin.code, who=name, why=why), person=bulletin.author_id),
    ]


def _go(office: Office, bulletin: Bulletin) -> list[Say]:
    """All yeses are there: send, or wait for the moment or for a chief's 夜间发送."""
    session, now = office.session, office.now
    if bulletin.kind is BulletinKind.SUSPECT:
        if office.is_quiet(now) and not bulletin.night:
            bulletin.next_at = (bulletin.approved_at or now) + office.station.send_within
            chiefs = [
                one for one in people.holders(session, access.CHIEFS, bulletin.area_id) if one != bulletin.author_id
            ]
            asked = Say(
                text("bulletins.night_ask", code=bulletin.code),
                buttons=rows(button("bulletins.night_button", f"夜间发送 {bulletin.code}")),
            )
            session.flush()
            return [say("bulletins.approved_night", code=bulletin.code), *to_people(asked, chiefs[:MOST_ASKED])]
        return _send(office, bulletin)
    moment = max(bulletin.send_at or now, now).astimezone(office.station.zone)
    if bulletin.quiet:
        moment = rules.after_quiet(moment, office.station.quiet_from, office.station.quiet_until)
    if moment <= now:
        return _send(office, bulletin)
    quiet = bulletin.quiet and office.is_quiet(max(bulletin.send_at or now, now))
    bulletin.next_at = moment
    audit.write(session, "schedule", now, topic=bulletin.topic, content=bulletin.content_hash)
    buttons = [button("bulletins.drop", f"作废 {bulletin.code}")]
    if quiet and views.may_go_at_night(bulletin):
        buttons.insert(0, button("bulletins.send_now", f"发送 {bulletin.code} 现在"))
    key = "bulletins.scheduled_quiet" if quiet else "bulletins.scheduled"
    return [Say(text(key, code=bulletin.code, at=office.clock(moment)), buttons=rows(buttons))]


def _send(office: Office, bulletin: Bulletin) -> list[Say]:
    """Publish: the only place where a bulletin leaves, and only with every yes to exactly this."""
    session, now, station = office.session, office.now, office.station
    body = bulletins.body_of(session, bulletin)
    suspect = bulletin.kind is BulletinKind.SUSPECT
    latest = (bulletin.approved_at or now) + station.send_within if suspect else bulletin.expires_at
    valid = (
        bulletin.state is BulletinState.APPROVED
        and views.content_hash(office, bulletin, body) == bulletin.content_hash
        and _is_complete(office, bulletin)
        and now <= latest
        and now < bulletin.expires_at
        and (not suspect or bulletin.night or not office.is_quiet(now))
    )
    if not valid:
        return lapse(office, bulletin)
    moved = bulletins.move(
        session,
        bulletin,
        BulletinState.LIVE,
        only_from=(BulletinState.APPROVED,),
        live_at=now,
        next_at=latest if suspect else None,
    )
    if not moved:
        return []
    audit.write(session, "send", now, topic=bulletin.topic, content=bulletin.content_hash, groups=len(bulletin.targets))
    report = chats.private_of(session, bulletin.author_id)
    publishing.publish(
        session,
        office.words,
        topic=bulletin.topic,
        name=f"{bulletin.topic}:{bulletin.content_hash[:16]}",
        lane=views.lane(bulletin),
        notice=replace(views.notice(office, bulletin, body), topic=bulletin.topic),
        bare=views.bare(office, bulletin, body),
        targets=bulletin.targets,
        now=now,
        report_to=report.id if report is not None else None,
        expires_at=min(latest, _until_quiet(office, bulletin)),
    )
    return [say("bulletins.sending", code=bulletin.code, reach=views.reach(office, bulletin))]


def _until_quiet(office: Office, bulletin: Bulletin) -> datetime:
    """Until when its first copies may leave: a suspect notice without 夜间发送 not into the night."""
    if bulletin.kind is not BulletinKind.SUSPECT or bulletin.night:
        return bulletin.expires_at
    start = office.now.astimezone(office.station.zone).replace(
        hour=office.station.quiet_from.hour, minute=office.station.quiet_from.minute, second=0, microsecond=0
    )
    return start if start > office.now else start + timedelta(days=1)


def take_requests_back(office: Office, bulletin: Bulletin) -> None:
    """What the approvers of a suspect notice were shown goes, too, when it never left or not in time."""
    if bulletin.kind is BulletinKind.SUSPECT:
        publishing.take_back(
            office.session,
            office.words,
            topic=bulletin.topic,
            closing=views.closed(bulletin, ""),
            lane=views.recall_lane(bulletin),
            now=office.now,
            close=True,
        )


def lapse(office: Office, bulletin: Bulletin) -> list[Say]:
    """Its time for a yes, or for the first copy, is over: void, and its author hears how to go on."""
    was = bulletin.state
    moved = bulletins.move(
        office.session, bulletin, BulletinState.LAPSED, next_at=None, closed_at=office.now, night=False
    )
    if not moved:
        return []
    audit.write(office.session, "lapse", office.now, topic=bulletin.topic)
    take_requests_back(office, bulletin)
    key, again = f"bulletin:{bulletin.id}:lapsed", audience.WORDS[bulletin.kind]
    sentence = "bulletins.lapsed_draft" if was is BulletinState.DRAFT else "bulletins.lapsed"
    return [Say(text(sentence, code=bulletin.code, again=again), person=bulletin.author_id, key=key)]


def step(office: Office, bulletin: Bulletin) -> list[Say]:
    """What time asks of it before it is live: go out at its moment, or lapse."""
    if bulletin.state is BulletinState.APPROVED and bulletin.kind is not BulletinKind.SUSPECT:
        return _told_by_clock(bulletin, _go(office, bulletin))
    return lapse(office, bulletin)


def _told_by_clock(bulletin: Bulletin, says: list[Say]) -> list[Say]:
    return [
        replace(one, person=bulletin.author_id, key=one.key or f"{bulletin.topic}:step:{bulletin.revision}:{place}")
        if one.chat is None and one.person is None
        else one
        for place, one in enumerate(says)
    ]
