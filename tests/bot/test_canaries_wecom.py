"""Nothing anybody said, no name, number or secret stands in the log: the WeChat family's other ways to speak."""

import asyncio
import contextlib
import io
import logging

from sqlalchemy.exc import OperationalError

from jobs.channel import CallFailed, Medium
from tests.bot.channels import test_wecom_robot as robots
from tests.support.canaries import TOLD, WORDS, Canary, clean
from tests.support.pictures import photo_bytes
from tests.support.wechat import aibot_people, customer_people
from tests.support.wechat.aibot_server import SECRET, Fault
from tests.support.wechat.customer_api import SECRET as CUSTOMER_SECRET
from tests.support.wechat.serving import Fault as CorpFault
from tests.support.wechat.webhook_api import WebhookApi

BAD_DAYS = (40014, 42001, 60020, -1, 45009, 93000)
PHOTO = (Medium(1, "photo", "image/jpeg", photo_bytes()),)


def test_a_groups_robot_with_a_bad_day(log: io.StringIO) -> None:
    async def talk() -> None:
        api = WebhookApi(robots.GROUPS)
        async with robots.robot(api) as made:
            for ends in (*map(CorpFault, BAD_DAYS), CorpFault(status=502), CorpFault(page=TOLD.encode())):
                api.faults.add("send", ends)
                with contextlib.suppress(CallFailed):
                    await robots.whole(made, robots.call(TOLD, "zhang"), *PHOTO)
            logging.getLogger("wangge.test").warning("%r", made)

    asyncio.run(talk())
    clean(log, but=(robots.KEY, robots.OTHER, *robots.GROUPS.values()))


def test_customer_groups_with_a_bad_day(log: io.StringIO) -> None:
    async def talk() -> None:
        async with customer_people.town() as place:
            for ends in (*map(CorpFault, BAD_DAYS), CorpFault(status=502), CorpFault(page=TOLD.encode())):
                place.api.corp.faults.add("externalcontact/add_msg_template", ends)
                with contextlib.suppress(CallFailed):
                    await place.ask(TOLD)
            await place.ask(TOLD)
            logging.getLogger("wangge.test").warning("%r", place.made)

    asyncio.run(talk())
    clean(log, but=(CUSTOMER_SECRET,))


def test_the_bots_long_connection_with_a_bad_day(log: io.StringIO) -> None:
    async def talk() -> None:
        async with aibot_people.at_work() as work:
            work.refuses = [OperationalError(f"INSERT {TOLD}", {"a": TOLD}, Canary()), *[Canary()] * 3]
            await work.server.says(WORDS, TOLD, aibot_people.GROUP)
            for _ in range(6):
                await work.clock.passes(1.0)
            for code in BAD_DAYS:
                work.server.faults = [Fault("aibot_send_msg", code)]
                with contextlib.suppress(CallFailed):
                    await work.say(TOLD, chat=f"user:{WORDS}")
            assert work.server.live is not None
            for odd in (f"not json {TOLD}", f'{{"cmd": "{TOLD}", "headers": {{"req_id": "{WORDS}"}}}}', f'["{TOLD}"]'):
                await work.server.live.send(odd)
            await aibot_people.turn()
            logging.getLogger("wangge.test").warning("%r", work.bot)

    asyncio.run(talk())
    clean(log, "left behind: Canary", but=(SECRET,))
