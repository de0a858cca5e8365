"""Node libraries that test the WeChat channels from outside, kept in the user's cache and never in the repository.

`python -m tests.support.wechat.node_peers` (`make peers`) installs what `node/package-lock.json` pins; tests only use
what is there, and say loudly where it is not.
"""

import hashlib
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.support import loud

HERE = Path(__file__).parent / "node"
PINNED = ("package.json", "package-lock.json")


def folder() -> Path:
    """Where the libraries of this lock file are kept."""
    pinned = b"".join((HERE / name).read_bytes() for name in PINNED)
    home = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    return home / "wangge" / f"wechat-peers-{hashlib.sha256(pinned).hexdigest()[:12]}"


def installed() -> Path:
    """The folder with the libraries in it; skips the running test loudly where they are not there."""
    if shutil.which("node") is None:
        loud.skip_loudly("Node", "install Node 18 or newer, then `make peers`")
    if not (folder() / "node_modules" / ".package-lock.json").exists():
        loud.skip_loudly("the Node libraries of Tencent", "fetch them once with `make peers`")
    return folder()


def install() -> int:
    """Fetch the pinned libraries; npm's exit code."""
    there = folder()
    there.mkdir(parents=True, exist_ok=True)
    for name in PINNED:
        shutil.copy(HERE / name, there / name)
    command = ["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--silent"]
    return subprocess.run(command, cwd=there, check=False).returncode


class Crypt:
    """The crypto libraries, asked one by one."""

    def __init__(self, running: "subprocess.Popen[str]") -> None:
        self._running = running

    def ask(self, who: str, does: str, **told: str) -> Any:  # noqa: ANN401 - any JSON
        """What a library answers."""
        assert self._running.stdin is not None
        assert self._running.stdout is not None
        self._running.stdin.write(json.dumps({"who": who, "does": does, **told}) + "\n")
        self._running.stdin.flush()
        return json.loads(self._running.stdout.readline())


@contextmanager
def crypt() -> Iterator[Crypt]:
    """The crypto libraries at work."""
    command = ["node", "--no-deprecation", str(HERE / "crypt.js"), str(installed())]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as running:
        yield Crypt(running)
        assert running.stdin is not None
        running.stdin.close()


if __name__ == "__main__":
    sys.exit(install())
