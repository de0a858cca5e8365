"""The town of `webhook.py`: the sample county with many groups and people on Telegram, and what they reported."""

import os
from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import cycle

from sqlalchemy import insert
from sqlalchemy.orm import Session

from handlers.dialogue.world import World
from handlers.membership import importing
from storage import areas, chats, codes, notices, people, sealing
from storage.areas import Area, Level
from storage.chats import ChatKind
from storage.codes import Counter
from storage.incidents import Incident, IncidentKind, IncidentState, teller_digest
from storage.keys import DataKey
from storage.people import Role
from storage.purposes import Purpose
from tests.support.stage import ROOT

ACCOUNT = "telegram"
PEOPLE = 2000
GROUPS_EACH = 6
"""Groups of residents in each community and grid."""

SPOTS = ("村口", "小学门口", "菜场门口", "卫生室旁", "广场", "桥头", "车站", "供销社门口")
MATTERS = (
    "路灯坏了",
    "井盖坏了",
    "电线掉下来了",
    "垃圾没人收",
    "水管漏水",
    "路面塌陷",
    "护栏断了",
    "树倒在路上",
    "下水道堵了",
    "墙要倒了",
    "门锁坏了",
    "河边没有护栏",
)
WHEN = ("昨晚", "今天早上", "刚才", "前天", "中午", "天黑以后", "下雨之后", "一大早")


def words(number: int, area: str) -> str:
    """What a report says; no two of the first hundred thousand are the same."""
    spot, matter = SPOTS[number % len(SPOTS)], MATTERS[number // 8 % len(MATTERS)]
    when = WHEN[number // 96 % len(WHEN)]
    return f"{area}{spot}{when}{matter}，{number // 100}排{number % 100}号电线杆旁边"


class Town:
    """Who there is: group ids with the area they serve, people's ids, names of areas."""

    def __init__(self, session: Session) -> None:
        known = areas.all_of(session)
        self.small = [area for area in known if area.level in (Level.GRID, Level.MICRO)]
        self.grouped = [area for area in known if area.level in (Level.COMMUNITY, Level.GRID)]
        self.groups = [
            (-1_000_000 - area.id * 100 - number, area.name) for area in self.grouped for number in range(GROUPS_EACH)
        ]
        self.people = list(range(1001, 1001 + PEOPLE))


def build(world: World, reports: int) -> None:
    """Fill an empty world: areas, groups, people who have met the bot, and `reports` untaken ones of the last day."""
    now = world.now()
    with world.db.write() as session:
        importing.import_areas(session, (ROOT / "samples" / "areas.csv").read_text(encoding="utf-8"))
        town = Town(session)
        for platform_id, name in town.groups:
            area_id = next(area.id for area in town.grouped if area.name == name)
            chats.add(session, ACCOUNT, str(platform_id), ChatKind.RESIDENTS, now, area_id=area_id, title=name)
        for area in town.grouped:
            if area.level is Level.COMMUNITY:
                chats.add(session, ACCOUNT, str(-2_000_000 - area.id), ChatKind.WORKERS, now, area_id=area.id)
        _people(session, town, now)
    with world.db.write() as session:
        _reports(session, town, reports, now)


def _people(session: Session, town: Town, now: datetime) -> None:
    for user, area in zip(town.people, cycle(town.small), strict=False):
        person = people.add(session, f"居民{user}", now)
        person.notice_version = notices.VERSION
        people.identify(session, person, ACCOUNT, str(user), now)
        people.grant(session, person.id, Role.RESIDENT, area.id, now)
        chats.add(session, ACCOUNT, str(user), ChatKind.PRIVATE, now, person_id=person.id)


def _reports(session: Session, town: Town, count: int, now: datetime) -> None:
    tellers = {user: people.behind(session, ACCOUNT, str(user)) for user in town.people}
    digests = {user: (person.id, teller_digest(session, person.id)) for user, person in tellers.items() if person}
    keys = sealing.keys_of(session)
    numbers = zip(range(1, count + 1), cycle(town.small), cycle(town.people), strict=False)

    def rows() -> Iterator[tuple[dict[str, object], dict[str, object]]]:
        for number, area, user in numbers:
            person, digest = digests[user]
            yield _report(keys, number, area, person, digest, now - timedelta(hours=20) * (1 - number / count))

    ready = list(rows())
    connection = session.connection()
    for start in range(0, len(ready), 5000):
        connection.execute(insert(DataKey), [key for key, _ in ready[start : start + 5000]])
        connection.execute(insert(Incident), [row for _, row in ready[start : start + 5000]])
    if ready:
        codes.next_number(session, IncidentKind.HAZARD)
        session.query(Counter).filter(Counter.name == IncidentKind.HAZARD).update({Counter.last: count})


def _report(
    keys: sealing.MasterKey, number: int, area: Area, person: int, digest: str, at: datetime
) -> tuple[dict[str, object], dict[str, object]]:
    key_id, data_key = os.urandom(16).hex(), os.urandom(32)

    def sealed(column: str, value: str) -> bytes:
        return sealing.encrypt(data_key, f"incidents|{key_id}|{column}", value)

    key = {"id": key_id, "wrapped": keys.wrap(data_key, key_id), "created_at": at}
    return key, {
        "key_id": key_id,
        "kind": IncidentKind.HAZARD,
        "number": number,
        "purpose": Purpose.SAFETY,
        "area_id": area.id,
        "state": IncidentState.OPEN,
        "text": sealed("text", words(number, area.name)),
        "private": sealed("private", '{"words": "", "phone": [], "plate": [], "door": [], "location": null}'),
        "origin": sealed("origin", f'{{"person": {person}}}'),
        "teller_digest": digest,
        "on_behalf": False,
        "stage": 0,
        "next_at": at + timedelta(days=30),
        "created_at": at,
        "expires_at": at + timedelta(days=365),
    }
