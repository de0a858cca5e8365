"""Makes each rival an environment of its own from its lock, under a folder git does not see."""

import hashlib
import shutil
import subprocess
import sys
import threading
from functools import cache
from pathlib import Path

HERE = Path(__file__).parent
ENVS = HERE / ".envs"
NAMES = ("ptb", "aiogram", "aiogram_broadcaster", "tgcast")
_ONE_AT_A_TIME = threading.Lock()
"""Measures run side by side: two of them would make the same environment over each other."""


class CannotInstall(Exception):
    """A rival's environment could not be made."""


def python_of(name: str) -> Path:
    """The interpreter of a rival's environment, made on first use; raises CannotInstall with pip's last words."""
    with _ONE_AT_A_TIME:
        return _made(name)


@cache
def _made(name: str) -> Path:
    lock, env = HERE / "rivals" / name / "requirements.lock", ENVS / name
    digest = hashlib.sha256(lock.read_bytes() + sys.version.encode()).hexdigest()
    mark, python = env / ".made-from", env / "bin" / "python"
    if mark.exists() and mark.read_text() == digest and python.exists():
        return python
    shutil.rmtree(env, ignore_errors=True)
    print(f"making the environment of {name} ...", file=sys.stderr, flush=True)
    _run([sys.executable, "-m", "venv", str(env)])
    _run(
        [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--require-hashes", "-r", lock]
    )
    mark.write_text(digest)
    return python


def _run(command: list[str | Path]) -> None:
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise CannotInstall(type(error).__name__) from error
    if done.returncode:
        said = (done.stderr or done.stdout).strip().splitlines()
        raise CannotInstall(said[-1][:200] if said else f"exit {done.returncode}")
