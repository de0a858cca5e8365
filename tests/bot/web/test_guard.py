"""Every address × method: without the token, under a foreign name, from another site; headers on every answer."""

import asyncio
import re
from collections.abc import Awaitable, Callable, Iterator, Sequence
from pathlib import Path

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import BaseRoute, Mount, Route
from starlette.types import Message

from bot.app import App
from bot.metrics import Metrics
from bot.settings import SettingsError, load_settings
from bot.web import bounds, films, watch
from bot.web.app import build
from bot.web.bounds import Bounds
from bot.web.guard import COOKIE, TOKEN_HEADER
from bot.web.hub import PlaygroundHub
from bot.web.roster import read_roster
from tests.support.pictures import photo_bytes
from tests.support.stage import ROOT, START, Stage

HERE = "http://127.0.0.1:8765"
METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE")
CHANGES = ("/play/say", "/play/edit", "/play/press", "/play/clock", "/play/restart", "/play/story", "/play/photo")
MUST = tuple(name.lower() for name in bounds.HEADERS)


async def breaks(request: Request) -> PlainTextResponse:
    await request.body()
    raise ZeroDivisionError


async def hook(request: Request) -> PlainTextResponse:
    return PlainTextResponse(str(len(await request.body())))


@pytest.fixture
def hub() -> PlaygroundHub:
    return PlaygroundHub(read_roster(ROOT / "samples"), lambda: START)


@pytest.fixture
def app(hub: PlaygroundHub, stage: Stage) -> Starlette:
    hooks = [Route("/hook", hook, methods=["POST"]), Route("/breaks", breaks, methods=["GET", "POST"])]
    return build(hub, [*hooks, *films.routes(stage.world)], watched=watch.routes((), Metrics()))


def addresses(routes: Sequence[BaseRoute], before: str = "") -> Iterator[tuple[str, set[str]]]:
    """Every address of an application that answers by itself, with its methods."""
    for route in routes:
        if isinstance(route, Route):
            yield before + re.sub(r"\{\w+\}", "nothing", route.path), set(route.methods or ())
        elif isinstance(route, Mount) and route.routes:
            yield from addresses(route.routes, before + route.path)
        elif isinstance(route, Mount):
            yield f"{before}{route.path}/play.js", {"GET", "HEAD"}


Ask = Callable[..., Awaitable[httpx.Response]]


def asking(app: Starlette, talk: Callable[[Ask], Awaitable[None]], base: str = HERE) -> None:
    """Let `talk` ask the application, an error of which is an answer."""

    async def run() -> None:
        transport = httpx.ASGITransport(app, raise_app_exceptions=False, client=("127.0.0.1", 5))
        async with httpx.AsyncClient(transport=transport, base_url=base) as client:

            async def ask(method: str, path: str, **more: object) -> httpx.Response:
                return await asyncio.wait_for(client.request(method, path, **more), 10)  # type: ignore[arg-type]

            await talk(ask)

    asyncio.run(run())


def test_every_address_and_method_is_answered_with_every_header(app: Starlette) -> None:
    known = [*addresses(app.routes), ("/nowhere", set[str]()), ("/assets/nothing.js", {"GET", "HEAD"})]
    assert len(known) > 16

    async def talk(ask: Ask) -> None:
        for path, methods in known:
            for method in METHODS:
                answer = await ask(method, path)
                missing = [name for name in MUST if name not in answer.headers]
                assert not missing, (method, path, answer.status_code, missing)
                assert "unsafe" not in answer.headers["content-security-policy"] or path.startswith("/film")
                assert "script" not in answer.headers["content-security-policy"] or "'self'" in answer.headers[MUST[0]]
                if method not in methods:
                    assert answer.status_code in (404, 405), (method, path, answer.status_code)
                assert "access-control-allow-origin" not in answer.headers

    asking(app, talk)


def test_no_change_is_made_without_the_token_of_a_page(app: Starlette, hub: PlaygroundHub) -> None:
    posts = [path for path, methods in addresses(app.routes) if "POST" in methods and path.startswith("/play")]
    assert sorted(posts) == sorted(CHANGES), "a new address that changes something must ask for the token"

    async def talk(ask: Ask) -> None:
        page = await ask("GET", "/")
        cookie = page.cookies[COOKIE]
        found = re.search(r'name="wangge-token" content="([0-9a-f]{64})"', page.text)
        assert found is not None
        for path in posts:
            for headers in ({}, {TOKEN_HEADER: "0" * 64}, {"Cookie": f"{COOKIE}={'y' * 32}", TOKEN_HEADER: found[1]}):
                answer = await ask("POST", path, content=b"{}", headers=headers)
                assert (answer.status_code, answer.json()) == (403, {"error": "stale"}), path
        right = {"Cookie": f"{COOKIE}={cookie}", TOKEN_HEADER: found[1]}
        assert (await ask("POST", "/play/say", content=b"{}", headers=right)).status_code != 403

    asking(app, talk)


def test_pages_are_answered_under_this_machines_names_only(app: Starlette) -> None:
    pages = [path for path, _ in addresses(app.routes) if path == "/" or path.startswith(("/play", "/assets"))]
    assert len(pages) > 10

    async def talk(ask: Ask) -> None:
        for path in pages:
            for method in ("GET", "POST", "DELETE"):
                answer = await ask(method, path, headers={"Host": "evil.example"})
                assert answer.status_code == 421, (method, path)

    asking(app, talk)


ELSEWHERE: list[dict[str, str]] = [
    {"Sec-Fetch-Site": "cross-site"},
    {"Sec-Fetch-Site": "same-site"},
    {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "no-cors"},
    {"Origin": "https://evil.example"},
    {"Origin": "null"},
    {"Origin": "http://127.0.0.1:9999"},
]


@pytest.mark.parametrize("told", ELSEWHERE, ids=str)
def test_another_sites_page_changes_nothing(app: Starlette, hub: PlaygroundHub, told: dict[str, str]) -> None:
    async def talk(ask: Ask) -> None:
        page = await ask("GET", "/")
        found = re.search(r'name="wangge-token" content="([0-9a-f]{64})"', page.text)
        assert found is not None
        for path in CHANGES:
            headers = {TOKEN_HEADER: found[1], "Cookie": f"{COOKIE}={page.cookies[COOKIE]}", **told}
            answer = await ask("POST", path, content=b"{}", headers=headers)
            assert answer.status_code == 403, path
            assert "别的网站" in answer.text
        if "Sec-Fetch-Site" in told:
            assert (await ask("GET", "/play/county", headers=told)).status_code == 403

    asking(app, talk)


def test_a_link_may_be_followed_and_our_own_page_may_call(app: Starlette) -> None:
    async def talk(ask: Ask) -> None:
        followed = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate"}
        assert (await ask("GET", "/", headers=followed)).status_code == 200
        for own in ({"Sec-Fetch-Site": "same-origin"}, {"Sec-Fetch-Site": "none"}, {"Origin": HERE}):
            assert (await ask("GET", "/play/county", headers=own)).status_code == 200

    asking(app, talk)


def test_behind_a_proxy_the_token_decides(hub: PlaygroundHub) -> None:
    async def talk(ask: Ask) -> None:
        told = {"Origin": "https://grid.example", "Host": "10.0.0.2:8765"}
        assert (await ask("POST", "/play/say", content=b"{}", headers=told)).json() == {"error": "stale"}

    asking(build(hub, hosts=None), talk)


def test_the_cookie_is_for_this_page_alone(app: Starlette) -> None:
    async def talk(ask: Ask) -> None:
        parts = [part.strip().lower() for part in (await ask("GET", "/")).headers["set-cookie"].split(";")]
        assert parts[0].startswith(f"{COOKIE}=")
        assert {"httponly", "samesite=strict", "path=/"} <= set(parts[1:])
        assert not any(part.startswith(("domain", "expires", "max-age")) for part in parts)

    asking(app, talk)


@pytest.mark.parametrize("page", sorted((ROOT / "bot").rglob("*.html")), ids=lambda page: page.name)
def test_templates_have_nothing_inline(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    assert not re.search(r"<script(?![^>]*\bsrc=)|<style|\son\w+\s*=|\sstyle\s*=|javascript:|\|\s*safe", text, re.I)


def test_scripts_put_text_into_the_page_as_text() -> None:
    for script in (ROOT / "bot" / "assets").glob("*.js"):
        found = re.findall(
            r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|eval\(|new Function", script.read_text()
        )
        assert not found, script.name


# Bodies


@pytest.mark.parametrize("path", ["/hook", *CHANGES, "/breaks"])
def test_a_body_that_trickles_is_not_waited_for(hub: PlaygroundHub, path: str, monkeypatch: pytest.MonkeyPatch) -> None:
    hooks = [Route("/hook", hook, methods=["POST"]), Route("/breaks", breaks, methods=["POST"])]
    bounded = Bounds(build(hub, hooks), seconds=0.2)

    async def call() -> list[Message]:
        sent: list[Message] = []
        came = asyncio.Event()

        async def receive() -> Message:
            if came.is_set():
                await asyncio.Event().wait()
            came.set()
            return {"type": "http.request", "body": b"{", "more_body": True}

        async def send(message: Message) -> None:
            sent.append(message)

        page: list[Message] = []

        async def nothing() -> Message:
            return {"type": "http.request", "body": b"", "more_body": False}

        async def keep(message: Message) -> None:
            page.append(message)

        await bounded(_scope("GET", "/", []), nothing, keep)
        cookie = dict(page[0]["headers"])[b"set-cookie"].partition(b";")[0]
        token = re.search(rb'name="wangge-token" content="([0-9a-f]{64})"', page[1]["body"])
        assert token is not None
        headers = [(b"cookie", cookie), (TOKEN_HEADER.lower().encode(), token[1])]
        await asyncio.wait_for(bounded(_scope("POST", path, headers), receive, send), 10)
        return sent

    sent = asyncio.run(call())
    assert sent[0]["status"] == 408
    names = {name.decode() for name, _ in sent[0]["headers"]}
    assert {*MUST, "connection"} <= names


def _scope(method: str, path: str, headers: list[tuple[bytes, bytes]]) -> dict[str, object]:
    return {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": method,
        "path": path,
        "raw_path": path.encode(),
        "root_path": "",
        "query_string": b"",
        "scheme": "http",
        "server": ("127.0.0.1", 8765),
        "client": ("127.0.0.1", 5),
        "headers": [(b"host", b"127.0.0.1:8765"), *headers],
    }


def test_the_application_itself_has_these_bounds(app: Starlette) -> None:
    assert [one.cls for one in app.user_middleware] == [Bounds]
    assert app.user_middleware[0].kwargs == {}
    assert bounds.BODY_SECONDS <= 60


def test_a_body_beyond_every_measure_is_refused_whoever_reads_it(app: Starlette) -> None:
    async def talk(ask: Ask) -> None:
        assert (await ask("POST", "/hook", content=b"x" * bounds.MOST_BODY)).text == str(bounds.MOST_BODY)
        answer = await ask("POST", "/hook", content=b"x" * (bounds.MOST_BODY + 1))
        assert answer.status_code == 413
        assert all(name in answer.headers for name in MUST)

    asking(app, talk)


def test_an_error_nobody_foresaw_tells_nothing(app: Starlette) -> None:
    async def talk(ask: Ask) -> None:
        answer = await ask("GET", "/breaks")
        assert answer.status_code == 500
        assert "ZeroDivision" not in answer.text
        assert all(name in answer.headers for name in MUST)

    asking(app, talk)


# Who can reach it at all


@pytest.mark.parametrize("section", ["web", "drill"])
@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.1.5", "example.com"])
def test_pages_listen_on_this_machine_alone_unless_the_settings_say_otherwise(section: str, host: str) -> None:
    variable = f"WANGGE_{section.upper()}__HOST"
    with pytest.raises(SettingsError, match="allow_remote"):
        load_settings(env={variable: host})
    allowed = load_settings(env={variable: host, f"WANGGE_{section.upper()}__ALLOW_REMOTE": "true"})
    assert getattr(allowed, section).host == host
    plain = load_settings(env={})
    assert App(plain).listening.host == App(plain, drill=True).listening.host == "127.0.0.1"
    assert not App(allowed, drill=section == "web").listening.allow_remote


@pytest.mark.parametrize(
    ("which", "client", "headers", "status"),
    [
        ("local", "127.0.0.1", {}, 200),
        ("local", "::1", {}, 200),
        ("local", "192.168.1.5", {}, 403),
        ("local", "127.0.0.1", {"X-Forwarded-For": "192.168.1.5"}, 403),
        ("all", "192.168.1.5", {}, 200),
        ("off", "127.0.0.1", {}, 404),
    ],
)
def test_measurements_are_told_as_the_settings_say(
    which: watch.For, client: str, headers: dict[str, str], status: int
) -> None:
    app = build(None, watched=watch.routes((), Metrics(), which))

    async def ask() -> int:
        transport = httpx.ASGITransport(app, client=(client, 5))
        async with httpx.AsyncClient(transport=transport, base_url=HERE) as browser:
            return (await browser.get("/metrics", headers=headers)).status_code

    assert asyncio.run(ask()) == status


def test_a_picture_of_a_chat_cannot_be_a_page(app: Starlette, hub: PlaygroundHub) -> None:
    name = hub.shelf.put(b"<script>1</script>", "text/html")
    shown = hub.shelf.put(photo_bytes(), "image/jpeg")

    async def talk(ask: Ask) -> None:
        own = {"Cookie": f"{COOKIE}={'x' * 32}"}
        answer = await ask("GET", f"/play/photo/{name}", headers=own)
        assert answer.headers["content-type"] == "application/octet-stream"
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert (await ask("GET", f"/play/photo/{shown}")).status_code == 404

    asking(app, talk)
