"""The doctor: each finding is one line with its mend, no secret among them."""

import json
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest

from bot import doctor
from bot.worlds import open_world
from handlers.membership import importing
from storage import accounts, areas, chats, people
from storage.areas import Level
from storage.chats import ChatKind, ChatState
from storage.people import Role
from storage.worlds import WorldKind

TOKEN = "123456789:AAaaBBbbCCccDDddEEeeFFffGGggHHhh"
ME = {"username": "grid_bot", "can_join_groups": True, "can_read_all_group_messages": True}


@pytest.fixture(autouse=True)
def _own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def platform() -> Iterator[dict[str, Any]]:
    """A Bot API that answers getMe with what is put here."""
    said: dict[str, Any] = {"body": {"ok": True, "result": ME}}

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = json.dumps(said["body"]).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def date_time_string(self, timestamp: float | None = None) -> str:
            return str(said.get("date") or super().date_time_string(timestamp))

        def log_message(self, *_args: object) -> None:
            """Say nothing."""

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    said["url"] = f"http://127.0.0.1:{server.server_port}"
    yield said
    server.shutdown()
    thread.join()
    server.server_close()


def look(env: dict[str, str]) -> dict[bool, str]:
    """The lines that are fine and those that are not."""
    findings = doctor.examine(None, env)
    lines = "\n".join(finding.line for finding in findings)
    assert TOKEN not in lines
    return {fine: "\n".join(one.line for one in findings if one.fine is fine) for fine in (True, False)}


def real(platform: dict[str, Any]) -> dict[str, str]:
    """Variables for a bot on this platform."""
    return {"WANGGE_TELEGRAM__TOKEN": TOKEN, "WANGGE_TELEGRAM__API_BASE_URL": platform["url"]}


def test_a_fresh_folder_is_well() -> None:
    seen = look({})
    assert seen[False] == ""
    assert "第一次启动时会自动建" in seen[True]
    assert not list(Path().iterdir()), "looking makes nothing"


def test_a_playground_at_work_is_well() -> None:
    open_world(WorldKind.PLAYGROUND, "sqlite:///playground.db", Path("playground.key")).db.close()
    seen = look({})
    assert seen[False] == ""
    assert "✓ 演练场的数据库 playground.db，版本" in seen[True]


@pytest.mark.parametrize(
    ("spoil", "mend"),
    [
        (lambda: Path("playground.key").chmod(0o644), "chmod 600"),
        (lambda: Path("playground.key").unlink(), "请把抄存的主密钥放回原处"),
        (lambda: Path("playground.key").write_text("x"), "请把抄存的主密钥放回原处"),
        (lambda: Path("playground.db").write_bytes(b"no database" * 500), "放回备份"),
    ],
)
def test_what_is_spoilt_is_found(spoil: Any, mend: str) -> None:  # noqa: ANN401 - any call
    open_world(WorldKind.PLAYGROUND, "sqlite:///playground.db", Path("playground.key")).db.close()
    spoil()
    seen = look({})
    assert mend in seen[False]
    assert seen[False].startswith("✗")


@pytest.mark.parametrize(("version", "mend"), [("0000", "请运行 wangge db upgrade"), ("9999", "请升级本程序")])
def test_a_database_of_another_age(version: str, mend: str) -> None:
    from sqlalchemy import text

    world = open_world(WorldKind.PLAYGROUND, "sqlite:///playground.db", Path("playground.key"))
    with world.db.write() as session:
        session.execute(text("UPDATE alembic_version SET version_num = :v"), {"v": version})
    world.db.close()
    assert mend in look({})[False]


def test_another_kind_of_world() -> None:
    open_world(WorldKind.REAL, "sqlite:///playground.db", Path("playground.key")).db.close()
    assert "里是真实群的数据" in look({})[False]


def test_nothing_to_serve() -> None:
    assert "没有接通任何群" in look({"WANGGE_PLAYGROUND__ENABLED": "false"})[False]


def test_little_disk_and_a_wrong_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "LEAST_FREE", 1 << 60)
    monkeypatch.setattr(doctor, "BUILT", datetime(2999, 1, 1, tzinfo=UTC))
    seen = look({})[False]
    assert "请清理磁盘" in seen
    assert "请校准系统时钟" in seen


def test_a_real_world_at_work(platform: dict[str, Any]) -> None:
    world = open_world(WorldKind.REAL, "sqlite:///wangge.db", Path("wangge.key"))
    now = world.now()
    seen = look(real(platform))
    assert "还没有管理员" in seen[False]
    assert "由管理员在群里发送 绑定群" in seen[False]
    with world.db.write() as session:
        importing.import_areas(session, "name,level,parent,aliases\n望河县,county,,\n")
        area = areas.add(session, "大侯村", Level.COMMUNITY, areas.named(session, "望河县"))
        admin = people.add(session, "管", now)
        people.grant(session, admin.id, Role.ADMIN, area.id, now)
        chats.add(session, "telegram", "-1", ChatKind.RESIDENTS, now, title="村群", area_id=area.id)
    assert "还没有管理员" in look(real(platform))[False], "a name on a list has no way to say anything"
    with world.db.write() as session:
        people.identify(session, admin, "telegram", "5", now)
    assert look(real(platform))[False] == ""
    with world.db.write() as session:
        chats.add(session, "telegram", "-2", ChatKind.UNBOUND, now, title="新群")
        chats.add(session, "telegram", "-3", ChatKind.WORKERS, now, title="", state=ChatState.MUTED)
    world.db.close()
    seen = look(real(platform))
    assert "1 个群没有绑定 unbound：新群：请在群里发送 绑定群" in seen[False]
    assert "被禁言 muted：（没有名称）" in seen[False]


def test_a_group_in_which_nothing_is_heard_is_bound_privately(platform: dict[str, Any]) -> None:
    world = open_world(WorldKind.REAL, "sqlite:///wangge.db", Path("wangge.key"))
    with world.db.write() as session:
        accounts.note(
            session, "wecom_robot", world.now(), edits=None, deletes=None, writes_first=False, hears_groups=False
        )
        chats.add(session, "wecom_robot", "webhook-1", ChatKind.UNBOUND, world.now(), title="通知群")
    world.db.close()
    seen = look(real(platform))
    assert "1 个听不到的群没有绑定 unbound：通知群：请管理员私聊机器人发送 绑定群" in seen[False]
    assert "请在群里发送 绑定群" not in seen[False]


def test_the_relay_needs_a_way_to_those_who_forward(platform: dict[str, Any]) -> None:
    alone = look({"WANGGE_RELAY__ENABLED": "true"})
    assert "还没有能私聊网格员的渠道" in alone[False]
    assert "人工转发 relay" in look({**real(platform), "WANGGE_RELAY__ENABLED": "true"})[True]


@pytest.mark.parametrize(
    ("body", "mend"),
    [
        ({"ok": False, "error_code": 401}, "请向 @BotFather 重新要令牌"),
        ({"ok": True, "result": {**ME, "can_read_all_group_messages": False}}, "/setprivacy"),
        ({"ok": True, "result": {**ME, "can_join_groups": False}}, "/setjoingroups"),
    ],
)
def test_what_the_platform_says(platform: dict[str, Any], body: dict[str, Any], mend: str) -> None:
    platform["body"] = body
    assert mend in look(real(platform))[False]


def test_a_clock_that_differs_from_the_platforms(platform: dict[str, Any]) -> None:
    platform["date"] = "Wed, 18 Nov 2020 10:20:00 GMT"
    assert "与 Telegram 的时钟相差" in look(real(platform))[False]
    platform["date"] = "nonsense"
    assert "与 Telegram 的时钟" not in look(real(platform))[False]


def test_a_platform_out_of_reach() -> None:
    seen = look({"WANGGE_TELEGRAM__TOKEN": TOKEN, "WANGGE_TELEGRAM__API_BASE_URL": "http://127.0.0.1:9"})
    assert "连不上 Telegram" in seen[False]


@pytest.mark.parametrize("section", ["WEB", "DRILL"])
def test_pages_without_a_password_that_others_can_open_are_pointed_out(section: str) -> None:
    assert "allow_remote" not in look({})[False]
    seen = look({f"WANGGE_{section}__ALLOW_REMOTE": "true"})[False]
    assert f"[{section.lower()}] 的 allow_remote 改成 false" in seen


def test_a_drill_is_looked_at_once_there_is_one() -> None:
    assert "演练的" not in look({})[True]
    open_world(WorldKind.DRILL, "sqlite:///drill.db", Path("drill.key")).db.close()
    seen = look({})
    assert seen[False] == ""
    assert "✓ 演练的数据库 drill.db，版本" in seen[True]
