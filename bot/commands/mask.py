"""`wangge mask`: what is read from the standard input, as a group would see it, line by line."""

import os
from collections.abc import Iterable, Iterator
from pathlib import Path

from handlers.reading.identifiers import mask as masked


def mask(lines: Iterable[bytes], team: bool, config: Path | None) -> Iterator[str]:
    """Each line (UTF-8; what is no UTF-8 becomes �) masked, without its end; raises SettingsError.

    team: as a group of workers or officers sees it, else as a public group does. The station's own numbers stay,
    where there are settings.
    """
    keep = _own_lines(config)
    for line in lines:
        text = line.decode("utf-8", errors="replace").removesuffix("\n").removesuffix("\r")
        yield masked(text, keep, doors=not team)


def _own_lines(config: Path | None) -> tuple[str, ...]:
    if (
        config is None
        and not Path("config.toml").exists()
        and not any(name.startswith("WANGGE_") for name in os.environ)
    ):
        return ()
    from bot.settings import load_settings

    return load_settings(config).station.lines
