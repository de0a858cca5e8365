"""What `/healthz` and `/metrics` say, to whom, and that neither hangs where the database does."""

import asyncio
import threading
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import httpx
import pytest
from sqlalchemy import update
from sqlalchemy.exc import OperationalError

from bot import health
from bot.channels.console import Console
from bot.health import Look
from bot.metrics import Metrics, WorldMetrics
from bot.web import watch
from bot.web.app import build
from handlers.dialogue.message import Outgoing
from jobs.channel import Call, ChatMuted, Medium, Refused, Sent, Unsure
from storage import chats, contents, outbox
from storage.inbox import InboxRow, InboxState
from storage.lanes import Lane
from storage.outbox import CallKind, OutboxRow, OutboxState
from tests.support.stage import Stage


@pytest.fixture(autouse=True)
def _quickly(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(health, "FRESH", 0.0)
    monkeypatch.setattr(health, "COUNTED", 0.0)
    monkeypatch.setattr(health, "PATIENCE", 60.0)


def look(stage: Stage, **channel: object) -> Look:
    """A look at the stage, where its channel listens and its clock is right unless told otherwise."""
    found: Any = SimpleNamespace(**{"listening": "page", "drift": 0.2, **channel})
    return Look(stage.world, {"play": found})


def ask(looks: list[Look], path: str = "/healthz", metrics: Metrics | None = None, **more: Any) -> httpx.Response:  # noqa: ANN401
    """Ask over HTTP, from this machine unless `client` names another."""
    app = build(None, watched=watch.routes(looks, metrics, more.pop("metrics_for", "local")))
    client = more.pop("client", ("127.0.0.1", 5))

    async def go() -> httpx.Response:
        transport = httpx.ASGITransport(app, client=client)
        async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:8765") as browser:
            return await browser.get(path, **more)

    return asyncio.run(go())


def queue(stage: Stage, lane: Lane, **values: object) -> None:
    """A call that waits, or stands as `values` say."""
    with stage.world.db.write() as session:
        chat = chats.at(session, "play", "大侯村居民群")
        assert chat is not None
        content = contents.keep(session, Outgoing("x").to_bytes(), (), stage.world.now())
        row_id = outbox.put(session, chat, f"{lane}{values}", stage.world.now(), lane=lane, content_id=content)
        if values:
            session.execute(update(OutboxRow).where(OutboxRow.id == row_id).values(**values))


def test_all_is_well(both_stages: Stage) -> None:
    stage = both_stages
    now = stage.world.now()
    queue(stage, Lane.REPLY, state=OutboxState.SENT, sending_at=now, done_at=now - timedelta(seconds=3))
    queue(stage, Lane.LIFE)
    answer = ask([look(stage)])
    assert answer.status_code == 200
    assert answer.json() == {
        "ok": True,
        "worlds": {
            "playground": {
                "database": "ok",
                "inbox_oldest_seconds": 0.0,
                "accounts": {
                    "play": {
                        "listening": "page",
                        "last_sent_seconds": 3.0,
                        "oldest_urgent_seconds": 0.0,
                        "clock_drift_seconds": 0.2,
                    }
                },
                "troubles": [],
            }
        },
    }


def test_what_makes_it_ill(stage: Stage) -> None:
    queue(stage, Lane.LIFE)
    with stage.world.db.write() as session:
        row = InboxRow(account="play", platform_key="k", queue="q", state=InboxState.NEW)
        row.received_at = stage.world.now()
        session.add(row)
    stage.clock.move(seconds=61)
    answer = ask([look(stage, listening="", drift=-99.0)])
    assert answer.status_code == 503
    found = answer.json()["worlds"]["playground"]
    assert found["troubles"] == ["listening:play", "urgent:play", "clock:play", "inbox"]
    assert (found["accounts"]["play"]["listening"], found["accounts"]["play"]["oldest_urgent_seconds"]) == ("no", 61.0)


def test_a_database_that_fails(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    seen = look(stage)
    assert ask([seen]).status_code == 200

    def full() -> None:
        raise OperationalError("UPDATE alarms SET name='张三'", {}, Exception("database or disk is full"))

    with monkeypatch.context() as patched:
        patched.setattr(stage.world.db, "write", full)
        answer = ask([seen])
    assert answer.status_code == 503
    assert answer.json()["worlds"]["playground"]["troubles"] == ["database"]
    assert "张三" not in answer.text
    assert ask([seen]).status_code == 200


def test_a_database_that_hangs(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(health, "FRESH", 0.0)
    monkeypatch.setattr(health, "PATIENCE", 0.05)
    go_on, metrics, seen = threading.Event(), Metrics(), look(stage)
    see, threads = Look._see, []

    def hangs(one: Look) -> health.Seen:
        threads.append(threading.current_thread().name)
        go_on.wait(30)
        return see(one)

    monkeypatch.setattr(Look, "_see", hangs)

    async def talk() -> None:
        app = build(None, watched=watch.routes([seen], metrics))
        transport = httpx.ASGITransport(app, client=("127.0.0.1", 5))
        async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:8765") as browser:
            answers = await asyncio.gather(*(browser.get("/healthz") for _ in range(5)))
            assert {one.status_code for one in answers} == {503}
            page = await browser.get("/metrics")
            assert 'wangge_database_writable{world="playground"} 0.0' in page.text
            assert threads == ["look"], "never two looks at a time"
            go_on.set()
            while (await browser.get("/healthz")).status_code == 503:
                pass

    asyncio.run(talk())


def test_a_look_holds_for_a_second(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(health, "FRESH", 1.0)
    seen, looked = look(stage), []
    see = Look._see
    monkeypatch.setattr(Look, "_see", lambda one: looked.append(1) or see(one))
    for _ in range(5):
        ask([seen])
    assert len(looked) == 1


def test_metrics_tell_lanes_ages_and_ends_but_no_person(both_stages: Stage) -> None:
    stage, metrics = both_stages, Metrics()
    queue(stage, Lane.LIFE)
    queue(stage, Lane.BULK, waits="chat")
    queue(stage, Lane.BULK, state=OutboxState.UNSURE, rank=2)
    stage.clock.move(seconds=4)
    counted = WorldMetrics(metrics, "playground")
    counted.ended("play", CallKind.SEND, Lane.LIFE, "sent", 0.05, "")
    counted.ended("play", CallKind.SEND, Lane.BULK, "dead", 0.2, "gone")
    counted.ended("play", CallKind.EDIT, Lane.BULK, "dead", 0.2, "Zhang San's chat")
    counted.refused("play", "chat")
    counted.owns("play", 7)
    counted.turn(0.02)
    metrics.was_late(0.03, 1.0)
    metrics.was_late(0.01, 2.0)
    page = ask([look(stage)], "/metrics", metrics).text
    account = 'account="play",'
    for line in (
        f'wangge_sends_total{{{account}kind="send",lane="life",outcome="sent",world="playground"}} 1.0',
        f'wangge_dead_total{{{account}reason="gone",world="playground"}} 1.0',
        f'wangge_dead_total{{{account}reason="other",world="playground"}} 1.0',
        f'wangge_refusals_total{{{account}scope="chat",world="playground"}} 1.0',
        f'wangge_owned_epoch{{{account[:-1]},world="playground"}} 7.0',
        f'wangge_outbox_oldest_seconds{{{account}lane="life",world="playground"}} 4.0',
        f'wangge_outbox_oldest_seconds{{{account}lane="suspect",world="playground"}} 0.0',
        f'wangge_outbox_queued{{{account}lane="bulk",waits="chat",world="playground"}} 1.0',
        f'wangge_outbox_queued{{{account}lane="life",waits="turn",world="playground"}} 1.0',
        f'wangge_outbox_unsure{{{account[:-1]},world="playground"}} 1.0',
        'wangge_turn_seconds_count{world="playground"} 1.0',
        'wangge_inbox_waiting{world="playground"} 0.0',
        'wangge_database_writable{world="playground"} 1.0',
        "wangge_loop_worst_seconds 0.03",
        f'wangge_clock_drift_seconds{{{account[:-1]},world="playground"}} 0.2',
    ):
        assert line in page, line
    for secret in ("大侯村", "居民群", "Zhang", "居民甲"):
        assert secret not in page


def test_what_is_gone_is_no_longer_told(stage: Stage) -> None:
    metrics, seen = Metrics(), look(stage)
    queue(stage, Lane.BULK)
    assert 'lane="bulk",waits="turn"' in ask([seen], "/metrics", metrics).text
    stage.play.pump()
    assert 'waits="turn"' not in ask([seen], "/metrics", metrics).text


@pytest.mark.parametrize(
    ("client", "headers", "whom", "status"),
    [
        ("127.0.0.1", {}, "local", 200),
        ("::1", {}, "local", 200),
        ("10.0.0.7", {}, "local", 403),
        ("127.0.0.1", {"X-Forwarded-For": "10.0.0.7"}, "local", 403),
        ("127.0.0.1", {"Via": "1.1 proxy"}, "local", 403),
        ("not an address", {}, "local", 403),
        ("10.0.0.7", {}, "all", 200),
        ("127.0.0.1", {}, "off", 404),
    ],
)
def test_who_may_read_the_metrics(stage: Stage, client: str, headers: dict[str, str], whom: str, status: int) -> None:
    answer = ask([look(stage)], "/metrics", Metrics(), client=(client, 5), headers=headers, metrics_for=whom)
    assert answer.status_code == status
    if status == 403:
        assert answer.text.startswith("/metrics 只答本机")


def test_the_loop_is_measured(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.metrics.EVERY", 0.0)
    metrics, beats = Metrics(), iter((0.0, 0.25, 0.25, 1.0, 1.001, 1.001, 61.0))

    async def beat() -> None:
        with pytest.raises(RuntimeError, match="StopIteration"):
            await metrics.beat(lambda: next(beats))

    asyncio.run(beat())
    assert metrics.registry.get_sample_value("wangge_loop_late_seconds_count") == 2
    assert metrics.registry.get_sample_value("wangge_loop_worst_seconds") == 0.25
    metrics.was_late(0.002, 61.5)
    assert metrics.registry.get_sample_value("wangge_loop_worst_seconds") == 0.002


def test_every_turn_is_timed(stage: Stage) -> None:
    took: list[float] = []
    stage.world.took = took.append
    stage.say("居民甲", "帮助")
    stage.say("居民甲", "帮助")
    assert len(took) == 2
    assert min(took) > 0


def test_the_dispatcher_tells_how_calls_end(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    metrics = Metrics()
    stage.play.dispatcher.watcher = WorldMetrics(metrics, "playground")
    ends: list[Exception | None] = [None, Refused(timedelta(seconds=60)), Unsure("no answer"), ChatMuted("muted")]
    send = Console.send

    async def moody(console: Console, call: Call, media: tuple[Medium, ...], part: int = 0) -> Sent:
        end = ends.pop(0) if ends else None
        if end is not None:
            raise end
        return await send(console, call, media, part)

    monkeypatch.setattr(Console, "send", moody)
    went = 0
    for who in ("居民甲", "居民乙", "居民丙", "网格员甲"):
        went += len([one for one in stage.say(who, "帮助") if one.what == "sent"])

    def count(outcome: str) -> float | None:
        labels = {"world": "playground", "account": "play", "kind": "send", "lane": "reply", "outcome": outcome}
        return metrics.registry.get_sample_value("wangge_sends_total", labels)

    own = {"world": "playground", "account": "play"}
    assert [count(one) for one in ("sent", "refused", "unsure", "dead")] == [went, 1.0, 1.0, 1.0]
    assert metrics.registry.get_sample_value("wangge_dead_total", {**own, "reason": "muted"}) == 1.0
    assert metrics.registry.get_sample_value("wangge_refusals_total", {**own, "scope": "chat"}) == 1.0
    assert metrics.registry.get_sample_value("wangge_send_seconds_count", own) == went + 3
    assert (metrics.registry.get_sample_value("wangge_owned_epoch", own) or 0) >= 1
