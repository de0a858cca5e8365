"""Settings of the station (所里的设置): itself, its records, where it listens, its clocks, how long it keeps."""

from datetime import time
from pathlib import Path
from typing import Any, Literal, Self
from zoneinfo import ZoneInfo

from pydantic import Field, model_validator

from bot.sections import Section, wrong
from bot.setting_types import (
    ClockTime,
    DatabaseUrl,
    Days,
    FilePath,
    HttpUrl,
    Lines,
    OptionalClock,
    OptionalPath,
    Quiet,
    QuietHours,
    Zone,
    is_loopback,
)


def _minutes(default: int, most: int = 1440) -> Any:  # noqa: ANN401 - what Field() itself returns
    return Field(default, ge=1, le=most, description=f"应写 1 到 {most} 之间的整数，单位是分钟")


def _days(default: int) -> Any:  # noqa: ANN401 - what Field() itself returns
    """Days of keeping; the rules allow shorter, never longer."""
    return Field(default, ge=1, le=default, description=f"应写 1 到 {default} 之间的整数，单位是天，只能缩短")


class Station(Section):
    """The police station (派出所) the bot works for."""

    name: str = Field("大侯派出所", min_length=1, max_length=40, description="应写派出所的名称，1 到 40 个字")
    zone: Zone = Field("Asia/Shanghai", description="应写时区名，例如 Asia/Shanghai")
    lines: Lines = Field((), description='应写电话号码的列表，例如 ["0354-1234567"]')
    video_patrol: HttpUrl = Field("", description='应写视频巡查系统的网址，不用就写 ""')
    texts: OptionalPath = Field(None, description='应写替换用语文件的路径，不用就写 ""')
    quiet_hours: Quiet = Field(QuietHours(time(22), time(7)), description="应写成 开始-结束 的钟点，例如 22:00-07:00")

    days_off: Days = Field((), description='应写日期的列表，例如 ["2027-02-05"]')
    days_on: Days = Field((), description='应写日期的列表，例如 ["2027-02-06"]')

    @property
    def zoneinfo(self) -> ZoneInfo:
        """The zone people see times in."""
        return ZoneInfo(self.zone)


class Database(Section):
    """Where records are kept and with which master key (主密钥) they are sealed."""

    url: DatabaseUrl = Field(
        "sqlite:///wangge.db",
        repr=False,
        description="应写数据库地址，例如 sqlite:///wangge.db 或 postgresql://用户:密码@主机/库名",
    )
    synchronous: Literal["NORMAL", "FULL"] = Field("NORMAL", description="应写 NORMAL 或 FULL")
    key_file: FilePath = Field(Path("wangge.key"), description="应写主密钥文件的路径，例如 wangge.key")


class Playground(Section):
    """The playground (演练场) in the browser, a world of its own."""

    enabled: bool | Literal["auto"] = Field("auto", description='应写 true、false 或 "auto"')
    database_url: DatabaseUrl = Field(
        "sqlite:///playground.db", repr=False, description="应写数据库地址，例如 sqlite:///playground.db"
    )
    key_file: FilePath = Field(Path("playground.key"), description="应写主密钥文件的路径，例如 playground.key")


class Listening(Section):
    """Where a process listens: on this machine alone, unless that is meant."""

    host: str = Field("127.0.0.1", min_length=1, description="应写监听的地址，例如 127.0.0.1")
    port: int = Field(8765, ge=1, le=65535, description="应写 1 到 65535 之间的端口号")
    allow_remote: bool = Field(False, description="应写 true 或 false")

    @model_validator(mode="after")
    def _remote_only_on_purpose(self) -> Self:
        if not self.allow_remote and not is_loopback(self.host):
            raise wrong("host", "会让别的机器也能打开，请改回 127.0.0.1，或另写 allow_remote = true")
        return self


class Web(Listening):
    """Where the process listens for browsers and webhooks."""

    public_url: HttpUrl = Field("", description='应写手机能打开的 https 地址，不用就写 ""')
    metrics: Literal["local", "all", "off"] = Field("local", description="应写 local、all 或 off")


class Drill(Listening):
    """A drill (演练) in the browser, a world of its own: `wangge run --drill` opens it, and nothing else."""

    database_url: DatabaseUrl = Field(
        "sqlite:///drill.db", repr=False, description="应写数据库地址，例如 sqlite:///drill.db"
    )
    key_file: FilePath = Field(Path("drill.key"), description="应写主密钥文件的路径，例如 drill.key")
    port: int = Field(8766, ge=1, le=65535, description="应写 1 到 65535 之间的端口号")


class Incidents(Section):
    """Clocks of a report nobody takes (没人接单)."""

    untaken_minutes: int = _minutes(15)
    desk_minutes: int = _minutes(60)
    help_untaken_minutes: int = _minutes(2)
    help_desk_minutes: int = _minutes(5)
    withdraw_minutes: int = _minutes(10)

    @model_validator(mode="after")
    def _desk_hears_last(self) -> Self:
        if self.desk_minutes <= self.untaken_minutes:
            raise wrong("desk_minutes", "应比 untaken_minutes 大")
        if self.help_desk_minutes <= self.help_untaken_minutes:
            raise wrong("help_desk_minutes", "应比 help_untaken_minutes 大")
        return self


class Searches(Section):
    """Clock of a missing-person search (寻人)."""

    verify_minutes: int = _minutes(10)


class Bulletins(Section):
    """Approval of bulletins; the limits are rules, a station may only be stricter."""

    confirm_groups: int = Field(5, ge=0, le=5, description="应写 0 到 5 之间的整数，单位是群，只能更严")
    approval_minutes: int = _minutes(30, most=30)
    send_within_minutes: int = _minutes(10, most=10)


class Retention(Section):
    """How long things are kept (保存期限)."""

    tips_days: int = _days(90)
    photos_days: int = _days(3)
    outbox_days: int = _days(1)
    searches_days: int = _days(30)
    suspects_days: int = _days(30)
    bulletins_days: int = _days(180)


class Audit(Section):
    """The audit chain (审计链)."""

    anchor_at: ClockTime = Field(time(8), description="应写每天的钟点，例如 08:00")


class Weekly(Section):
    """The weekly figures (周报)."""

    at: OptionalClock = Field(time(16), description='应写每周的钟点，例如 16:00；不自动发就写 ""')
    on: Literal["周一", "周二", "周三", "周四", "周五", "周六", "周日"] = Field(
        "周五", description="应写 周一、周二、周三、周四、周五、周六、周日 之一"
    )
    kinds: Lines = Field(
        ("警情", "刑事", "电诈", "行政", "盗窃", "纠纷类警情"),
        description='应写项目名称的列表，例如 ["警情", "电诈"]',
    )

    @model_validator(mode="after")
    def _kinds_can_be_told_apart(self) -> Self:
        if not 1 <= len(self.kinds) <= 20 or len(set(self.kinds)) < len(self.kinds):
            raise wrong("kinds", "应有 1 到 20 项，不能重复")
        if any(not 2 <= len(one) <= 12 or any(sign.isdecimal() for sign in one) for one in self.kinds):
            raise wrong("kinds", "每项应是 2 到 12 个字，不带数字")
        return self


class Cluster(Section):
    """Several processes at work for the same real groups (集群), on PostgreSQL."""

    enabled: bool = Field(False, description="应写 true 或 false")


class Logs(Section):
    """What the process writes about itself."""

    level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = Field(
        "INFO", description="应写 DEBUG、INFO、WARNING 或 ERROR"
    )
    format: Literal["text", "json"] = Field("text", description="应写 text 或 json")
