"""The settings: defaults that run, refusals that help, secrets that stay hidden."""

import re
import tomllib
import traceback
from datetime import time
from pathlib import Path
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr, ValidationError

from bot.setting_types import QuietHours, is_loopback
from bot.settings import EXAMPLE_FILE, Settings, SettingsError, load_settings

EXAMPLE = Path(__file__).parents[2] / EXAMPLE_FILE
KEYS = [(section, key) for section in Settings.model_fields for key in type(getattr(Settings(), section)).model_fields]

TOML_MEND = "不合 TOML 的写法，请对照 config.example.toml 改正（文字要加英文引号，一个键只写一次）。"


def write(folder: Path, text: str) -> Path:
    """Put a settings file into a folder."""
    file = folder / "config.toml"
    file.write_text(text, encoding="utf-8")
    return file


def refusal(folder: Path, text: str, env: dict[str, str] | None = None) -> str:
    """Load a bad file; hand back the sentence, without the folder and checked to be one sentence."""
    file = write(folder, text)
    with pytest.raises(SettingsError) as caught:
        load_settings(file, env or {})
    sentence = str(caught.value).replace(str(file), "config.toml")
    assert sentence.endswith("。")
    assert sentence.count("。") == 1
    assert "\n" not in sentence
    return sentence


def test_without_file_and_variables_the_playground_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    settings = load_settings(env={})
    assert settings.playground_on
    assert not settings.has_real_channel
    assert settings.database.url == "sqlite:///wangge.db"
    assert settings.database.key_file == tmp_path / "wangge.key"
    assert settings.station.zoneinfo.key == "Asia/Shanghai"
    assert settings.station.quiet_hours == QuietHours(time(22), time(7))
    assert settings.incidents.untaken_minutes == 15
    assert settings.telegram.methods_url == "https://api.telegram.org/bot"
    assert settings.telegram.files_url == "https://api.telegram.org/file/bot"


def test_the_process_environment_is_the_default(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("WANGGE_WEB__PORT", "9001")
    assert load_settings().web.port == 9001


def test_config_toml_of_the_current_directory_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path, '[station]\nname = "青山派出所"')
    monkeypatch.chdir(tmp_path)
    assert load_settings(env={}).station.name == "青山派出所"


def test_the_environment_wins_over_the_file(tmp_path: Path) -> None:
    file = write(tmp_path, '[telegram]\ntoken = "1:file"\n[web]\nport = 1000\nhost = "::1"')
    settings = load_settings(file, {"WANGGE_TELEGRAM__TOKEN": "2:env", "WANGGE_WEB__PORT": "2000", "HOME": "/"})
    assert settings.telegram.token == SecretStr("2:env")
    assert settings.web.port == 2000
    assert settings.web.host == "::1"


def test_lists_and_switches_from_the_environment() -> None:
    env = {"WANGGE_STATION__LINES": "0354-1234567， 110", "WANGGE_PLAYGROUND__ENABLED": "true"}
    settings = load_settings(env=env)
    assert settings.station.lines == ("0354-1234567", "110")
    assert settings.playground.enabled is True


@pytest.mark.parametrize(
    ("token", "enabled", "on"),
    [
        ("", '"auto"', True),
        ("1:a", '"auto"', False),
        ("1:a", "true", True),
        ("", "false", False),
    ],
)
def test_the_playground_gives_way_to_a_real_channel(tmp_path: Path, token: str, enabled: str, on: bool) -> None:
    file = write(tmp_path, f'[telegram]\ntoken = "{token}"\n[playground]\nenabled = {enabled}')
    assert load_settings(file, {}).playground_on is on


def test_relative_files_lie_beside_the_settings(tmp_path: Path) -> None:
    file = write(tmp_path, '[station]\ntexts = "ours.toml"\n[database]\nkey_file = "/etc/wangge.key"')
    settings = load_settings(file, {})
    assert settings.station.texts == tmp_path / "ours.toml"
    assert settings.database.key_file == Path("/etc/wangge.key")
    assert settings.playground.key_file == tmp_path / "playground.key"


@pytest.mark.parametrize("scheme", ["postgres", "postgresql", "postgresql+psycopg"])
def test_postgresql_addresses_get_their_driver(tmp_path: Path, scheme: str) -> None:
    file = write(tmp_path, f'[database]\nurl = "{scheme}://u:p@h/db"')
    assert load_settings(file, {}).database.url == "postgresql+psycopg://u:p@h/db"


def test_a_bot_api_server_of_ones_own(tmp_path: Path) -> None:
    file = write(tmp_path, '[telegram]\napi_base_url = "http://127.0.0.1:8081/"\nproxy = "socks5://h:1"')
    assert load_settings(file, {}).telegram.methods_url == "http://127.0.0.1:8081/bot"


def test_a_complete_webhook_is_accepted(tmp_path: Path) -> None:
    text = '[telegram]\nmode = "webhook"\nwebhook_url = "https://a.example/t"\nwebhook_secret = "s3"'
    assert load_settings(write(tmp_path, text), {}).telegram.webhook_url == "https://a.example/t"


def test_listening_to_others_on_purpose(tmp_path: Path) -> None:
    file = write(tmp_path, '[web]\nhost = "0.0.0.0"\nallow_remote = true')
    assert load_settings(file, {}).web.host == "0.0.0.0"


def test_a_byte_order_mark_does_no_harm(tmp_path: Path) -> None:
    file = tmp_path / "config.toml"
    file.write_bytes(b"\xef\xbb\xbf[web]\r\nport = 99\r\n")
    assert load_settings(file, {}).web.port == 99


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (
            '[telegram]\ntokn = "1:a"',
            "config.toml 里的 telegram.tokn 不认识，请改成 token，或删掉这一行。",
        ),
        (
            '[telegramm]\ntoken = "1:a"',
            "config.toml 里的 telegramm 不认识，请改成 [telegram]，或删掉它。",
        ),
        ('token = "1:a"', "config.toml 里的 token 不认识，请移到 [telegram] 一节下面，或删掉这一行。"),
        (
            '[web]\ntoken = "1:a"',
            "config.toml 里的 web.token 不认识，请移到 [telegram] 一节下面，或删掉这一行。",
        ),
        (
            "[web]\nqqqq = 1",
            "config.toml 里的 web.qqqq 不认识，请删掉它（能写的都在 config.example.toml 里）。",
        ),
        ("web = 1", "config.toml 里的 web 应是一节，请改写成 [web] 一行，键写在它下面。"),
        (
            "[web]\nport = 99999",
            "config.toml 里的 web.port 写错了，应写 1 到 65535 之间的端口号，改好后再启动。",
        ),
        (
            "[web]\nport = 0\nallow_remote = 7",
            "config.toml 里的 web.port 写错了，应写 1 到 65535 之间的端口号，改好后再启动（另有 1 处也要改）。",
        ),
        (
            '[web]\nhost = "0.0.0.0"',
            "config.toml 里的 web.host 会让别的机器也能打开，请改回 127.0.0.1，或另写 allow_remote = true。",
        ),
        (
            '[telegram]\nmode = "webhook"\nwebhook_url = "http://a"',
            "config.toml 里的 telegram.webhook_url 在 webhook 方式下必须写 https:// 开头的公网地址。",
        ),
        (
            '[telegram]\nmode = "webhook"\nwebhook_url = "https://a"',
            "config.toml 里的 telegram.webhook_secret 在 webhook 方式下必须写一串自定的英文字母和数字。",
        ),
        (
            "[incidents]\ndesk_minutes = 15",
            "config.toml 里的 incidents.desk_minutes 应比 untaken_minutes 大。",
        ),
        (
            "[incidents]\nhelp_desk_minutes = 1",
            "config.toml 里的 incidents.help_desk_minutes 应比 help_untaken_minutes 大。",
        ),
        (
            "[retention]\ntips_days = 91",
            "config.toml 里的 retention.tips_days 写错了，应写 1 到 90 之间的整数，单位是天，只能缩短，改好后再启动。",
        ),
        (
            "[bulletins]\napproval_minutes = 31",
            "config.toml 里的 bulletins.approval_minutes 写错了，应写 1 到 30 之间的整数，单位是分钟，改好后再启动。",
        ),
        (
            '[station]\nlines = [["110"]]',
            'config.toml 里的 station.lines 写错了，应写电话号码的列表，例如 ["0354-1234567"]，改好后再启动。',
        ),
        (
            '[playground]\nenabled = "maybe"',
            'config.toml 里的 playground.enabled 写错了，应写 true、false 或 "auto"，改好后再启动。',
        ),
        (
            "[web]\nport = 1\nport = 2\n\n",
            "config.toml 第 3 行" + TOML_MEND,
        ),
        (
            "[web\nport = 1",
            "config.toml 第 1 行" + TOML_MEND,
        ),
        (
            '[station]\nname = "没完',
            "config.toml 末尾" + TOML_MEND,
        ),
    ],
)
def test_a_bad_file_is_refused_in_one_sentence(tmp_path: Path, text: str, sentence: str) -> None:
    assert refusal(tmp_path, text) == sentence


@pytest.mark.parametrize(
    ("variable", "value", "sentence"),
    [
        (
            "WANGGE_TELEGRAM_TOKEN",
            "1:a",
            "环境变量 WANGGE_TELEGRAM_TOKEN 不认识，请改成 WANGGE_TELEGRAM__TOKEN，或取消它。",
        ),
        ("WANGGE_Q", "1", "环境变量 WANGGE_Q 不认识，请取消它（写法见 config.example.toml）。"),
        (
            "WANGGE_LOGS__LEVEL",
            "LOUD",
            "环境变量 WANGGE_LOGS__LEVEL 写错了，应写 DEBUG、INFO、WARNING 或 ERROR，改好后再启动。",
        ),
    ],
)
def test_a_bad_variable_is_refused_in_one_sentence(tmp_path: Path, variable: str, value: str, sentence: str) -> None:
    assert refusal(tmp_path, "", {variable: value}) == sentence


@pytest.mark.parametrize(
    ("section", "key", "value"),
    [
        ("station", "zone", "Asia/Nowhere"),
        ("station", "zone", "../etc/passwd"),
        ("station", "zone", "Europe"),
        ("station", "name", ""),
        ("station", "quiet_hours", "25:00-07:00"),
        ("station", "quiet_hours", "always"),
        ("database", "url", "mysql://h/db"),
        ("database", "synchronous", "OFF"),
        ("telegram", "api_base_url", "bot.example"),
        ("telegram", "api_base_url", ""),
        ("telegram", "proxy", "127.0.0.1:1080"),
        ("telegram", "webhook_secret", "汉字"),
        ("telegram", "mode", "push"),
    ],
)
def test_each_bad_value_names_its_key(tmp_path: Path, section: str, key: str, value: str) -> None:
    sentence = refusal(tmp_path, f'[{section}]\n{key} = "{value}"')
    assert sentence.startswith(f"config.toml 里的 {section}.{key} 写错了，应")
    assert not value or value not in sentence.removeprefix(f"config.toml 里的 {section}.{key}")


def test_a_file_asked_for_must_exist(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"找不到设置文件 .*nothing\.toml，请检查路径"):
        load_settings(tmp_path / "nothing.toml", {})


def test_a_folder_is_no_file(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="读不了设置文件"):
        load_settings(tmp_path, {})


def test_a_file_in_another_encoding(tmp_path: Path) -> None:
    file = tmp_path / "config.toml"
    file.write_bytes('[station]\nname = "派出所"'.encode("gb18030"))
    with pytest.raises(SettingsError, match="请用 UTF-8 编码另存一次"):
        load_settings(file, {})


SECRET = "Hunter2-geheim"  # what must never be seen


@pytest.mark.parametrize(
    "text",
    [
        f'[telegram]\ntoken = "{SECRET} with blanks"',
        f'[telegram]\ntoken = "1:{SECRET}',
        f'[telegram]\ntoken = ["{SECRET}"]',
        f'[telegram]\nwebhook_secret = "{SECRET}!"',
        f'[telegram]\nproxy = "ftp://user:{SECRET}@h"',
        f'[database]\nurl = "mysql://user:{SECRET}@h/db"',
        f'[telegram]\nmode = "webhook"\ntoken = "1:{SECRET}"',
    ],
)
def test_a_refused_secret_is_in_no_message_and_no_traceback(tmp_path: Path, text: str) -> None:
    file = write(tmp_path, text)
    with pytest.raises(SettingsError) as caught:
        load_settings(file, {})
    shown = "".join(traceback.format_exception(caught.value))
    assert SECRET not in shown
    assert SECRET not in repr(caught.value)


def test_an_accepted_secret_is_in_no_repr(tmp_path: Path) -> None:
    file = write(
        tmp_path,
        f'[telegram]\ntoken = "1:{SECRET}"\nwebhook_secret = "{SECRET}"\nproxy = "http://u:{SECRET}@h"\n'
        f'[database]\nurl = "postgresql://u:{SECRET}@h/db"\n'
        f'[playground]\ndatabase_url = "postgresql://u:{SECRET}@h/db2"',
    )
    settings = load_settings(file, {})
    assert SECRET in settings.database.url
    assert SECRET not in f"{settings!r} {settings} {settings.telegram!r} {settings.telegram.token}"


def test_settings_do_not_change_under_way() -> None:
    with pytest.raises(ValidationError):
        Settings().web.port = 1  # type: ignore[misc]


@pytest.mark.parametrize(
    ("hours", "at", "quiet"),
    [
        ("22:00-07:00", time(22), True),
        ("22:00-07:00", time(3), True),
        ("22:00-07:00", time(7), False),
        ("22:00-07:00", time(12), False),
        ("12:00～14:30", time(14, 29), True),
        ("12:00-14:30", time(14, 30), False),
        ("00:00-00:00", time(0), False),
    ],
)
def test_quiet_hours_run_over_midnight(hours: str, at: time, quiet: bool) -> None:
    assert QuietHours.parse(hours).covers(at) is quiet


@given(st.times(), st.times(), st.times())
def test_quiet_hours_and_their_complement_share_no_minute(start: time, end: time, at: time) -> None:
    hours, rest = QuietHours(start, end), QuietHours(end, start)
    assert (hours.covers(at) != rest.covers(at)) or start == end


@pytest.mark.parametrize(
    ("host", "here"),
    [
        ("localhost", True),
        ("127.0.0.9", True),
        ("[::1]", True),
        ("0.0.0.0", False),
        ("wangge.example", False),
    ],
)
def test_loopback(host: str, here: bool) -> None:
    assert is_loopback(host) is here


def example_without_comment_signs() -> str:
    """The example as someone would have it who switches every default on."""
    return re.sub(r"(?m)^# (?=[a-z_]+ = )", "", EXAMPLE.read_text(encoding="utf-8"))


def test_the_example_as_it_stands_changes_nothing(tmp_path: Path) -> None:
    here = write(tmp_path, EXAMPLE.read_text(encoding="utf-8"))
    assert load_settings(here, {}) == load_settings(write(tmp_path, ""), {})


def test_the_example_shows_every_key_with_its_default(tmp_path: Path) -> None:
    shown = tomllib.loads(example_without_comment_signs())
    assert [(section, key) for section, keys in shown.items() for key in keys] == KEYS
    full = load_settings(write(tmp_path, example_without_comment_signs()), {})
    assert full == load_settings(write(tmp_path, ""), {})


def test_the_example_explains_in_both_languages() -> None:
    for block in EXAMPLE.read_text(encoding="utf-8").split("\n\n"):
        assert re.search(r"[一-鿿]", block), block
        assert re.search(r"# .*[A-Za-z]{3}", block), block


@pytest.mark.parametrize(("section", "key"), KEYS)
def test_every_key_says_how_to_mend_it(section: str, key: str) -> None:
    field = type(getattr(Settings(), section)).model_fields[key]
    assert field.description is not None
    assert field.description.startswith("应")
    for choice in get_args(field.annotation):
        if isinstance(choice, str):
            assert choice in field.description
