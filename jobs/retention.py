"""Retention (保存期限): what has been kept long enough is erased; ids, states and hashes stay as tombstones.

One process sweeps at a time, every ten minutes; a sweep that found much to do goes on at once.
"""

import logging
import secrets
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy.orm import Session

from handlers.dialogue import asking
from handlers.dialogue.given import Given, call
from handlers.dialogue.message import Incoming
from handlers.dialogue.say import Cause, Say, post
from handlers.dialogue.scene import Scene, actor_of
from handlers.dialogue.world import World
from handlers.help import pending
from handlers.visits.records import WALKS
from jobs.due import Clock
from storage import (
    alarms,
    audit,
    callbacks,
    cases,
    chats,
    ending,
    floods,
    forms,
    inbox,
    keeping,
    keys,
    leases,
    leaving,
    media,
    objections,
    reminders,
    sources,
    tokens,
    tries,
    visits,
)
from storage.forms import FormState, OpenForm
from storage.inbox import InboxState

LOG = logging.getLogger("wangge.retention")
Part = Callable[[Session, World, datetime], int]
LEASE: Final = "retention"
VACUUM_EVERY: Final = timedelta(days=1)
ERASED_IN: Final = (
    "data_keys",
    "contents",
    "inbox",
    "chats",
    "people",
    "incidents",
    "incident_notes",
    "searches",
    "outings",
    "sectors",
    "searchers",
    "bulletins",
    "library_items",
    "media",
    "case_notes",
    "doors",
    "visits",
)
"""Tables beside those of cases of which rows or values are erased.

Without the bytes of a wrapped key, what it sealed is nothing.
"""
EVERY: Final = timedelta(minutes=10)
CHUNK: Final = 100
ASIDE_LIVES: Final = timedelta(days=7)
FOLDED_LIVES: Final = timedelta(days=1)
SENDERS_LIVE: Final = timedelta(hours=1)
SOURCES_LIVE: Final = timedelta(days=30)
WAITING_LIVES: Final = timedelta(days=30)
TRIES_LIVE: Final = timedelta(days=1)
LEFT_LIVES: Final = timedelta(minutes=10)


def step(world: World) -> int:
    """Give up calls that came too late, and sweep when it is time; how much was done."""
    now = world.now()
    with world.db.read() as session:
        late, due = ending.any_expired(session, now), leases.is_free(session, LEASE, now)
    done = 0
    if late:
        with world.db.write() as session:
            done += ending.expire(session, now)
    return done + (sweep(world, now) if due else 0)


def sweep(world: World, now: datetime) -> int:
    """One chunk of everything that is to go, a transaction each; how many rows. Only one process sweeps at a time."""
    owner = secrets.token_hex(8)
    with world.db.write() as session:
        if leases.take(session, LEASE, owner, now, now + EVERY) is None:
            return 0
    counts = {name: _one(world, name, part, now) for name, part in PARTS.items()}
    if any(count >= CHUNK for count in counts.values()):
        with world.db.write() as session:
            leases.give_back(session, LEASE, owner, now)
    if any(counts.values()):
        world.db.settle()
        LOG.info("swept: %s", {name: count for name, count in counts.items() if count})
    _settle_postgres(world, now)
    return sum(counts.values())


def _settle_postgres(world: World, now: datetime) -> None:
    """Once a day let PostgreSQL write anew the tables in which something may have been erased.

    Whatever this sweep found: something is erased by turns and by the sweep after the last time, too.
    """
    if not world.db.keeps_old_rows:
        return
    with world.db.write() as session:
        if not alarms.note_done(session, "vacuum", now, now - VACUUM_EVERY):
            return
    try:
        world.db.rewrite((*ERASED_IN, *(kind.__tablename__ for kind in cases.kinds())))
    except Exception as error:
        LOG.error("tables not written anew: %s", type(error).__name__)


def _one(world: World, name: str, part: Part, now: datetime) -> int:
    try:
        with world.db.write() as session:
            done = part(session, world, now)
            if dropped := keys.erased(session):
                audit.write(session, "sweep", now, what=name, count=dropped)
            return done
    except Exception as error:
        LOG.error("sweep failed: %s %s", name, type(error).__name__)
        return 0


def _waiting(session: Session, world: World, now: datetime) -> int:
    """Messages for somebody who never opened the private talk: 30 days."""
    return ending.give_up(session, now - WAITING_LIVES)


def _contents(session: Session, world: World, now: datetime) -> int:
    """What was said in messages: 24 hours after the last copy went out."""
    return ending.drop_contents(session, now - world.station.content_after_end, keeping.contents_in_use(session))


def _aside(session: Session, world: World, now: datetime) -> int:
    return inbox.drop_aside(session, now - ASIDE_LIVES)


def _folded(session: Session, world: World, now: datetime) -> int:
    """What was said in floods: a day; who said anything lately, for the windows of floods: an hour."""
    done = inbox.drop_aside(session, now - FOLDED_LIVES, InboxState.FOLDED)
    done += inbox.forget_senders(session, now - SENDERS_LIVE, CHUNK * 50)
    return done + floods.drop_before(session, now - FOLDED_LIVES)


def _sources(session: Session, world: World, now: datetime) -> int:
    return sources.drop_before(session, now - SOURCES_LIVE)


def _tokens(session: Session, world: World, now: datetime) -> int:
    return tokens.drop_expired(session, now)


def _tries(session: Session, world: World, now: datetime) -> int:
    return tries.drop_before(session, now - TRIES_LIVE)


def _reminders(session: Session, world: World, now: datetime) -> int:
    rows = reminders.expired(session, now, CHUNK)
    for row in rows:
        reminders.forget(session, row)
    return len(rows)


def _photos(session: Session, world: World, now: datetime) -> int:
    """Photos: three days after the record was closed, or became part of none, or when their own time is over."""
    before = now - world.station.photo_after_close
    found = {
        *keeping.photos_after_close(session, before, CHUNK),
        *keeping.media_of_nothing(session, before, CHUNK),
        *keeping.media_past(session, now, CHUNK),
    }
    for medium_id in found:
        media.erase(session, medium_id)
    return len(found)


def _incidents(session: Session, world: World, now: datetime) -> int:
    """Incidents whose time is over; tips nobody confirmed, after 90 days."""
    tips, others = now - world.station.tip_lives, now - world.station.incident_lives
    rows = keeping.incidents_past(session, now, tips, others, CHUNK)
    for row in rows:
        callbacks.forget(session, row.topic)
        keeping.bury(session, row)
    return len(rows)


def _objections(session: Session, world: World, now: datetime) -> int:
    """Who objected to a notice and why: as long after the answer as a tip nobody confirmed."""
    rows = objections.past(session, now - world.station.tip_lives, CHUNK)
    for row in rows:
        objections.forget(session, row)
    return len(rows)


def _searches(session: Session, world: World, now: datetime) -> int:
    """Searches: 30 days after they ended, while somebody may still ask what became of the person."""
    rows = keeping.searches_past(session, now - world.station.search_after_end, CHUNK)
    for row in rows:
        keeping.bury_search(session, row)
    return len(rows)


def _bulletins(session: Session, world: World, now: datetime) -> int:
    """Suspect notices: 30 days after their end, while they may be objected to; other bulletins: 180 days."""
    station = world.station
    rows = keeping.bulletins_past(session, now - station.suspect_after_end, now - station.bulletin_after_end, CHUNK)
    for row in rows:
        keeping.bury_bulletin(session, row)
    return len(rows)


def _chats(session: Session, world: World, now: datetime) -> int:
    """Private talks of people who left, once the last word to them is said and no notice stands there any more."""
    return leaving.forget_chats(session, now - LEFT_LIVES, CHUNK)


def _cases(session: Session, world: World, now: datetime) -> int:
    """Cases of every kind whose time is over: all words go, number and states stay."""
    rows = [row for kind in cases.kinds() for row in cases.past(session, kind, now, CHUNK)]
    for row in rows:
        cases.bury(session, row)
    return len(rows)


def _doors(session: Session, world: World, now: datetime) -> int:
    """Lists of doors of people who are no grid workers any more."""
    return visits.drop_of_nobody(session, WALKS, CHUNK)


def _forms(session: Session, world: World, now: datetime) -> int:
    """Guided talks nobody went on with, and words nobody chose for."""
    rows = forms.lapsed(session, now, CHUNK)
    for row in rows:
        try:
            with session.begin_nested():
                _lapse(session, world, row, now)
        except Exception as error:
            LOG.error("lapse failed: form=%s %s", row.id, type(error).__name__)
            session.refresh(row)
            forms.close(session, row, FormState.LAPSED, now)
    return len(rows)


def _lapse(session: Session, world: World, row: OpenForm, now: datetime) -> None:
    if row.state is FormState.PARKED:
        pending.lapse(session, row, now)
        return
    form = asking.all_forms().get(row.name)
    answers = forms.answers_of(session, row)
    forms.close(session, row, FormState.LAPSED, now)
    if form is None or form.on_end is None:
        return
    chat = chats.get(session, row.chat_id)
    scene = Scene(actor_of(session, row.person_id), chat, chat.kind, chat.area_id)
    nothing = Incoming(chat.account, f"lapse:{row.id}", "message", chat.platform_id, not scene.is_group, "", "", at=now)
    given = Given(world, session, nothing, scene, None, now, answers=answers, form=row)
    answer = call(form.on_end, given)
    says = [answer] if isinstance(answer, Say) else list(answer or ())
    post(session, world.words, says, Cause(f"lapse:{row.id}", chat), now)


PARTS: Final[Mapping[str, Part]] = {
    "forms": _forms,
    "reminders": _reminders,
    "incidents": _incidents,
    "searches": _searches,
    "bulletins": _bulletins,
    "cases": _cases,
    "doors": _doors,
    "photos": _photos,
    "objections": _objections,
    "waiting": _waiting,
    "contents": _contents,
    "aside": _aside,
    "folded": _folded,
    "sources": _sources,
    "tokens": _tokens,
    "tries": _tries,
    "chats": _chats,
}


def any_due(session: Session, now: datetime) -> bool:
    """Whether a call came too late, or it is time to sweep."""
    return ending.any_expired(session, now) or leases.is_free(session, LEASE, now)


tick = Clock(step, any_due)
TICK = tick
