"""A turn: one message from the inbox is read, decided and answered, exactly once.

Reading and comparing happen without a lock; then one short transaction marks the inbox row done, changes the
records and queues what is said. Three failed tries set a message aside, so that it holds up nothing.
"""

import logging
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from handlers.dialogue import access, asking, command, gate, kinds, noticing, scene, understand
from handlers.dialogue.access import Refusal
from handlers.dialogue.gate import HAPPENS
from handlers.dialogue.given import SHOWS_MEDIA, Given, call, parameters
from handlers.dialogue.meaning import Danger, Meaning
from handlers.dialogue.message import Incoming
from handlers.dialogue.newest import without_words
from handlers.dialogue.say import Cause, Say, answer_press, post, say
from handlers.dialogue.scene import Scene
from handlers.dialogue.wording import Text, text
from handlers.dialogue.world import World
from storage import areas, chats, inbox
from storage.chats import ChatKind
from storage.inbox import Waiting
from storage.prepared import savepoint

LOG = logging.getLogger("wangge.turn")
BUDGET = 0.03
UNREAD = (*HAPPENS, "withheld")
"""Kinds of message in which there are no words to read."""


def receive(world: World, incoming: Incoming) -> str | None:
    """Keep a message meant for the bot; the queue it waits in, or None where it was not and is forgotten.

    The platform may be told that it arrived once this returns.
    """
    (meant,) = concern(world, [incoming])
    if isinstance(meant, Exception):
        raise meant
    if not meant:
        return None
    now = world.now()
    heard = world.gate.sift(world, [incoming], now)
    try:
        with world.db.write() as session:
            gate.keep(session, heard, now)
    except BaseException:
        world.gate.take_back(heard)
        raise
    return incoming.queue


def surely_concerns(incoming: Incoming) -> bool:
    """Whether a message is meant for the bot whatever it says."""
    return incoming.kind in HAPPENS or incoming.private


def concern(world: World, messages: Sequence[Incoming]) -> list[bool | Exception]:
    """Which of these messages are meant for the bot, or why that cannot be told.

    Words of danger in ordinary talk are answered by an offer here.
    """
    if all(surely_concerns(one) for one in messages):
        return [True] * len(messages)
    found: list[bool | Exception] = []
    dangers: list[int] = []
    with world.db.read() as session:
        for place, incoming in enumerate(messages):
            try:
                meaning = _meaning(world, session, incoming)
            except Exception as error:
                found.append(error)
                continue
            found.append(meaning is not None and not isinstance(meaning, Danger))
            if isinstance(meaning, Danger):
                dangers.append(place)
    for place in dangers:
        try:
            _offer(world, messages[place])
        except Exception as error:
            found[place] = error
    return found


def _meaning(world: World, session: Session, incoming: Incoming) -> Meaning | Danger | bool | None:
    if surely_concerns(incoming):
        return True
    there = scene.look(session, incoming)
    return understand.read(session, incoming, there, world.now(), world.bot_names)


@dataclass(slots=True)
class _Turn:
    """One message on its way to an answer; `seen` and `refused` are what the command's look found out."""

    row: Waiting
    incoming: Incoming
    meaning: Meaning | Danger | None
    seen: Any
    refused: Refusal | None
    took: float


def answer_next(world: World, queue: str) -> bool:
    """Answer the oldest waiting message of a chat; False when none waits."""
    return bool(answer_waiting(world, [queue]))


def answer_waiting(world: World, queues: Iterable[str]) -> set[str]:
    """Answer the oldest waiting message of each of these chats; the chats where one waited.

    All are answered in one transaction, each behind a savepoint of its own. A message tried before is answered by
    itself: should it take the process down again, it takes no other with it.
    """
    first: list[Waiting] = []
    tried: list[str] = []
    with world.db.write() as session:
        for queue in queues:
            row = inbox.try_next(session, queue, fresh=True)
            if row is not None:
                first.append(row)
            elif inbox.waits(session, queue):
                tried.append(queue)
    if first:
        _answer(world, first)
    for queue in tried:
        with world.db.write() as session:
            row = inbox.try_next(session, queue)
        if row is not None:
            _answer(world, [row])
    return {row.queue for row in first} | set(tried)


def _answer(world: World, rows: Sequence[Waiting]) -> None:
    turns, failed = _read_all(world, rows)
    if turns:
        with world.answering:
            try:
                failed += _write_all(world, turns)
            except Exception as error:
                if len(turns) == 1:
                    failed.append((turns[0].row, error))
                else:
                    failed += [one for turn in turns for one in _write_alone(world, turn)]
    for row, why in failed:
        LOG.error("turn failed: row=%s try=%s %s at %s", row.id, row.tries, type(why).__name__, _where(why))
        if row.tries >= inbox.TRIES:
            _set_aside(world, row)
    for turn in turns:
        world.took(turn.took)
        if turn.took > BUDGET:
            LOG.info("slow turn: row=%s %.0f ms", turn.row.id, turn.took * 1000)


Failed = list[tuple[Waiting, Exception]]


def _read_all(world: World, rows: Sequence[Waiting]) -> tuple[list[_Turn], Failed]:
    """What each message means and what its command looks up, without a lock; and what could not be read."""
    turns: list[_Turn] = []
    failed: Failed = []
    with world.db.read() as session:
        for row in rows:
            if row.tries > inbox.TRIES:
                _set_aside(world, row)
                continue
            began = time.perf_counter()
            try:
                turn = _read(world, session, row)
            except Exception as error:
                failed.append((row, error))
            else:
                turn.took = time.perf_counter() - began
                turns.append(turn)
    return turns, failed


def _read(world: World, session: Session, row: Waiting) -> _Turn:
    now = world.now()
    incoming = Incoming.from_bytes(inbox.payload_of(session, row))
    if incoming.kind in UNREAD:
        return _Turn(row, incoming, None, None, None, 0.0)
    there = scene.look(session, incoming)
    meaning = understand.read(session, incoming, there, now, world.bot_names)
    seen, refused = _look(Given(world, session, incoming, there, meaning, now), meaning, there)
    return _Turn(row, incoming, meaning, seen, refused, 0.0)


def _write_all(world: World, turns: Sequence[_Turn]) -> Failed:
    """Answer these in one transaction; a turn that fails leaves nothing behind, and the others stand.

    Where the database itself fails, everything does: the error goes to the caller.
    """
    failed: Failed = []
    with world.db.write() as session:
        for turn in turns:
            began = time.perf_counter()
            try:
                _write(world, session, turn)
            except SQLAlchemyError:
                raise
            except Exception as error:
                areas.forget(session)
                failed.append((turn.row, error))
            turn.took += time.perf_counter() - began
    return failed


def _write_alone(world: World, turn: _Turn) -> Failed:
    try:
        return _write_all(world, [turn])
    except Exception as error:
        return [(turn.row, error)]


def _write(world: World, session: Session, turn: _Turn) -> None:
    """Do what a message asks for, or undo it and say why not."""
    now = world.now()
    try:
        if turn.refused is not None:
            raise turn.refused
        with savepoint(session):
            if not inbox.finish(session, turn.row.id, now):
                return
            there = scene.enter(session, turn.incoming, now)
            given = Given(world, session, turn.incoming, there, turn.meaning, now, seen=turn.seen)
            _speak(world, session, turn.row, turn.incoming, there, _act(given, turn.meaning, there))
    except Refusal as refusal:
        areas.forget(session)
        with savepoint(session):
            if inbox.finish(session, turn.row.id, now):
                there = scene.enter(session, turn.incoming, now)
                _speak(world, session, turn.row, turn.incoming, there, [], refusal.text)


def _look(given: Given, meaning: Meaning | Danger | None, there: Scene) -> tuple[Any, Refusal | None]:
    """What a command reads and compares before the lock, or why it cannot be done; a role is checked later, too."""
    if not isinstance(meaning, Meaning) or meaning.command is None or meaning.command.look is None:
        return None, None
    if not access.may(there.actor, meaning.command.word, there.kind):
        return None, None
    try:
        return call(meaning.command.look, given), None
    except Refusal as refusal:
        return None, refusal


def _act(given: Given, meaning: Meaning | Danger | None, there: Scene) -> list[Say]:
    incoming = given.incoming
    events = command.all_events()
    if incoming.kind in UNREAD:
        return _listed(call(events[incoming.kind], given)) if there.chat is not None else []
    if not isinstance(meaning, Meaning):
        return []
    if meaning.via == "form":
        says = asking.go_on(given, meaning.form, meaning.rest)
        return _with_left_over(given, there, says) if incoming.text.strip() else says
    if meaning.command is None:
        kind = (meaning.topic or "").partition(":")[0]
        handler = events.get(f"{meaning.via}:{kind}") or events[meaning.via]
        return _listed(call(handler, given))
    kinds.check_access(there.actor, meaning.command.word, there.kind, meaning.codes, meaning.topic)
    if meaning.via in ("button", "choice") and (behind := without_words(meaning.rest)) is not None:
        _take_words_before(given, meaning, behind)
    other = kinds.answering(meaning.command.word, meaning.codes, meaning.topic)
    says = _listed(call(other or meaning.command.handle, given))
    if meaning.command.look is None or not SHOWS_MEDIA.intersection(parameters(meaning.command.look)):
        says = _with_left_over(given, there, says)
    if meaning.command.private and there.is_group:
        return _privately(says, there)
    return says


def _with_left_over(given: Given, there: Scene, says: list[Say]) -> list[Say]:
    """What is said, and that a picture or a file came along for which this has no place: whoever sent it keeps it."""
    kind = given.left_over()
    return [*says, Say(text(f"common.left_over_{kind}"), quote=there.is_group)] if says and kind else says


def _take_words_before(given: Given, meaning: Meaning, behind: str) -> None:
    """The words and pictures that were kept for a button take the place it has for them; `behind` stands before it."""
    said, media, place = call(command.all_events()["before"], given)
    given.meaning = replace(meaning, rest=f"{behind}{said}".strip())
    given.sent_before(media, place)


def _privately(says: list[Say], there: Scene) -> list[Say]:
    """What a private command answers goes to the private talk; the group sees only that it was heard."""
    moved = [
        one if one.chat is not None or one.person is not None else replace(one, person=there.actor.id) for one in says
    ]
    return [*moved, Say(text("common.answered_privately"), opens_for=there.actor.id, quote=True)]


def _listed(answer: Say | Iterable[Say] | None) -> list[Say]:
    if answer is None:
        return []
    return [answer] if isinstance(answer, Say) else list(answer)


def _speak(
    world: World,
    session: Session,
    row: Waiting,
    incoming: Incoming,
    there: Scene,
    says: list[Say],
    refusal: Text | None = None,
) -> None:
    cause = Cause(f"in:{row.id}", there.chat, incoming.message_id, incoming.thread, there.actor.id)
    now = world.now()
    toast = next((one.toast for one in says if one.toast), None)
    if incoming.kind == "button":
        spoken = refusal or toast
        shown = world.words.render(spoken) if spoken is not None else ""
        answer_press(session, cause, incoming.callback, shown, now)
    if refusal is not None and (incoming.kind != "button" or not there.is_group):
        says = [Say(refusal, quote=there.is_group)]
    if incoming.kind not in HAPPENS:
        says = noticing.beside(session, world.station, there, says)
    post(session, world.words, says, cause, now)


def _offer(world: World, incoming: Incoming) -> None:
    """Words of danger in ordinary talk: one reply that offers to report; nothing of what was said is kept."""
    now = world.now()
    with world.db.write() as session:
        chat = chats.at(session, incoming.account, incoming.chat, incoming.thread)
        if chat is None:
            return
        given = Given(world, session, incoming, scene.look(session, incoming), None, now)
        says = _listed(call(command.all_events()["danger"], given))
        window = int(now.timestamp()) // 300
        asker = session.info["keys"].digest("danger", incoming.sender)
        cause = Cause(f"danger:{chat.id}:{asker}:{window}", chat, incoming.message_id, incoming.thread)
        post(session, world.words, says, cause, now)


def _set_aside(world: World, row: Waiting) -> None:
    """Give a poison message up: its sender hears that it did not work, the admins hear which row it is."""
    now = world.now()
    with world.db.write() as session:
        if not inbox.set_aside(session, row.id, now):
            return
        says = [
            Say(text("common.aside_admins", row=row.id), chat=chat.id)
            for chat in chats.groups(session, (ChatKind.ADMINS,))
        ]
        account, _, platform_id = row.queue.partition("|")
        asked = chats.at(session, account, platform_id)
        if asked is not None:
            says.append(say("common.aside"))
        post(session, world.words, says, Cause(f"aside:{row.id}", asked), now)


def _where(error: BaseException) -> str:
    """File and line where it happened; never a value."""
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    if trace is None:
        return "?"
    return f"{trace.tb_frame.f_code.co_filename.rsplit('/', 1)[-1]}:{trace.tb_lineno}"
