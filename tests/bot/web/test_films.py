"""The page of a film: it plays while its record stands and says when that is over; no address can be made up."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

import httpx
import pytest
from starlette.applications import Starlette

from bot.channels.console import Console
from bot.web import films
from handlers.dialogue.message import Outgoing
from jobs import wire
from jobs.channel import Capabilities
from storage import changes, chats, contents, media, outbox
from storage.changes import ChangeKind
from storage.lanes import Lane
from storage.media import MediumKind
from tests.support.stage import Stage

BASE, TOPIC = "https://grid.example", "bulletin:1"
FILM = bytes(range(256)) * 8


def _film(stage: Stage, kind: MediumKind = MediumKind.VIDEO) -> int:
    now = stage.world.now()
    with stage.world.db.write() as session:
        lives = now + timedelta(days=1)
        return media.made(session, kind, FILM, "video/mp4", "", now, expires_at=lives)


def _path(stage: Stage, medium: int) -> str:
    return films.address(stage.world.db.keys, BASE, medium, TOPIC).removeprefix(BASE)


@dataclass
class Browser:
    """Opens pages of the program without a network."""

    app: Starlette

    def get(self, path: str, headers: Mapping[str, str] | None = None) -> httpx.Response:
        """One page."""

        async def go() -> httpx.Response:
            async with httpx.AsyncClient(transport=httpx.ASGITransport(self.app), base_url=BASE) as client:
                return await client.get(path, headers=dict(headers or {}))

        return asyncio.run(go())


@pytest.fixture
def browser(stage: Stage) -> Browser:
    return Browser(Starlette(routes=list(films.routes(stage.world))))


def test_a_film_plays_whole_and_in_parts(stage: Stage, browser: Browser) -> None:
    path = _path(stage, _film(stage))
    page = browser.get(path)
    assert page.status_code == 200
    assert f'src="{path}/play"' in page.text
    assert "no-store" in page.headers["cache-control"]
    assert browser.get(f"{path}/play").content == FILM
    for asked, part in [("bytes=0-1", FILM[:2]), ("bytes=2040-", FILM[2040:]), ("bytes=-3", FILM[-3:])]:
        answer = browser.get(f"{path}/play", headers={"Range": asked})
        assert (answer.status_code, answer.content) == (206, part)
    assert browser.get(f"{path}/play", headers={"Range": "bytes=9000-"}).status_code == 416
    assert browser.get(f"{path}/play", headers={"Range": "lines=1-2"}).content == FILM


@pytest.mark.parametrize("kind", [ChangeKind.RECALL, ChangeKind.CLOSE])
def test_it_ends_with_its_record(stage: Stage, browser: Browser, kind: ChangeKind) -> None:
    path = _path(stage, _film(stage))
    now = stage.world.now()
    with stage.world.db.write() as session:
        content = contents.keep(session, b"over", (), now)
        changes.add(session, TOPIC, kind, Lane.BULK, content, now)
    page = browser.get(path)
    assert page.status_code == 410
    assert "已经结束" in page.text
    assert "<video" not in page.text
    assert browser.get(f"{path}/play").status_code == 410


def test_nobody_makes_an_address_up(stage: Stage, browser: Browser) -> None:
    path = _path(stage, _film(stage))
    name, _, signature = path.rpartition(".")
    for made_up in (f"{name}x.{signature}", f"{name}.", name, f"{name}.é", "/film/.", f"{name}.{signature[:-1]}"):
        assert browser.get(made_up).status_code in (404, 410)
    picture = _path(stage, _film(stage, MediumKind.PHOTO))
    assert browser.get(f"{picture}/play").status_code == 410, "films only"


@pytest.mark.parametrize(("shows", "url"), [(False, True), (True, False)])
def test_where_no_film_can_be_shown_its_address_goes_along(stage: Stage, shows: bool, url: bool) -> None:
    medium, now = _film(stage), stage.world.now()
    stage.world.film_address = lambda number, topic: f"{BASE}/{number}/{topic}"
    channel = Console(can=Capabilities(video=shows))
    with stage.world.db.write() as session:
        chat = chats.at(session, "play", "大侯村居民群")
        assert chat is not None
        content = contents.keep(session, Outgoing("看", media=(medium,)).to_bytes(), (), now)
        row = outbox.put(session, chat, "k", now, lane=Lane.BULK, content_id=content, topic=TOPIC)
        job = wire.prepare(session, stage.world, channel, outbox.get(session, row or 0))
    assert job is not None
    assert [one.url for one in job.media] == ([f"{BASE}/{medium}/{TOPIC}"] if url else [""])
