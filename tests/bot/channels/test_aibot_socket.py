"""The AI bot's connection: subscribing, silence, endings, and never a war with another program."""

import asyncio
import logging
import ssl
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from sqlalchemy.exc import OperationalError

from bot.channels.wecom_aibot import WecomAibot
from handlers.dialogue.message import Outgoing, PlayCall
from jobs.channel import NotNow, Unsure
from storage.worlds import WorldKind
from tests.support.stage import KEYS
from tests.support.telegram_api import awaits
from tests.support.wechat.aibot_people import GROUP, NAME, HandClock, at_work, call, channel, settings, turn
from tests.support.wechat.aibot_server import SECRET, AibotServer, Fault


@awaits
async def test_it_subscribes_and_hears() -> None:
    async with at_work() as work:
        assert work.bot.listening == "socket"
        heard = await work.hears("zhang", f"@{NAME} 隐患 路灯坏了", GROUP)
    assert (heard.text, heard.chat, heard.sender) == ("隐患 路灯坏了", f"group:{GROUP}", "zhang")
    assert work.bot.listening == ""


@awaits
async def test_what_one_person_said_is_kept_in_its_order_and_tried_again_while_nothing_can_be_kept() -> None:
    async with at_work() as work:
        work.refuses = [RuntimeError("first"), RuntimeError("second")]
        await work.server.says("zhang", "一")
        await work.server.says("zhang", "二")
        await turn()
        assert work.heard == []
        await work.clock.passes(1.0)
        await work.clock.passes(1.0)
        await work.server.until(lambda: len(work.heard) == 2)
    assert [one.text for one in work.heard] == ["一", "二"]


@awaits
async def test_a_message_that_fails_by_itself_is_left_behind_and_an_outage_is_waited_for(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async with at_work() as work:
        work.refuses = [RuntimeError(f"try {number}") for number in range(3)]
        await work.server.says("zhang", "坏的")
        await work.server.says("zhang", "好的")
        for _ in range(4):
            await work.clock.passes(1.0)
        await work.server.until(lambda: work.heard)
        assert [one.text for one in work.heard] == ["好的"]
        work.refuses = [OperationalError("INSERT", {}, Exception("locked")) for _ in range(9)]
        await work.server.says("zhang", "也是好的")
        for _ in range(10):
            await work.clock.passes(1.0)
        await work.server.until(lambda: len(work.heard) == 2)
    assert "left behind: RuntimeError" in caplog.text
    assert "try 2" not in caplog.text


@awaits
async def test_more_than_can_wait_is_dropped_with_a_word(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.channels.wecom_aibot.channel.WAITING", 2)
    async with at_work() as work:
        work.refuses = [OperationalError("INSERT", {}, Exception("full"))]
        await work.server.says("zhang", "0")
        await work.server.until(lambda: not work.refuses)
        for number in range(1, 5):
            await work.server.says("zhang", str(number))
        await work.server.until(lambda: "dropped" in caplog.text)
        await work.clock.passes(1.0)
        await work.server.until(lambda: len(work.heard) == 3)
    assert [one.text for one in work.heard] == ["0", "1", "2"]


@awaits
async def test_stopping_while_the_platform_is_silent_takes_no_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.channels.wecom_aibot.speaker.HUSH", 0.01)
    async with at_work() as work:
        await work.hears("zhang", "说", GROUP)
        await work.say("一")
        work.server.mute = True
        await asyncio.wait_for(work.ends(), 3)
    assert not work.server.standing(GROUP)[0].finished


@awaits
async def test_a_message_told_twice_has_the_same_key() -> None:
    async with at_work() as work:
        first = await work.hears("zhang", "一", msgid="same")
        again = await work.hears("zhang", "一", msgid="same")
    assert first.key == again.key == "same"


@awaits
async def test_another_program_as_this_bot_silences_this_one_for_good(caplog: pytest.LogCaptureFixture) -> None:
    async with at_work() as work:
        other = channel(work.server, HandClock())
        task = asyncio.create_task(other.listen(work.accept))
        await work.server.until(lambda: work.bot.replaced and other.listening)
        assert work.bot.listening == ""
        with pytest.raises(NotNow):
            await work.say("还在吗")
        with pytest.raises(NotNow):
            await work.bot.probe()
        await work.clock.passes(100_000.0)
        # Even when it is asked to listen anew, as happens when its lease comes back.
        await work.ends()
        work.starts()
        await work.clock.passes(100_000.0)
        assert work.server.subscriptions == 2
        assert other.listening == "socket"
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        await other.close()
    assert sum("another program" in one.message for one in caplog.records) == 1


@awaits
async def test_a_wrong_secret_is_not_tried_again_soon(caplog: pytest.LogCaptureFixture) -> None:
    async with at_work(secret="wrong-secret-of-a-bot", wait=False) as work:
        await work.server.until(lambda: work.server.subscriptions == 1 and work.clock.slept)
        await work.clock.passes(800.0)
        assert work.server.subscriptions == 1
        await work.clock.passes(1000.0)
        await work.server.until(lambda: work.server.subscriptions == 2)
        assert work.bot.listening == ""
    assert "wrong-secret-of-a-bot" not in caplog.text + repr(work.bot)


@pytest.mark.parametrize("how", ["clean", "abrupt"])
def test_a_connection_that_ended_is_made_anew_after_a_pause(how: str) -> None:
    @awaits
    async def run() -> None:
        async with at_work() as work:
            if how == "clean":
                await work.server.hang_up()
            else:
                work.server.cut()
            await work.server.until(lambda: min(work.clock.slept) <= 2.0)
            assert work.bot.listening == ""
            with pytest.raises(NotNow):
                await work.say("x")
            assert work.server.subscriptions == 1
            await work.clock.passes(2.1)
            await work.server.until(lambda: work.bot.listening)
            await work.hears("zhang", "又在了")

    run()


@awaits
async def test_pauses_grow_while_nobody_is_there() -> None:
    clock = HandClock()
    async with AibotServer(clock) as server:
        bot = channel(server, clock)
        bot._settings = settings(server).model_copy(update={"socket_url": "ws://127.0.0.1:9"})
        task = asyncio.create_task(bot.listen(_never))
        for _ in range(9):
            await server.until(lambda: clock.waits)
            await clock.passes(130.0)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        await bot.close()
    rests = clock.slept[:8]
    assert all(0.5 * 2**n <= rest <= 2.0**n for n, rest in enumerate(rests[:6], 1))
    assert max(clock.slept) <= 120.0


async def _never(_: object) -> None:
    raise AssertionError


@awaits
async def test_a_socket_that_is_silently_dead_is_found_out() -> None:
    async with at_work(ack=0.02) as work:
        work.server.mute = True
        await work.clock.passes(30.0)
        await asyncio.sleep(0.03)
        assert work.bot.listening == "socket"
        await work.clock.passes(30.0)
        await asyncio.sleep(0.03)
        await work.server.until(lambda: not work.bot.listening)
        work.server.mute = False
        await work.clock.passes(3.0)
        await work.server.until(lambda: work.bot.listening)
    assert [one["cmd"] for one in work.server.frames].count("ping") == 2


@awaits
async def test_pings_that_are_answered_keep_the_connection() -> None:
    async with at_work() as work:
        for _ in range(6):
            await work.clock.passes(30.0)
        assert work.bot.silent is not None
        assert work.bot.silent < 30
        assert work.server.subscriptions == 1
        await work.bot.probe()
        work.server.faults = [Fault("ping", code=-1)]
        with pytest.raises(NotNow):
            await work.bot.probe()
    assert [one["cmd"] for one in work.server.frames].count("ping") == 8


@awaits
async def test_without_frames_for_long_it_counts_as_deaf() -> None:
    async with at_work() as work:
        work.clock.now += 91.0
        assert work.bot.listening == ""


@awaits
async def test_frames_that_are_none_are_left_out(caplog: pytest.LogCaptureFixture) -> None:
    async with at_work() as work:
        assert work.server.live is not None
        bad = ["", "null", "[]", '{"headers":{}}', "{", '{"cmd":"aibot_msg_callback","headers":{"req_id":"r"}}']
        bad += ['{"cmd":"aibot_msg_callback","headers":{"req_id":"r"},"body":{"msgtype":"text","from":7}}']
        bad += ['{"headers":{"req_id":"nobody"},"errcode":0}', '{"cmd":"new","headers":{"req_id":"r"}}', "[" * 100_000]
        for one in bad:
            await work.server.live.send(one)
        await work.hears("zhang", "好的")
        assert len(work.heard) == 1
    assert "好的" not in caplog.text


@awaits
async def test_a_broken_line_leaves_a_call_in_doubt() -> None:
    async with at_work() as work:
        await work.hears("zhang", "你好", GROUP)
        await work.clock.passes(61.0)
        work.server.faults = [Fault("aibot_send_msg", broken=True)]
        with pytest.raises(Unsure):
            await work.say("到了吗")


@awaits
async def test_the_secret_is_in_no_log(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        async with at_work() as work:
            await work.hears("zhang", "一件私事")
            await work.say("一句私话", chat="zhang")
    assert SECRET not in caplog.text
    assert "私" not in caplog.text


def certificate(folder: Path) -> Path:
    """A certificate for this machine that nobody has signed, with its key in one file."""
    key, name = ec.generate_private_key(ec.SECP256R1()), x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "here")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    form = serialization.PrivateFormat.PKCS8
    opened = key.private_bytes(serialization.Encoding.PEM, form, serialization.NoEncryption())
    file = folder / "here.pem"
    file.write_bytes(opened + made.public_bytes(serialization.Encoding.PEM))
    return file


@pytest.mark.parametrize("trusted", [True, False])
def test_the_platform_has_to_prove_itself(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, trusted: bool) -> None:
    file = certificate(tmp_path)
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(file)
    if trusted:
        monkeypatch.setenv("SSL_CERT_FILE", str(file))

    @awaits
    async def run() -> None:
        clock = HandClock()
        async with AibotServer(clock, tls) as server:
            bot = channel(server, clock)
            task = asyncio.create_task(bot.listen(_never))
            await server.until(lambda: bot.listening if trusted else clock.waits)
            assert server.subscriptions == int(trusted)
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
            await bot.close()

    run()


@awaits
async def test_only_the_real_world_comes_here() -> None:
    async with AibotServer() as server:
        with pytest.raises(TypeError):
            WecomAibot(settings(server), KEYS, WorldKind.DRILL)
    async with at_work() as work:
        with pytest.raises(TypeError):
            await work.bot.send(PlayCall("group:x", "", Outgoing("x")), ())
        assert work.bot.parts(call("x").outgoing, ()) == 1
