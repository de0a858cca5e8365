"""Pictures are fetched, written anew and sealed; what is no picture holds nothing up."""

import io
import struct
import zlib
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from handlers.dialogue.message import MediaRef
from handlers.dialogue.say import Cause, Say, post
from handlers.dialogue.wording import said
from jobs import media as job
from jobs import opening
from jobs.channel import NotNow
from storage import chats, media
from storage.media import MediumKind, MediumState
from tests.support import films
from tests.support.pictures import photo_bytes
from tests.support.stage import Stage, texts


def _want(stage: Stage, kind: MediumKind = MediumKind.PHOTO, ref: str = "photo") -> int:
    with stage.world.db.write() as session:
        return media.want(session, kind, {"account": "play", "ref": ref, "mime": "audio/ogg"}, stage.world.now())


def _row(stage: Stage, medium_id: int) -> media.Medium:
    with stage.world.db.read() as session:
        return media.get(session, medium_id)


def test_a_picture_loses_its_camera_and_position() -> None:
    original = photo_bytes(exif=True)
    assert b"SECRETCAM" in original
    picture = job.reencode(original)
    assert b"SECRETCAM" not in picture.blob
    assert not Image.open(io.BytesIO(picture.blob)).getexif()


@pytest.mark.parametrize(("size", "expected"), [((4000, 1000), (1600, 400)), ((300, 200), (300, 200))])
def test_a_picture_is_scaled_down_never_up(size: tuple[int, int], expected: tuple[int, int]) -> None:
    picture = job.reencode(photo_bytes(*size))
    assert (picture.width, picture.height) == expected


def test_a_picture_is_turned_upright() -> None:
    image = Image.new("RGB", (200, 100), "red")
    exif = Image.Exif()
    exif[0x0112] = 6
    out = io.BytesIO()
    image.save(out, "JPEG", exif=exif.tobytes())
    picture = job.reencode(out.getvalue())
    assert (picture.width, picture.height) == (100, 200)


@pytest.mark.parametrize("mode", ["RGBA", "LA", "P", "L", "1", "CMYK"])
def test_every_mode_of_picture_can_be_read(mode: str) -> None:
    out = io.BytesIO()
    Image.new(mode, (20, 10)).save(out, "TIFF" if mode == "CMYK" else "PNG") if mode != "CMYK" else Image.new(
        mode, (20, 10)
    ).save(out, "JPEG")
    assert job.reencode(out.getvalue()).width == 20


def _bomb(width: int, height: int) -> bytes:
    """A PNG that claims to be huge in a few bytes."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    data = chunk(b"IDAT", zlib.compress(b"\0" * 10))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + data + chunk(b"IEND", b"")


@pytest.mark.parametrize("blob", [b"", b"not a picture", b"\xff\xd8\xff", _bomb(10_000, 5_000), _bomb(100, 100)])
def test_what_is_no_picture_is_refused(blob: bytes) -> None:
    with pytest.raises(job.NoPicture):
        job.reencode(blob)


@given(st.binary(max_size=300))
def test_no_bytes_break_the_reading_of_pictures(blob: bytes) -> None:
    for head in (b"", b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff\xe0", b"GIF89a", b"RIFF\0\0\0\0WEBP"):
        with pytest.raises(opening.NoPicture):
            opening.written_anew(head + blob, (1600,), 85, 1 << 20)


def test_a_message_waits_for_its_picture(stage: Stage) -> None:
    stage.play.console.files["photo"] = photo_bytes()
    medium_id = _want(stage)
    with stage.world.db.write() as session:
        chat = chats.at(session, "play", "大侯村居民群")
        assert chat is not None
        post(session, stage.world.words, [Say(said("看图"), media=(medium_id,))], Cause("t", chat), stage.world.now())
    shown = stage.play.pump()
    assert [(one.text, one.photo) for one in shown] == [("看图", True)]
    assert _row(stage, medium_id).state is MediumState.READY


def test_a_message_goes_without_a_picture_that_is_none(stage: Stage) -> None:
    stage.play.console.files["photo"] = b"rubbish"
    medium_id = _want(stage)
    with stage.world.db.write() as session:
        chat = chats.at(session, "play", "大侯村居民群")
        assert chat is not None
        post(session, stage.world.words, [Say(said("看图"), media=(medium_id,))], Cause("t", chat), stage.world.now())
    assert [(one.text, one.photo) for one in stage.play.pump()] == [("看图", False)]
    assert _row(stage, medium_id).state is MediumState.FAILED


@pytest.mark.parametrize(
    ("kind", "blob"),
    [
        (MediumKind.FILE, b"%PDF-1.7 SECRETAUTHOR"),
        (MediumKind.FILE, b"PK\x03\x04docx"),
        (MediumKind.VIDEO, b"\x1aE\xdf\xa3webm"),
        (MediumKind.VIDEO, films.film()[:-9]),
    ],
)
def test_what_cannot_be_freed_of_its_hidden_data_is_given_up(stage: Stage, kind: MediumKind, blob: bytes) -> None:
    stage.play.console.files["file"] = blob
    medium_id = _want(stage, kind, "file")
    stage.play.pump()
    row = _row(stage, medium_id)
    assert (row.state, row.blob) == (MediumState.FAILED, None)


def test_a_film_is_kept_without_where_it_was_made(stage: Stage) -> None:
    stage.play.console.files["film"] = films.film()
    medium_id = _want(stage, MediumKind.VIDEO, "film")
    stage.play.pump()
    with stage.world.db.read() as session:
        blob = media.blob_of(session, medium_id)
    assert blob is not None
    assert films.PICTURES[0] in blob
    assert films.PLACE not in blob


def test_a_voice_is_kept_without_its_comments_and_sealed(both_stages: Stage) -> None:
    both_stages.play.console.files["voice"] = films.voice()
    medium_id = _want(both_stages, MediumKind.VOICE, "voice")
    both_stages.play.pump()
    row = _row(both_stages, medium_id)
    assert row.state is MediumState.READY
    assert row.blob is not None
    assert b"OggS" not in row.blob
    with both_stages.world.db.read() as session:
        kept = media.blob_of(session, medium_id)
        assert kept is not None
        assert b"sound one" in kept
        assert films.MAKER not in kept
    with both_stages.world.db.write() as session:
        media.erase(session, medium_id)
        assert media.blob_of(session, medium_id) is None


def test_a_platform_that_is_down_is_asked_again_and_given_up_in_the_end(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = []

    async def down(self: object, ref: str, most: int) -> bytes:
        asked.append(ref)
        raise NotNow("down")

    monkeypatch.setattr(type(stage.play.console), "fetch", down)
    medium_id = _want(stage)
    stage.play.pump()
    assert len(asked) == 1
    for _ in range(job.TRIES):
        stage.clock.moment += timedelta(minutes=5)
        stage.play.pump()
    assert len(asked) == job.TRIES
    assert _row(stage, medium_id).state is MediumState.FAILED


def test_a_medium_of_an_account_nobody_serves_is_given_up(stage: Stage) -> None:
    with stage.world.db.write() as session:
        source = {"account": "elsewhere", "ref": "x"}
        medium_id = media.want(session, MediumKind.PHOTO, source, stage.world.now())
    stage.play.pump()
    assert _row(stage, medium_id).state is MediumState.FAILED


@pytest.mark.parametrize("blob", [b"\x1a\x45\xdf\xa3webm", films.film()[:-9], None], ids=["webm", "broken", "gone"])
def test_a_film_that_cannot_be_taken_is_told_to_whoever_puts_it_into_the_library(
    stage: Stage, blob: bytes | None
) -> None:
    if blob is not None:
        stage.play.console.files["film"] = blob
    shown = stage.say(
        "民警甲", "入库 反诈 冒充客服退款是这样骗人的", media=(MediaRef("video", "film", "video/mp4", 100),)
    )
    assert any("库1 的图片或视频没有收下" in one for one in texts(shown, "民警甲"))
    stage.say("民警甲", "入库 库1")
    assert any("进了反诈库" in one for one in texts(stage.say("所长", "批准 库1"))), "the words alone can go in"
    assert "图" not in texts(stage.say("民警甲", "反诈库"))[0].split("库1")[1].split("\n")[0]


@pytest.mark.parametrize(
    ("ref", "blob", "told"),
    [
        (MediaRef("photo", "bad", "image/jpeg", 100), b"rubbish", "照片没有收下"),
        (MediaRef("video", "bad", "video/mp4", 100), b"\x1a\x45\xdf\xa3webm", "视频没有收下"),
        (MediaRef("file", "bad", "application/pdf", 100), b"%PDF-1.7", "请改发照片"),
    ],
)
def test_whoever_sends_what_cannot_be_taken_hears_so_once(stage: Stage, ref: MediaRef, blob: bytes, told: str) -> None:
    stage.play.console.files["bad"] = blob
    shown = stage.say("居民甲", "上报 水头村村口路灯坏了", media=(ref,))
    heard = [one for one in shown if told in one.text]
    assert [one.chat for one in heard] == ["居民甲"], "nobody but who sent it"
    assert not any(told in one.text for one in stage.play.pump())


def test_a_warning_whose_film_cannot_be_taken_is_not_sent_without_it_in_silence(stage: Stage) -> None:
    stage.play.console.files["bad"] = films.film()[:-9]
    shown = stage.say("民警甲", "反诈 冒充客服退款的是骗子", media=(MediaRef("video", "bad", "video/mp4", 100),))
    assert any("视频没有收下" in one for one in texts(shown, "民警甲"))


def test_who_sent_it_is_forgotten_with_it(stage: Stage) -> None:
    stage.play.console.files["bad"] = b"rubbish"
    stage.say("居民甲", "线索 昨晚有人撬锁", media=(MediaRef("photo", "bad", "image/jpeg", 100),))
    with stage.world.db.read() as session:
        assert [(row.state, row.source) for row in session.query(media.Medium)] == [(MediumState.FAILED, None)]
