"""Frames spoilt at random: outside, as anybody on the way could, and inside, as if Tencent itself had gone mad."""

import random
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import httpx

Frame = tuple[Mapping[str, str], bytes]
ODD = [
    b"",
    b"\x00",
    b"\xff\xfe",
    b"]]>",
    b"<![CDATA[",
    b"<!--",
    b"<!DOCTYPE a [<!ENTITY b 'c'>]>",
    b"&b;",
    b"&#0;",
    b"&#x110000;",
    b"\xed\xa0\x80",
    b"\xe2\x80\xae",
    b"99999999999999999999999999",
    b"-1",
    b"NaN",
    b"1e999",
    b"@all",
    b"<xml>",
    b"</xml>",
    b"<a/>" * 50,
    b"<a>" * 300,
    b"A" * 5000,
    b"'; DROP TABLE inbox; --",
    b"${jndi:ldap://x}",
    b"\r\nX-Header: 1",
    b"\x0b\x1b[31m",
    "\u202e\u200d👩‍👩‍👧 着火".encode(),
]
TAG = re.compile(rb"<(\w+)>.*?</\1>", re.DOTALL)
KINDS = [b"text", b"image", b"voice", b"video", b"shortvideo", b"location", b"link", b"file", b"event", b"", b"TEXT"]
EVENTS = [b"subscribe", b"unsubscribe", b"enter_agent", b"LOCATION", b"CLICK", b"VIEW", b"template_card_event", b"SCAN"]


def spoilt(chance: random.Random, whole: bytes) -> bytes:
    """Some bytes, changed in one to four ways."""
    for _ in range(chance.randint(1, 4)):
        at = chance.randrange(len(whole) + 1)
        match chance.randrange(6):
            case 0:
                whole = whole[:at] + bytes([chance.randrange(256)]) + whole[at + 1 :]
            case 1:
                whole = whole[:at] + whole[at + chance.randrange(40) :]
            case 2:
                whole = whole[:at] + chance.choice(ODD) + whole[at:]
            case 3:
                whole = whole[:at] + whole[max(at - chance.randrange(60), 0) :]
            case 4:
                whole = whole[:at]
            case _:
                whole = _refilled(chance, whole)
    return whole


def inside(chance: random.Random, plain: bytes) -> bytes:
    """A message changed before it is sealed: mostly in one or two of its fields, else anywhere."""
    if chance.random() < 0.3:
        return spoilt(chance, plain)
    for _ in range(chance.randint(1, 2)):
        plain = _refilled(chance, plain)
    return plain


def _refilled(chance: random.Random, whole: bytes) -> bytes:
    """An element with another content, gone, or there twice."""
    found = list(TAG.finditer(whole, 5)) if whole.startswith(b"<xml>") else []
    if not found:
        return whole + chance.choice(ODD)
    one = chance.choice(found)
    name = one.group(1)
    new = chance.choice(KINDS) if name == b"MsgType" else chance.choice(EVENTS if name == b"Event" else ODD)
    made = [b"<" + name + b">" + new + b"</" + name + b">", b"", one.group() * 2]
    return whole[: one.start()] + chance.choice(made) + whole[one.end() :]


def outside(chance: random.Random, query: Mapping[str, str], body: bytes) -> Frame:
    """A genuine frame changed on its way."""
    told = dict(query)
    if chance.random() < 0.4:
        name = chance.choice([*told, "echostr", "more"])
        told[name] = spoilt(chance, told.get(name, "").encode()).decode("utf-8", "replace")
    if chance.random() < 0.1:
        told.pop(chance.choice(list(told)))
    return told, spoilt(chance, body) if chance.random() < 0.8 else body


@dataclass
class Tally:
    """How frames were answered."""

    statuses: dict[int, int] = field(default_factory=dict)

    @property
    def refused(self) -> int:
        """How many were answered 4xx."""
        return sum(count for status, count in self.statuses.items() if 400 <= status < 500)


async def hammer(client: httpx.AsyncClient, url: str, frames: Iterable[Frame], slowest: float) -> Tally:
    """Post frames one by one; each must be answered within `slowest` seconds."""
    tally = Tally()
    for query, body in frames:
        request = client.post(url, params=query, content=body, timeout=slowest)
        status = (await request).status_code
        tally.statuses[status] = tally.statuses.get(status, 0) + 1
    return tally
