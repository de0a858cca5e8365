"""A real browser for the pages: Debian's chromium, driven by Playwright, with nothing fetched from elsewhere."""

import contextlib
import shutil
from collections.abc import Iterator
from pathlib import Path

from playwright.sync_api import Browser, Locator, Page, expect, sync_playwright

from tests.support.loud import skip_loudly

ARGUMENTS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
PATIENCE = 15_000.0


def find_chromium() -> str | None:
    """Where the machine has a chromium."""
    known = "/usr/bin/chromium"
    return known if Path(known).exists() else shutil.which("chromium") or shutil.which("chromium-browser")


@contextlib.contextmanager
def chromium() -> Iterator[Browser]:
    """A browser of its own; the running test is skipped where the machine has none."""
    program = find_chromium()
    if program is None:
        skip_loudly("chromium, so no page was tried in a browser", "install it, e.g. `apt install chromium`")
    expect.set_options(timeout=PATIENCE)
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=program, args=list(ARGUMENTS))
        yield browser
        browser.close()


class Screen:
    """A tab with the playground open; `complaints` are what the browser's console reported."""

    def __init__(self, browser: Browser, address: str, *, phone: bool = False, dark: bool = False) -> None:
        size = {"width": 390, "height": 844} if phone else {"width": 1280, "height": 800}
        self.context = browser.new_context(
            viewport={"width": size["width"], "height": size["height"]},
            locale="zh-CN",
            color_scheme="dark" if dark else "light",
            has_touch=phone,
            is_mobile=phone,
            device_scale_factor=2 if phone else 1,
        )
        self.complaints: list[str] = []
        self.page = self.tab(address)

    def tab(self, address: str) -> Page:
        """One more tab of the same browser."""
        page = self.context.new_page()
        page.set_default_timeout(PATIENCE)
        page.on("console", lambda said: self.complaints.append(said.text) if said.type == "error" else None)
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.goto(address)
        page.locator("body[data-ready]").wait_for()
        return page

    def column(self, place: int) -> Locator:
        """A chat by its place: three groups, then the private talk."""
        return self.page.locator(f'section.column[data-place="{place}"]')

    def become(self, name: str) -> None:
        """Choose who to be."""
        self.page.get_by_role("button", name="换一个人").click()
        named = self.page.get_by_text(name, exact=True)
        self.page.get_by_role("dialog").get_by_role("button").filter(has=named).click()
        expect(self.page.locator("#who-name")).to_have_text(name)

    def say(self, place: int, text: str) -> None:
        """Type and send."""
        box = self.column(place).locator("textarea")
        box.fill(text)
        box.press("Enter")
        expect(box).to_have_value("")

    def sees(self, place: int, text: str) -> Locator:
        """Wait until a message with these words is there; the message."""
        message = self.column(place).locator("li.msg", has_text=text).last
        expect(message).to_be_visible()
        return message

    def press(self, place: int, label: str) -> None:
        """Press the last button of this label."""
        self.column(place).locator("button.key", has_text=label).last.click()
