"""Media of the AI bot: uploaded in chunks, sent within the platform's limits, fetched and decrypted."""

import json

import pytest

from jobs.channel import (
    CallFailed,
    Impossible,
    Medium,
    MediumRefused,
    NotNow,
    Refused,
    StaleUpload,
)
from storage.copies import CopyKind
from tests.support.pictures import photo_bytes
from tests.support.telegram_api import awaits
from tests.support.wechat.aibot_people import GROUP, at_work, call
from tests.support.wechat.aibot_server import Fault


@awaits
async def test_a_picture_is_uploaded_in_chunks_once_and_then_named_by_its_id() -> None:
    blob = photo_bytes(40, 30)
    big = blob + b"\0" * (1_300_000 - len(blob))
    async with at_work() as work:
        await work.hears("zhang", "看", GROUP)
        picture = Medium(7, "photo", "image/jpeg", big)
        message = call("老人照片", media=(7,))
        assert work.bot.parts(message.outgoing, (picture,)) == 2
        sent = await work.bot.send(message, (picture,), 0)
        await work.bot.send(message, (picture,), 1)
        assert sent.parts[0][1] is CopyKind.PHOTO
        assert work.server.media["media-1"][:2] == ("image", big)
        chunks = [one for one in work.server.frames if one["cmd"] == "aibot_upload_media_chunk"]
        assert [one["body"]["chunk_index"] for one in chunks] == [0, 1, 2]
        known = Medium(7, "photo", "image/jpeg", None, sent.uploads[7])
        assert (await work.bot.send(message, (known,), 0)).uploads == {}
        assert len(work.server.media) == 1
        work.server.later(260_000.0)
        with pytest.raises(StaleUpload):
            await work.bot.send(message, (known,), 0)
    assert [one.how for one in work.server.standing(GROUP)] == ["image", "stream", "image"]


@awaits
async def test_an_upload_is_not_made_twice_where_only_the_message_failed() -> None:
    async with at_work() as work:
        await work.hears("zhang", "看", GROUP)
        picture = Medium(7, "photo", "image/jpeg", photo_bytes(40, 30))
        work.server.faults = [Fault("aibot_send_msg", 45009)]
        with pytest.raises(Refused):
            await work.bot.send(call("", media=(7,)), (picture,), 0)
        await work.bot.send(call("", media=(7,)), (picture,), 0)
    assert len(work.server.media) == 1


@pytest.mark.parametrize(
    ("fault", "kind"),
    [
        (Fault("aibot_upload_media_init", 40009), MediumRefused),
        (Fault("aibot_upload_media_init", 45009), NotNow),
        (Fault("aibot_upload_media_chunk", -1), NotNow),
        (Fault("aibot_upload_media_finish", lost=True), NotNow),
        (Fault("aibot_upload_media_chunk", broken=True), NotNow),
    ],
)
def test_an_upload_that_fails_said_nothing(fault: Fault, kind: type[CallFailed]) -> None:
    @awaits
    async def run() -> None:
        async with at_work(ack=0.04) as work:
            await work.hears("zhang", "看", GROUP)
            work.server.faults = [fault]
            with pytest.raises(kind):
                await work.bot.send(call("", media=(7,)), (Medium(7, "photo", "image/jpeg", photo_bytes(40, 30)),), 0)
            assert work.server.shows(GROUP) == []

    run()


@pytest.mark.parametrize(
    ("medium", "kind"),
    [
        (Medium(1, "photo", "image/jpeg", bytes(100)), "image"),
        (Medium(1, "photo", "image/webp", bytes(100)), "file"),
        (Medium(1, "voice", "audio/amr", bytes(100)), "voice"),
        (Medium(1, "voice", "audio/ogg", bytes(100)), "file"),
        (Medium(1, "video", "video/mp4", bytes(100)), "video"),
        (Medium(1, "video", "video/mp4", bytes(11 << 20)), "file"),
        (Medium(1, "file", "application/pdf", bytes(100), name="通告.pdf"), "file"),
        (Medium(1, "file", "application/pdf", bytes(21 << 20)), None),
        (Medium(1, "photo", "image/jpeg", b"1234"), None),
    ],
    ids=lambda one: "" if isinstance(one, Medium) else str(one),
)
def test_media_go_as_what_the_platform_shows_within_its_limits(medium: Medium, kind: str | None) -> None:
    @awaits
    async def run() -> None:
        async with at_work() as work:
            await work.hears("zhang", "看", GROUP)
            if kind is None:
                with pytest.raises(MediumRefused):
                    await work.bot.send(call("", media=(1,)), (medium,), 0)
                return
            await work.bot.send(call("", media=(1,)), (medium,), 0)
            assert [one.how for one in work.server.standing(GROUP)] == [kind]
            names = [one["body"]["filename"] for one in work.server.frames if one["cmd"] == "aibot_upload_media_init"]
            assert names[0].isascii()

    run()


@awaits
async def test_a_picture_somebody_sent_is_fetched_and_decrypted() -> None:
    blob = photo_bytes(40, 30)
    async with at_work() as work:
        await work.server.sends("zhang", "image", blob)
        await work.server.sends("zhang", "file", blob * 2, bare_key=False)
        await work.server.until(lambda: len(work.heard) == 2)
        (picture,), (file,) = (one.media for one in work.heard)
        assert (picture.kind, file.kind) == ("photo", "file")
        assert await work.bot.fetch(picture.ref, 1 << 20) == blob
        assert await work.bot.fetch(file.ref, 1 << 20) == blob * 2
        told = json.loads(picture.ref)
        other = json.dumps({**told, "aeskey": json.loads(file.ref)["aeskey"]})
        for bad in (other, json.dumps({**told, "aeskey": "short"}), "no json", "[]", json.dumps({"url": told["url"]})):
            with pytest.raises(Impossible):
                await work.bot.fetch(bad, 1 << 20)
        with pytest.raises(Impossible):
            await work.bot.fetch(picture.ref, 100)
        work.server.later(301.0)
        with pytest.raises(Impossible):
            await work.bot.fetch(picture.ref, 1 << 20)
        with pytest.raises(NotNow):
            await work.bot.fetch(json.dumps({**told, "url": "http://127.0.0.1:9/x"}), 1 << 20)
