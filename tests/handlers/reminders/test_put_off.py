"""Putting a ring off keeps to the quiet hours of the group it rings in."""

from tests.support.stage import Stage, texts


def test_a_ring_in_a_residents_group_is_not_put_off_into_the_night(stage: Stage) -> None:
    stage.say("网格员甲", "/提醒 明天早上9点 停水", "大侯村居民群")
    stage.later(days=1)
    shown = stage.say("网格员甲", "/再提醒 提1 半夜3点", "大侯村居民群")
    assert any("22:00" in text for text in texts(shown, "大侯村居民群"))
    assert not any("停水" in text for text in texts(stage.later(hours=18), "大侯村居民群"))
