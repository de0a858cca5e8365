"""Sending (发出): when all yeses are there it goes out at its moment, or lapses.

Nothing is published anywhere but in `_send`, which looks at the yeses and the hash once more.
"""

from dataclasses import replace
from datetime import datetime, timedelta

from handlers.bulletins import audience, rules, views
from handlers.bulletins.views import Office
from handlers.dialogue import access
from handlers.dialogue.say import Say, button, rows, say, to_people
from handlers.dialogue.scene import actor_of
from handlers.dialogue.wording import text
from handlers.publishing import actions as publishing
from storage import areas, audit, bulletins, chats, people
from storage.bulletins import Bulletin, BulletinKind, BulletinState

MOST_ASKED = 8
MOST_BYTES = 50
"""What a button may say."""


def yeses(office: Office, bulletin: Bulletin) -> list[rules.Yes]:
    """The yeses that count now; to a suspect notice none of somebody whose roles were taken since (a stolen phone)."""
    given = bulletins.approvals(office.session, bulletin)
    if bulletin.kind is not BulletinKind.SUSPECT:
        return [rules.Yes(one.person_id, one.as_chief) for one in given]
    area = areas.get(office.session, bulletin.area_id)
    people_now = [(one, actor_of(office.session, one.person_id)) for one in given]
    return [
        rules.Yes(one.person_id, one.as_chief and actor.has(access.CHIEFS, area))
        for one, actor in people_now
        if actor.has(access.MATRIX["批准"].roles)
    ]


def is_complete(office: Office, bulletin: Bulletin) -> bool:
    """Whether nobody else has to say yes."""
    given = yeses(office, bulletin)
    return rules.complete(bulletin.kind, bulletin.author_id, given, views.needs_confirm(office, bulletin))


def go(office: Office, bulletin: Bulletin) -> list[Say]:
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
    if views.keeps_quiet(bulletin):
        moment = rules.after_quiet(moment, office.station.quiet_from, office.station.quiet_until)
    if moment <= now:
        return _send(office, bulletin)
    quiet = views.keeps_quiet(bulletin) and office.is_quiet(max(bulletin.send_at or now, now))
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
        and is_complete(office, bulletin)
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
        content_hash=bulletin.content_hash,
    )
    return [
        say("bulletins.sending", code=bulletin.code, reach=views.reach(office, bulletin)),
        *_round(office, bulletin),
    ]


def _round(office: Office, bulletin: Bulletin) -> list[Say]:
    """A warning's author is offered a round of visits of its sort over its area, where there is such a sort."""
    if bulletin.kind is not BulletinKind.WARNING:
        return []
    sort = rules.round_of(bulletins.body_of(office.session, bulletin)["text"])
    does = f"走访 {sort} {areas.get(office.session, bulletin.area_id).name} 1天内"
    if not sort or len(does.encode()) > MOST_BYTES:
        return []
    offer = rows(button("visits.button.start", does, sort=sort))
    line = text("visits.offer", code=bulletin.code, sort=sort)
    key = f"bulletin:{bulletin.id}:round:{bulletin.revision}"
    return [Say(line, buttons=offer, person=bulletin.author_id, key=key)]


def _until_quiet(office: Office, bulletin: Bulletin) -> datetime:
    """Until when its first copies may leave: a suspect notice without 夜间发送 not into the night."""
    if bulletin.kind is not BulletinKind.SUSPECT or bulletin.night:
        return bulletin.expires_at
    start = office.now.astimezone(office.station.zone).replace(
        hour=office.station.quiet_from.hour, minute=office.station.quiet_from.minute, second=0, microsecond=0
    )
    return start if start > office.now else start + timedelta(days=1)


def leaves_until(office: Office, bulletin: Bulletin) -> datetime:
    """Until when copies may leave that were stopped for a while; now, where it is night and no chief let them out."""
    if office.is_quiet(office.now) and not bulletin.night:
        return office.now
    within = office.now + office.station.send_within
    return min(within, _until_quiet(office, bulletin), bulletin.expires_at)


def take_requests_back(office: Office, bulletin: Bulletin) -> None:
    """What the approvers of a suspect notice were shown goes, too, when it never left or not in time."""
    if bulletin.kind is BulletinKind.SUSPECT:
        close_copies(office, bulletin)


def close_copies(office: Office, bulletin: Bulletin) -> None:
    """Every copy says that the bulletin is over, or goes."""
    publishing.take_back(
        office.session,
        office.words,
        topic=bulletin.topic,
        closing=views.closed(bulletin),
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
        return _told_by_clock(bulletin, go(office, bulletin))
    return lapse(office, bulletin)


def _told_by_clock(bulletin: Bulletin, says: list[Say]) -> list[Say]:
    return [
        replace(one, person=bulletin.author_id, key=one.key or f"{bulletin.topic}:step:{bulletin.revision}:{place}")
        if one.chat is None and one.person is None
        else one
        for place, one in enumerate(says)
    ]
