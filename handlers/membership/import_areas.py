"""Importing areas (导入区域): one tree, parents before or after their children."""

from collections.abc import Mapping

from sqlalchemy.orm import Session

from handlers.membership.actions import ROOT
from handlers.membership.rows import AREA_COLUMNS, BadRow, ImportFailed, read_rows, repeated
from storage import areas
from storage.areas import Level

Rows = list[tuple[int, Mapping[str, str]]]


def import_areas(session: Session, text: str) -> int:
    """Import areas; how many rows. One known by name is brought up to date.

    Raises ImportFailed once the good rows are in, so that tables which name them can be checked too; the caller
    takes everything back.
    """
    rows: Rows = list(read_rows(text, AREA_COLUMNS))
    bad = [problem for line, row in rows if (problem := _problem(session, line, row, rows))] + repeated(rows)
    if not bad:
        bad = _circles(rows)
    if not bad:
        _take_the_place_of_the_root(session, rows)
    lines = {one.line for one in bad}
    _add_all(session, [(line, row) for line, row in rows if line not in lines])
    if bad:
        raise ImportFailed(sorted(bad, key=lambda row: row.line))
    return len(rows)


def _add_all(session: Session, waiting: Rows) -> None:
    """Add areas, parents first; what hangs on a bad row stays out."""
    while waiting:
        names = {row["name"] for _, row in waiting}
        ready = [row for _, row in waiting if row["parent"] not in names]
        if not ready:
            return
        for row in ready:
            parent = areas.named(session, row["parent"]) if row["parent"] else None
            if parent is not None or not row["parent"]:
                aliases = [alias for alias in row["aliases"].split(";") if alias]
                areas.add(session, row["name"], Level(row["level"]), parent, aliases)
        waiting = [entry for entry in waiting if entry[1] not in ready]


def _problem(session: Session, line: int, row: Mapping[str, str], rows: Rows) -> BadRow | None:
    if not row["name"]:
        return BadRow(line, "name", "名称是空的")
    if row["level"] not in set(Level):
        return BadRow(line, "level", f"应是 {'、'.join(Level)} 之一")
    if not row["parent"]:
        return None
    beside = next((other for _, other in rows if other["name"] == row["parent"]), None)
    known = areas.named(session, row["parent"])
    level = beside["level"] if beside is not None else (known.level.value if known is not None else None)
    if level is None:
        return BadRow(line, "parent", f"没有叫“{row['parent']}”的上级区域")
    order = [one.value for one in Level]
    if row["name"] != row["parent"] and level in order and order.index(level) >= order.index(row["level"]):
        return BadRow(line, "parent", f"上级“{row['parent']}”的级别（{level}）应高于本区域（{row['level']}）")
    return BadRow(line, "parent", "上级不能是自己") if row["name"] == row["parent"] else None


def _circles(rows: Rows) -> list[BadRow]:
    """Rows that are their own ancestors."""
    parents = {row["name"]: row["parent"] for _, row in rows}
    bad = []
    for line, row in rows:
        seen, above = {row["name"]}, row["parent"]
        while above in parents and above not in seen:
            seen.add(above)
            above = parents[above]
        if above in seen:
            bad.append(BadRow(line, "parent", "上级区域绕成了圈"))
    return bad


def _take_the_place_of_the_root(session: Session, rows: Rows) -> None:
    """The first admin's area becomes the imported county, so that the admin's role covers it."""
    placeholder = areas.named(session, ROOT)
    roots = [row["name"] for _, row in rows if not row["parent"]]
    if placeholder is not None and len(roots) == 1 and areas.named(session, roots[0]) is None:
        placeholder.name = roots[0]
        session.flush()
