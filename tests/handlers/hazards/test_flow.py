"""A hazard told by a photo and a place shared, in whatever order; the station's own address; what is counted."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from handlers.dialogue.message import MediaRef
from handlers.weekly.rules import Amount
from storage import areas, incidents
from storage.incidents import IncidentKind
from tests.support.figures import counted
from tests.support.pictures import photo_bytes
from tests.support.stage import Stage, make_stage, texts

PHOTO = (MediaRef("photo", "photo", "image/jpeg", 4000),)
SPOT = (34.76543, 113.65432)


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Stage]:
    for made in make_stage(tmp_path, None):
        made.play.console.files["photo"] = photo_bytes()
        yield made


def kept(stage: Stage) -> tuple[int, object]:
    """How many photos the first hazard has, and where it is."""
    with stage.world.db.read() as session:
        one = incidents.numbered(session, IncidentKind.HAZARD, 1)
        assert one is not None
        return len(incidents.media_of(session, one)), incidents.private_of(session, one)["location"]


def test_one_tap_then_photo_then_place(stage: Stage) -> None:
    stage.say("居民甲", "一键")
    stage.say("居民甲", media=PHOTO)
    shown = stage.say("居民甲", location=SPOT)
    assert any("已记下 隐1" in one for one in texts(shown))
    assert not any("34.765" in one for one in texts(shown))
    assert kept(stage) == (1, list(SPOT))


def test_a_photo_waiting_is_taken_by_one_tap(stage: Stage) -> None:
    stage.say("居民甲", media=PHOTO)
    assert any("在哪里" in one for one in texts(stage.say("居民甲", "一键")))
    stage.say("居民甲", location=SPOT)
    assert kept(stage) == (1, list(SPOT))


def test_photo_and_place_at_once(stage: Stage) -> None:
    stage.say("居民甲", "一键", media=PHOTO, location=SPOT)
    assert kept(stage) == (1, list(SPOT))


def test_a_place_shared_afterwards_reaches_whoever_took_it(stage: Stage) -> None:
    stage.say("居民甲", "隐患", media=PHOTO)
    stage.say("网格员甲", "接单 隐1")
    shown = stage.say("居民甲", location=SPOT)
    assert kept(stage) == (1, list(SPOT))
    assert [one.chat for one in shown if "34.76543" in one.text] == ["网格员甲"]


def test_the_address_of_the_cameras_is_for_the_team(stage: Stage) -> None:
    stage.world.station = replace(stage.world.station, video="https://video.example.gov.cn/")
    shown = stage.say("网格员甲", "视频巡查", "大侯村网格群")
    assert [one.chat for one in shown if "https://video.example.gov.cn/" in one.text] == ["网格员甲"]
    assert not any("https" in one for one in texts(stage.say("居民甲", "视频巡查")))


def test_found_and_mended_in_time_are_counted(stage: Stage) -> None:
    for number, end in ((1, "复查 隐1 通过"), (2, "")):
        stage.say("居民甲", f"隐患 大侯村第{number}处楼道堆满纸箱")
        stage.say("网格员甲", f"限期 隐{number} 1天")
        if end:
            stage.say("网格员甲", end)
    now = stage.world.now()
    with stage.world.db.read() as session:
        area = areas.named(session, "大侯村")
        assert area is not None
        ids, span = areas.subtree(session, area.id), (now - timedelta(days=1), now + timedelta(days=2))
        assert counted(session, "hazards", ids, *span) == Amount(2)
        assert counted(session, "hazards_in_time", ids, *span) == Amount(1, 2)
