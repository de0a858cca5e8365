"""Progress (进度): one message that edits itself while a notice is on its way, and ends with how many got it."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from sqlalchemy.orm import Session

from handlers.dialogue.say import Button, Cause, Say, button, post, rows
from handlers.dialogue.wording import Catalogue, Text, text
from handlers.publishing import records, rules
from storage import accounts, audit, calls, chats, deliveries
from storage.calls import Tally
from storage.deliveries import Delivery, DeliveryState

LABELS = {
    "暂停": "publishing.button.pause",
    "继续": "publishing.button.resume",
    "停发": "publishing.button.stop",
    "发送情况": "publishing.button.report",
    "补发": "publishing.button.again",
    "撤回": "publishing.button.recall",
}


def show(session: Session, words: Catalogue, delivery: Delivery, now: datetime) -> bool:
    """Keep the progress message of a delivery up to date; whether the delivery has come to its end.

    Edits keep their distance and at most one waits to leave; a delivery's end, pause or stop is never left out: it
    waits until it may be shown.
    """
    tally = calls.tally(session, delivery.id)
    ended = delivery.state is DeliveryState.FILLED and tally.waiting == 0
    if ended:
        delivery.state = DeliveryState.ENDED
    if delivery.report_chat_id is not None:
        _edit(session, words, delivery, tally, now)
    session.flush()
    return ended


def _edit(session: Session, words: Catalogue, delivery: Delivery, tally: Tally, now: datetime) -> None:
    shown = f"{tally.sent}/{tally.unsure}/{tally.dead}/{tally.asked}/{tally.simulated}/{delivery.state}"
    turned = delivery.state not in deliveries.UNDER_WAY
    first = delivery.reported is None
    if shown == delivery.reported or delivery.report_chat_id is None:
        return
    if delivery.state is DeliveryState.STOPPED and (delivery.reported or "").endswith(DeliveryState.ENDED):
        return
    if (
        first
        and delivery.state is not DeliveryState.ENDED
        and (turned or now < delivery.created_at + rules.FIRST_AFTER)
    ):
        return
    told_so = first or not (delivery.reported or "").endswith(delivery.state)
    if not edits(session, delivery.report_chat_id) and not (turned and (told_so or not tally.asked)):
        return
    chat = chats.get(session, delivery.report_chat_id)
    every = rules.GROUP_EVERY if chat.kind.is_group else rules.PRIVATE_EVERY
    slot = f"delivery:{delivery.id}"
    last = calls.last_shown(session, chat.id, slot)
    due = min(last.at, now) + every if last.at is not None else now
    if not turned and (last.waits or now < due):
        return
    one = Say(
        _sentence(session, delivery, tally, now),
        buttons=_buttons(session, delivery, tally),
        chat=chat.id,
        slot=slot,
        key=f"{slot}:{shown}:{now.timestamp()}",
        not_before=due if due > now else None,
    )
    delivery.reported, delivery.reported_at = shown, now
    post(session, words, [one], Cause(slot), now)


def _sentence(session: Session, delivery: Delivery, tally: Tally, now: datetime) -> Text:
    code = records.code_of(session, delivery.topic)
    total = len(delivery.targets)
    fields = {"code": f"{code} " if code else "", "sent": tally.sent, "total": total}
    left = total - tally.sent - tally.unsure - tally.dead - tally.asked - tally.simulated
    missed = _missed(tally)
    fields["unit"] = text(f"publishing.unit_{'mixed' if chats.any_private(session, delivery.targets) else 'groups'}")
    fields["hands"] = hands(tally.sent - tally.by_hand, tally.by_hand)
    if delivery.state is DeliveryState.PAUSED:
        return text("publishing.paused", **fields, left=left, missed=missed)
    fields["head"] = audit.short_head(session)
    if delivery.state is DeliveryState.STOPPED:
        return text("publishing.stopped", **fields, left=left, missed=missed)
    if delivery.state is not DeliveryState.ENDED:
        return text("publishing.going", **fields, takes=_left(session, delivery, tally, left, now), missed=missed)
    if tally.simulated:
        really = text("publishing.drill_sent", n=tally.sent) if tally.sent else ""
        return text("publishing.drill", **fields, n=tally.simulated, really=really)
    if tally.sent == total:
        return text("publishing.all_sent", **fields)
    unreached = calls.unreached(session, delivery.id, delivery.targets)
    short = total - tally.sent - tally.unsure - tally.asked - unreached
    fields["unreached"] = text("publishing.unreached", n=unreached) if unreached else ""
    if tally.asked:
        return text("publishing.ended_asked", **fields, unsure=tally.unsure, missed=short, asked=tally.asked)
    return text("publishing.ended", **fields, unsure=tally.unsure, missed=short)


def hands(by_system: int, by_hand: int) -> Text | str:
    """Who says so: （系统 12，人工自报 15）; nothing where no hands were needed."""
    return text("publishing.hands", system=by_system, by_hand=by_hand) if by_hand else ""


def edits(session: Session, chat_id: int) -> bool:
    """Whether a message can be kept up to date in a chat; where not, only what matters is said."""
    account = accounts.named(session, chats.get(session, chat_id).account)
    return account is None or account.edits_for is not None


def _missed(tally: Tally) -> Text:
    """What did not arrive so far, empty where there is nothing."""
    dead = text("publishing.missed_so_far", n=tally.dead) if tally.dead else ""
    unsure = text("publishing.unsure_so_far", n=tally.unsure) if tally.unsure else ""
    asked = text("publishing.asked_so_far", n=tally.asked) if tally.asked else ""
    return text("publishing.not_so_far", dead=dead, unsure=unsure, asked=asked)


def _left(session: Session, delivery: Delivery, tally: Tally, left: int, now: datetime) -> Text | str:
    """How long the rest takes, by the limits and by how it went since the last edit."""
    waiting = calls.waiting_by_account(session, delivery.id)
    waiting.update(chats.by_account(session, delivery.targets[delivery.cursor :]))
    by_limit = rules.seconds_for(waiting, _rates(session, waiting))
    before, since = 0, delivery.created_at
    if delivery.reported is not None and delivery.reported_at is not None:
        before, since = int(delivery.reported.partition("/")[0]), delivery.reported_at
        if DeliveryState.PAUSED in delivery.reported:
            return text("publishing.left", takes=_span(by_limit))
    seconds = rules.slower(by_limit, left, tally.sent - before, (now - since).total_seconds())
    return text("publishing.left_unknown") if seconds is None else text("publishing.left", takes=_span(seconds))


def _buttons(session: Session, delivery: Delivery, tally: Tally) -> tuple[tuple[Button, ...], ...]:
    code = records.code_of(session, delivery.topic)
    if code is None:
        return ()
    unreached = calls.unreached(session, delivery.id, delivery.targets)
    missed = len(delivery.targets) - tally.sent - tally.unsure - tally.asked - tally.simulated - unreached
    return buttons_for(rules.offers(rules.standing([delivery.state]), missed), code)


def buttons_for(commands: Sequence[str], code: str) -> tuple[tuple[Button, ...], ...]:
    """These commands on a record as one row of buttons; each says what people can type."""
    return rows([button(LABELS[word], f"{word} {code}") for word in commands]) if commands else ()


def takes(session: Session, chat_ids: Sequence[int]) -> Text:
    """How long a notice to these chats takes by the limits of their accounts: 约 20 秒."""
    counts = chats.by_account(session, chat_ids)
    return _span(rules.seconds_for(counts, _rates(session, counts)))


def _rates(session: Session, names: Counter[str]) -> dict[str, float | None]:
    known = {name: accounts.named(session, name) for name in names}
    return {name: account.per_second if account is not None else None for name, account in known.items()}


def _span(seconds: float) -> Text:
    unit, count = rules.span(seconds)
    return text(f"publishing.takes.{unit}", n=count)


def tell(session: Session, words: Catalogue, one: Say, slot: str, version: str, now: datetime) -> None:
    """Show what became of a change in the message of its slot."""
    post(session, words, [replace(one, slot=slot, key=f"{slot}:{version}:{now.timestamp()}")], Cause(slot), now)
