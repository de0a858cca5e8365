"""Watching (看护): what is wrong is looked up, and told to the administrators: once, and once it is over."""

from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from handlers.dialogue.say import Cause, Say, post, to_each
from handlers.dialogue.wording import Catalogue, Text, text
from handlers.watch import rules
from handlers.watch.rules import Queue, Trouble
from storage import alarms, chats, lags
from storage.chats import ChatKind
from storage.lanes import Lane
from storage.outage import Outage

URGENT = (Lane.RECALL_PERSON, Lane.LIFE, Lane.SUSPECT)
ALARM_LIVES = timedelta(minutes=10)
"""An alarm that could not leave for so long is dropped: that it is over says all."""

DATABASE = "database"


def queues(session: Session, now: datetime) -> list[Queue]:
    """How every account stands; nothing is locked."""
    found = []
    for account in lags.accounts(session):
        last = lags.last_sent(session, account)
        silent = last is None or not timedelta(0) <= now - last <= rules.STALLED
        since = lags.ready_since(session, account, Lane if silent else URGENT, now)
        urgent = min((since[lane] for lane in URGENT if lane in since), default=None)
        found.append(Queue(account, urgent, min(since.values(), default=None), last))
    return found


def begin(session: Session, words: Catalogue, trouble: Trouble, now: datetime) -> int:
    """Tell of a trouble; how many groups."""
    number = alarms.begin(session, trouble.name, trouble.since, now)
    if number is None:
        return 0
    seconds = max(round((now - trouble.since).total_seconds()), 1)
    told = (
        text("watch.urgent", account=trouble.account, lasted=lasted(seconds))
        if trouble.kind == "urgent"
        else text("watch.stalled", account=trouble.account, lasted=lasted(seconds))
    )
    return _tell(session, words, told, f"alarm:{trouble.name}:{number}", now, now + ALARM_LIVES)


def end(session: Session, words: Catalogue, name: str, now: datetime) -> int:
    """Tell that a trouble is over; how many groups."""
    row = alarms.named(session, name)
    if row is None or not alarms.end(session, name, now):
        return 0
    kind, _, account = name.partition(":")
    seconds = max(round((now - row.began_at).total_seconds()), 1)
    key = "watch.urgent_over" if kind == "urgent" else "watch.stalled_over"
    return _tell(
        session, words, text(key, account=account, lasted=lasted(seconds)), f"alarm:{name}:{row.number}:over", now
    )


def after_outage(session: Session, words: Catalogue, outage: Outage, now: datetime) -> int:
    """Tell that the database took nothing for a while, now that it does again; how many groups."""
    row = alarms.named(session, DATABASE)
    if not rules.outage_is_told(row.over_at if row is not None else None, now):
        return 0
    number = alarms.begin(session, DATABASE, now - timedelta(seconds=outage.seconds), now)
    if number is None:
        return 0
    alarms.end(session, DATABASE, now)
    told = text("watch.database", why=text(f"watch.why_{outage.why}"), lasted=lasted(max(round(outage.seconds), 1)))
    return _tell(session, words, told, f"alarm:{DATABASE}:{number}", now)


def lasted(seconds: int) -> Text:
    """A span as people say it."""
    if seconds < 90:
        return text("watch.seconds", n=seconds)
    if seconds < 5400:
        return text("watch.minutes", n=round(seconds / 60))
    return text("watch.hours", n=round(seconds / 3600))


def _tell(
    session: Session, words: Catalogue, told: Text, name: str, now: datetime, expires_at: datetime | None = None
) -> int:
    groups = [chat.id for chat in chats.groups(session, (ChatKind.ADMINS,))]
    says = to_each(Say(told, key=name, expires_at=expires_at), groups)
    return len(post(session, words, says, Cause(name), now))
