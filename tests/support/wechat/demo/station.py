"""The station (派出所): a folder with its settings and files, and the program that runs there in its own process."""

import asyncio
import contextlib
import json
import os
import re
import shutil
import signal
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from tests.support.playing import free_port
from tests.support.wechat.demo.places import NotSeen

ROOT = Path(__file__).parents[4]

PROGRAM = "tests.support.wechat.demo.program"
START, STOP = 30.0, 10.0
"""Seconds the program has to come up, and to go."""
PROXIES = ("http_proxy", "https_proxy", "all_proxy", "no_proxy")


@dataclass
class Station:
    """A folder with `config.toml`; `settings` are its sections."""

    folder: Path
    settings: Mapping[str, Mapping[str, object]]
    port: int = field(default_factory=free_port)
    printed: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Write the settings and lay the sample county's files beside them."""
        own: dict[str, Mapping[str, object]] = {"web": {"port": self.port}, "logs": {"level": "WARNING"}}
        lines = []
        for name, section in {**self.settings, **own}.items():
            lines += [
                f"[{name}]",
                *(f"{key} = {json.dumps(told, ensure_ascii=False)}" for key, told in section.items()),
            ]
        self.config.write_text("\n".join(lines) + "\n", encoding="utf-8")
        for file in ("areas.csv", "people.csv"):
            shutil.copy(ROOT / "samples" / file, self.folder / file)

    @property
    def config(self) -> Path:
        """The settings file."""
        return self.folder / "config.toml"

    @property
    def url(self) -> str:
        """Where platforms call."""
        return f"http://127.0.0.1:{self.port}"

    async def command(self, *words: str) -> str:
        """`wangge` with these words; what it printed. Raises NotSeen where it did not go well."""
        ran = await self._starts("bot", *words, "--config", str(self.config))
        out, _ = await ran.communicate()
        if ran.returncode:
            raise NotSeen(f"wangge {words[0]} 没有成功 / failed: {out.decode(errors='replace')[-800:]}")
        return out.decode()

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """`wangge run`, until it is left; what it prints is kept. Raises NotSeen where it does not come up."""
        ran = await self._starts(PROGRAM, "run", "--config", str(self.config))
        reading = asyncio.create_task(self._reads(ran))
        try:
            await self.tells("已接通")
            yield
        finally:
            with contextlib.suppress(ProcessLookupError):
                ran.send_signal(signal.SIGTERM)
            try:
                async with asyncio.timeout(STOP):
                    await ran.wait()
            except TimeoutError:
                ran.kill()
                await ran.wait()
            await reading

    async def tells(self, part: str) -> str:
        """Wait for a line of the program that says this; raises NotSeen."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(START):
                while True:
                    for line in self.printed:
                        if part in line:
                            return line
                    await asyncio.sleep(0.02)
        raise NotSeen(f"程序没有说“{part}” / the program did not come up: {self.printed[-5:]}")

    async def code(self) -> str:
        """The one-time code for the first admin."""
        found = re.search(r"绑定 (\S+)", await self.tells("还没有管理员"))
        assert found is not None
        return found[1]

    async def _reads(self, ran: asyncio.subprocess.Process) -> None:
        assert ran.stdout is not None
        async for line in ran.stdout:
            self.printed.append(line.decode(errors="replace").rstrip())

    async def _starts(self, module: str, *words: str) -> asyncio.subprocess.Process:
        return await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            module,
            *words,
            cwd=self.folder,
            env=environment(),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )


def environment() -> dict[str, str]:
    """What the program gets of ours: no settings, no proxies, and the same libraries."""
    kept = {name: told for name, told in os.environ.items() if name.lower() not in PROXIES}
    kept = {name: told for name, told in kept.items() if not name.startswith("WANGGE_")}
    folders = [str(Path(one).absolute()) for one in kept.get("PYTHONPATH", "").split(os.pathsep) if one]
    libraries = {"PYTHONPATH": os.pathsep.join([str(ROOT), *folders])}
    return kept | libraries | {"PYTHONIOENCODING": "utf-8", "PYTHONUNBUFFERED": "1"}
