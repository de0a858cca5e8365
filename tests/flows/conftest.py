"""The set-up town of the flows: made once a run, through the bot itself, as a fresh station would."""

import asyncio
import re
import shutil
from pathlib import Path

import pytest

from bot.app import first_admin
from handlers.membership import importing
from tests.support.stage import ROOT
from tests.support.telegram_town import Saved, Town, town

ROLES = {
    "民警甲": "社区民警 大侯村",
    "民警乙": "社区民警 大侯村",
    "网格员甲": "网格员 大侯村",
    "所长": "所长 望河县",
    "指挥室": "指挥室 望河县",
}
GROUPS = {
    "大侯村居民群": "居民群 大侯村",
    "大侯村网格群": "网格群 大侯村",
    "义警群": "义警群 大侯村",
    "派出所警务群": "警务群 望河县",
    "管理员群": "管理员群 望河县",
}


async def set_up(place: Town) -> None:
    """Import the county, let the first admin in by the code the process prints, hand out codes, bind the groups."""
    with place.world.db.write() as session:
        importing.import_areas(session, (ROOT / "samples" / "areas.csv").read_text(encoding="utf-8"))
        people = (ROOT / "samples" / "people.csv").read_text(encoding="utf-8")
        importing.import_people(session, people, place.world.now())
    printed = re.search(r"绑定 (\S+)", "".join(first_admin(place.world)))
    assert printed
    await place.start("管理员")
    assert "管理员" in (await place.say("管理员", printed.group())).texts(place.id_of("管理员"))
    for name, role in ROLES.items():
        handed = (await place.say("管理员", f"发码 {role}")).texts(place.id_of("管理员"))
        code = re.search(r"[A-Z0-9]{4}-[A-Z0-9]{4}", handed)
        assert code, handed
        await place.start(name)
        joined = await place.say(name, f"绑定 {code.group()}")
        assert "绑定好了" in joined.texts(place.id_of(name))
    for name, kind in GROUPS.items():
        hello = await place.stands(name, "left", "member")
        assert "绑定群" in hello.texts(place.id_of(name))
        bound = await place.say("管理员", f"/绑定群 {kind}", name)
        assert "绑定好了" in bound.texts(place.id_of(name))
        assert "做什么用" in bound.texts(place.id_of(name)), "the privacy notice (R14)"


@pytest.fixture(scope="session")
def station(tmp_path_factory: pytest.TempPathFactory) -> Saved:
    """The town as it stands after its first hour."""
    folder = tmp_path_factory.mktemp("station")

    async def made() -> Saved:
        async with town(folder) as place:
            await set_up(place)
            people, groups = place.people, place.groups
        saved = Path(shutil.copy(folder / "real.db", folder / "saved.db"))
        return Saved(saved, people, groups)

    return asyncio.run(made())
