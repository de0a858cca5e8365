"""Pictures of the playground for the README: `python -m tests.support.play_pictures docs/images`."""

import io
import sys
import tempfile
from pathlib import Path

from PIL import Image, ImageDraw, ImageFilter
from playwright.sync_api import Browser

from tests.support.browser import Screen, chromium
from tests.support.playing import playing

RESIDENTS, WORKERS, OFFICERS, OWN = range(4)


def night_road() -> bytes:
    """A village road at night with its lamp out, as a phone would take it."""
    width, height = 800, 600
    picture = Image.new("RGB", (width, height))
    draw = ImageDraw.Draw(picture)
    for y in range(height):
        shade = y / height
        draw.line((0, y, width, y), fill=(int(18 + 30 * shade), int(26 + 30 * shade), int(52 + 22 * shade)))
    draw.polygon([(330, 330), (430, 330), (760, 600), (60, 600)], fill=(58, 60, 68))
    draw.line((380, 345, 395, 600), fill=(120, 118, 100), width=5)
    for x, top, wide in ((40, 230, 190), (560, 250, 210)):
        draw.rectangle((x, top, x + wide, 420), fill=(30, 34, 46))
        draw.polygon([(x - 16, top), (x + wide + 16, top), (x + wide // 2, top - 70)], fill=(42, 36, 44))
        draw.rectangle((x + 30, top + 50, x + 66, top + 96), fill=(235, 190, 105))
    draw.line((478, 470, 478, 120), fill=(16, 18, 24), width=10)
    draw.line((478, 124, 420, 108), fill=(16, 18, 24), width=8)
    draw.ellipse((404, 100, 430, 118), fill=(70, 72, 78))
    glow = Image.new("RGB", (width, height))
    ImageDraw.Draw(glow).ellipse((70, 260, 130, 350), fill=(120, 84, 30))
    picture = Image.blend(picture, Image.composite(glow, picture, glow.convert("L")), 0.35)
    out = io.BytesIO()
    picture.filter(ImageFilter.GaussianBlur(1.2)).save(out, "JPEG", quality=88)
    return out.getvalue()


def save(screen: Screen, path: Path) -> None:
    """Write what is seen, without what only shows while somebody points or types."""
    screen.page.mouse.move(1, 1)
    screen.page.evaluate("document.activeElement.blur(); document.getElementById('toasts').replaceChildren()")
    screen.page.screenshot(path=path, animations="disabled")


def report(screen: Screen, picture: Path) -> None:
    """A resident reports with a photo, the grid worker takes it."""
    screen.page.get_by_role("button", name="上报").click()
    screen.column(RESIDENTS).locator("input[type=file]").set_input_files(picture)
    screen.column(RESIDENTS).get_by_role("button", name="发送").click()
    screen.sees(WORKERS, "路灯坏了")
    screen.become("网格员甲")
    screen.press(WORKERS, "接单")
    screen.sees(OWN, "您接了")


def desktop(browser: Browser, address: str, picture: Path, folder: Path) -> None:
    """The three groups side by side."""
    screen = Screen(browser, address)
    screen.page.get_by_role("button", name="反诈").click()
    screen.column(OWN).get_by_role("button", name="发送").last.click()
    screen.sees(OWN, "还没有发")
    screen.press(OWN, "发送")
    screen.sees(OFFICERS, "请您核准")
    screen.become("所长")
    screen.press(OFFICERS, "批准")
    screen.sees(RESIDENTS, "共享屏幕")
    report(screen, picture)
    screen.page.get_by_role("button", name="提醒").first.click()
    screen.column(OWN).get_by_role("button", name="发送").click()
    screen.sees(OWN, "10:30")
    save(screen, folder / "playground-desktop.png")
    screen.context.close()


def phone(browser: Browser, address: str, picture: Path, folder: Path) -> None:
    """One group on a phone."""
    screen = Screen(browser, address, phone=True)
    screen.become("居民甲")
    screen.page.get_by_role("navigation", name="聊天").get_by_role("button", name="居民群").tap()
    screen.column(RESIDENTS).get_by_text("接单").first.wait_for()
    save(screen, folder / "playground-phone.png")
    screen.context.close()


def main(folder: Path) -> None:
    """Play a little and write both pictures."""
    with tempfile.TemporaryDirectory() as temporary, playing(Path(temporary)) as play, chromium() as browser:
        picture = Path(temporary) / "路灯.jpg"
        picture.write_bytes(night_road())
        desktop(browser, play.address, picture, folder)
        phone(browser, play.address, picture, folder)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
