"""Each address of the playground's pages: what it does, and what it refuses."""

import asyncio
import json
import re
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any
from urllib.parse import quote

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from bot.web import play
from bot.web.app import build
from bot.web.guard import COOKIE, TOKEN_HEADER
from bot.web.hub import PlaygroundHub, Stream
from bot.web.roster import PlayPerson, read_roster
from bot.web.shelf import MOST_UPLOAD
from handlers.dialogue.message import Incoming
from tests.jobs.test_sheets import xlsx
from tests.support.pictures import photo_bytes
from tests.support.stage import ROOT, START

HERE = "http://127.0.0.1:8765"
Talk = Callable[["Browser"], Awaitable[None]]


class Browser:
    """A browser with the page open: its cookie and token go along."""

    def __init__(self, app: Starlette, hub: PlaygroundHub) -> None:
        self.hub = hub
        self.heard: list[Incoming] = []
        self.client = httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=HERE)
        self.token = ""
        hub.accept = self._accept

    async def _accept(self, incoming: Incoming) -> None:
        self.heard.append(incoming)

    async def open(self) -> httpx.Response:
        """Open the page."""
        page = await self.client.get("/")
        found = re.search(r'name="wangge-token" content="([0-9a-f]{64})"', page.text)
        assert found is not None
        self.token = found.group(1)
        return page

    async def do(self, what: str, **said: Any) -> httpx.Response:  # noqa: ANN401 - any JSON
        """Call as the page does."""
        body = {"who": "p1", **said}
        return await self.client.post(f"/play/{what}", json=body, headers={TOKEN_HEADER: self.token})


@pytest.fixture
def hub() -> PlaygroundHub:
    return PlaygroundHub(read_roster(ROOT / "samples"), lambda: START)


@pytest.fixture
def browse(hub: PlaygroundHub) -> Callable[[Talk], None]:
    def run(talk: Talk) -> None:
        async def all_of_it() -> None:
            browser = Browser(build(hub), hub)
            async with browser.client:
                await browser.open()
                await talk(browser)

        asyncio.run(all_of_it())

    return run


def test_the_page_allows_nothing_from_elsewhere(hub: PlaygroundHub, browse: Callable[[Talk], None]) -> None:
    async def talk(browser: Browser) -> None:
        page = await browser.open()
        policy = page.headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
        assert page.headers["x-content-type-options"] == "nosniff"
        assert page.headers["referrer-policy"] == "no-referrer"
        cookie = page.headers["set-cookie"].lower()
        assert "httponly" in cookie
        assert "samesite=strict" in cookie
        assert not re.search(r"<script(?![^>]*\bsrc=)|<style|\son\w+=|\sstyle=", page.text)
        for address in re.findall(r'(?:src|href)="([^"]+)"', page.text):
            assert address.startswith("/assets/")
            assert (await browser.client.get(address)).status_code == 200

    browse(talk)


def test_the_assets_name_no_other_address() -> None:
    for path in sorted((ROOT / "bot" / "assets").iterdir()):
        found = re.findall(r"https?://[^\s\"')]+", path.read_text(encoding="utf-8"))
        assert set(found) <= {"http://www.w3.org/2000/svg"}, path.name


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1.evil.example", "", "[::2]:80"])
def test_a_strange_host_name_is_refused(hub: PlaygroundHub, host: str, browse: Callable[[Talk], None]) -> None:
    async def talk(browser: Browser) -> None:
        for path in ("/", "/play/county", "/assets/play.js"):
            answer = await browser.client.get(path, headers={"Host": host})
            assert answer.status_code == 421

    browse(talk)


@pytest.mark.parametrize("host", ["localhost:8765", "127.0.0.1", "[::1]:8765"])
def test_this_machines_names_are_known(hub: PlaygroundHub, host: str, browse: Callable[[Talk], None]) -> None:
    async def talk(browser: Browser) -> None:
        assert (await browser.client.get("/", headers={"Host": host})).status_code == 200

    browse(talk)


def test_more_names_can_be_allowed(hub: PlaygroundHub) -> None:
    async def ask(app: Starlette, host: str) -> int:
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=HERE) as client:
            return (await client.get("/", headers={"Host": host})).status_code

    assert asyncio.run(ask(build(hub, hosts=["grid.example"]), "Grid.example:80")) == 200
    assert asyncio.run(ask(build(hub, hosts=None), "anything.example")) == 200


def test_health_and_other_channels_routes_answer_under_any_name() -> None:
    async def hook(request: Request) -> PlainTextResponse:
        return PlainTextResponse("hook")

    async def ask() -> None:
        app = build(None, [Route("/telegram", hook, methods=["POST"])])
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://bot.example") as client:
            assert (await client.get("/healthz")).json() == {"ok": True, "worlds": {}}
            assert (await client.post("/telegram")).text == "hook"
            assert (await client.get("/")).status_code == 421
            assert (await client.get("/", headers={"Host": "localhost"})).status_code == 200
            assert (await client.get("/play/county", headers={"Host": "localhost"})).status_code == 404

    asyncio.run(ask())


def test_nothing_changes_without_the_pages_token(hub: PlaygroundHub, browse: Callable[[Talk], None]) -> None:
    async def talk(browser: Browser) -> None:
        for token in ("", "0" * 64, browser.token[:-1], "é"):
            for what in ("say", "edit", "press", "clock", "restart", "photo"):
                answer = await browser.client.post(
                    f"/play/{what}", content=b"{}", headers={TOKEN_HEADER.encode(): token.encode()}
                )
                assert answer.status_code == 403
                assert answer.json() == {"error": "stale"}
        browser.client.cookies.set(COOKIE, "x" * 32)
        assert (await browser.do("say", chat="g1", text="你好")).status_code == 403
        assert browser.heard == []

    browse(talk)


def test_pictures_and_talk_are_for_a_browser_with_the_page(hub: PlaygroundHub, browse: Callable[[Talk], None]) -> None:
    async def talk(browser: Browser) -> None:
        name = hub.shelf.put(photo_bytes(), "image/jpeg")
        assert (await browser.client.get(f"/play/photo/{name}")).status_code == 200
        browser.client.cookies.clear()
        assert (await browser.client.get(f"/play/photo/{name}")).status_code == 404
        assert (await browser.client.get("/play/events?who=p1")).status_code == 403

    browse(talk)


def test_a_file_is_taken_down_under_its_name(hub: PlaygroundHub, browse: Callable[[Talk], None]) -> None:
    async def talk(browser: Browser) -> None:
        name = hub.shelf.put(b"sheet", "text/html", "发送情况-反4.xlsx")
        answer = await browser.client.get(f"/play/photo/{name}")
        assert answer.headers["content-type"] == "application/octet-stream"
        assert answer.headers["content-disposition"] == f"attachment; filename*=UTF-8''{quote('发送情况-反4.xlsx')}"

    browse(talk)


def test_county_tells_people_groups_and_what_to_try(hub: PlaygroundHub, browse: Callable[[Talk], None]) -> None:
    async def talk(browser: Browser) -> None:
        county = (await browser.client.get("/play/county")).json()
        groups = {group["id"]: group for group in county["groups"]}
        assert [groups[one]["name"] for one in county["shown"]] == ["大侯村居民群", "大侯村网格群", "派出所警务群"]
        assert [step["title"] for step in county["tour"]] == ["上报", "寻人", "反诈", "提醒", "线索"]
        for step in county["tour"]:
            assert step["chat"] == "me" or step["who"] in groups[step["chat"]]["members"]
        assert "199" not in json.dumps(county["people"])

    browse(talk)


def test_saying_something(hub: PlaygroundHub, browse: Callable[[Talk], None]) -> None:
    async def talk(browser: Browser) -> None:
        answer = await browser.do("say", chat="g1", text="<b>上报</b> 路灯", place=[37.1, 112.2, "村口"])
        assert answer.status_code == 200
        assert browser.heard[0].text == "<b>上报</b> 路灯"
        assert browser.heard[0].message_id == answer.json()["id"]
        await browser.do("say", chat="me", text="帮助")
        assert (browser.heard[1].chat, browser.heard[1].private) == ("居民甲", True)

    browse(talk)


@pytest.mark.parametrize(
    ("said", "status", "reason"),
    [
        ({"chat": "g1", "text": "  "}, 409, "empty"),
        ({"chat": "g1", "text": "长" * 12_001}, 413, "too_long"),
        ({"chat": "g1", "text": 5}, 400, "bad_request"),
        ({"chat": "g11", "text": "x"}, 409, "not_member"),
        ({"chat": "nowhere", "text": "x"}, 409, "no_chat"),
        ({"chat": "g1", "text": "x", "photo": "nothing"}, 409, "no_photo"),
        ({"chat": "g1", "text": "x", "place": [91, 0, ""]}, 400, "bad_place"),
        ({"chat": "g1", "text": "x", "place": [True, 0, ""]}, 400, "bad_place"),
        ({"chat": "g1", "text": "x", "place": "here"}, 400, "bad_place"),
        ({"chat": "g1", "text": "x", "who": "p999"}, 404, "nobody"),
    ],
)
def test_what_cannot_be_said(
    hub: PlaygroundHub, browse: Callable[[Talk], None], said: dict[str, Any], status: int, reason: str
) -> None:
    async def talk(browser: Browser) -> None:
        answer = await browser.do("say", **said)
        assert (answer.status_code, answer.json()["error"]) == (status, reason)
        assert browser.heard == []
        room = hub.room("大侯村居民群")
        assert room is not None
        assert not room.messages

    browse(talk)


@pytest.mark.parametrize("body", [b"", b"[]", b"{", b"[" * 60_000, b"\xff\xfe"])
def test_a_body_that_is_no_call(hub: PlaygroundHub, browse: Callable[[Talk], None], body: bytes) -> None:
    async def talk(browser: Browser) -> None:
        answer = await browser.client.post("/play/say", content=body, headers={TOKEN_HEADER: browser.token})
        assert (answer.status_code, answer.json()["error"]) == (400, "bad_request")

    browse(talk)


def test_a_body_beyond_all_measure(hub: PlaygroundHub, browse: Callable[[Talk], None]) -> None:
    async def talk(browser: Browser) -> None:
        headers = {TOKEN_HEADER: browser.token}
        answer = await browser.client.post("/play/say", content=b" " * 70_000, headers=headers)
        assert answer.status_code == 413
        answer = await browser.client.post("/play/photo", content=b" " * (MOST_UPLOAD + 1), headers=headers)
        assert (answer.status_code, answer.json()["error"]) == (413, "too_large")

    browse(talk)


def test_a_picture_goes_up_and_is_shown(hub: PlaygroundHub, browse: Callable[[Talk], None]) -> None:
    async def talk(browser: Browser) -> None:
        headers = {TOKEN_HEADER: browser.token, "Content-Type": "text/html"}
        name = (await browser.client.post("/play/photo", content=photo_bytes(), headers=headers)).json()["name"]
        shown = await browser.client.get(f"/play/photo/{name}")
        assert shown.headers["content-type"] == "image/jpeg"
        assert shown.headers["x-content-type-options"] == "nosniff"
        await browser.do("say", chat="g1", photo=name)
        assert browser.heard[0].media[0].kind == "photo"
        bad = await browser.client.post("/play/photo", content=b"<script>1</script>", headers=headers)
        assert (bad.status_code, bad.json()["error"]) == (415, "no_picture")

    browse(talk)


@pytest.mark.parametrize(
    ("blob", "kind"),
    [
        ((ROOT / "tests" / "support" / "small.mp4").read_bytes(), "video"),
        ("项目,数,来源\n警情,812,县局台账\n".encode("gb18030"), "file"),
        (xlsx(("项目", "数", "来源"), ("警情", 812, "县局台账")), "file"),
    ],
    ids=["film", "csv", "xlsx"],
)
def test_films_and_tables_go_up_too(hub: PlaygroundHub, browse: Callable[[Talk], None], blob: bytes, kind: str) -> None:
    async def talk(browser: Browser) -> None:
        headers = {TOKEN_HEADER: browser.token, "Content-Type": "text/html"}
        name = (await browser.client.post("/play/photo", content=blob, headers=headers)).json()["name"]
        shown = await browser.client.get(f"/play/photo/{name}")
        assert shown.headers["content-type"] in ("video/mp4", "application/octet-stream"), "nothing a page could run"
        await browser.do("say", chat="g1", photo=name)
        assert browser.heard[0].media[0].kind == kind

    browse(talk)


def test_editing_and_pressing(hub: PlaygroundHub, browse: Callable[[Talk], None]) -> None:
    async def talk(browser: Browser) -> None:
        message_id = (await browser.do("say", chat="g1", text="上报 路灯")).json()["id"]
        assert (await browser.do("edit", chat="g1", id=message_id, text="上报 路灯坏了")).status_code == 200
        assert browser.heard[-1].kind == "edited"
        other = await browser.do("edit", chat="g1", id=message_id, text="乱改", who="p2")
        assert (other.status_code, other.json()["error"]) == (409, "not_yours")
        assert (await browser.do("press", chat="g1", id=message_id, row=0, column=0)).json()["error"] == "old_button"
        assert (await browser.do("press", chat="g1", id=message_id, row=-1, column=0)).status_code == 400
        assert (await browser.do("press", chat="g1", id="no", row=0, column=0)).json()["error"] == "old_button"

    browse(talk)


def test_the_clock_moves_on_only_and_only_so_far(hub: PlaygroundHub, browse: Callable[[Talk], None]) -> None:
    async def talk(browser: Browser) -> None:
        moved: list[timedelta | None] = []
        assert (await browser.do("clock", minutes=10)).status_code == 503

        async def move(span: timedelta | None) -> bool:
            moved.append(span)
            return span is not None

        hub.move_clock = move
        assert (await browser.do("clock", minutes=10)).json() == {"moved": True, "now": START.isoformat()}
        assert (await browser.do("clock", next=True)).json()["moved"] is False
        for minutes in (0, -5, 10**9, 1.5, None, "10"):
            assert (await browser.do("clock", minutes=minutes)).status_code == 400
        assert moved == [timedelta(minutes=10), None]

    browse(talk)


def test_starting_over(hub: PlaygroundHub, browse: Callable[[Talk], None]) -> None:
    async def talk(browser: Browser) -> None:
        await browser.do("say", chat="g1", text="旧的")
        assert (await browser.do("restart")).status_code == 503
        done: list[bool] = []

        async def restart() -> None:
            done.append(True)

        hub.restart = restart
        assert (await browser.do("restart")).status_code == 200
        room = hub.room("大侯村居民群")
        assert room is not None
        assert (done, list(room.messages)) == ([True], [])

    browse(talk)


def test_the_stream_tells_all_and_then_what_changes(
    hub: PlaygroundHub, browse: Callable[[Talk], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    async def talk(browser: Browser) -> None:
        await browser.do("say", chat="g1", text="先说的")
        opened, open_stream = asyncio.Event(), hub.open

        def opening(person: PlayPerson) -> Stream:
            opened.set()
            return open_stream(person)

        monkeypatch.setattr(hub, "open", opening)
        stream = asyncio.create_task(browser.client.get("/play/events?who=p1"))
        await opened.wait()
        await browser.do("say", chat="g1", text="后说的")
        hub.close()
        answer = await stream
        assert answer.headers["content-type"].startswith("text/event-stream")
        told = re.findall(r"event: (\w+)\ndata: (.+)\n", answer.text)
        assert [what for what, _ in told] == ["snapshot", "message"]
        assert json.loads(told[0][1])["chats"]["g1"][0]["text"] == "先说的"
        assert json.loads(told[1][1])["message"]["text"] == "后说的"
        assert not hub._streams

    browse(talk)


def test_a_quiet_stream_gives_signs_of_life(hub: PlaygroundHub, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(play, "BEAT", 0.01)

    async def listen() -> list[str]:
        stream = play.Pages(hub)._stream(hub.roster.people[0])
        told = [await anext(stream) for _ in range(3)]
        await stream.aclose()
        return told

    retry, snapshot, beat = asyncio.run(listen())
    assert retry.startswith("retry: ")
    assert snapshot.startswith("event: snapshot\n")
    assert beat.startswith(":")
    assert not hub._streams
