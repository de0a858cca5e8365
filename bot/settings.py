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
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any

from pydantic import ValidationError
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
from bot.sections import Section
from bot.setting_types import FOLDER
from bot.station_settings import (
    Audit,
    Bulletins,
    Cluster,
    Database,
    Drill,
    Incidents,
    Logs,
    Playground,
    Retention,
    Searches,
    Station,
    Web,
    Weekly,
)

DEFAULT_FILE = "config.toml"
EXAMPLE_FILE = "config.example.toml"
ENV_PREFIX = "WANGGE_"


class SettingsError(Exception):
    """The settings can't be used; its text is one Chinese sentence: place, key and mend, no values."""


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
