"""Which public notice an objection is about, and how it is shown, hidden, shown again and taken back."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from handlers.bulletins import closing, sending
from handlers.bulletins import views as bulletin_views
from handlers.bulletins.views import Office
from handlers.dialogue.access import refuse
from handlers.dialogue.say import Say
from handlers.dialogue.scene import Actor
from handlers.publishing import actions as publishing
from handlers.publishing import freezing
from handlers.reading.codes import Code
from handlers.searches import actions as finding
from handlers.searches import views as search_views
from handlers.searches.finding import knows
from storage import bulletins, searches
from storage.bulletins import Bulletin, BulletinKind, BulletinState
from storage.lanes import Lane
from storage.searches import LETTER, Search, SearchState

SUSPECT = str(BulletinKind.SUSPECT)
OF_NOBODY = frozenset(str(kind) for kind in BulletinKind) - {SUSPECT}


@dataclass(frozen=True, slots=True)
class Notice:
    """A suspect notice or a search that was made public; `by` is who published it."""

    record: Bulletin | Search

    @property
    def code(self) -> str:
        """The code people say."""
        return self.record.code

    @property
    def topic(self) -> str:
        """The name of the record in ledgers."""
        return self.record.topic

    @property
    def area_id(self) -> int:
        """The area it is about."""
        return self.record.area_id

    @property
    def suspect(self) -> bool:
        """Whether it looks for a suspect, not for somebody missing."""
        return isinstance(self.record, Bulletin)

    @property
    def by(self) -> int | None:
        """Who published it."""
        return self.record.author_id if isinstance(self.record, Bulletin) else self.record.verified_by

    @property
    def is_live(self) -> bool:
        """Whether it stands before the public now."""
        return self.record.state in (BulletinState.LIVE, SearchState.PUBLISHED)

    @property
    def was_public(self) -> bool:
        """Whether it ever stood there."""
        record = self.record
        return (record.live_at if isinstance(record, Bulletin) else record.verified_at) is not None


def meant(office: Office, actor: Actor, codes: Sequence[Code], topic: str | None, word: str) -> Notice:
    """The notice named by its code, or whose message was answered; raises Refusal.

    One that never was public is refused like one that is not there: codes cannot be walked.
    """
    if not codes:
        if topic is None or (found := of_topic(office, topic)) is None:
            raise refuse("objections.which", word=word)
        return _public(office, actor, found, found.code)
    code = next((one for one in codes if one.prefix in (SUSPECT, LETTER)), codes[0])
    if code.prefix in OF_NOBODY:
        raise refuse("objections.of_nobody", code=str(code))
    record: Bulletin | Search | None = None
    if code.prefix == SUSPECT:
        record = bulletins.numbered(office.session, BulletinKind.SUSPECT, code.number)
    elif code.prefix == LETTER:
        record = searches.numbered(office.session, code.number)
    else:
        raise refuse("objections.other_record", code=str(code))
    return _public(office, actor, Notice(record) if record is not None else None, str(code))


def _public(office: Office, actor: Actor, notice: Notice | None, code: str) -> Notice:
    if notice is None or not notice.was_public:
        raise refuse("objections.unknown", code=code)
    if isinstance(notice.record, Search) and not knows(office.session, actor, notice.record):
        raise refuse("objections.unknown", code=code)
    return notice


def of_topic(office: Office, topic: str) -> Notice | None:
    """The notice of a ledger's topic, None where it is another record."""
    kind, _, number = topic.partition(":")
    if not number.isdecimal():
        return None
    if kind == "search":
        return Notice(searches.get(office.session, int(number)))
    if kind != "bulletin":
        return None
    bulletin = bulletins.get(office.session, int(number))
    return Notice(bulletin) if bulletin.kind is BulletinKind.SUSPECT else None


def hide(office: Office, notice: Notice) -> list[int]:
    """Stop every sending and take photo and name off all that stands; the deliveries that were under way."""
    session, record = office.session, notice.record
    frozen = freezing.freeze(session, office.words, notice.topic, record.expires_at, office.now)
    if isinstance(record, Bulletin):
        shown = bulletin_views.frozen(office, record, bulletins.body_of(session, record))
    else:
        shown = search_views.contested_notice(session, record, office.now.tzinfo)
    _update(office, notice, shown, shown, Lane.RECALL_PERSON)
    return frozen


def show_again(office: Office, notice: Notice, frozen: Sequence[int]) -> None:
    """Give every copy its words and its photo back, and let the sending go on."""
    session, record = office.session, notice.record
    if isinstance(record, Bulletin):
        body = bulletins.body_of(session, record)
        shown, bare = bulletin_views.notice(office, record, body), bulletin_views.bare(office, record, body)
        _update(office, notice, shown, bare, Lane.SUSPECT)
    else:
        zone = office.now.tzinfo
        shown, bare = search_views.notice(session, record, zone), search_views.bare_notice(session, record, zone)
        _update(office, notice, shown, bare, Lane.LIFE)
    freezing.thaw(session, office.words, frozen, goes_on_until(office, notice), office.now)


def goes_on_until(office: Office, notice: Notice) -> datetime:
    """Until when the rest of a stopped sending may leave; now where it may not: at night, without 夜间发送."""
    record = notice.record
    if not isinstance(record, Bulletin):
        return record.expires_at
    return sending.leaves_until(office, record)


def take_back(office: Office, actor: Actor, notice: Notice) -> list[Say]:
    """An officer says the objection is right: recalled, and a suspect's name cleared in words."""
    if isinstance(notice.record, Bulletin):
        return closing.recall(office, actor, notice.record, "", mistaken=True)
    return finding.withdraw(office.session, office.words, actor, notice.record, office.now)


def take_back_unanswered(office: Office, notice: Notice) -> list[Say]:
    """Nobody answered: a suspect notice is taken back by the clock."""
    return closing.recall_unanswered(office, notice.record) if isinstance(notice.record, Bulletin) else []


def _update(office: Office, notice: Notice, shown: Say, bare: Say | None, lane: Lane) -> None:
    publishing.update(
        office.session,
        office.words,
        topic=notice.topic,
        lane=lane,
        notice=shown,
        bare=bare,
        now=office.now,
        expires_at=notice.record.expires_at,
    )
