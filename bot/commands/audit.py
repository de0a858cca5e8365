"""`wangge audit verify | export`: is the audit chain whole, and a copy of it for the stand-alone verifier."""

import json
import os
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy.orm import Session

from bot.cannot import CannotDo, where
from bot.commands.chosen import Chosen, chosen
from bot.worlds import kind_in, open_world
from handlers.audit import actions, rules
from handlers.dialogue.world import World
from storage import audit
from storage.audit import Entry, Head


def verify(anchors: Sequence[str], world: str | None, config: Path | None) -> tuple[list[str], bool]:
    """Check the chain, every anchor of the database and those given; what to say, and whether it is whole.

    Raises CannotDo where there is no such world, or where an anchor is none.
    """
    kept = [_anchor(one) for one in anchors]
    place = _there(world, config)
    opened = _open(place)
    try:
        with opened.db.read() as session:
            broken = audit.verify(session, kept)
            head, inside = audit.head(session), audit.anchors(session)
        if broken is not None:
            said = opened.words.render(actions.why(broken))
            return [f"审计链核对不上：{said}。 BROKEN at entry {broken.number} ({broken.why})."], False
    finally:
        opened.db.close()
    last = max((one.count for one in inside), default=0)
    lines = [f"审计链完好：{head.count} 条，末尾 {head}。 Whole: {head.count} entries."]
    if kept:
        sure = max(one.count for one in kept)
        lines.append(f"和您给的存证一致：前 {sure} 条没有被改动过。 Proved up to entry {sure}.")
    else:
        lines.append(
            f"这只和库里自己留的存证（到第 {last} 条）对过。请再用管理员群里的存证核对："
            "wangge audit verify --anchor 条数:校验码。 Compare it with an anchor kept outside."
        )
    return lines, True


def export(file: Path, world: str | None, config: Path | None) -> list[str]:
    """Write the chain as JSON lines (mode 600), which names nobody; the export itself is its last entry.

    Raises CannotDo where there is no such world, or where the file can't be written or stands already.
    """
    place = _there(world, config)
    opened = _open(place)
    try:
        with opened.db.write() as session:
            audit.write(session, "export", opened.now(), entries=audit.head(session).count)
        with opened.db.read() as session:
            head = _write(session, file)
    except FileExistsError:
        raise CannotDo(f"{file} 已经有了，请换一个文件名。") from None
    except OSError as error:
        raise CannotDo(f"写不了 {file}（{error.strerror}），请检查文件夹和磁盘。") from None
    finally:
        opened.db.close()
    return [
        f"已导出 {head.count} 条到 {file}，里面没有姓名和内容。末尾 {head}。",
        f"Verify it without this program: python docs/verify_audit.py {file} COUNT:HASH",
    ]


def _write(session: Session, file: Path) -> Head:
    with os.fdopen(os.open(file, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "w", encoding="utf-8") as out:
        for entry in audit.entries(session):
            out.write(line(entry) + "\n")
        head = audit.head(session)
        out.write(json.dumps({"end": {"count": head.count, "hash": head.hash}}) + "\n")
    return head


def line(entry: Entry) -> str:
    """An entry as it is exported: one JSON object."""
    shown = {**entry._asdict(), "at": _moment(entry.at)}
    return json.dumps(shown, ensure_ascii=True)


def _moment(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="microseconds")


def _anchor(words: str) -> Head:
    found = rules.read_anchors(words)
    if len(found) != 1:
        raise CannotDo("--anchor 要写存证的最后一行，例如 120:1a2b3c4d…（条数、冒号、校验码，至少前 8 位）。")
    return Head(*found[0])


def _there(world: str | None, config: Path | None) -> Chosen:
    place = chosen(world, config)
    if kind_in(place.url) is not place.kind:
        raise CannotDo(f"{where(place.url)} 里没有{place.name}的数据，没有可核对的。")
    return place


def _open(place: Chosen) -> World:
    return open_world(place.kind, place.url, place.key_file, settings=place.settings)
