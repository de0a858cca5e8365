"""A bot that dies: started by `test_inbox.py`, it keeps and answers messages in processes that kill themselves.

Each process goes on where the platform was last told that a message arrived (the file of acknowledgements), and
dies by SIGKILL at a random statement or commit. The last one is left alive. Prints how often it died.
"""

import asyncio
import os
import random
import sys
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from bot.receive import Answers, Keeper
from bot.worlds import words_of
from handlers.dialogue import access, command
from handlers.dialogue.command import Command
from handlers.dialogue.message import Incoming
from handlers.dialogue.say import Say
from handlers.dialogue.wording import said
from handlers.dialogue.world import Station, World
from storage.database import Database
from storage.sealing import MasterKey
from storage.worlds import WorldKind
from tests.support.mortal import Mortal, dies

CHATS = 12
MESSAGES = 240
BATCH = 6
WORD = "回声"


def echo(rest: str) -> Say:
    """Say the same again."""
    return Say(said(rest))


def message(number: int) -> Incoming:
    """The platform's message of this number."""
    who = f"u{number % CHATS}"
    moment = datetime.now(UTC)
    return Incoming("play", f"m{number}", "message", who, True, who, who, moment, f"{WORD} {number}", f"p{number}")


def acknowledged(acks: Path) -> int:
    """How many messages the platform was told about."""
    return acks.stat().st_size // 8


async def serve(world: World, acks: int, start: int) -> None:
    """Accept what is left, telling the platform after each batch, then answer all."""
    answers = Answers(world, 2)
    keeper = Keeper(world, answers)
    for first in range(start, MESSAGES, BATCH):
        numbers = range(first, min(first + BATCH, MESSAGES))
        await asyncio.gather(*(keeper.accept(message(number)) for number in numbers))
        os.write(acks, b"arrived\n" * len(numbers))
    answers.sweep()
    await asyncio.to_thread(answers.settle, 60)
    keeper.stop()
    answers.stop()


def live(url: str, acks: Path, dies_at: int | None) -> None:
    """One process: until everything is answered, or until it dies."""
    db = Database(url, MasterKey(bytes(range(32))))
    world = World(WorldKind.PLAYGROUND, db, words_of(None), Station())
    Mortal(dies_at).counts(db.engine)
    start = acknowledged(acks)
    asyncio.run(serve(world, os.open(acks, os.O_WRONLY | os.O_APPEND), start))
    db.close()


def main(url: str, acks: Path, seed: int) -> None:
    """Start processes until one of them gets to the end."""
    command.all_commands()[WORD] = Command(WORD, echo)  # type: ignore[index]
    access.MATRIX[WORD] = access.Rule(access.EVERYONE)  # type: ignore[index]
    chance, died = random.Random(seed), 0
    acks.touch()
    while True:
        # Ten turns by themselves need no more statements: nobody is killed three times over the same message.
        dies_at = chance.randint(300, 600) if died < 30 else None
        if not dies(partial(live, url, acks, dies_at)):
            break
        died += 1
    sys.stdout.write(f"{died}\n")


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), int(sys.argv[3]))
