"""The doctor (体检): looks at everything the bot stands on and says, line by line, what is wrong and how to mend it.

Nothing is made or changed, and no secret is shown.
"""

import shutil
import stat
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.exc import SQLAlchemyError

from bot import channels
from bot.cannot import CannotDo, where
from bot.finding import Finding
from bot.settings import Settings, load_settings
from bot.station_settings import Listening
from bot.worlds import KINDS, kind_in
from storage import people, upgrade
from storage.accounts import Account
from storage.chats import Chat, ChatKind, ChatState
from storage.database import Database
from storage.people import Role, RoleGrant
from storage.sealing import MasterKey
from storage.worlds import WorldKind

LEAST_FREE = 1 << 30
CLOCK_OFF = 30.0
PATIENCE = 10.0
BUILT = datetime(2026, 1, 1, tzinfo=UTC)


def examine(config: Path | None, env: dict[str, str] | None = None) -> list[Finding]:
    """Look at everything; raises SettingsError where the settings themselves can't be read."""
    settings = load_settings(config, env)
    return list(_findings(settings))


def _findings(settings: Settings) -> Iterator[Finding]:
    yield Finding(True, "设置文件 settings")
    if settings.cluster.enabled:
        yield from _cluster(settings)
    if settings.has_real_channel:
        yield from _world(WorldKind.REAL, settings.database.url, settings.database.key_file)
        yield from channels.examine(settings)
    if settings.playground_on:
        yield from _world(WorldKind.PLAYGROUND, settings.playground.database_url, settings.playground.key_file)
        yield from _reached(settings.web, "演练场 playground", "web")
    drill = settings.drill
    if not drill.database_url.startswith("sqlite") or Path(drill.database_url.removeprefix("sqlite:///")).exists():
        yield from _world(WorldKind.DRILL, drill.database_url, drill.key_file)
    yield from _reached(drill, "演练 drill", "drill")
    if not settings.has_real_channel and not settings.playground_on:
        mend = "请在设置里写一个渠道，例如 telegram 的 token，或企业微信（见 docs/wechat.md），或打开演练场"
        yield Finding(False, "没有接通任何群 no channel", mend)
    yield _clock(settings)


def _reached(listening: Listening, name: str, section: str) -> Iterator[Finding]:
    """Whether pages without a password can be opened from elsewhere."""
    if listening.allow_remote:
        mend = f"谁打开都能扮演任何人；不是在封闭的网络里，就请把 [{section}] 的 allow_remote 改成 false"
        yield Finding(False, f"{name}的网页别的机器也能打开 open to others", mend)


def _world(kind: WorldKind, url: str, key_file: Path) -> Iterator[Finding]:
    name, place = KINDS[kind], where(url)
    yield _disk(url, key_file)
    try:
        found = kind_in(url)
    except CannotDo as error:
        yield Finding(False, f"{name}的数据库 database", str(error).rstrip("。"))
        return
    if found is None:
        yield Finding(True, f"{name}的{place} 还没有建，第一次启动时会自动建 not made yet")
        return
    if found is not kind:
        yield Finding(False, f"{name}的{place} 里是{KINDS[found]}的数据 another world", "请换一个数据库")
        return
    yield _key(name, key_file)
    db = Database(url, MasterKey(bytes(32)))
    try:
        version = upgrade.version_of(db)
        if version == upgrade.HEAD:
            yield Finding(True, f"{name}的{place}，版本 {version} database")
        elif version is not None and version > upgrade.HEAD:
            yield Finding(False, f"{name}的{place} 版本 {version} 比程序新 too new", "请升级本程序")
            return
        else:
            yield Finding(False, f"{name}的{place} 版本 {version} 太旧 outdated", "请运行 wangge db upgrade")
            return
        if kind is WorldKind.REAL:
            yield from _belonging(db)
    except SQLAlchemyError:
        yield Finding(False, f"{name}的{place} 读不出来 unreadable", "请放回最近的备份（wangge db restore）")
    finally:
        db.close()


def _cluster(settings: Settings) -> Iterator[Finding]:
    """Whether this machine can be one of several; the database itself is looked at with the world."""
    from bot import cluster

    try:
        cluster.fits(settings)
        if kind_in(settings.database.url) is None:
            return
        db = Database(settings.database.url, MasterKey(bytes(32)))
        try:
            cluster.same_clock(db)
        finally:
            db.close()
    except CannotDo as error:
        yield Finding(False, "集群 cluster", str(error).rstrip("。"))
    else:
        yield Finding(True, "集群 cluster")


def _key(name: str, key_file: Path) -> Finding:
    what = f"{name}的主密钥 {key_file} master key"
    try:
        mode = stat.S_IMODE(key_file.stat().st_mode)
        MasterKey(bytes.fromhex(key_file.read_text(encoding="ascii").strip()))
    except FileNotFoundError:
        return Finding(False, f"{what} 不见了", "没有它读不出个人信息，请把抄存的主密钥放回原处")
    except (OSError, ValueError):
        return Finding(False, f"{what} 读不出来", "请把抄存的主密钥放回原处")
    if mode & 0o077:
        return Finding(False, f"{what} 别人也能读", f"请运行 chmod 600 {key_file}")
    return Finding(True, f"{what}（请确认另有抄存，且不和备份放在一起 keep a copy elsewhere）")


def _disk(url: str, key_file: Path) -> Finding:
    folder = Path(url.removeprefix("sqlite:///")).absolute().parent if url.startswith("sqlite") else key_file.parent
    while not folder.exists():
        folder = folder.parent
    free = shutil.disk_usage(folder).free
    what = f"磁盘 {folder} 还剩 {free / (1 << 30):.1f} GB disk"
    return Finding(free >= LEAST_FREE, what, "不到 1 GB 了，请清理磁盘")


def _clock(settings: Settings) -> Finding:
    now = datetime.now(settings.station.zoneinfo)
    what = f"时钟 {now:%Y-%m-%d %H:%M}（{settings.station.zone}）clock"
    return Finding(now >= BUILT, what, "时间不对，请校准系统时钟，例如 timedatectl set-ntp true")


def _belonging(db: Database) -> Iterator[Finding]:
    """Groups with and without an area, and whether anybody administers them."""
    with db.read() as session:
        here = Chat.kind != ChatKind.PRIVATE, Chat.state != ChatState.GONE
        bound = session.scalar(select(func.count()).where(*here, Chat.kind != ChatKind.UNBOUND)) or 0
        is_deaf = Chat.account.in_(select(Account.name).where(~Account.hears_groups))
        loose, deaf = (
            session.scalars(select(Chat.title).where(*here, Chat.kind == ChatKind.UNBOUND, which)).all()
            for which in (~is_deaf, is_deaf)
        )
        muted = session.scalars(select(Chat.title).where(Chat.state == ChatState.MUTED, here[0])).all()
        admins = session.scalar(select(func.count()).where(RoleGrant.role == Role.ADMIN)) or 0
        reached = people.anybody_is(session, Role.ADMIN)
    yield Finding(reached, f"管理员 {admins} 人 admins", "还没有管理员，请启动程序，按提示私聊机器人发送 绑定 口令")
    mend = "请把机器人拉进群，由管理员在群里发送 绑定群（要@才听得到的，发送 @机器人 绑定群）"
    yield Finding(bound > 0, f"已绑定 {bound} 个群 groups bound", mend)
    if loose:
        yield Finding(False, f"{len(loose)} 个群没有绑定 unbound：{_listed(loose)}", "请在群里发送 绑定群")
    if deaf:
        what = f"{len(deaf)} 个听不到的群没有绑定 unbound：{_listed(deaf)}"
        yield Finding(False, what, "请管理员私聊机器人发送 绑定群，按提示选群")
    if muted:
        yield Finding(False, f"{len(muted)} 个群里机器人被禁言 muted：{_listed(muted)}", "请群主允许机器人发言")


def _listed(titles: Any) -> str:  # noqa: ANN401 - a sequence of the database's
    shown = [title or "（没有名称）" for title in titles[:5]]
    return "、".join(shown) + ("……" if len(titles) > len(shown) else "")
