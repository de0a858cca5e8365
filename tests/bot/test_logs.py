"""Logs: short lines without values, tokens or other libraries' talk."""

import json
import logging
import sys
import threading
from collections.abc import Iterator

import pytest

from bot import logs


@pytest.fixture(autouse=True)
def _own_logging() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    hooks = threading.excepthook, sys.excepthook
    yield
    root.handlers[:] = handlers
    threading.excepthook, sys.excepthook = hooks
    root.setLevel(level)


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


def test_other_libraries_say_one_line_and_no_values(capsys: pytest.CaptureFixture[str]) -> None:
    logs.set_up("DEBUG", "json")
    other = logging.getLogger("some.library")
    other.setLevel(logging.DEBUG)
    other.debug("sending 张三")
    other.warning("Task exception was never retrieved\nfuture: ValueError('张三')", extra={"request": "张三"})
    other.error("")
    lines = [json.loads(line) for line in capsys.readouterr().err.splitlines()]
    assert [line["event"] for line in lines] == ["Task exception was never retrieved", ""]
    assert "张三" not in str(lines)


def test_numbers_of_people_are_crossed_out(capsys: pytest.CaptureFixture[str]) -> None:
    logs.set_up("INFO", "json")
    logging.getLogger("wangge").warning("13812345678 110105194912310021 6222021234567890128 update 123456789 row 4")
    assert json.loads(capsys.readouterr().err)["event"] == "… … … update 123456789 row 4"


def test_a_thread_that_dies_says_where(capsys: pytest.CaptureFixture[str]) -> None:
    logs.set_up("INFO", "json")

    def die() -> None:
        raise ValueError("张三")

    thread = threading.Thread(target=die, name="keep")
    thread.start()
    thread.join()
    said = capsys.readouterr().err
    line = json.loads(said)
    assert (line["event"], line["error"], line["at"].partition(":")[0]) == (
        "thread died: keep",
        "ValueError",
        "test_logs.py",
    )
    assert "张三" not in said


def test_a_process_that_dies_says_where(capsys: pytest.CaptureFixture[str]) -> None:
    logs.set_up("INFO", "json")
    try:
        raise ValueError("张三")
    except ValueError as error:
        sys.excepthook(ValueError, error, error.__traceback__)
    sys.excepthook(KeyboardInterrupt, KeyboardInterrupt(), None)
    said = capsys.readouterr().err
    assert (json.loads(said)["event"], json.loads(said)["error"]) == ("died", "ValueError")
    assert "张三" not in said
