"""The kinds of values a setting may hold; each refuses what can't be meant, never naming the value."""

import re
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import date, time
from ipaddress import ip_address
from pathlib import Path
from typing import Annotated, Self
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator, BeforeValidator, SecretStr


@dataclass(frozen=True)
class QuietHours:
    """Quiet hours (免打扰时段) of a station's day, which may run over midnight; equal ends mean none."""

    start: time
    end: time

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read ``22:00-07:00``; raises ValueError on anything else."""
        found = re.fullmatch(r"\s*(\d{1,2}):(\d{2})\s*[-–—~～]\s*(\d{1,2}):(\d{2})\s*", text)
        if found is None:
            raise ValueError("not HH:MM-HH:MM")
        h1, m1, h2, m2 = (int(part) for part in found.groups())
        return cls(time(h1, m1), time(h2, m2))

    def covers(self, at: time) -> bool:
        """Tell whether a local wall-clock time lies within the quiet hours (end excluded)."""
        if self.start <= self.end:
            return self.start <= at < self.end
        return at >= self.start or at < self.end


def _quiet_hours(value: object) -> object:
    return QuietHours.parse(value) if isinstance(value, str) else value


def _clock_time(value: object) -> object:
    """Read ``08:00``; raises ValueError on anything else."""
    if not isinstance(value, str):
        return value
    found = re.fullmatch(r"\s*(\d{1,2}):(\d{2})\s*", value)
    if found is None:
        raise ValueError("not HH:MM")
    return time(int(found[1]), int(found[2]))


def _zone(value: str) -> str:
    try:
        ZoneInfo(value)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise ValueError("no such zone") from error
    return value


def _listed(value: object) -> object:
    """An environment variable holds one text; a list is written in it with commas."""
    if isinstance(value, str):
        return [part.strip() for part in re.split(r"[,，]", value) if part.strip()]
    return value


def _empty_is_none(value: object) -> object:
    return None if value == "" else value


FOLDER: ContextVar[Path | None] = ContextVar("folder", default=None)
"""The folder of the settings file while settings are read; pydantic-settings hands no context to validators."""


def _beside_settings(value: Path | None) -> Path | None:
    """A relative path starts at the folder of the settings file, wherever the program was started."""
    folder = FOLDER.get()
    return folder / value if value is not None and folder is not None else value


def _database_url(value: str) -> str:
    """Accept SQLite and PostgreSQL addresses; the driver is ours to choose."""
    for plain in ("postgresql://", "postgres://"):
        if value.startswith(plain):
            value = "postgresql+psycopg://" + value.removeprefix(plain)
    if not value.startswith(("sqlite:///", "postgresql+psycopg://")):
        raise ValueError("no database address")
    return value


def _http_url(value: str) -> str:
    if value:
        parts = urlsplit(value)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise ValueError("no http address")
    return value.rstrip("/")


def _proxy_url(value: str) -> str:
    if value and (urlsplit(value).scheme not in ("http", "https", "socks5", "socks5h") or "//" not in value):
        raise ValueError("no proxy address")
    return value


def _bot_token(value: SecretStr) -> SecretStr:
    if value.get_secret_value() and not re.fullmatch(r"\d+:[A-Za-z0-9_-]+", value.get_secret_value()):
        raise ValueError("no bot token")
    return value


def _webhook_secret(value: SecretStr) -> SecretStr:
    if not re.fullmatch(r"[A-Za-z0-9_-]{0,256}", value.get_secret_value()):
        raise ValueError("no webhook secret")
    return value


def _callback_token(value: SecretStr) -> SecretStr:
    if not re.fullmatch(r"[A-Za-z0-9]{0,32}", value.get_secret_value()):
        raise ValueError("no callback token")
    return value


def _aes_key(value: SecretStr) -> SecretStr:
    if not re.fullmatch(r"([A-Za-z0-9+/]{43})?", value.get_secret_value()):
        raise ValueError("no EncodingAESKey")
    return value


def _socket_url(value: str) -> str:
    parts = urlsplit(value)
    if parts.scheme not in ("ws", "wss") or not parts.hostname:
        raise ValueError("no socket address")
    return value


@dataclass(frozen=True)
class RobotGroup:
    """A group with a push webhook (消息推送): its name, and the key that is a secret like any password."""

    name: str
    key: SecretStr


def _robot_groups(value: object) -> object:
    """Read `群名=key` each, in which a name may hold anything but `=`."""
    found = []
    for one in value if isinstance(value := _listed(value), list | tuple) else [value]:
        name, sign, key = one.partition("=") if isinstance(one, str) else ("", "", "")
        if not name.strip() or not sign or not re.fullmatch(r"[A-Za-z0-9_-]{8,128}", key.strip()):
            raise ValueError("no 群名=key")
        found.append(RobotGroup(name.strip(), SecretStr(key.strip())))
    return tuple(found)


def is_loopback(host: str) -> bool:
    """Tell whether a listening address can be reached from this machine only."""
    try:
        return ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host == "localhost"


Zone = Annotated[str, AfterValidator(_zone)]
Lines = Annotated[tuple[str, ...], BeforeValidator(_listed)]
Days = Annotated[tuple[date, ...], BeforeValidator(_listed)]
FilePath = Annotated[Path, AfterValidator(_beside_settings)]
OptionalPath = Annotated[Path | None, BeforeValidator(_empty_is_none), AfterValidator(_beside_settings)]
DatabaseUrl = Annotated[str, AfterValidator(_database_url)]
HttpUrl = Annotated[str, AfterValidator(_http_url)]
ProxyUrl = Annotated[str, AfterValidator(_proxy_url)]
BotToken = Annotated[SecretStr, AfterValidator(_bot_token)]
WebhookSecret = Annotated[SecretStr, AfterValidator(_webhook_secret)]
ClockTime = Annotated[time, BeforeValidator(_clock_time)]
OptionalClock = Annotated[time | None, BeforeValidator(_clock_time), BeforeValidator(_empty_is_none)]
Quiet = Annotated[QuietHours, BeforeValidator(_quiet_hours)]
CallbackToken = Annotated[SecretStr, AfterValidator(_callback_token)]
AesKey = Annotated[SecretStr, AfterValidator(_aes_key)]
SocketUrl = Annotated[str, AfterValidator(_socket_url)]
RobotGroups = Annotated[tuple[RobotGroup, ...], BeforeValidator(_robot_groups)]
