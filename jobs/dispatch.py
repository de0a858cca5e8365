"""Dispatch (投递): takes calls from the outbox, lane by lane within the limits, and makes them on the wire.

Each call is `sending` in a committed row before it leaves. How it ended is settled with what the platform gave
back: the copy in the ledger, a chat that moved or is gone, a refusal that closes the chat for a while.
"""

import asyncio
import contextlib
import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy.orm import Session

from handlers.dialogue.message import Outgoing, PlayCall, RealCall
from handlers.dialogue.plain import as_numbers
from handlers.dialogue.world import World
from handlers.publishing import deal
from jobs.channel import (
    Call,
    CallFailed,
    Channel,
    ChatGone,
    ChatMoved,
    ChatMuted,
    Impossible,
    Medium,
    NotNow,
    Refused,
    Sent,
    Unsure,
)
from jobs.pace import Pace
from storage import accounts, calls, changes, chats, contents, copies, leases, media, outbox
from storage.changes import ChangeKind
from storage.chats import Chat, ChatState
from storage.copies import Copy, CopyState
from storage.media import MediumState
from storage.outbox import RESENT_AFTER_CRASH, CallKind, OutboxRow, OutboxState
from storage.worlds import WorldKind

LOG = logging.getLogger("wangge.dispatch")
LEASE = timedelta(seconds=3)
RENEW = 1.0
IDLE = 1.0
TRIES = 8


@dataclass(slots=True)
class Job:
    """A claimed call with all it needs on the wire."""

    row: OutboxRow
    chat: Chat
    outgoing: Outgoing
    media: tuple[Medium, ...]
    copies: tuple[Copy, ...]


class Dispatcher:
    """Drains one account of one world through its channel."""

    def __init__(
        self,
        world: World,
        channel: Channel,
        owner: str,
        *,
        steady: Callable[[], float] = time.monotonic,
    ) -> None:
        self.world, self.channel, self.owner = world, channel, owner
        self.pace = Pace(channel.limits)
        self.epoch = 0
        self._steady = steady
        self._wake = asyncio.Event()
        self._flying: set[asyncio.Task[None]] = set()

    def wake(self) -> None:
        """Look at the outbox now; call from the loop's own thread."""
        self._wake.set()

    async def run(self) -> None:
        """Own the account and drain it until cancelled; what is in flight is finished first."""
        loop = asyncio.get_running_loop()

        def woken() -> None:
            with contextlib.suppress(RuntimeError):
                loop.call_soon_threadsafe(self._wake.set)

        self.world.db.on_commit(woken)
        renewed = -RENEW
        try:
            while True:
                self._wake.clear()
                if self._steady() - renewed >= RENEW:
                    owned = await asyncio.to_thread(self.own)
                    renewed = self._steady()
                    if not owned:
                        await asyncio.sleep(RENEW)
                        continue
                if not await self.step():
                    await self._rest(RENEW - (self._steady() - renewed))
        finally:
            await asyncio.gather(*self._flying, return_exceptions=True)
            with self.world.db.write() as session:
                leases.give_back(session, self._lease, self.owner, self.world.now())

    @property
    def _lease(self) -> str:
        return f"drain:{self.channel.account}"

    def own(self) -> bool:
        """Take or renew the account's lease; a new owner rebuilds the windows and clears up after the last."""
        now = self.world.now()
        with self.world.db.write() as session:
            epoch = leases.take(session, self._lease, self.owner, now, now + LEASE)
            if epoch is None:
                self.epoch = 0
                return False
            if epoch != self.epoch:
                self._take_over(session)
                self.epoch = epoch
        return True

    def introduce(self, session: Session) -> None:
        """Note what the account can do."""
        can = self.channel.can
        accounts.note(
            session,
            self.channel.account,
            self.world.now(),
            edits=can.edits,
            deletes=can.deletes,
            writes_first=can.writes_first,
        )

    def _take_over(self, session: Session) -> None:
        now = self.world.now()
        self.introduce(session)
        again, unsure = outbox.recover(session, self.channel.account, now)
        if again or unsure:
            LOG.warning("after a crash: %s calls made again, %s unsure", again, unsure)
        recent = calls.recent_sends(session, self.channel.account, now - timedelta(seconds=60))
        steady = self._steady()
        self.pace.rebuild((chat, steady - (now - moment).total_seconds()) for chat, moment in recent)

    async def step(self) -> bool:
        """Start the next call if one may go out now; False when there is nothing to do for the moment."""
        if len(self._flying) >= self.channel.limits.in_flight:
            await self._landed(asyncio.FIRST_COMPLETED)
        if self.pace.ready_in(self._steady()) > 0:
            return False
        job = await self._claimed()
        if job is None:
            return False
        task = asyncio.create_task(self._make(job))
        self._flying.add(task)
        task.add_done_callback(self._flying.discard)
        return True

    async def drain(self) -> int:
        """Make every call that may go out now and wait for the answers; how many were made."""
        made = 0
        while True:
            if await self.step():
                made += 1
            elif self._flying:
                await self._landed(asyncio.ALL_COMPLETED)
            else:
                return made

    async def _landed(self, which: str) -> None:
        """Wait for calls on the wire; finished ones leave the set by themselves, for which the loop must turn."""
        await asyncio.wait(self._flying, return_when=which)
        await asyncio.sleep(0)

    async def _rest(self, until_renewal: float) -> None:
        now = self._steady()
        ready = self.pace.ready_in(now)
        wait = ready if ready > 0 else min(IDLE, self.pace.wake_in(now))
        wait = max(min(wait, until_renewal, IDLE), 0.001)
        if ready > 0:
            await asyncio.sleep(wait)
            return
        try:
            # Not wait_for: before Python 3.12 it swallows a cancellation that meets the wake-up.
            async with asyncio.timeout(wait):
                await self._wake.wait()
        except TimeoutError:
            return

    async def _claimed(self) -> Job | None:
        """Claim in a thread; a call claimed while the drain is being stopped goes back into the queue."""
        claiming = asyncio.ensure_future(asyncio.to_thread(self._claim))
        try:
            return await asyncio.shield(claiming)
        except asyncio.CancelledError:
            job = await claiming
            if job is not None:
                await asyncio.to_thread(self._put_back, job)
            raise

    def _put_back(self, job: Job) -> None:
        with self.world.db.write() as session:
            outbox.postpone(session, job.row.id, self.epoch, self.world.now(), "stopped")

    def _claim(self) -> Job | None:
        now = self.world.now()
        with self.world.db.read() as session:
            if not outbox.any_queued(session, self.channel.account, now):
                return None
        with self.world.db.write() as session:
            while True:
                shut, narrow = self.pace.closed(self._steady())
                row = outbox.claim(
                    session,
                    self.channel.account,
                    self.epoch,
                    now,
                    closed_chats=shut,
                    lanes_only=narrow,
                )
                if row is None:
                    return None
                job = self._prepare(session, row)
                if job is not None:
                    break
        self.pace.spend(job.chat.id, self._steady(), job.chat.kind.is_group)
        return job

    def _prepare(self, session: Session, row: OutboxRow) -> Job | None:
        """All a call needs; None where it turns out needless and is settled at once."""
        now = self.world.now()
        payload = contents.payload_of(session, row.content_id) if row.content_id else None
        if row.kind is not CallKind.DELETE and payload is None:
            outbox.settle(session, row.id, self.epoch, OutboxState.DEAD, now, "content dropped")
            return None
        outgoing = Outgoing.from_bytes(payload) if payload else Outgoing("")
        standing: tuple[Copy, ...] = ()
        if row.copy_id is not None:
            standing = (copies.get(session, row.copy_id),)
        elif row.slot is not None and row.kind is CallKind.EDIT:
            standing = tuple(calls.live_copies(session, row.chat_id, row.slot))
        return Job(row, chats.get(session, row.chat_id), outgoing, self._media(session, outgoing), standing)

    def _media(self, session: Session, outgoing: Outgoing) -> tuple[Medium, ...]:
        found = []
        for medium_id in outgoing.media:
            row = media.get(session, medium_id)
            if row.state is not MediumState.READY:
                continue
            file_id = media.upload_of(session, medium_id, self.channel.account)
            blob = media.blob_of(session, medium_id)
            found.append(Medium(medium_id, row.kind.value, row.mime or "", blob, file_id))
        return tuple(found)

    def _call(self, job: Job) -> Call:
        """The call as this channel can make it: where it knows no buttons, they are numbers to be answered."""
        chat, row = job.chat, job.row
        outgoing = job.outgoing if self.channel.can.buttons else as_numbers(job.outgoing)
        thread, reply_to = row.thread or chat.thread, row.reply_to or ""
        if self.world.kind is WorldKind.REAL:
            return RealCall(chat.platform_id, thread, outgoing, reply_to)
        return PlayCall(chat.platform_id, thread, outgoing, reply_to, self.world.kind)

    async def _make(self, job: Job) -> None:
        try:
            sent = await self._on_the_wire(job)
        except CallFailed as failure:
            await asyncio.to_thread(self._failed, job, failure)
        except Exception as error:
            LOG.error("call failed: row=%s %s", job.row.id, type(error).__name__)
            await asyncio.to_thread(self._failed, job, Unsure(type(error).__name__))
        else:
            await asyncio.to_thread(self._succeeded, job, sent)
        self._wake.set()

    async def _on_the_wire(self, job: Job) -> Sent | None:
        kind = job.row.kind
        if kind is CallKind.ANSWER:
            await self.channel.answer(job.row.callback or "", job.outgoing.toast)
            return None
        if kind is CallKind.DELETE:
            for copy in job.copies:
                await self.channel.delete(job.chat.platform_id, copy.platform_id or "")
            return None
        if kind is CallKind.EDIT and job.copies:
            first, *others = job.copies
            try:
                await self.channel.edit(self._call(job), first.platform_id or "", first.kind)
            except Impossible:
                if job.row.copy_id is not None:
                    raise
                return await self.channel.send(self._call(job), job.media)
            for copy in others:
                await self.channel.delete(job.chat.platform_id, copy.platform_id or "")
            return None
        return await self.channel.send(self._call(job), job.media)

    def _succeeded(self, job: Job, sent: Sent | None) -> None:
        now, row = self.world.now(), job.row
        with self.world.db.write() as session:
            if not outbox.settle(session, row.id, self.epoch, OutboxState.SENT, now):
                LOG.warning("call settled by another owner: row=%s", row.id)
            if sent is not None and row.copy_id is not None:
                copies.mark(session, row.copy_id, CopyState.CORRECTED, now)
            elif sent is not None:
                self._note_copies(session, job, sent)
            elif row.kind is CallKind.DELETE:
                for copy in job.copies:
                    copies.mark(session, copy.id, CopyState.DELETED, now)
            elif row.kind is CallKind.EDIT:
                self._note_edit(session, job)

    def _note_copies(self, session: Session, job: Job, sent: Sent) -> None:
        now, row = self.world.now(), job.row
        for platform_id, kind in sent.parts:
            copies.add(
                session,
                row.id,
                row.account,
                row.chat_id,
                kind,
                platform_id,
                now,
                topic=row.topic,
                slot=row.slot,
                revision=row.revision,
            )
        for medium_id, file_id in sent.uploads.items():
            media.note_upload(session, medium_id, row.account, file_id, now)
        if row.kind is CallKind.EDIT:
            for copy in job.copies:
                copies.mark(session, copy.id, CopyState.CORRECTED, now)

    def _note_edit(self, session: Session, job: Job) -> None:
        """An edit that belongs to a closing ends its copy; any other leaves it standing."""
        now, change_id = self.world.now(), job.row.change_id
        closes = change_id is not None and changes.get(session, change_id).kind is not ChangeKind.UPDATE
        for place, copy in enumerate(job.copies):
            if closes:
                copies.mark(session, copy.id, CopyState.CLOSED, now)
            elif place > 0:
                copies.mark(session, copy.id, CopyState.DELETED, now)

    def _failed(self, job: Job, failure: CallFailed) -> None:
        now, row, steady = self.world.now(), job.row, self._steady()
        with self.world.db.write() as session:
            match failure:
                case Refused():
                    self.pace.refused(row.chat_id, failure.wait.total_seconds(), steady)
                    outbox.postpone(session, row.id, self.epoch, now + failure.wait, "refused")
                case ChatMoved():
                    chats.migrate(session, row.account, job.chat.platform_id, failure.platform_id, now)
                    outbox.postpone(session, row.id, self.epoch, now, "moved")
                case ChatGone() | ChatMuted():
                    state = ChatState.GONE if isinstance(failure, ChatGone) else ChatState.MUTED
                    chats.set_state(session, row.chat_id, state, now)
                    outbox.settle(session, row.id, self.epoch, OutboxState.DEAD, now, failure.reason)
                case NotNow() if row.attempts < TRIES:
                    later = now + timedelta(seconds=min(2**row.attempts, 60))
                    outbox.postpone(session, row.id, self.epoch, later, failure.reason)
                case Unsure() if row.lane in RESENT_AFTER_CRASH and row.attempts < TRIES:
                    later = now + timedelta(seconds=min(2**row.attempts, 60))
                    outbox.postpone(session, row.id, self.epoch, later, failure.reason)
                case Unsure():
                    outbox.settle(session, row.id, self.epoch, OutboxState.UNSURE, now, failure.reason)
                    outbox.note_unsure_copy(session, row, now)
                case _:
                    outbox.settle(session, row.id, self.epoch, OutboxState.DEAD, now, failure.reason)
                    self._next_means(session, job)
            if row.copy_id is not None and isinstance(failure, ChatGone | ChatMuted):
                copies.mark(session, row.copy_id, CopyState.LOST, now)

    def _next_means(self, session: Session, job: Job) -> None:
        """A copy that cannot be deleted is edited, one that cannot be edited is corrected by a message."""
        row, now = job.row, self.world.now()
        if row.copy_id is None or row.change_id is None:
            return
        copy, change = copies.get(session, row.copy_id), changes.get(session, row.change_id)
        account = accounts.named(session, row.account)
        can_edit = account is not None and account.can_edit(copy.sent_at, now)
        if row.kind is CallKind.DELETE and can_edit and copy.platform_id is not None:
            deal.deal_with(session, change, copy, CallKind.EDIT, now)
        elif row.kind is CallKind.SEND:
            copies.mark(session, copy.id, CopyState.LOST, now)
        else:
            deal.deal_with(session, change, copy, CallKind.SEND, now)
