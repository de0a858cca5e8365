"""Opening a world (世界): its key, its database brought up to date, its words and rules, and never another's kind."""

import os
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import select, text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from bot.cannot import CannotDo, unreachable, where
from handlers.dialogue import command, wording
from handlers.dialogue.world import Station, World, system_clock
from handlers.reading.workdays import Workdays
from storage import move, upgrade, worlds
from storage.database import Database
from storage.keys import DataKey
from storage.sealing import MasterKey, Tampered
from storage.worlds import WorldKind

if TYPE_CHECKING:
    from bot.settings import Settings

HERE = Path(__file__).parent
WEEKDAYS = "一二三四五六日"
KINDS = {WorldKind.REAL: "真实群", WorldKind.PLAYGROUND: "演练场", WorldKind.DRILL: "演练"}


def samples() -> Path:
    """The folder of the sample county: beside the program in a checkout, inside it once installed."""
    inside = HERE / "samples"
    return inside if inside.is_dir() else HERE.parent / "samples"


def station_of(settings: "Settings") -> Station:
    """The station's own rules as the settings say."""
    clocks, kept = settings.incidents, settings.retention
    return Station(
        name=settings.station.name,
        zone=settings.station.zoneinfo,
        lines=settings.station.lines,
        video=settings.station.video_patrol,
        quiet_from=settings.station.quiet_hours.start,
        quiet_until=settings.station.quiet_hours.end,
        anchor_at=settings.audit.anchor_at,
        workdays=Workdays.of(settings.station.days_off, settings.station.days_on),
        weekly_at=settings.weekly.at,
        weekly_on=WEEKDAYS.index(settings.weekly.on[1:]),
        weekly_kinds=settings.weekly.kinds,
        untaken=_minutes(clocks.untaken_minutes),
        untaken_desk=_minutes(clocks.desk_minutes),
        help_untaken=_minutes(clocks.help_untaken_minutes),
        help_untaken_desk=_minutes(clocks.help_desk_minutes),
        withdraw=_minutes(clocks.withdraw_minutes),
        verify=_minutes(settings.searches.verify_minutes),
        confirm_groups=settings.bulletins.confirm_groups,
        approval=_minutes(settings.bulletins.approval_minutes),
        send_within=_minutes(settings.bulletins.send_within_minutes),
        tip_lives=_days(kept.tips_days),
        photo_after_close=_days(kept.photos_days),
        content_after_end=_days(kept.outbox_days),
        search_after_end=_days(kept.searches_days),
        suspect_after_end=_days(kept.suspects_days),
        bulletin_after_end=_days(kept.bulletins_days),
    )


def _minutes(count: int) -> timedelta:
    return timedelta(minutes=count)


def _days(count: int) -> timedelta:
    return timedelta(days=count)


def words_of(settings: "Settings | None") -> wording.Catalogue:
    """The sentences, the station's own laid over the shipped ones."""
    override = settings.station.texts if settings is not None else None
    try:
        return wording.load(HERE / "texts", override)
    except (OSError, ValueError) as error:
        raise CannotDo(f'本所的用语文件用不了（{error}），请改好它，或在设置里写 texts = ""。') from None


def open_world(
    kind: WorldKind,
    url: str,
    key_file: Path,
    *,
    settings: "Settings | None" = None,
    clock: Callable[[], datetime] = system_clock,
) -> World:
    """Open a world on its database, which is made or brought up to date; without `settings` by the defaults.

    Raises CannotDo, the database untouched, where two files claim one command word, where it holds another kind
    of world, where its key is missing or another one, or where it can't be reached.
    """
    words = words_of(settings)
    try:
        command.all_commands()
    except command.TwoCommands as error:
        raise CannotDo(f"两个文件都要用同一个命令词（{error}），请改掉其中一个。") from None
    place = where(url)
    known = kind_in(url)
    if known is not None and known is not kind:
        raise CannotDo(f"{place} 里是{KINDS[known]}的数据，不能当作{KINDS[kind]}使用，请换一个数据库，或换一个文件夹。")
    if known is not None and not key_file.exists():
        raise CannotDo(f"找不到主密钥文件 {key_file}，没有它打不开 {place}，请把备份的主密钥放回原处。")
    synchronous = settings.database.synchronous if settings is not None else "NORMAL"
    make_private(url)
    db = Database(url, load_key(key_file), synchronous)
    try:
        upgrade.upgrade(db)
        with db.write() as session:
            _fits(session, place, key_file)
            if worlds.found(session, kind, datetime.now(UTC)).kind is not kind:
                raise CannotDo(f"{place} 刚被别的程序占用了，请换一个数据库。")
    except upgrade.TooNew:
        db.close()
        raise CannotDo(f"{place} 是更新版本的程序建的，请先升级本程序。") from None
    except SQLAlchemyError as error:
        db.close()
        raise CannotDo(unreachable(place, error)) from None
    except BaseException:
        db.close()
        raise
    station = station_of(settings) if settings is not None else Station()
    return World(kind, db, words, station, clock)


def open_real(settings: "Settings") -> World:
    """The real world, with all it needs in a cluster where it is to be one; raises CannotDo."""
    database, clustered = settings.database, settings.cluster.enabled
    if clustered:
        from bot import cluster

        cluster.fits(settings)
    world = open_world(WorldKind.REAL, database.url, database.key_file, settings=settings)
    if settings.web.public_url:
        world.film_address = partial(_film_address, world.db.keys, settings.web.public_url)
    if clustered:
        try:
            cluster.get_ready(world.db)
        except BaseException:
            world.db.close()
            raise
    return world


def _film_address(keys: MasterKey, base: str, medium_id: int, topic: str | None) -> str:
    from bot.web import films

    return films.address(keys, base, medium_id, topic)


def kind_in(url: str) -> WorldKind | None:
    """Which kind of world a database holds, None for an empty or absent one; nothing is made or changed.

    Raises CannotDo where it can't be reached, or holds what a broken move left.
    """
    if url.startswith("sqlite:///") and not Path(url.removeprefix("sqlite:///")).exists():
        return None
    if url.startswith("postgresql") and find_spec("psycopg") is None:
        raise CannotDo('缺少 PostgreSQL 的驱动，请在程序的文件夹里运行 .venv/bin/pip install -e ".[cluster]"。')
    db = Database(url, MasterKey(bytes(32)))
    try:
        with db.read() as session:
            connection = session.connection()
            if connection.dialect.has_table(connection, move.MARK):
                raise CannotDo(f"{where(url)} 里的数据没有搬完，请再运行一次 wangge db move，或改回原来的数据库。")
            if not connection.dialect.has_table(connection, "worlds"):
                return None
            # Plain SQL: the table may be older than what this program maps.
            kind = session.scalar(text("SELECT kind FROM worlds WHERE id = 1"))
            return WorldKind(kind) if kind is not None else None
    except SQLAlchemyError as error:
        raise CannotDo(unreachable(where(url), error)) from None
    finally:
        db.close()


def load_key(key_file: Path) -> MasterKey:
    """The master key, made on first use; raises CannotDo."""
    try:
        return MasterKey.load(key_file)
    except ValueError:
        raise CannotDo(f"{key_file} 里不是主密钥，请放回备份的主密钥文件。") from None
    except OSError as error:
        raise CannotDo(f"读写不了主密钥文件 {key_file}（{error.strerror}），请检查它的权限和磁盘。") from None


def make_private(url: str) -> None:
    """Make an absent SQLite file readable by its owner only; the files beside it follow suit."""
    if not url.startswith("sqlite:///"):
        return
    path = url.removeprefix("sqlite:///")
    try:
        os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
    except OSError as error:
        raise CannotDo(f"打不开{where(url)}（{error.strerror}），请检查文件夹和权限。") from None


def _fits(session: Session, place: str, key_file: Path) -> None:
    """Refuse a master key that doesn't open this database."""
    one = session.scalar(select(DataKey).limit(1))
    if one is not None:
        try:
            session.info["keys"].unwrap(one.wrapped, one.id)
        except Tampered:
            raise CannotDo(f"主密钥 {key_file} 打不开{place}，请放回和它配套的主密钥文件。") from None
