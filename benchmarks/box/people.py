"""Who lives and works in the county: its areas, people and groups, as the tables a station would import."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

TOWNS: Final = 9
GRIDS: Final = 246
GROUPS: Final = 27
WORKERS: Final = 365
RESIDENTS: Final = 10_000
PHONE: Final = 19_900_000_000
OFFICERS: Final = 54
"""Of the workers; one full-time grid worker has each grid, the others are auxiliaries, guards and mediators."""


@dataclass(frozen=True, slots=True)
class Town:
    """The county by names: `groups` are its communities, each with a residents' and a workers' group."""

    communities: tuple[str, ...]
    grids: tuple[tuple[str, str], ...]
    """(grid, its community)."""


def town() -> Town:
    """The names; nothing is drawn by chance, so that every run is of the same county."""
    communities = tuple(f"{'甲乙丙丁戊己庚辛壬'[n % TOWNS]}镇{'东西南'[n // TOWNS]}社区" for n in range(GROUPS))
    grids = tuple((f"{communities[n % GROUPS]}第{n // GROUPS + 1}网格", communities[n % GROUPS]) for n in range(GRIDS))
    return Town(communities, grids)


def areas(one: Town) -> str:
    """The table of areas."""
    rows = ["name,level,parent,aliases", "望河县,county,,"]
    rows += [f"{'甲乙丙丁戊己庚辛壬'[n]}镇,town,望河县," for n in range(TOWNS)]
    rows += [f"{name},community,{name[:2]}," for name in one.communities]
    rows += [f"{name},grid,{community}," for name, community in one.grids]
    return "\n".join(rows) + "\n"


def workers(one: Town) -> Iterator[tuple[str, str, str]]:
    """(name, role, area) of those who work."""
    for number, (grid, _) in enumerate(one.grids):
        yield f"网格员{number}", "网格员", grid
    for number in range(OFFICERS):
        yield f"民警{number}", "社区民警", one.communities[number % GROUPS]
    for number in range(WORKERS - GRIDS - OFFICERS):
        role = ("辅警", "调解员", "保安", "义警")[number % 4]
        yield f"{role}{number}", role, one.communities[number % GROUPS]


def leaders() -> Iterator[tuple[str, str, str]]:
    """(name, role, area) of those who lead and look after it."""
    for name, role in (
        ("所长", "所长"),
        ("副所长", "所长"),
        ("教导员", "所长"),
        ("指挥室", "指挥室"),
        ("办案队甲", "办案队"),
        ("保密员", "保密员"),
        ("审计员", "审计员"),
        ("管理员", "管理员"),
    ):
        yield name, role, "望河县"
    for number in range(TOWNS):
        yield f"平安办{number}", "平安办", f"{'甲乙丙丁戊己庚辛壬'[number]}镇"


def residents(one: Town) -> Iterator[tuple[str, str, str]]:
    """(name, role, area) of those who live there."""
    for number in range(RESIDENTS):
        yield f"居民{number}", "居民", one.grids[number % GRIDS][0]


def people(one: Town) -> str:
    """The table of people."""
    rows = ["name,roles,title,phone,household"]
    everybody = [*leaders(), *workers(one), *residents(one)]
    for number, (name, role, area) in enumerate(everybody):
        rows.append(f"{name},{role}@{area},,{PHONE + number},")
    return "\n".join(rows) + "\n"


def chats(one: Town) -> str:
    """The table of groups."""
    rows = ["name,kind,area,members"]
    rows += [f"{name}居民群,residents,{name}," for name in one.communities]
    rows += [f"{name}网格群,workers,{name}," for name in one.communities]
    rows += ["警务群,officers,望河县,", "指挥室群,desk,望河县,", "管理员群,admins,望河县,"]
    return "\n".join(rows) + "\n"
