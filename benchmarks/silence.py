"""Silence (R17): 100,000 ordinary lines through the live path, and not one byte of them on the disk.

    python benchmarks/silence.py [LINES]

Prints how many were kept or answered, whether a byte of the database changed, and the time a line took.
"""

import hashlib
import random
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from handlers.dialogue import turn
from handlers.reading import intent
from handlers.reading.normal import fold
from tests.support import phrases
from tests.support.stage import make_stage

TAILS = ("", "。", "！", "～", "哈", " 🙏", "\n收到")


def bytes_of(folder: Path) -> dict[str, str]:
    """Each file of the database and its hash; the shared-memory index carries no content."""
    return {
        path.name: hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.iterdir())
        if path.is_file() and not path.name.endswith("-shm")
    }


def main() -> None:
    """Say the lines, plain and varied, and count what stays."""
    wanted = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
    chance = random.Random(17)
    talk = [
        line
        for half in ("", "_heldout", "_blind2")
        for line in phrases.lines(f"ordinary{half}.tsv")
        if line.chat != "private"
    ]
    folder = Path(tempfile.mkdtemp(prefix="wangge-silence-"))
    for stage in make_stage(folder):
        turn.receive(stage.world, phrases.incoming(talk[0], key="warm"))
        before, began, kept = bytes_of(folder), time.perf_counter(), []
        for number in range(wanted):
            line = chance.choice(talk)
            said = replace(line, text=line.text + chance.choice(TAILS))
            if chance.random() < 0.3:
                said = replace(said, text=f"{said.text}\n{chance.choice(talk).text.lstrip('#/@')}")
            if intent.danger(fold(said.text)):
                continue
            if turn.receive(stage.world, phrases.incoming(said, key=f"k{number}")) is not None:
                kept.append(said.text)
        took = (time.perf_counter() - began) / wanted * 1000
        same = bytes_of(folder) == before
        print(f"{wanted} lines, {len(kept)} kept, database unchanged: {same}, {took:.2f} ms a line")
        for text in kept[:20]:
            print("kept:", repr(text))


if __name__ == "__main__":
    main()
