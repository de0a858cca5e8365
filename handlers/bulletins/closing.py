"""What becomes of a bulletin that has left: recall, correction, expiry. Called by commands and by the clock alike."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from handlers.bulletins import actions, audience, drafting, rules, sending, views
from handlers.bulletins.drafting import BEFORE_LIVE
from handlers.bulletins.views import Office
from handlers.dialogue import access
from handlers.dialogue.access import refuse
from handlers.dialogue.say import Say, say
from handlers.dialogue.scene import Actor
from handlers.dialogue.wording import Text, text
from handlers.publishing import actions as publishing
from handlers.searches import actions as finding
from storage import areas, audit, bulletins, calls, chats, deliveries, people, searches
from storage.bulletins import Bulletin, BulletinKind, BulletinState
from storage.lanes import Lane
from storage.searches import Search


def recall(office: Office, actor: Actor, bulletin: Bulletin, reason: str, *, mistaken: bool | None = None) -> list[Say]:
    """Take it back (撤回), by any one officer, from any state, at once; no question is asked first (R10).

    mistaken: whether the wrong person was named, which else the reason tells.
    """
    access.require(actor, "撤回", None)
    return _recall(office, actor.id, bulletin, reason, rules.clears_a_name(reason) if mistaken is None else mistaken)


def recall_unanswered(office: Office, bulletin: Bulletin) -> list[Say]:
    """Nobody answered an objection in time: it is taken back by the clock (R11)."""
    return _recall(office, None, bulletin, "", mistaken=False)


def _recall(office: Office, actor_id: int | None, bulletin: Bulletin, reason: str, mistaken: bool) -> list[Say]:
    before = bulletin.state
    moved = bulletins.move(
        office.session,
        bulletin,
        BulletinState.RECALLED,
        next_at=None,
        closed_at=office.now,
        closed_by=actor_id,
    )
    if not moved and actor_id is None:
        return []
    if not moved:
        raise refuse("bulletins.never_left", code=bulletin.code, state=views.state(bulletin))
    audit.write(office.session, "recall", office.now, actor_id=actor_id, topic=bulletin.topic, was=str(before))
    again = audience.WORDS[bulletin.kind]
    says: list[Say] = []
    if actor_id is not None and bulletin.author_id != actor_id:
        name = office.called(actor_id)
        told = text("bulletins.recalled_author", code=bulletin.code, who=name, why=views.words_as_said(reason[:200]))
        says.append(Say(told, person=bulletin.author_id))
    if before in BEFORE_LIVE:
        sending.take_requests_back(office, bulletin)
        return [say("bulletins.dropped", code=bulletin.code, again=again), *says]
    report = chats.private_of(office.session, actor_id or bulletin.author_id)
    closing = views.closed(bulletin, mistaken=mistaken)
    reached = _reached(office, bulletin) if mistaken else []
    count = publishing.take_back(
        office.session,
        office.words,
        topic=bulletin.topic,
        closing=closing,
        lane=views.recall_lane(bulletin),
        now=office.now,
        report_to=report.id if report is not None else None,
    )
    if mistaken:
        _clear(office, bulletin, closing, reached)
    key = "bulletins.recalled_cleared" if mistaken else "bulletins.recalled"
    if actor_id is None:
        return says
    return [say(key, code=bulletin.code, n=count, again=again), *says]


def _reached(office: Office, bulletin: Bulletin) -> list[int]:
    """The chats in which the public may have read it: no others learn that somebody was named."""
    named, addressed = calls.chats_reached(office.session, bulletin.topic), set(bulletin.targets)
    staff = set(people.all_holders(office.session, access.OFFICERS))
    return [
        chat.id
        for chat in chats.several(office.session, named)
        if chat.id in addressed or (not chat.kind.is_group and chat.person_id not in staff)
    ]


def _clear(office: Office, bulletin: Bulletin, closing: Text, reached: Sequence[int]) -> None:
    """Say aloud wherever it went that the person has nothing to do with it: a copy gone is no rehabilitation."""
    if not reached:
        return
    publishing.publish(
        office.session,
        office.words,
        topic=f"cleared:{bulletin.id}",
        name=f"{bulletin.topic}:cleared:{office.now.timestamp()}",
        lane=Lane.RECALL_PERSON,
        notice=Say(closing),
        targets=reached,
        now=office.now,
        expires_at=office.now + rules.CLEARED_LEAVES,
    )


def recall_search(office: Office, actor: Actor, search: Search) -> list[Say]:
    """Take a missing-person search back, by the searches' own door."""
    return finding.withdraw(office.session, office.words, actor, search, office.now)


def correct_search(office: Office, actor: Actor, search: Search, words: str) -> list[Say]:
    """Correct a missing-person search, by the searches' own door."""
    return finding.correct(office.session, office.words, actor, search, words, office.now)


def search_numbered(office: Office, number: int) -> Search:
    """The search of this number; raises Refusal."""
    found = searches.numbered(office.session, number)
    if found is None:
        raise refuse("bulletins.unknown", code=f"{searches.LETTER}{number}")
    return found


def correct(office: Office, actor: Actor, bulletin: Bulletin, words: str) -> list[Say]:
    """New words for a bulletin (更正): copies are edited, after a new yes where it needed one.

    A live suspect notice is taken back at once and asked for anew under a new code.
    """
    office.session.refresh(bulletin, with_for_update=True)
    if bulletin.state in BEFORE_LIVE:
        return actions.rewrite(office, actor, bulletin, words)
    if bulletin.state is not BulletinState.LIVE:
        raise refuse("bulletins.past_correct", code=bulletin.code, state=views.state(bulletin))
    if bulletin.author_id != actor.id:
        actions.may_approve(office, actor, bulletin, "更正")
    if bulletin.kind is BulletinKind.SUSPECT:
        return _correct_suspect(office, actor, bulletin, words)
    body = {**bulletins.body_of(office.session, bulletin), "text": drafting.worded(office, words)}
    if not views.needs_confirm(office, bulletin):
        return _edit_copies(office, actor.id, bulletin, body)
    pending = {"text": body["text"], "by": actor.id, "at": office.now.isoformat()}
    content = views.content_hash(office, bulletin, body)
    kept = {**bulletins.body_of(office.session, bulletin), "pending": pending}
    bulletins.set_body(office.session, bulletin, kept)
    head = audit.write(
        office.session, "ask", office.now, actor_id=actor.id, topic=bulletin.topic, content=content, correction=True
    )
    asked = actions.ask_others(office, bulletin, body, content, head, actor.id)
    return [say("bulletins.correction_asked", code=bulletin.code), *asked]


def _correct_suspect(office: Office, actor: Actor, bulletin: Bulletin, words: str) -> list[Say]:
    body = bulletins.body_of(office.session, bulletin)
    new = drafting.draft(
        office,
        actor,
        BulletinKind.SUSPECT,
        media=body["media"],
        facts={**body["facts"], "marks": words},
        kinds=[chats.ChatKind(one) for one in body["kinds"]],
        scope=areas.get(office.session, bulletin.area_id),
        lives=bulletin.expires_at - office.now,
    )
    gone = recall(office, actor, bulletin, "")
    return [
        *gone,
        say("bulletins.corrected_suspect", old=bulletin.code, code=new.code),
        *actions.submit(office, actor, new),
    ]


def approve(office: Office, actor: Actor, bulletin: Bulletin, seen: str = "") -> list[Say]:
    """Say yes to a bulletin, or to the correction of a live one."""
    body = bulletins.body_of(office.session, bulletin)
    pending = body.get("pending")
    if bulletin.state is not BulletinState.LIVE or not pending:
        return actions.approve(office, actor, bulletin, seen)
    office.session.refresh(bulletin, with_for_update=True)
    actions.may_approve(office, actor, bulletin)
    if pending["by"] == actor.id:
        raise refuse("bulletins.self", code=bulletin.code)
    asked_at = datetime.fromisoformat(pending["at"])
    if office.now > asked_at + rules.ROUTINE_APPROVAL:
        raise refuse("bulletins.correction_late", code=bulletin.code)
    changed = _with(body, pending)
    content = views.content_hash(office, bulletin, changed)
    if seen and not content.startswith(seen):
        head = views.audit_head(office)
        return [say("bulletins.look_again"), *views.ask(office, bulletin, changed, content, head)]
    bulletins.approve(office.session, bulletin, actor.id, content, actor.has(access.CHIEFS), office.now)
    head = audit.write(office.session, "approve", office.now, actor_id=actor.id, topic=bulletin.topic, content=content)
    told = text("bulletins.approved_author", code=bulletin.code, who=office.called(actor.id), head=head[: audit.SHOWN])
    return [*_edit_copies(office, int(pending["by"]), bulletin, changed), Say(told, person=int(pending["by"]))]


def _with(body: Mapping[str, Any], pending: Mapping[str, Any]) -> dict[str, Any]:
    return {**{name: value for name, value in body.items() if name != "pending"}, "text": pending["text"]}


def _edit_copies(office: Office, actor_id: int, bulletin: Bulletin, body: Mapping[str, Any]) -> list[Say]:
    bulletins.set_body(office.session, bulletin, body)
    bulletin.content_hash = views.content_hash(office, bulletin, body)
    bulletin.revision += 1
    audit.write(
        office.session,
        "correct",
        office.now,
        actor_id=actor_id,
        topic=bulletin.topic,
        content=bulletin.content_hash,
    )
    publishing.update(
        office.session,
        office.words,
        topic=bulletin.topic,
        lane=views.lane(bulletin),
        notice=views.notice(office, bulletin, body),
        bare=views.bare(office, bulletin, body),
        now=office.now,
        expires_at=bulletin.expires_at,
    )
    return [say("bulletins.corrected", code=bulletin.code)]


def reject(office: Office, actor: Actor, bulletin: Bulletin, reason: str) -> list[Say]:
    """Say no to a bulletin, or to the correction of a live one."""
    body = bulletins.body_of(office.session, bulletin)
    pending = body.get("pending")
    if bulletin.state is not BulletinState.LIVE or not pending:
        return actions.reject(office, actor, bulletin, reason)
    actions.may_approve(office, actor, bulletin, "驳回")
    bulletins.set_body(office.session, bulletin, {name: value for name, value in body.items() if name != "pending"})
    audit.write(office.session, "reject", office.now, actor_id=actor.id, topic=bulletin.topic)
    name, why = office.called(actor.id), views.words_as_said(rules.cleaned(reason)[:200])
    return [
        say("bulletins.rejected", code=bulletin.code),
        Say(text("bulletins.correction_rejected", code=bulletin.code, who=name, why=why), person=int(pending["by"])),
    ]


def expire(office: Office, bulletin: Bulletin) -> list[Say]:
    """Its time is over (到期): every copy says so and loses its picture (R9)."""
    moved = bulletins.move(
        office.session,
        bulletin,
        BulletinState.EXPIRED,
        only_from=(BulletinState.LIVE,),
        next_at=None,
        closed_at=office.now,
    )
    if not moved:
        return []
    audit.write(office.session, "expire", office.now, topic=bulletin.topic)
    sending.close_copies(office, bulletin)
    told = text("bulletins.expired_author", code=bulletin.code, again=audience.WORDS[bulletin.kind])
    return [Say(told, person=bulletin.author_id, key=f"{bulletin.topic}:expired")]


def step(office: Office, bulletin: Bulletin) -> list[Say]:
    """What time asks of a bulletin whose moment has come; nothing for one that is over."""
    if bulletin.state in BEFORE_LIVE:
        return sending.step(office, bulletin)
    bulletin.next_at = None
    office.session.flush()
    if bulletin.state is BulletinState.LIVE and not _left(office, bulletin):
        return [replace(one, key=f"{bulletin.topic}:late") for one in _late(office, bulletin)]
    return []


def _left(office: Office, bulletin: Bulletin) -> bool:
    tallies = [calls.tally(office.session, one.id) for one in deliveries.of_topic(office.session, bulletin.topic)]
    return any(tally.sent or tally.unsure for tally in tallies)


def _late(office: Office, bulletin: Bulletin) -> Sequence[Say]:
    """No copy left in time after the approval: it is void, nothing leaves any more."""
    bulletins.move(office.session, bulletin, BulletinState.EXPIRED, closed_at=office.now)
    audit.write(office.session, "lapse", office.now, topic=bulletin.topic)
    sending.take_requests_back(office, bulletin)
    told = text("bulletins.lapsed", code=bulletin.code, again=audience.WORDS[bulletin.kind])
    return [Say(told, person=bulletin.author_id)]
