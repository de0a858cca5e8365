"""Logs: short lines without values, tokens or other libraries' talk."""

import json
import logging
from collections.abc import Iterator

import pytest

from bot import logs


@pytest.fixture(autouse=True)
def _own_logging() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    levels = {name: logging.getLogger(name).level for name in logs.QUIET}
    yield
    root.handlers[:], root.level = handlers, level
    for name, was in levels.items():
        logging.getLogger(name).setLevel(was)


def test_lines_for_machines(capsys: pytest.CaptureFixture[str]) -> None:
    logs.set_up("INFO", "json")
    logging.getLogger("wangge.turn").info("slow turn: row=%s %.0f ms", 7, 40.0)
    line = json.loads(capsys.readouterr().err)
    assert (line["event"], line["level"], line["logger"]) == ("slow turn: row=7 40 ms", "info", "wangge.turn")
    assert "timestamp" in line


def test_lines_for_people(capsys: pytest.CaptureFixture[str]) -> None:
    logs.set_up("WARNING", "text")
    logging.getLogger("wangge.turn").info("not this")
    logging.getLogger("wangge.turn").warning("but this")
    assert capsys.readouterr().err.count("\n") == 1


@pytest.mark.parametrize("form", ["json", "text"])
def test_values_and_secrets_stay_out(form: str, capsys: pytest.CaptureFixture[str]) -> None:
    logs.set_up("INFO", form)  # type: ignore[arg-type]
    logging.getLogger("httpx").info("HTTP Request: POST https://api.telegram.org/bot1/getMe")
    try:
        raise ValueError("张三 13900000000")
    except ValueError:
        logging.getLogger("apscheduler").exception("job raised")
    token = "123456789:AAaaBBbbCCccDDddEEeeFFffGGggHHhh"
    logging.getLogger("wangge").error("cannot reach %s with %s", "postgresql://u:geheim@h/db", token)
    said = capsys.readouterr().err
    assert "ValueError" in said
    assert "test_logs.py:" in said
    for secret in ("张三", "1390", "getMe", "geheim", "AAaaBB"):
        assert secret not in said
