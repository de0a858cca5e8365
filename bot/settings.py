"""Settings (设置): one TOML file, every key defaulted, any key overridable from the environment.

pydantic-settings reads and merges the two sources. What it lacks is added here: each refusal names where the bad
value stands (file or variable) and never shows it (it may be a secret), and a misspelt ``WANGGE_`` variable stops
the start like a misspelt key does.
"""

import os
import re
import tomllib
from collections.abc import Iterator, Mapping
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import time
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any, Literal, Self
from zoneinfo import ZoneInfo

from pydantic import Field, ValidationError, model_validator
from pydantic_core import ErrorDetails
from pydantic_settings import (
    BaseSettings,
    EnvSettingsSource,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)
from rapidfuzz import fuzz, process

from bot.channel_settings import (
    ChannelSection,
    CustomerGroup,
    OfficialAccount,
    Relay,
    Telegram,
    Wecom,
    WecomAibot,
    WecomApp,
    WecomRobot,
)
from bot.sections import Section, wrong
from bot.setting_types import (
    FOLDER,
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

DEFAULT_FILE = "config.toml"
EXAMPLE_FILE = "config.example.toml"
ENV_PREFIX = "WANGGE_"


class SettingsError(Exception):
    """The settings can't be used; its text is one Chinese sentence: place, key and mend, no values."""


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


class _FromFile(TomlConfigSettingsSource):
    """The file as a source: whatever is wrong with it is said in one sentence."""

    def _read_file(self, path: Path | Traversable) -> dict[str, Any]:
        return _read(Path(str(path)))


class _FromVariables(EnvSettingsSource):
    """The known variables of the environment as a source."""

    def _load_env_vars(self) -> Mapping[str, str | None]:
        reading = _READING.get()
        return {name.lower(): text for name, text in (reading.variables if reading else {}).items()}


@dataclass(frozen=True)
class _Reading:
    """What is being read: the settings file and the known variables."""

    file: Path
    variables: Mapping[str, str]


_READING: ContextVar[_Reading | None] = ContextVar("reading", default=None)


class Settings(BaseSettings):
    """Everything a station can set; ``Settings()`` is the defaults and reads neither file nor environment."""

    model_config = SettingsConfigDict(
        extra="forbid",
        frozen=True,
        validate_default=True,
        hide_input_in_errors=True,
        env_prefix=ENV_PREFIX,
        env_nested_delimiter="__",
        enable_decoding=False,
    )

    station: Station = Station()
    database: Database = Database()
    telegram: Telegram = Telegram()
    wecom: Wecom = Wecom()
    wecom_aibot: WecomAibot = WecomAibot()
    wecom_robot: WecomRobot = WecomRobot()
    wecom_app: WecomApp = WecomApp()
    official_account: OfficialAccount = OfficialAccount()
    customer_group: CustomerGroup = CustomerGroup()
    relay: Relay = Relay()
    playground: Playground = Playground()
    drill: Drill = Drill()
    web: Web = Web()
    incidents: Incidents = Incidents()
    searches: Searches = Searches()
    bulletins: Bulletins = Bulletins()
    retention: Retention = Retention()
    audit: Audit = Audit()
    weekly: Weekly = Weekly()
    cluster: Cluster = Cluster()
    logs: Logs = Logs()

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Variables before the file, where `load_settings` reads them; else only what is handed in."""
        reading = _READING.get()
        if reading is None:
            return (init_settings,)
        return init_settings, _FromVariables(settings_cls), _FromFile(settings_cls, reading.file)

    @property
    def has_real_channel(self) -> bool:
        """Whether a channel that reaches real people is configured."""
        sections = (getattr(self, name) for name in type(self).model_fields)
        return any(section.on for section in sections if isinstance(section, ChannelSection))

    @property
    def playground_on(self) -> bool:
        """Whether the playground is served: as set, else only where no real channel is configured."""
        if self.playground.enabled == "auto":
            return not self.has_real_channel
        return self.playground.enabled


def load_settings(path: Path | None = None, env: Mapping[str, str] | None = None) -> Settings:
    """Read the settings from a TOML file and the environment, the environment winning.

    Args:
        path: the file, which then must exist; None takes ``config.toml`` of the current directory if there.
        env: the variables to look through for ``WANGGE_SECTION__KEY``; None takes the process's own.

    Raises:
        SettingsError: one sentence for the person who starts the program.
    """
    file = path or Path(DEFAULT_FILE)
    if path is not None and not file.exists():
        raise SettingsError(f"找不到设置文件 {file}，请检查路径，或把 {EXAMPLE_FILE} 复制成这个文件。")
    if file.exists() and not file.is_file():
        raise SettingsError(f"读不了设置文件 {file}（不是文件），请检查路径。")
    variables = dict(_variables(os.environ if env is None else env))
    reading = _READING.set(_Reading(file, {name: text for name, text in variables.values()}))
    folder = FOLDER.set(file.absolute().parent)
    try:
        # Sections are handed in empty, so that even defaults are validated within the file's folder.
        return Settings(**{section: {} for section in Settings.model_fields})  # type: ignore[arg-type]
    except ValidationError as error:
        # "from None": the library's own error would show the refused values in a traceback.
        names = {place: name for place, (name, _) in variables.items()}
        raise SettingsError(_sentence(error.errors(include_input=False), file, names)) from None
    finally:
        _READING.reset(reading)
        FOLDER.reset(folder)


def _read(file: Path) -> dict[str, Any]:
    try:
        content = tomllib.loads(file.read_text(encoding="utf-8-sig"))
    except UnicodeDecodeError:
        raise SettingsError(f"{file} 不是 UTF-8 文字，请用 UTF-8 编码另存一次。") from None
    except tomllib.TOMLDecodeError as error:
        spot = re.search(r"at line (\d+)", str(error))
        line = f"第 {spot[1]} 行" if spot else "末尾"
        raise SettingsError(
            f"{file} {line}不合 TOML 的写法，请对照 {EXAMPLE_FILE} 改正（文字要加英文引号，一个键只写一次）。"
        ) from None
    except OSError as error:
        raise SettingsError(f"读不了设置文件 {file}（{error.strerror}），请检查它的权限。") from None
    for section, keys in content.items():
        if section not in Settings.model_fields:
            raise SettingsError(f"{file} 里的 {section[:40]} 不认识，{_instead(section)}。")
        if not isinstance(keys, dict):
            raise SettingsError(f"{file} 里的 {section} 应是一节，请改写成 [{section}] 一行，键写在它下面。")
    return content


def _variables(env: Mapping[str, str]) -> Iterator[tuple[tuple[str, str], tuple[str, str]]]:
    """Yield ((section, key), (variable, text)) of each setting in the environment, refusing unknown ones."""
    known = {f"{ENV_PREFIX}{s}__{k}".upper(): (s, k) for s, k in _keys()}
    for name in sorted(env):
        if not name.startswith(ENV_PREFIX):
            continue
        if name not in known:
            near = process.extractOne(name, list(known), scorer=fuzz.ratio, score_cutoff=75)
            mend = f"请改成 {near[0]}，或取消它" if near else f"请取消它（写法见 {EXAMPLE_FILE}）"
            raise SettingsError(f"环境变量 {name[:60]} 不认识，{mend}。")
        yield known[name], (name, env[name])


def _section(name: str) -> type[Section]:
    kind = Settings.model_fields[name].annotation
    assert isinstance(kind, type)  # noqa: S101 - every field of Settings is a section
    assert issubclass(kind, Section)  # noqa: S101
    return kind


def _keys() -> Iterator[tuple[str, str]]:
    for section in Settings.model_fields:
        for key in _section(section).model_fields:
            yield section, key


def _instead(name: str, section: str | None = None) -> str:
    """Say what was meant by an unknown key (within its section) or an unknown top-level name."""
    keys = list(_keys())
    if section is None:
        near = process.extractOne(name, list(Settings.model_fields), scorer=fuzz.ratio, score_cutoff=60)
        if near:
            return f"请改成 [{near[0]}]，或删掉它"
    else:
        own = [key for s, key in keys if s == section]
        near = process.extractOne(name, own, scorer=fuzz.ratio, score_cutoff=60)
        if near:
            return f"请改成 {near[0]}，或删掉这一行"
    elsewhere = next((s for s, key in keys if key == name), None)
    if elsewhere:
        return f"请移到 [{elsewhere}] 一节下面，或删掉这一行"
    return f"请删掉它（能写的都在 {EXAMPLE_FILE} 里）"


def _sentence(errors: list[ErrorDetails], file: Path, variables: Mapping[tuple[str, str], str]) -> str:
    """Turn the first of the errors into a sentence; the number of the others follows in brackets."""
    first = errors[0]
    context = first.get("ctx", {})
    section = str(first["loc"][0])
    key = str(context["key"] if first["type"] == "together" else first["loc"][1])
    name = variables.get((section, key))
    where = f"环境变量 {name}" if name else f"{file} 里的 {section}.{key[:40]}"
    places = {error["loc"][:2] for error in errors}
    others = f"（另有 {len(places) - 1} 处也要改）" if len(places) > 1 else ""
    if first["type"] == "extra_forbidden":
        return f"{where} 不认识，{_instead(key, section)}{others}。"
    if first["type"] == "together":
        return f"{where} {context['hint']}{others}。"
    return f"{where} 写错了，{_section(section).model_fields[key].description}，改好后再启动{others}。"
