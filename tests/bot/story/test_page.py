"""A story on its page, in a real browser: who acts is followed, it can stand still, and one plays on after its end."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import expect

from tests.support.browser import Screen, chromium
from tests.support.playing import free_port

STORY = """
begins = 2026-11-20T08:00:00+08:00
[[scene]]
title = "路灯坏了"
[[scene.step]]
who = "居民甲"
in = "大侯村居民群"
says = "上报 水头村村口路灯坏了"
[[scene]]
title = "网格员接单"
[[scene.step]]
at = 09:00:00
who = "网格员甲"
on = "大侯村网格群"
presses = "接单"
[[scene.step]]
who = "网格员甲"
in = "大侯村网格群"
says = "办结 报1 已换灯泡"
sees = [{ in = "大侯村居民群", has = "已换灯泡" }]
"""


@contextmanager
def told(folder: Path) -> Iterator[str]:
    """A story told in a process of its own; its address."""
    (folder / "story.toml").write_text(STORY, encoding="utf-8")
    command = [sys.executable, "-m", "bot", "story", "story.toml", "--speed", "3"]
    root = Path(__file__).parents[3]
    env = {**os.environ, "PYTHONPATH": str(root), "WANGGE_WEB__PORT": str(free_port())}
    with subprocess.Popen(command, cwd=folder, env=env, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        found = re.search(r"http://\S+/", process.stdout.readline())
        assert found is not None
        try:
            yield found[0]
        finally:
            process.terminate()


def test_it_is_followed_paused_and_played_on(tmp_path: Path) -> None:
    with chromium() as browser, told(tmp_path) as address:
        screen = Screen(browser, address, phone=True)
        page = screen.page
        page.get_by_role("button", name="暂停").click()
        expect(page.get_by_role("button", name="继续")).to_be_visible()
        expect(page.get_by_role("button", name="重新开始")).to_have_count(0)
        page.get_by_role("button", name="继续").click()
        expect(page.locator("#story-title")).to_have_text("故事讲完了，您可以接着试")
        expect(page.locator("#who-name")).to_have_text("网格员甲")
        expect(page.locator("#now-time")).to_have_text(re.compile("09:0"))
        screen.sees(0, "已换灯泡")
        tour = page.get_by_role("navigation", name="试一试")
        expect(tour).to_contain_text("故事讲完了，您可以接着试")
        widths = [one.bounding_box() for one in (tour, page.locator("#tabs"), page.locator("#chats"))]
        assert [one and one["width"] for one in widths] == [390, 390, 390], "nothing stands beside the chats"
        screen.say(0, "进度 报1")
        screen.sees(0, "报1：")
        screen.context.close()
        assert screen.complaints == []
