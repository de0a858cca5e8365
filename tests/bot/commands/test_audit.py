"""`wangge audit verify | export`: what is told, how it ends, and what the file holds."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from sqlalchemy import text
from typer.testing import CliRunner

from bot.__main__ import app
from bot.cannot import CannotDo
from bot.commands import audit as commands
from bot.commands import db, people
from bot.worlds import open_world, samples
from storage import audit
from storage.audit import Head
from storage.worlds import WorldKind
from tests.support.stage import ROOT

ALONE = ROOT / "docs" / "verify_audit.py"


@pytest.fixture(autouse=True)
def _county(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    people.import_files([samples() / name for name in ("areas.csv", "people.csv")], None, None)


def on_chain(change: str = "") -> Head:
    """Change the chain by SQL; its noted end."""
    world = open_world(WorldKind.PLAYGROUND, "sqlite:///playground.db", Path("playground.key"))
    with world.db.write() as session:
        if change:
            session.execute(text(change))
        head = audit.head(session)
    world.db.close()
    return head


def run(*words: str) -> tuple[int, str]:
    """What the command line says, and its exit code."""
    done = CliRunner().invoke(app, list(words))
    return done.exit_code, done.output


def test_a_whole_chain() -> None:
    head = on_chain()
    code, said = run("audit", "verify")
    assert code == 0
    assert f"审计链完好：{head.count} 条，末尾 {head}" in said
    assert "--anchor" in said
    code, said = run("audit", "verify", "--anchor", f"{head.count}:{head.hash[:8]}", "--anchor", f"3:{'0' * 8}")
    assert code == 1
    assert "第 3 条和存证不一致" in said
    code, said = run("audit", "verify", "--anchor", str(head))
    assert code == 0
    assert f"前 {head.count} 条没有被改动过" in said


@pytest.mark.parametrize(
    ("change", "wanted"),
    [
        ("UPDATE audit SET action = 'leave' WHERE id = 4", "第 4 条记录被改过。 BROKEN at entry 4"),
        ("DELETE FROM audit WHERE id = 5", "第 5 条记录不见了。 BROKEN at entry 5"),
    ],
)
def test_a_chain_somebody_changed(change: str, wanted: str) -> None:
    on_chain(change)
    code, said = run("audit", "verify")
    assert code == 1
    assert wanted in said


def test_an_anchor_that_is_none_and_a_world_that_is_not_there() -> None:
    for bad in ("", "12", "12:xyz", "12:1234567"):
        with pytest.raises(CannotDo, match="存证的最后一行"):
            commands.verify([bad], None, None)
    with pytest.raises(CannotDo, match="没有可核对的"):
        commands.verify([], "real", None)
    with pytest.raises(CannotDo, match="没有可核对的"):
        commands.export(Path("a.jsonl"), "real", None)


def test_the_export_names_nobody_and_verifies_without_the_program() -> None:
    code, said = run("audit", "export", "a.jsonl")
    head = on_chain()
    assert code == 0
    assert str(head) in said
    assert Path("a.jsonl").stat().st_mode & 0o077 == 0
    written = Path("a.jsonl").read_text(encoding="utf-8")
    rows = [json.loads(line) for line in written.splitlines()]
    assert rows[-1] == {"end": {"count": head.count, "hash": head.hash}}
    assert rows[-2]["action"] == "export", "the export itself is the last entry"
    assert [name for name in ("民警甲", "大侯村", "1990000") if name in json.dumps(rows, ensure_ascii=False)] == []
    done = subprocess.run([sys.executable, str(ALONE), "a.jsonl", str(head)], capture_output=True, check=False)
    assert done.returncode == 0
    done = subprocess.run([sys.executable, str(ALONE), "playground.db", str(head)], capture_output=True, check=False)
    assert done.returncode == 0
    with pytest.raises(CannotDo, match="已经有了"):
        commands.export(Path("a.jsonl"), None, None)
    with pytest.raises(CannotDo, match="写不了"):
        commands.export(Path("none/a.jsonl"), None, None)


def test_a_backup_and_a_restore_stand_in_the_chain() -> None:
    before = on_chain()
    db.backup(Path("b.backup"), None, None)
    backed_up = on_chain()
    for old in Path().glob("playground.db*"):
        old.unlink()
    db.restore(Path("b.backup"), None, None)
    restored = on_chain()
    assert (before.count + 1, before.count + 2) == (backed_up.count, restored.count)
    assert run("audit", "verify", "--anchor", str(before), "--anchor", str(backed_up))[0] == 0
