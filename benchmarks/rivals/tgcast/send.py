"""tgcast: rows in SQLite, priorities; `default`, or `tuned` to 30 a second with 16 workers."""

import sqlite3
import sys
import threading
import time
from contextlib import suppress
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from contest import Plan, read_plan, tell
from tgcast import DuplicateKeyError, Priority, Task, Telecast

TUNED = {"global_rps": 30.0, "max_concurrency": 16}


def broadcast(engine: Telecast, plan: Plan, store: str) -> None:
    """Queue all under permanent keys, then wait until none is on its way."""
    for chat in plan.chats:
        with suppress(DuplicateKeyError):
            engine.enqueue(Task(chat_id=chat, text=plan.text, priority=Priority.LOW, idempotency_key=f"b{chat}"))
    rows = sqlite3.connect(store)
    while rows.execute("SELECT 1 FROM tasks WHERE state NOT IN ('sent', 'dead') LIMIT 1").fetchone():
        time.sleep(0.1)
    tell("done", failed=[chat for (chat,) in rows.execute("SELECT chat_id FROM tasks WHERE state = 'dead'")])


def main(plan: Plan) -> None:
    """Obey the harness."""
    store = f"{plan.folder}/tgcast.db"
    tuned = TUNED if plan.mode == "tuned" else {}
    engine = Telecast(plan.token, store_dsn=store, telegram_base_url=plan.url, **tuned)
    engine.start()
    tell("ready")
    for line in sys.stdin:
        word = line.split()
        if word[0] == "go":
            threading.Thread(target=broadcast, args=(engine, plan, store), daemon=True).start()
        elif word[0] == "urgent":
            engine.enqueue(Task(chat_id=int(word[1]), text="urgent", priority=Priority.HIGH))
        else:
            break
    tell("stopped")


main(read_plan())
