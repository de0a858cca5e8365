"""What is done about the audit chain (审计): it is checked, its end is handed out, views are noted. The only door."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from handlers.audit import rules
from handlers.dialogue.access import ADMINS
from handlers.dialogue.say import Cause, Say, button, post, rows, to_each, to_people
from handlers.dialogue.wording import Catalogue, Text, text
from storage import audit, audited, chats, people
from storage.audit import Broken, Head
from storage.chats import ChatKind


@dataclass(frozen=True, slots=True)
class Standing:
    """How the chain stands: its end, whether it is whole, the last anchor, how many entries of the last day by sort."""

    head: Head
    broken: Broken | None
    anchor: tuple[datetime, Head] | None
    counts: dict[str, int]
    kept: int
    """With how many anchors from outside it was compared."""
    whole: bool
    """Whether every entry was checked, or of a long chain the newest and a part of the others."""


def look(session: Session, kept: Sequence[Head], now: datetime) -> Standing:
    """Check the chain: whole against anchors (`kept`) somebody has, else a long one by parts. Nothing is locked."""
    head, last = audit.head(session), audit.last_anchor(session)
    counts: dict[str, int] = {}
    for action, count in audit.counts_since(session, now - rules.ACTIONS_OF).items():
        sort = audited.sort_of(action) if action in audited.ACTIONS else "other"
        counts[sort] = counts.get(sort, 0) + count
    return Standing(
        head=head,
        broken=audit.verify(session, kept) if kept else audit.verify_part(session, now.toordinal(), rules.PART),
        anchor=(last.at, Head(last.count, last.hash)) if last is not None else None,
        counts=counts,
        kept=len(kept),
        whole=bool(kept) or head.count <= rules.PART,
    )


def told(standing: Standing, now: datetime) -> Text:
    """How the chain stands, in words."""
    if standing.broken is not None:
        return text("audit.broken", why=why(standing.broken))
    anchor: Text = text("audit.no_anchor")
    if standing.anchor is not None:
        at, head = standing.anchor
        anchor = text("audit.last_anchor", at=_clock(at.astimezone(now.tzinfo)), n=head.count, head=head.short)
    lines = tuple(text(f"audit.sort.{sort}", n=count) for sort, count in sorted(standing.counts.items()))
    return text(
        "audit.whole" if standing.whole else "audit.lately",
        n=standing.head.count,
        head=standing.head.short,
        kept=text("audit.fits", n=standing.kept) if standing.kept else "",
        anchor=anchor,
        lines=lines or (text("audit.quiet"),),
    )


def why(broken: Broken) -> Text:
    """What is wrong with the chain, in a clause that names the first broken entry."""
    return text(f"audit.why.{broken.why}", n=broken.number)


def hand_out(session: Session, words: Catalogue, day: str, broken: Broken | None, now: datetime) -> int:
    """Hand the day's anchor (存证) to the administrators' groups, else to themselves; how many messages.

    It is noted first, so that no restart, second process or moved clock hands it out twice.
    """
    head = audit.anchor(session, day, now)
    if head is None:
        return 0
    said = text(
        "audit.anchor",
        at=_clock(now),
        n=head.count,
        head=head.short,
        state=text("audit.anchor_broken", why=why(broken)) if broken is not None else text("audit.anchor_whole"),
        anchor=str(head),
    )
    check = button("audit.check_button", f"审计 {head.count}:{head.short}")
    one = Say(said, buttons=rows(check), key=f"anchor:{day}")
    groups = [chat.id for chat in chats.groups(session, (ChatKind.ADMINS,))]
    says = to_each(one, groups) if groups else to_people(one, people.all_holders(session, ADMINS))
    queued = len(post(session, words, says, Cause(f"anchor:{day}"), now))
    if queued:
        audit.was_posted(session, day)
    return queued


def viewed(session: Session, topic: str, what: str, says: Iterable[Say], now: datetime) -> list[Say]:
    """Note who is about to read what is masked for everybody else: one entry a reader. The messages as they came."""
    shown = list(says)
    for reader in dict.fromkeys(one.person for one in shown if one.person is not None):
        audit.write(session, "view", now, actor_id=reader, topic=topic, what=what)
    return shown


def _clock(moment: datetime) -> str:
    return f"{moment.month}月{moment.day}日 {moment:%H:%M}"
