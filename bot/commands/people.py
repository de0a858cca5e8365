"""`wangge people import | revoke`: areas, people and groups from CSV files; somebody's roles taken away."""

from collections.abc import Sequence
from pathlib import Path

from bot.cannot import CannotDo
from bot.channels.console import ACCOUNT
from bot.commands.chosen import chosen
from bot.play import let_in
from bot.worlds import open_world
from handlers.dialogue.access import Refusal
from handlers.dialogue.say import Cause, post
from handlers.membership import importing, revoking
from handlers.membership.importing import ImportFailed
from handlers.reading.normal import fold
from storage import worlds
from storage.worlds import WorldKind

NAMES = {"areas": "区域", "people": "人员", "chats": "群"}


def import_files(files: Sequence[Path], world: str | None, config: Path | None) -> list[str]:
    """Import the files, areas before people before groups, and tell how many rows; raises CannotDo naming bad rows."""
    tables = {str(file): _read(file) for file in files}
    place = chosen(world, config)
    if place.kind is WorldKind.REAL and any(importing.kind_of(text) == "chats" for text in tables.values()):
        raise CannotDo("真实的群不用导入，请把机器人拉进群，由管理员在群里发送 绑定群。")
    opened = open_world(place.kind, place.url, place.key_file, settings=place.settings)
    now = opened.now()
    try:
        with opened.db.write() as session:
            if place.kind is WorldKind.DRILL and worlds.found(session, place.kind, now).sample_loaded:
                raise CannotDo("演练里已经是样例县了，请先停掉演练、删掉它的数据库文件，再导入本所的表。")
            counts = importing.import_all(session, tables, ACCOUNT, now)
            if place.kind is WorldKind.PLAYGROUND:
                for text in tables.values():
                    if importing.kind_of(text) == "people":
                        let_in(session, importing.names_in(text), now)
    except ImportFailed as error:
        rows = "\n".join(map(str, error.rows))
        raise CannotDo(f"{rows}\n一行也没有导入，请改好以上 {len(error.rows)} 处再试。") from None
    finally:
        opened.db.close()
    told = "、".join(f"{name} {count} 行" for kind, name in NAMES.items() if (count := getattr(counts, kind)))
    return [f"{place.name}：已导入{told}。 Imported: {counts.areas + counts.people + counts.chats} rows."]


def revoke(name: str, number: int, world: str | None, config: Path | None) -> list[str]:
    """Take all roles of the colleague of this name away, as 收回权限 does; raises CannotDo."""
    place = chosen(world, config)
    opened = open_world(place.kind, place.url, place.key_file, settings=place.settings)
    now = opened.now()
    try:
        with opened.db.write() as session:
            person = revoking.found(session, None, fold(name).strip(), None, number)
            says = revoking.revoke(session, None, person, None, None, opened.station, now)
            post(session, opened.words, says[1:], Cause(f"revoke:{person.id}:{now.isoformat()}"), now)
            return [opened.words.render(says[0].text)]
    except Refusal as refusal:
        raise CannotDo(opened.words.render(refusal.text)) from None
    finally:
        opened.db.close()


def _read(file: Path) -> str:
    """A file's text, in UTF-8 or the GBK that spreadsheets write."""
    try:
        raw = file.read_bytes()
    except OSError as error:
        raise CannotDo(f"读不了 {file}（{error.strerror}），请检查路径。") from None
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            return raw.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise CannotDo(f"{file} 不是文字表格，请在表格软件里另存为 CSV（UTF-8）。")
