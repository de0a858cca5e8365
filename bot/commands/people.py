"""`wangge people import`: areas, people and a playground's groups from CSV files, all of it or nothing."""

from collections.abc import Sequence
from pathlib import Path

from sqlalchemy.orm import Session

from bot.channels.console import ACCOUNT
from bot.commands.chosen import chosen
from bot.play import let_in
from bot.worlds import CannotDo, open_world
from handlers.dialogue.world import World
from handlers.membership import importing
from handlers.membership.importing import ImportFailed
from storage.worlds import WorldKind

ORDER = ("areas", "people", "chats")
NAMES = {"areas": "区域", "people": "人员", "chats": "群"}


def import_files(files: Sequence[Path], world: str | None, config: Path | None) -> list[str]:
    """Import the files, areas before people before groups, and tell how many rows; raises CannotDo naming bad rows."""
    tables = sorted(((_kind(file, text), file, text) for file, text in map(_read, files)), key=_order)
    place = chosen(world, config)
    if place.kind is WorldKind.REAL and any(kind == "chats" for kind, _, _ in tables):
        raise CannotDo("真实的群不用导入，请把机器人拉进群，由管理员在群里发送 绑定群。")
    opened = open_world(place.kind, place.url, place.key_file, settings=place.settings)
    told = []
    try:
        with opened.db.write() as session:
            for kind, file, text in tables:
                try:
                    count = _import(opened, session, kind, text)
                except ImportFailed as error:
                    rows = "\n".join(f"{file} {row}" for row in error.rows)
                    raise CannotDo(f"{rows}\n一行也没有导入，请改好以上 {len(error.rows)} 处再试。") from None
                told.append(f"{place.name}：已导入{NAMES[kind]} {count} 行（{file}）。Imported: {count}.")
    finally:
        opened.db.close()
    return told


def _import(world: World, session: Session, kind: str, text: str) -> int:
    now = world.now()
    if kind == "areas":
        return importing.import_areas(session, text)
    if kind == "chats":
        return len(importing.import_chats(session, text, ACCOUNT, now))
    count = importing.import_people(session, text, now)
    if world.kind is WorldKind.PLAYGROUND:
        let_in(session, importing.names_in(text), now)
    return count


def _order(table: tuple[str, Path, str]) -> int:
    return ORDER.index(table[0])


def _read(file: Path) -> tuple[Path, str]:
    """A file and its text, in UTF-8 or the GBK that spreadsheets write."""
    try:
        raw = file.read_bytes()
    except OSError as error:
        raise CannotDo(f"读不了 {file}（{error.strerror}），请检查路径。") from None
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            return file, raw.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise CannotDo(f"{file} 不是文字表格，请在表格软件里另存为 CSV（UTF-8）。")


def _kind(file: Path, text: str) -> str:
    kind = importing.kind_of(text.splitlines()[0] if text.strip() else "")
    if not kind:
        raise CannotDo(f"{file} 的第一行看不出是哪种表，请照 samples/ 里的 areas.csv、people.csv 或 chats.csv 写列名。")
    return kind
