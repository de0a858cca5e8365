"""A long evening with the crowd, by hand: python -m tests.chaos.run_crowd SEED STEPS."""

import logging
import random
import sys
import tempfile
from pathlib import Path

from tests.chaos.crowd import Crowd
from tests.support.stage import make_stage


class Keeper(logging.Handler):
    """Keeps what is logged."""

    def __init__(self, into: list[logging.LogRecord]) -> None:
        super().__init__()
        self.into = into

    def emit(self, record: logging.LogRecord) -> None:
        """Keep it."""
        self.into.append(record)


def main(seed: int, steps: int) -> None:
    """Let them talk, and print what must never happen."""
    for stage in make_stage(Path(tempfile.mkdtemp())):
        crowd = Crowd(stage, random.Random(seed))
        logging.getLogger().addHandler(Keeper(crowd.log))
        for _ in range(steps):
            crowd.step()
        crowd.settle()
        sys.stdout.write(f"seed {seed}: {len(crowd.wrong)} wrong; {len(crowd.codes)} codes\n")
        seen = set()
        for one in crowd.wrong:
            head = one.split("\n")[0][:160]
            if head not in seen:
                seen.add(head)
                sys.stdout.write(f"-----\n{one[:1500]}\n")


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]))
