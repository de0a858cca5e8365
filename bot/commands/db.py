"""`wangge db upgrade | backup | restore`: the database brought up to date, copied without its keys, put back."""

import sqlite3
from datetime import datetime
from pathlib import Path

from sqlalchemy.exc import SQLAlchemyError

from bot.commands.chosen import Chosen, chosen
from bot.worlds import CannotDo, kind_in, load_key, open_world, where
from storage import backup as backups
from storage.database import Database
from storage.upgrade import HEAD, upgrade_needed

FOLDER = Path("backups")


def upgrade(world: str | None, config: Path | None) -> list[str]:
    """Bring the database up to date and tell whether that was needed; raises CannotDo."""
    place = chosen(world, config)
    needed = kind_in(place.url) is None or upgrade_needed(place.url)
    open_world(place.kind, place.url, place.key_file, settings=place.settings).db.close()
    if needed:
        return [f"{where(place.url)} 已升级到 {HEAD}。 Upgraded to {HEAD}."]
    return [f"{where(place.url)} 已是最新（{HEAD}）。 Up to date."]


def backup(file: Path | None, world: str | None, config: Path | None) -> list[str]:
    """Write a backup and, apart, its keys; tells where. Raises CannotDo."""
    place = chosen(world, config)
    if kind_in(place.url) is not place.kind:
        raise CannotDo(f"{where(place.url)} 里没有{place.name}的数据，没有可备份的。")
    moment = datetime.now(place.settings.station.zoneinfo)
    target = file or FOLDER / f"{place.kind}-{moment:%Y%m%d-%H%M%S}.db"
    opened = open_world(place.kind, place.url, place.key_file, settings=place.settings)
    try:
        target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        keys = keys_of(target, place)
        count = backups.backup(opened.db, target, keys)
    except OSError as error:
        raise CannotDo(f"写不了备份文件 {target}（{error.strerror}），请检查文件夹和磁盘。") from None
    finally:
        opened.db.close()
    return [
        f"已备份 {count} 行到 {target}，数据密钥在 {keys}（只留最新一份，请和备份分开存放）。",
        f"主密钥 {place.key_file} 不在其中，请另外抄存。",
        f"Backed up: {target}; wrapped keys, newest only: {keys}; keep {place.key_file.name} apart from both.",
    ]


def restore(file: Path, world: str | None, config: Path | None) -> list[str]:
    """Put a backup back into an empty database; raises CannotDo."""
    place = chosen(world, config)
    keys = keys_of(file, place)
    for path in (file, keys, place.key_file):
        if not path.exists():
            raise CannotDo(f"找不到 {path}，恢复要有备份文件、它的数据密钥和主密钥三样，请放好再试。")
    if kind_in(place.url) is not None:
        raise CannotDo(f"{where(place.url)} 不是空的，请先把它移开，再恢复。")
    db = Database(place.url, load_key(place.key_file))
    try:
        count = backups.restore(db, file, keys)
    except backups.NotEmpty:
        raise CannotDo(f"{where(place.url)} 不是空的，请先把它移开，再恢复。") from None
    except (OSError, sqlite3.Error, SQLAlchemyError):
        raise CannotDo(f"{file} 或 {keys} 不是可用的备份，请换一份。") from None
    finally:
        db.close()
    open_world(place.kind, place.url, place.key_file, settings=place.settings).db.close()
    return [f"已恢复 {count} 行到{where(place.url)}。 Restored: {count} rows."]


def keys_of(backup_file: Path, place: Chosen) -> Path:
    """The one file of keys beside the backups of a world."""
    return backup_file.with_name(f"{place.kind}.keys")
