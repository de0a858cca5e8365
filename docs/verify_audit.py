"""Verify an audit chain of Wangge (网格) without Wangge: plain Python 3.11, standard library only.

    python verify_audit.py wangge.db   [COUNT:HASH ...]
    python verify_audit.py audit.jsonl [COUNT:HASH ...]     from: wangge audit export audit.jsonl

COUNT:HASH are anchors, the last line of the messages 审计存证; the first 8 characters of a hash are enough. Every entry
up to the last anchor you give is proved to be what it was when that anchor was posted; what came after it is only
proved to be consistent. Exit code: 0 whole, 1 broken, 2 cannot be read.
"""

import hashlib
import json
import sqlite3
import sys
from contextlib import closing
from pathlib import Path
from typing import Any

Row = dict[str, Any]
End = tuple[int, str]
FIELDS = ("id", "at", "actor_id", "action", "topic", "detail", "previous", "hash")
ALL = "SELECT id, at, actor_id, action, topic, detail, previous, hash FROM audit ORDER BY id"


def from_database(path: Path) -> tuple[list[Row], End]:
    """The entries of an SQLite file in order, and its noted end as (count, hash)."""
    with closing(sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True)) as db:
        rows = [dict(zip(FIELDS, row, strict=True)) for row in db.execute(ALL)]
        end = db.execute("SELECT count, hash FROM audit_head WHERE id = 1").fetchone()
    for row in rows:
        row["at"] = row["at"].replace(" ", "T") + "+00:00"
        row["detail"] = json.loads(row["detail"])
    return rows, end or (0, "0" * 64)


def from_export(path: Path) -> tuple[list[Row], End]:
    """The same of exported lines; the last line is the noted end."""
    lines = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]
    end = lines.pop()["end"]
    return lines, (end["count"], end["hash"])


def canonical(row: Row) -> bytes:
    """The bytes that are hashed: JSON, keys sorted, no spaces, not escaped."""
    entry = {
        "n": row["id"],
        "at": row["at"],
        "actor": row["actor_id"],
        "action": row["action"],
        "topic": row["topic"],
        "detail": row["detail"],
    }
    return json.dumps(entry, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode("utf-8", "surrogatepass")


def first_fault(rows: list[Row], end: End, anchors: list[End]) -> str | None:
    """What is wrong with the first entry that is not as it was, or None."""
    previous, hashes = "0" * 64, ["0" * 64]
    for number, row in enumerate(rows, 1):
        if row["id"] != number:
            return f"entry {number} is missing"
        if row["previous"] != previous:
            return f"entry {number} does not go on from the one before it"
        previous = hashlib.sha256(previous.encode() + canonical(row)).hexdigest()
        if row["hash"] != previous:
            return f"entry {number} was changed"
        hashes.append(previous)
    for count, kept in sorted(anchors):
        if count >= len(hashes):
            return f"entries {len(hashes)} to {count} are missing: an anchor says that there were {count}"
        if not hashes[count].startswith(kept):
            return f"entry {count} or one before it was changed: it differs from its anchor"
    return None if tuple(end) == (len(rows), previous) else "the noted end is not the last entry"


def main(arguments: list[str]) -> int:
    """Read, verify, say."""
    try:
        path = Path(arguments[0])
        anchors = [(int(one.partition(":")[0]), one.partition(":")[2].lower()) for one in arguments[1:]]
        if not all(8 <= len(kept) <= 64 for _, kept in anchors):
            raise ValueError("an anchor is COUNT:HASH, with at least 8 characters of the hash")
        rows, end = (from_database if path.read_bytes()[:6] == b"SQLite" else from_export)(path)
    except (IndexError, KeyError, TypeError, AttributeError, ValueError, OSError, sqlite3.Error) as error:
        sys.stderr.write(f"cannot read this: {error!r}\n{__doc__}")
        return 2
    fault = first_fault(rows, end, anchors)
    proved = max((count for count, _ in anchors), default=0)
    whole = f"{len(rows)} entries, whole; proved by an anchor up to entry {proved}; end {end[0]}:{end[1]}"
    sys.stdout.write(f"BROKEN: {fault}\n" if fault else f"{whole}\n")
    return 1 if fault else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
