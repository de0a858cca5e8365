"""The inbox under kill -9: whatever the platform was told arrived is answered exactly once."""

import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest
from sqlalchemy import select

from handlers.dialogue.message import Outgoing
from storage import contents, upgrade
from storage.database import Database
from storage.inbox import InboxRow, InboxState
from storage.outbox import OutboxRow
from storage.sealing import MasterKey
from tests.crash.run_inbox import CHATS, MESSAGES

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_every_message_is_answered_exactly_once(kind: str, tmp_path: Path, request: pytest.FixtureRequest) -> None:
    url = request.getfixturevalue("postgres_url") if kind == "postgresql" else f"sqlite:///{tmp_path}/crash.db"
    db = Database(url, MasterKey(bytes(range(32))))
    upgrade.upgrade(db)
    command = [sys.executable, "-m", "tests.crash.run_inbox", url, str(tmp_path / "acks"), "7"]
    run = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)
    assert run.returncode == 0, run.stderr[-2000:]
    assert int(run.stdout) >= 10, "it died too seldom to prove anything"
    with db.read() as session:
        rows = session.scalars(select(InboxRow)).all()
        assert Counter(row.state for row in rows) == {InboxState.DONE: MESSAGES}
        assert all(row.payload is None and row.wrapped is None for row in rows)
        said: dict[int, list[str]] = {}
        for row in session.scalars(select(OutboxRow).order_by(OutboxRow.id)):
            assert row.content_id is not None
            payload = contents.payload_of(session, row.content_id)
            assert payload is not None
            said.setdefault(row.chat_id, []).append(Outgoing.from_bytes(payload).text)
    db.close()
    answered = [[int(text) for text in texts if text.isdecimal()] for texts in said.values()]
    assert sorted(number for numbers in answered for number in numbers) == list(range(MESSAGES))
    assert all(numbers == sorted(numbers) for numbers in answered), "each chat is answered in its order"
    assert len(answered) == CHATS
