"""Operating (发送管理): pause, go on, stop, send again; the door for what a person does to a sending under way.

Each function answers what is to be said; a `Refusal` changes nothing. `now` is in the station's zone.
"""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy.orm import Session

from handlers.bulletins import audience
from handlers.dialogue.access import refuse
from handlers.dialogue.say import Say
from handlers.dialogue.scene import Actor, called
from handlers.dialogue.wording import Catalogue, Text, text
from handlers.publishing import actions, deal, progress, records, rules
from handlers.publishing.records import Record
from storage import audit, calls, changes, chats, contents, deliveries, objections, recipients
from storage.changes import ChangeKind
from storage.chats import Chat, ChatState
from storage.deliveries import Delivery, DeliveryState
from storage.outbox import OutboxRow, OutboxState
from storage.recipients import Recipient
from storage.searches import LETTER

NAMED = 10


def pause(session: Session, words: Catalogue, actor: Actor, record: Record, now: datetime) -> list[Say]:
    """暂停: nothing more leaves until 继续; what is on the wire arrives."""
    records.require(session, actor, "暂停", record)
    found = _locked(session, record)
    paused = [one for one in found if deliveries.pause(session, one)]
    if not paused:
        raise refuse(f"publishing.cannot_pause.{_standing(found)}", code=record.code)
    audit.write(session, "pause", now, actor_id=actor.id, topic=record.topic)
    _halted(session, words, paused, now)
    sent, total = _counts(session, found)
    warning = text("publishing.pause_urgent", code=record.code) if record.is_urgent else ""
    done = text("publishing.pause_done", code=record.code, sent=sent, total=total, warning=warning)
    told = text("publishing.pause_told", who=called(session, actor.id), code=record.code)
    return [
        Say(done, buttons=progress.buttons_for(rules.offers("paused", 0), record.code)),
        *_tell_owner(record, actor, told),
    ]


def resume(session: Session, words: Catalogue, actor: Actor, record: Record, now: datetime) -> list[Say]:
    """继续: what was paused goes on."""
    records.require(session, actor, "继续", record)
    not_contested(session, record)
    found = _locked(session, record)
    resumed = [one for one in found if deliveries.resume(session, one, now)]
    if not resumed:
        raise refuse(f"publishing.cannot_resume.{_standing(found)}", code=record.code)
    for one in resumed:
        progress.show(session, words, one, now)
    audit.write(session, "resume", now, actor_id=actor.id, topic=record.topic)
    sent, total = _counts(session, found)
    done = text("publishing.resume_done", code=record.code, left=total - sent)
    told = text("publishing.resume_told", who=called(session, actor.id), code=record.code)
    return [Say(done), *_tell_owner(record, actor, told)]


def stop(session: Session, words: Catalogue, actor: Actor, record: Record, now: datetime) -> list[Say]:
    """停发: what has not left never will; what has left stays where it is."""
    records.require(session, actor, "停发", record)
    found = _locked(session, record)
    stopped = [one for one in found if deliveries.stop(session, one, now) is not None]
    if not stopped:
        raise refuse(f"publishing.cannot_stop.{_standing(found)}", code=record.code)
    audit.write(session, "stop", now, actor_id=actor.id, topic=record.topic)
    _halted(session, words, stopped, now)
    sent, total = _counts(session, found)
    done = text("publishing.stop_done", code=record.code, sent=sent, left=total - sent)
    told = text("publishing.stop_told", who=called(session, actor.id), code=record.code)
    buttons = progress.buttons_for(rules.offers("stopped", 0), record.code)
    return [Say(done, buttons=buttons), *_tell_owner(record, actor, told)]


def again(session: Session, words: Catalogue, actor: Actor, record: Record, now: datetime) -> list[Say]:
    """补发: only what did not arrive is queued once more; what is in doubt waits for a person's word (待确认)."""
    may_see(session, actor, "补发", record)
    not_contested(session, record)
    found = _locked(session, record)
    standing = _standing(found)
    live = [one for one in found if one.state is not DeliveryState.STOPPED and not is_taken_back(session, one)]
    if standing in ("none", "paused") or not live:
        taken_back = any(is_taken_back(session, one) for one in found)
        key = "taken_back" if taken_back or standing not in ("none", "paused", "stopped") else standing
        raise refuse(f"publishing.cannot_again.{key}", code=record.code)
    queued, spoilt = 0, False
    for one in live:
        if contents.is_kept(session, _words_of(session, one)):
            queued += _queue_again(session, one, now)
        else:
            spoilt = True
    shut = _cannot(recipients.of_deliveries(session, record.topic, found))
    if not queued:
        key = "erased" if spoilt and not shut else "shut" if shut else "nothing"
        raise refuse(f"publishing.cannot_again.{key}", code=record.code, lines=shut)
    audit.write(session, "again", now, actor_id=actor.id, topic=record.topic, groups=queued)
    doubts = sum(calls.tally(session, one.id).unsure for one in found)
    fields = {
        "code": record.code,
        "n": queued,
        "shut": text("publishing.again_shut", lines=shut) if shut else "",
        "doubts": text("publishing.again_doubts", n=doubts) if doubts else "",
    }
    return [Say(text("publishing.again_done", **fields))]


def not_contested(session: Session, record: Record) -> None:
    """Raise Refusal while a record is shown bare because of an objection: nothing more of it leaves (R11)."""
    if objections.hides(session, record.topic):
        raise refuse("objections.frozen", code=record.code)


def may_see(session: Session, actor: Actor, word: str, record: Record) -> None:
    """Raise Refusal unless it is this person's own, of an area they answer for, or a bulletin of their station."""
    ours = record.letter != LETTER and audience.is_ours(session, actor, record.area_id)
    if not ours and not records.concerns(session, actor, word, record):
        raise refuse("publishing.not_yours", code=record.code)


def is_taken_back(session: Session, delivery: Delivery) -> bool:
    """Whether what was sent has been recalled, closed or hidden since."""
    change = changes.latest(session, delivery.topic, delivery.created_at)
    return change is not None and change.kind is not ChangeKind.UPDATE


def renew_words(session: Session, delivery: Delivery, rows: Sequence[OutboxRow]) -> None:
    """Give calls that did not arrive the words the record has now; a correction must not be undone by them."""
    change = changes.latest(session, delivery.topic, delivery.created_at)
    if change is None or change.kind is not ChangeKind.UPDATE:
        return
    for row in rows:
        row.content_id = deal.words_for(session, change, row.account)
    session.flush()


def _queue_again(session: Session, delivery: Delivery, now: datetime) -> int:
    """Queue what failed, and what was passed over because the bot was in no such group then; how many."""
    renew_words(session, delivery, deliveries.failed(session, delivery))
    queued = deliveries.again(session, delivery, now)
    known = deliveries.queued_chats(session, delivery)
    missing = [one for one in delivery.targets[: delivery.cursor] if one not in known]
    back = [chat for chat in chats.several(session, missing) if chat.state is ChatState.OPEN]
    expired = delivery.expires_at is not None and delivery.expires_at <= now
    if back and not expired:
        actions.queue(session, delivery, back, now)
        renew_words(session, delivery, deliveries.of_chats(session, delivery, [chat.id for chat in back]))
        deliveries.reopen(session, delivery.id)
        queued += len(back)
    return queued


def _words_of(session: Session, delivery: Delivery) -> int:
    change = changes.latest(session, delivery.topic, delivery.created_at)
    return change.content_id if change is not None and change.kind is ChangeKind.UPDATE else delivery.content_id


def _cannot(found: Sequence[Recipient]) -> tuple[Text, ...]:
    """What the people of groups in which the bot cannot speak have to do, group by group."""
    reached = (OutboxState.SENT, OutboxState.UNSURE, OutboxState.RECALLED)
    shut = [one for one in found if one.chat.state is not ChatState.OPEN and one.state not in reached]
    lines = [
        text(f"publishing.mend.{one.chat.state.value}", title=title_of(one.chat, one.alike)) for one in shut[:NAMED]
    ]
    if len(shut) > NAMED:
        lines.append(text("publishing.more_groups", n=sum(one.alike for one in shut[NAMED:])))
    return tuple(lines)


def title_of(chat: Chat, count: int = 1) -> Text | str:
    """What a chat is called in a report: a group by its name, `count` private talks without anybody's."""
    if chat.kind.is_group:
        return chat.title or text("publishing.nameless")
    return text("publishing.private" if count == 1 else "publishing.people", n=count)


def _locked(session: Session, record: Record) -> Sequence[Delivery]:
    """The record's deliveries, oldest first; one at a time where two press the same button."""
    found = deliveries.of_topic(session, record.topic)
    for one in found:
        session.refresh(one, with_for_update=True)
    return found


def _standing(found: Sequence[Delivery]) -> str:
    return rules.standing([str(one.state) for one in found])


def _halted(session: Session, words: Catalogue, found: Sequence[Delivery], now: datetime) -> None:
    for one in found:
        one.reported_at = now
        progress.show(session, words, one, now)


def _counts(session: Session, found: Sequence[Delivery]) -> tuple[int, int]:
    """(got it, all) over a record's deliveries."""
    count: Counter[str] = Counter()
    for one in found:
        count["sent"] += calls.tally(session, one.id).sent
        count["all"] += len(one.targets)
    return count["sent"], count["all"]


def _tell_owner(record: Record, actor: Actor, told: Text) -> list[Say]:
    """Whoever answers for a record hears what somebody else did to it."""
    if record.owner is None or record.owner == actor.id:
        return []
    return [Say(told, person=record.owner)]
