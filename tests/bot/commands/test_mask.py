"""`wangge mask`: the standard input as a group would see it, as a program and line by line."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.commands.mask import mask

ROOT = Path(__file__).parents[3]


@pytest.fixture(autouse=True)
def _own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def run(*arguments: str, given: bytes = b"") -> "subprocess.CompletedProcess[bytes]":
    return subprocess.run(
        [sys.executable, "-m", "bot", "mask", *arguments],
        input=given,
        capture_output=True,
        env={"PYTHONPATH": str(ROOT), "PATH": "/usr/bin:/bin"},
        check=False,
        timeout=60,
    )


def test_each_line_is_masked_and_the_others_stay() -> None:
    given = "电话13800138000\n明天9点开会\r\n\n大侯村58号 3号楼2单元601\n没有换行 晋E12345".encode()
    done = run(given=given)
    assert done.returncode == 0
    assert done.stderr == b""
    assert done.stdout.decode().split("\n") == [
        "电话〔电话〕",
        "明天9点开会",
        "",
        "大侯村〔门牌〕 3号楼〔门牌〕",
        "没有换行 〔车牌〕",
        "",
    ]


def test_a_team_sees_the_house() -> None:
    done = run("--team", given="大侯村58号 3号楼2单元601 13800138000\n".encode())
    assert done.stdout.decode() == "大侯村58号 3号楼〔门牌〕 〔电话〕\n"


def test_bad_bytes_are_no_reason_to_fail() -> None:
    done = run(given=b"\xff\xfe \x00 13800138000 \xe4\xb8\n\xed\xa0\x80\n")
    assert done.returncode == 0
    lines = done.stdout.decode().split("\n")
    assert len(lines) == 3
    assert "〔电话〕" in lines[0]
    assert "13800138000" not in lines[0]


def test_nothing_gives_nothing() -> None:
    assert run().stdout == b""


def test_the_stations_lines_stay_where_there_are_settings(tmp_path: Path) -> None:
    settings = tmp_path / "own.toml"
    settings.write_text('[station]\nlines = ["0356-2223110"]\n', encoding="utf-8")
    given = "值班0356-2223110，老王0356-2223111\n".encode()
    assert run(given=given).stdout.decode() == "值班〔电话〕，老王〔电话〕\n"
    assert run("--config", str(settings), given=given).stdout.decode() == "值班0356-2223110，老王〔电话〕\n"
    (tmp_path / "config.toml").write_bytes(settings.read_bytes())
    assert run(given=given).stdout.decode() == "值班0356-2223110，老王〔电话〕\n"


def test_a_missing_settings_file_is_one_sentence() -> None:
    done = run("--config", "none.toml", given=b"13800138000\n")
    assert done.returncode == 2
    assert done.stdout == b""
    assert done.stderr.decode().count("\n") == 1


def test_each_line_comes_before_the_next_is_read() -> None:
    read: list[int] = []

    def given() -> Iterator[bytes]:
        for number in range(3):
            read.append(number)
            yield b"13800138000\n"

    shown = mask(given(), False, None)
    assert next(shown) == "〔电话〕"
    assert read == [0]
