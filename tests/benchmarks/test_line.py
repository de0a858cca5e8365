"""The limit server on a socket: how calls are read, and how answers are lost."""

import asyncio
import json
from collections.abc import Mapping

import pytest

from benchmarks.limit_server import Line, Options, Town
from tests.support.telegram_api import awaits

FORM = {"Content-Type": "application/x-www-form-urlencoded"}


async def ask(
    town: Town, *requests: tuple[str, Mapping[str, str], bytes], whole: bool = True
) -> list[tuple[int, object]]:
    """Make requests on one line; answers as (code, JSON)."""
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: Line(town), "127.0.0.1", 0)
    reader, writer = await asyncio.open_connection(*server.sockets[0].getsockname()[:2])
    answers = []
    try:
        for path, headers, body in requests:
            told = dict(headers)
            if "Transfer-Encoding" not in told:
                told["Content-Length"] = str(len(body))
            head = "".join(f"{name}: {value}\r\n" for name, value in told.items())
            said = f"POST {path} HTTP/1.1\r\n{head}\r\n".encode() + body
            for piece in (said[:20], said[20:]):
                writer.write(piece)
                await writer.drain()
            answer = await reader.readuntil(b"\r\n\r\n")
            length = int(answer.lower().partition(b"content-length:")[2].split()[0])
            answers.append((int(answer.split()[1]), json.loads(await reader.readexactly(length))))
    finally:
        writer.close()
        server.close()
    return answers


def fast(**options: object) -> Town:
    """A town without ways."""
    return Town(Options(latency=0.0, jitter=0.0, **options))  # type: ignore[arg-type]


MULTIPART = (
    b'--xx\r\nContent-Disposition: form-data; name="chat_id"\r\n\r\n-7\r\n'
    b'--xx\r\nContent-Disposition: form-data; name="photo"; filename="a.jpg"\r\n\r\n\x00\xff\r\n'
    b'--xx\r\nContent-Disposition: form-data; name="caption"\r\n\r\n\xe8\x80\x81\xe4\xba\xba\r\n--xx--\r\n'
)


@pytest.mark.parametrize(
    ("method", "headers", "body", "chat", "text"),
    [
        ("sendMessage", FORM, b"chat_id=-5&text=%E8%B5%B0%E5%A4%B1", -5, "走失"),
        ("sendMessage", {"Content-Type": "application/json"}, b'{"chat_id": -6, "text": "a"}', -6, "a"),
        ("sendPhoto", {"Content-Type": "multipart/form-data; boundary=xx"}, MULTIPART, -7, "老人"),
        (
            "sendMessage",
            FORM | {"Transfer-Encoding": "chunked"},
            b"9\r\nchat_id=8\r\n7\r\n&text=b\r\n0\r\n\r\n",
            8,
            "b",
        ),
    ],
)
@awaits
async def test_a_call_is_read_whichever_way_it_comes(
    method: str, headers: Mapping[str, str], body: bytes, chat: int, text: str
) -> None:
    town = fast()
    ((code, answer),) = await ask(town, (f"/bot1:a/{method}", headers, body))
    assert code == 200
    assert isinstance(answer, dict)
    assert answer["result"]["chat"]["id"] == chat
    (entry,) = town.entries
    assert (entry.account, entry.method, entry.chat, entry.text) == ("1:a", method, chat, text)


@awaits
async def test_a_refusal_says_how_long_to_wait() -> None:
    call = ("/bot1:a/sendMessage", FORM, b"chat_id=5&text=a")
    first, second = await ask(fast(), call, call)
    assert first[0] == 200
    assert second[0] == 429
    assert isinstance(second[1], dict)
    assert second[1]["parameters"] == {"retry_after": 1}


@awaits
async def test_a_lost_answer_was_accepted_all_the_same() -> None:
    town = fast(lost=1.0)
    with pytest.raises(asyncio.IncompleteReadError):
        await ask(town, ("/bot1:a/sendMessage", FORM, b"chat_id=5&text=a"))
    assert len(town.entries) == 1
    assert town.failures == {"lost": 1}


@awaits
async def test_the_journal_is_told_and_options_change() -> None:
    town = fast()
    told = await ask(
        town,
        ("/bot1:a/sendMessage", FORM, b"chat_id=5&text=a"),
        ("/_set", {}, b'{"kicked": [6]}'),
        ("/bot1:a/sendMessage", FORM, b"chat_id=6&text=a"),
        ("/_journal?since=0", {}, b""),
        ("/_set", {}, b'{"weather": 1}'),
    )
    assert [code for code, _ in told] == [200, 200, 403, 200, 400]
    journal = told[3][1]
    assert isinstance(journal, dict)
    assert len(journal["entries"]) == 1
    assert journal["most_in_a_second"] == 1
