"""`wangge db upgrade | backup | restore | move`: the database brought up to date, copied, put back, moved elsewhere."""

import time
from collections.abc import Callable
from datetime import datetime
from importlib.util import find_spec
from pathlib import Path

from pydantic import TypeAdapter, ValidationError
from sqlalchemy import make_url
from sqlalchemy.exc import SQLAlchemyError

from bot.cannot import CannotDo, unreachable, where
from bot.commands.chosen import Chosen, chosen
from bot.setting_types import DatabaseUrl
from bot.worlds import kind_in, load_key, make_private, open_real, open_world
from storage import audit, sealed_file
from storage import backup as backups
from storage import move as moving
from storage.database import Database
from storage.sealing import MasterKey, Tampered
from storage.upgrade import HEAD, upgrade_needed
from storage.worlds import WorldKind

FOLDER = Path("backups")
NEWS = 5.0
"""Seconds between two lines about one long table."""


def upgrade(world: str | None, config: Path | None) -> list[str]:
    """Bring the database up to date and tell whether that was needed; raises CannotDo."""
    place = chosen(world, config)
    needed = kind_in(place.url) is None or upgrade_needed(place.url)
    if place.kind is WorldKind.REAL:
        open_real(place.settings).db.close()
    else:
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
    target = file or FOLDER / f"{place.kind}-{moment:%Y%m%d-%H%M%S}.backup"
    opened = open_world(place.kind, place.url, place.key_file, settings=place.settings)
    try:
        target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        keys = keys_of(target, place)
        with opened.db.write() as session:
            audit.write(session, "backup", opened.now())
        count = backups.backup(opened.db, target, keys)
    except OSError as error:
        raise CannotDo(f"写不了备份文件 {target}（{error.strerror}），请检查文件夹和磁盘。") from None
    finally:
        opened.db.close()
    return [
        f"已备份 {count} 行到 {target}，数据密钥在 {keys}（只留最新一份，请和备份分开存放）。两个文件都加了密。",
        f"主密钥 {place.key_file} 不在其中，没有它谁也打不开备份，请另外抄存。",
        f"Backed up, encrypted: {target}; its keys, newest only: {keys}; keep {place.key_file.name} apart from both.",
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
    except sealed_file.NotSealed as error:
        raise CannotDo(f"{error} 不是本程序加密的备份，没有动任何数据，请换一份。") from None
    except Tampered as error:
        raise CannotDo(
            f"{error} 打不开：文件坏了、被改过，或者不是用 {place.key_file} 这个主密钥备份的。数据没有动，请换一份。"
        ) from None
    except backups.OtherVersion as error:
        raise CannotDo(
            f"{file} 是另一个版本的程序备份的（{error.version}）。请用那个版本恢复，再用本程序运行 wangge db upgrade。"
        ) from None
    except OSError as error:
        raise CannotDo(f"读不了 {file} 或 {keys}（{error.strerror}），请检查文件和权限。") from None
    except SQLAlchemyError as error:
        raise CannotDo(unreachable(where(place.url), error)) from None
    finally:
        db.close()
    opened = open_world(place.kind, place.url, place.key_file, settings=place.settings)
    with opened.db.write() as session:
        audit.write(session, "restore", opened.now(), rows=count)
    opened.db.close()
    return [f"已恢复 {count} 行到{where(place.url)}。 Restored: {count} rows."]


def keys_of(backup_file: Path, place: Chosen) -> Path:
    """The one file of keys beside the backups of a world."""
    return backup_file.with_name(f"{place.kind}.keys")


def move(target: str, world: str | None, config: Path | None, tell: Callable[[str], None]) -> list[str]:
    """Copy a world whole into an empty database and compare it row by row; `tell` hears how it goes on.

    Nothing is changed in the source. Raises CannotDo.
    """
    place, url = chosen(world, config), _address(target)
    if kind_in(place.url) is not place.kind:
        raise CannotDo(f"{where(place.url)} 里没有{place.name}的数据，没有可搬的。")
    if url == place.url:
        raise CannotDo("要搬到的就是正在用的数据库，请写另一个地址。")
    make_private(url)
    source, goal = (Database(one, MasterKey(bytes(32)), "FULL") for one in (place.url, url))
    try:
        if moving.broken_off(goal):
            tell(f"上次搬到{where(url)}没有搬完，现在从头再搬。 Starting over.")
        checked = moving.move(source, goal, _news(tell))
    except moving.OldSource:
        raise CannotDo(f"{where(place.url)} 还是旧版本，请先运行 wangge db upgrade。") from None
    except moving.InUse:
        raise CannotDo(f"程序正在用{where(place.url)}，请先停掉所有 wangge，过几秒再搬。") from None
    except moving.NotEmpty:
        raise CannotDo(f"{where(url)} 不是空的，请换一个空的数据库。") from None
    except moving.BadRow as bad:
        raise CannotDo(
            f"{bad.table} 表{_row(bad.key)}放不进{where(url)}，没有搬成，原来的数据没有动，请把这句话告诉维护人员。"
        ) from None
    except moving.Differs as bad:
        raise CannotDo(
            f"{bad.table} 表{_row(bad.key)}和原来的不一样，没有搬成，原来的数据没有动，请再运行一次。"
        ) from None
    except SQLAlchemyError as error:
        told = unreachable(f"{where(place.url)} 或{where(url)}", error).rstrip("。")
        raise CannotDo(f"{told}；原来的数据没有动，好了以后再运行一次，会从头再搬。") from None
    finally:
        source.close()
        goal.close()
    return [*_table(checked), *_what_now(place, url)]


def _address(target: str) -> str:
    try:
        url = TypeAdapter[str](DatabaseUrl).validate_python(target.strip())
        make_url(url)
    except (ValidationError, ValueError, SQLAlchemyError):
        raise CannotDo(
            "搬到哪里，要写数据库地址，例如 postgresql://用户:密码@主机/库名 或 sqlite:///wangge.db。"
        ) from None
    if url.startswith("postgresql") and find_spec("psycopg") is None:
        raise CannotDo('缺少 PostgreSQL 的驱动，请在程序的文件夹里运行 .venv/bin/pip install -e ".[cluster]"。')
    return url


def _news(tell: Callable[[str], None]) -> moving.Told:
    """A line for each table when it is copied, and now and then in the middle of a long one."""
    told = time.monotonic()

    def news(table: str, done: int, of: int) -> None:
        nonlocal told
        if done == of or time.monotonic() - told >= NEWS:
            told = time.monotonic()
            tell(f"{table} {done}/{of}")

    return news


def _row(key: tuple[object, ...] | None) -> str:
    return f"编号 {'/'.join(map(str, key))} 的一行" if key else "的行"


def _table(checked: list[moving.Moved]) -> list[str]:
    wide = max(len(one.table) for one in checked)
    rows = [f"{one.table:<{wide}}  {one.rows:>9}  {one.digest[:16]}  =" for one in checked]
    total = sum(one.rows for one in checked)
    return [
        f"{'表 table':<{wide - 1}}  {'行 rows':>8}  校验 digest",
        *rows,
        f"逐行核对过 {total} 行，全部一致。 All equal.",
    ]


def _what_now(place: Chosen, url: str) -> list[str]:
    section, key = ("database", "url") if place.kind is WorldKind.REAL else (str(place.kind), "database_url")
    shown = make_url(url).render_as_string(hide_password=True).replace("postgresql+psycopg://", "postgresql://")
    return [
        f'已从{where(place.url)}搬到{where(url)}。请在 config.toml 的 [{section}] 里写 {key} = "{shown}"'
        + ("（*** 处写密码）" if "***" in shown else "")
        + "，再启动。",
        f"主密钥 {place.key_file} 留在原处，不要动它；原来的数据也没有动，确认无误后再收起来。",
        f'Moved. Set [{section}] {key} = "{shown}" and start again; {place.key_file.name} stays where it is.',
    ]
