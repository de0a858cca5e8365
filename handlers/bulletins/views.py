"""What a bulletin (通报) looks like: to those it is sent to, to its author, and to whoever is asked for a yes."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from handlers.bulletins import audience, gate, rules
from handlers.dialogue.say import Button, Say, button, rows, say
from handlers.dialogue.scene import called
from handlers.dialogue.wording import Catalogue, Text, said, text
from handlers.dialogue.world import Station
from handlers.publishing import progress
from handlers.publishing.rules import sure_words
from storage import areas, audit, bulletins, chats
from storage.bulletins import Bulletin, BulletinKind, BulletinState
from storage.chats import Chat
from storage.lanes import Lane

PANEL = {BulletinKind.FRAUD: "fraud", BulletinKind.WARNING: "warning", BulletinKind.SUSPECT: "suspect"}
NAMED = 30
"""So many groups are shown by name."""


@dataclass(frozen=True, slots=True)
class Office:
    """Where bulletins are worked on: the session, the station's words and rules, and the moment in its zone."""

    session: Session
    words: Catalogue
    station: Station
    now: datetime

    def clock(self, moment: datetime) -> str:
        """A moment as people read it, 11月20日 10:20."""
        local = moment.astimezone(self.station.zone)
        return f"{local.month}月{local.day}日 {local:%H:%M}"

    def called(self, person_id: int) -> str:
        """What colleagues read of somebody."""
        found = called(self.session, person_id)
        return found if isinstance(found, str) else self.words.render(found)

    def is_quiet(self, moment: datetime) -> bool:
        """Whether a moment lies in the quiet hours."""
        local = moment.astimezone(self.station.zone)
        return rules.is_quiet(local, self.station.quiet_from, self.station.quiet_until)


GIVEN = {"office": Office}


def notice(office: Office, bulletin: Bulletin, body: Mapping[str, Any]) -> Say:
    """The notice exactly as its readers see it."""
    return _notice(office, bulletin, body, bare=False)


def bare(office: Office, bulletin: Bulletin, body: Mapping[str, Any]) -> Say | None:
    """The notice for channels that cannot take a copy back: no face, no name, no school (R8)."""
    return _notice(office, bulletin, body, bare=True) if bulletin.kind is BulletinKind.SUSPECT else None


def frozen(office: Office, bulletin: Bulletin, body: Mapping[str, Any]) -> Say:
    """A suspect notice while an objection waits for an answer: no face, no name, no school, and that it is checked."""
    return replace(_notice(office, bulletin, body, bare=True, key="bulletins.notice.suspect_frozen"), media=())


def _notice(office: Office, bulletin: Bulletin, body: Mapping[str, Any], *, bare: bool, key: str = "") -> Say:
    public = any(chats.get(office.session, chat_id).kind.is_public for chat_id in bulletin.targets)
    until = office.clock(bulletin.expires_at)

    def shown(words: str) -> str:
        cut = gate.without_name_and_school(words) if bare else words
        return rules.masked(cut, office.station.lines, public)

    if bulletin.kind is BulletinKind.SUSPECT:
        facts = body["facts"]
        sentence = text(
            key or ("bulletins.notice.suspect_bare" if bare and body["media"] else "bulletins.notice.suspect"),
            when=facts["when_shown"],
            place=shown(facts["place"]),
            marks=shown(facts["marks"]),
            code=bulletin.code,
            until=until,
        )
        return Say(sentence, media=() if bare else tuple(body["media"]))
    sentence = text(
        "bulletins.notice.law" if bulletin.category == rules.LAW else f"bulletins.notice.{PANEL[bulletin.kind]}",
        category=bulletin.category,
        words=shown(body["text"]),
        code=bulletin.code,
        until=until,
    )
    return Say(sentence, media=tuple(body["media"]), links="://" in body["text"])


def content_hash(office: Office, bulletin: Bulletin, body: Mapping[str, Any]) -> str:
    """SHA-256 of exactly what is sent and to whom; approvals are bound to it (R5).

    The revision is part of it: an edit that comes back to the first words does not bring the old yeses back.
    """
    without = bare(office, bulletin, body)
    return rules.content_hash(
        {
            "code": bulletin.code,
            "revision": bulletin.revision,
            "text": office.words.render(notice(office, bulletin, body).text),
            "bare": office.words.render(without.text) if without is not None else "",
            "media": list(body["media"]),
            "case": body.get("facts", {}).get("case", ""),
            "targets": sorted(bulletin.targets),
        }
    )


def lane(bulletin: Bulletin) -> Lane:
    """How urgent its copies are: suspect, danger to life, or bulk."""
    if bulletin.kind is BulletinKind.SUSPECT:
        return Lane.SUSPECT
    return Lane.LIFE if bulletin.category in rules.DANGERS else Lane.BULK


def recall_lane(bulletin: Bulletin) -> Lane:
    """How urgent taking it back is; whatever names a person goes first."""
    return Lane.RECALL_PERSON if bulletin.kind is BulletinKind.SUSPECT else Lane.RECALL


def reach(office: Office, bulletin: Bulletin) -> Text:
    """Whom it goes to, in a few words: 大侯村等 3 个群，12 位订阅的居民."""
    count = len(_groups(office, bulletin))
    private = len(bulletin.targets) - count
    people = text("bulletins.reach_people", n=private) if private else ""
    if count == 1:
        return text("bulletins.reach_one", title=titles(office, bulletin), people=people)
    area = areas.get(office.session, bulletin.area_id).name
    return text("bulletins.reach", area=area, n=count, people=people)


def _groups(office: Office, bulletin: Bulletin) -> list[Chat]:
    return chats.groups_among(office.session, bulletin.targets)


def reach_named(office: Office, bulletin: Bulletin) -> Text:
    """Whom it goes to, every group by name, for its author to check."""
    if len(_groups(office, bulletin)) < 2:
        return reach(office, bulletin)
    return text("bulletins.reach_named", reach=reach(office, bulletin), titles=titles(office, bulletin))


def titles(office: Office, bulletin: Bulletin) -> str:
    """The groups by name, the first thirty; …… where there are more."""
    groups = _groups(office, bulletin)
    named = "、".join(chat.title for chat in groups[:NAMED])
    return f"{named}……" if len(groups) > NAMED else named


def leaves(office: Office, bulletin: Bulletin) -> Text:
    """When it goes out, in words."""
    if bulletin.kind is BulletinKind.SUSPECT:
        return text("bulletins.leaves_approved")
    moment = max(bulletin.send_at or office.now, office.now).astimezone(office.station.zone)
    if keeps_quiet(bulletin) and office.is_quiet(moment):
        end = rules.after_quiet(moment, office.station.quiet_from, office.station.quiet_until)
        return text("bulletins.leaves_quiet", at=office.clock(end))
    if moment > office.now:
        return text("bulletins.leaves_at", at=office.clock(moment))
    return text("bulletins.leaves_now")


def preview(office: Office, bulletin: Bulletin, body: Mapping[str, Any]) -> list[Say]:
    """The draft for its author: the notice as it will look, and below it what can be done."""
    suspect = bulletin.kind is BulletinKind.SUSPECT
    confirm = needs_confirm(office, bulletin)
    step = "bulletins.step_suspect" if suspect else "bulletins.step_confirm" if confirm else "bulletins.step_free"
    panel = text(
        "bulletins.panel" if bulletin.targets else "bulletins.panel_nobody",
        code=bulletin.code,
        reach=reach_named(office, bulletin),
        leaves=leaves(office, bulletin),
        takes=progress.takes(office.session, bulletin.targets),
        until=office.clock(bulletin.expires_at),
        step=text(step),
        masked=text("bulletins.masked") if hides(office, body) else "",
    )
    send = button("bulletins.send", f"发送 {bulletin.code}")
    first = [send] if suspect else [send, button("bulletins.retime", f"改时间 {bulletin.code}")]
    if not suspect and may_go_at_night(bulletin) and bulletin.send_at is None and office.is_quiet(office.now):
        first.append(button("bulletins.send_now", f"发送 {bulletin.code} 现在"))
    second = [
        button("bulletins.reach_button", f"改范围 {bulletin.code}"),
        button("bulletins.drop", f"作废 {bulletin.code}"),
    ]
    return [notice(office, bulletin, body), Say(panel, buttons=rows(first, second))]


def ask_if_sure(office: Office, bulletin: Bulletin, *, at_once: bool) -> Say:
    """The number of groups once more, before it goes to many by its author's word alone."""
    count = len(bulletin.targets)
    does = f"发送 {bulletin.code}{' 现在' if at_once else ''}{sure_words(count)}"
    return say(
        "bulletins.sure",
        [button("bulletins.sure_button", does, n=count), button("bulletins.drop", f"作废 {bulletin.code}")],
        code=bulletin.code,
        reach=reach(office, bulletin),
        takes=progress.takes(office.session, bulletin.targets),
    )


def hides(office: Office, body: Mapping[str, Any]) -> bool:
    """Whether numbers, plates or doors are hidden from what was typed."""
    words = body.get("text") or "".join(body.get("facts", {}).get(name, "") for name in ("place", "marks"))
    return "〔" in rules.masked(str(words), office.station.lines, True)


def may_go_at_night(bulletin: Bulletin) -> bool:
    """Whether its author may choose 现在发 in the quiet hours: a warning of danger."""
    return bulletin.kind is BulletinKind.WARNING and bulletin.category in rules.DANGERS


def keeps_quiet(bulletin: Bulletin) -> bool:
    """Whether it waits for the morning; an edit that takes the danger out of it takes 现在发 back."""
    return bulletin.quiet or not may_go_at_night(bulletin)


def needs_confirm(office: Office, bulletin: Bulletin) -> bool:
    """Whether one other officer has to confirm it as it stands."""
    return audience.needs_confirm(
        office.session, bulletin.author_id, bulletin.kind, bulletin.targets, office.station.confirm_groups
    )


def ask(office: Office, bulletin: Bulletin, body: Mapping[str, Any], content: str, head: str) -> list[Say]:
    """What whoever may approve sees: exactly what is sent, to whom, and the first 8 of hash and audit head (R5).

    A suspect's face in this request counts as a copy, so that it is taken back with the others.
    """
    suspect = bulletin.kind is BulletinKind.SUSPECT
    sentence = text(
        "bulletins.ask_suspect" if suspect else "bulletins.ask",
        code=bulletin.code,
        author=office.called(bulletin.author_id),
        reach=reach(office, bulletin),
        titles=titles(office, bulletin),
        leaves=leaves(office, bulletin),
        takes=progress.takes(office.session, bulletin.targets),
        until=office.clock(bulletin.expires_at),
        case=body.get("facts", {}).get("case", ""),
        content=content[:8],
        head=head[: audit.SHOWN],
    )
    buttons: tuple[Button, ...] = (
        button("bulletins.approve", f"批准 {bulletin.code} {content[:8]}"),
        button("bulletins.reject", f"驳回 {bulletin.code}"),
    )
    shown = notice(office, bulletin, body)
    return [replace(shown, topic=bulletin.topic) if suspect else shown, Say(sentence, buttons=rows(buttons))]


def state(bulletin: Bulletin) -> Text:
    """Its state in a word: 待批, 有效."""
    return text(f"bulletins.state.{bulletin.state}")


def line(office: Office, bulletin: Bulletin) -> Text:
    """One line of the list of bulletins."""
    body = bulletins.body_of(office.session, bulletin)
    words = body.get("text") or body.get("facts", {}).get("marks", "")
    short = rules.masked(str(words), office.station.lines, True).replace("\n", " ")
    return text(
        "bulletins.line",
        code=bulletin.code,
        state=state(bulletin),
        words=short if len(short) <= 16 else f"{short[:16]}…",
        until=office.clock(bulletin.expires_at),
    )


def audit_head(office: Office) -> str:
    """The end of the audit chain as it stands."""
    return audit.head(office.session).hash


def closed(bulletin: Bulletin, *, mistaken: bool = False) -> Text:
    """What a copy says once its bulletin is over or taken back; `mistaken`: the wrong person was named."""
    if bulletin.state is BulletinState.EXPIRED:
        return text("bulletins.closed_expired", code=bulletin.code)
    if bulletin.state in (BulletinState.LAPSED, BulletinState.REJECTED):
        return text("bulletins.closed_unsent", code=bulletin.code)
    if mistaken:
        return text("bulletins.closed_mistaken", code=bulletin.code)
    return text("bulletins.closed_recalled", code=bulletin.code)


def words_as_said(words: str) -> Text:
    """Somebody's own words in an answer, or that there were none."""
    return said(words) if words else text("bulletins.no_reason")
