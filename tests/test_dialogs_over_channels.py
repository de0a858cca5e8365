"""The dialogue files once more, over the channels that can carry them, each against its platform on loopback."""

from collections.abc import Callable, Iterator
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Any

import pytest

from tests.support import dialogues
from tests.support.carrier import Carrier, adapted, carries, meets
from tests.support.carrier_telegram import telegram_carrier
from tests.support.telegram_api import awaits
from tests.support.wechat.carriers import aibot_carrier, corp_carrier, official_carrier

Opens = Callable[..., AbstractAsyncContextManager[Carrier]]
CARRIERS: dict[str, Opens] = {
    "telegram": telegram_carrier,
    "wecom_aibot": aibot_carrier,
    "wecom_app": corp_carrier,
    "official_account": official_carrier,
}


def _plays() -> Iterator[Any]:
    for path in dialogues.paths():
        for channel in CARRIERS:
            yield pytest.param(path, channel, id=f"{dialogues.name_of(path)}-{channel}")


@pytest.mark.parametrize(("path", "channel"), list(_plays()))
@awaits
async def test_dialogue(path: Path, channel: str, tmp_path: Path) -> None:
    talk = dialogues.read(path)
    async with CARRIERS[channel](tmp_path, floods=talk.get("floods", False)) as carrier:
        if why := carries(talk, carrier.can, carrier.in_groups):
            pytest.skip(why)
        carrier.floods = talk.get("floods", False)
        for number, step in enumerate(talk["step"], 1):
            shown = []
            for _ in range(step.get("times", 1)):
                shown = await carrier.play(step)
            dialogues.compare(f"{path.name} step {number}", adapted(step, carrier), shown, meets(carrier))
