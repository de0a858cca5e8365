"""Drafting (起草): what a bulletin must have before anybody is asked about it."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from handlers.bulletins import audience, gate, rules, views
from handlers.bulletins.views import Office
from handlers.dialogue import access
from handlers.dialogue.access import refuse
from handlers.dialogue.scene import Actor
from handlers.dialogue.wording import text
from storage import areas, bulletins
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
        body["facts"] = checked(office, facts or {})
    else:
        body["text"] = worded(office, words)
    body["kinds"] = [str(one) for one in (kinds or audience.DEFAULT_KINDS[kind])]
    targets = audience.targets(session, kind, over.id, map(ChatKind, body["kinds"]))
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


def worded(office: Office, words: str) -> str:
    """The words as they are kept: no control characters, nobody's number, plate or room (R2); raises Refusal."""
    clean = rules.cleaned(words)
    if len(clean) < SHORTEST_TEXT:
        raise refuse("bulletins.empty")
    if len(clean) > LONGEST_TEXT:
        raise refuse("bulletins.too_long", most=LONGEST_TEXT, n=len(clean))
    return rules.masked(clean, office.station.lines, False)


def checked(office: Office, facts: Mapping[str, Any]) -> dict[str, Any]:
    """The facts of a suspect notice, past the gate; a refusal says what is lacking and how to mend it (R7)."""
    named = {name: _kept(office, name, str(value or "")) for name, value in facts.items()}
    lacks = gate.lacks(named, office.now)
    if lacks:
        raise refuse("bulletins.lack.intro", lines=tuple(text(f"bulletins.lack.{lack}") for lack in lacks))
    named["when"] = named["when_shown"] = gate.when_shown(named["when"], office.now)
    return named


def _ends(office: Office, kind: BulletinKind, send_at: datetime | None, lives: timedelta | None) -> datetime:
    station = office.station
    if kind is BulletinKind.SUSPECT:
        return rules.suspect_ends(office.now, lives, station.suspect_lives)
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


def _kept(office: Office, name: str, value: str) -> str:
    """One fact as it is kept: masked, unless it is the case number."""
    clean = rules.cleaned(value)
    return clean if name == "case" else rules.masked(clean, office.station.lines, False)
