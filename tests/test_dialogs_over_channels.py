"""The dialogue files once more, over the channels that can carry them, each against its platform on loopback.

Which files a channel carries is decided by what they use and what the channel can do. A run plays each file on one
channel of WeChat at least, and some on Telegram; with `ALL_DIALOGS` each on every channel that carries it.
"""

import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import replace
from datetime import time
from pathlib import Path
from typing import Any

import pytest

from jobs.channel import FOREVER, Capabilities
from tests.support import dialogues
from tests.support.carrier import Carrier, adapted, carries, meets
from tests.support.carrier_telegram import telegram_carrier
from tests.support.telegram_api import awaits
from tests.support.wechat.carriers import aibot_carrier, corp_carrier, official_carrier

Opens = Callable[..., AbstractAsyncContextManager[Carrier]]
CARRIERS: Mapping[str, Opens] = {
    "telegram": telegram_carrier,
    "wecom_aibot": aibot_carrier,
    "wecom_app": corp_carrier,
    "official_account": official_carrier,
}
LEAST = {"telegram": 70, "wecom_aibot": 65, "wecom_app": 28, "official_account": 28}
"""How many files each channel carries at least, so that it never silently carries none."""

EVERY = 9
"""One file in so many is played on Telegram, and one in so many of the private ones on the AI bot as well."""

PRIVATE = Capabilities(edits=FOREVER, deletes=FOREVER, buttons=True, photo=True)
DEAF = replace(PRIVATE, hears_groups=False)


def _plays() -> Iterator[Any]:
    for place, path in enumerate(dialogues.paths()):
        for channel in CARRIERS if os.environ.get("ALL_DIALOGS") else _sampled(place, path):
            yield pytest.param(path, channel, id=f"{dialogues.name_of(path)}-{channel}")


def _sampled(place: int, path: Path) -> Iterator[str]:
    """Talk in groups goes to the AI bot; private talk to the app and the 公众号 in turn."""
    private = not carries(dialogues.read(path), PRIVATE, DEAF)
    if place % EVERY == 0:
        yield "telegram"
    if not private or place % EVERY == 1:
        yield "wecom_aibot"
    if private:
        yield ("wecom_app", "official_account")[place % 2]


@pytest.mark.parametrize(("path", "channel"), list(_plays()))
@awaits
async def test_dialogue(path: Path, channel: str, tmp_path: Path) -> None:
    talk = dialogues.read(path)
    async with CARRIERS[channel](tmp_path, floods=talk.get("floods", False)) as carrier:
        if why := carries(talk, carrier.can, carrier.in_groups):
            # What a channel can't carry, `carries` names; `LEAST` sees to it that it carries enough.
            pytest.skip(why)
        carrier.floods = talk.get("floods", False)
        if talk.get("weekly"):
            carrier.world.station = replace(carrier.world.station, weekly_at=time(16))
        for number, step in enumerate(talk["step"], 1):
            for _ in range(step.get("times", 1)):
                shown = await carrier.play(step)
            where = f"{path.name} step {number} {step.get('why', '')}"
            dialogues.compare(where, adapted(step, carrier), shown, meets(carrier))


@pytest.mark.parametrize("channel", CARRIERS)
@awaits
async def test_each_channel_carries_many(channel: str, tmp_path: Path) -> None:
    async with CARRIERS[channel](tmp_path) as carrier:
        talks = [dialogues.read(path) for path in dialogues.paths()]
        found = sum(not carries(talk, carrier.can, carrier.in_groups) for talk in talks)
    print(f"{channel} carries {found} of {len(talks)} files")  # noqa: T201 - for whoever reads the run
    assert found >= LEAST[channel]


SAYS = {"who": "居民甲", "says": "帮助"}
IN_GROUP = SAYS | {"in": "大侯村居民群"}


@pytest.mark.parametrize(
    ("step", "can", "why"),
    [
        (SAYS, Capabilities(hears_groups=False), ""),
        (IN_GROUP, Capabilities(), ""),
        (IN_GROUP, Capabilities(hears_groups=False), "somebody speaks in a group"),
        (
            {"who": "居民甲", "on": "大侯村居民群", "presses": "接单"},
            Capabilities(hears_groups=False),
            "somebody speaks in a group",
        ),
        ({"who": "居民甲", "on": "居民甲", "presses": "接单"}, Capabilities(hears_groups=False), ""),
        (SAYS | {"edits": "帮助"}, Capabilities(), "somebody changes a message"),
        (SAYS | {"edits": "帮助"}, Capabilities(edits=FOREVER), ""),
        ({"who": "居民甲", "photo": True}, Capabilities(), "somebody sends a picture"),
        ({"who": "居民甲", "photo": True}, Capabilities(photo=True, caption_length=0), ""),
        (SAYS | {"photo": True}, Capabilities(photo=True, caption_length=0), "a picture with words"),
        (SAYS | {"photo": True}, Capabilities(photo=True), ""),
        ({"wire": {"居民甲": "down"}, "later": "1m"}, Capabilities(), "its wire fails"),
    ],
)
def test_a_file_is_carried_by_what_it_uses(step: dict[str, Any], can: Capabilities, why: str) -> None:
    assert carries({"step": [SAYS, step]}, can, can) == why


@pytest.mark.parametrize(
    ("file", "number", "who", "words", "times"),
    [
        ("forwarding/silent", 13, "网格员甲", "【更正】", 1),
        ("searches/elder_found", 8, "民警甲", "家属还在填", 0),
        ("searches/elder_found", 11, "居民乙", "照片请私聊", 0),
        ("searches/elder_found", 21, "商户群", "已找到", 1),
    ],
)
@awaits
async def test_nothing_is_said_twice_where_nothing_can_be_edited(
    file: str, number: int, who: str, words: str, times: int, tmp_path: Path
) -> None:
    async with aibot_carrier(tmp_path) as carrier:
        for step in dialogues.read(dialogues.FOLDER / f"{file}.toml")["step"][:number]:
            shown = await carrier.play(step)
    assert [words in one.text for one in shown if one.chat == who].count(True) == times
