"""Channels: one file a platform, each turning its updates into Incoming and Outgoing into its calls.

A new channel is one file here with `make(settings, keys) -> Channel | None` (None: not configured) and, where the
platform calls us, `routes(channel, accept) -> list[Route]`; `examine(settings)` yields what `wangge check` tells. A
file is loaded only where its name says it may be meant, so that a start pays for no platform it does not use.
"""

import importlib
import pkgutil
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from jobs.channel import Accept, Channel
from storage.sealing import MasterKey

if TYPE_CHECKING:
    from starlette.routing import BaseRoute

    from bot.finding import Finding
    from bot.settings import Settings

OF_A_PLAYGROUND = ("console", "playground")


def configured(settings: "Settings", keys: MasterKey) -> list[Channel]:
    """The channels of real people that the settings ask for, made but not yet listening.

    A channel with a section of its own in the settings is loaded only where that section was changed.
    """
    found = []
    for name in names():
        section = getattr(settings, name, None)
        if section is not None and section == type(section)():
            continue
        make = getattr(importlib.import_module(f"{__name__}.{name}"), "make", None)
        channel = make(settings, keys) if make is not None else None
        if channel is not None:
            found.append(channel)
    return found


def routes(channel: Channel, accept: Accept) -> "Sequence[BaseRoute]":
    """The addresses at which a channel's platform calls us."""
    name = type(channel).__module__.removeprefix(f"{__name__}.").partition(".")[0]
    bring = getattr(importlib.import_module(f"{__name__}.{name}"), "routes", None)
    return bring(channel, accept) if bring is not None else ()


def examine(settings: "Settings") -> "Iterator[Finding]":
    """What `wangge check` finds about the channels of real people that the settings ask for."""
    for name in names():
        if getattr(getattr(settings, name, None), "on", False):
            look = getattr(importlib.import_module(f"{__name__}.{name}"), "examine", None)
            if look is not None:
                yield from look(settings)


def names() -> list[str]:
    """The files of this folder that may be a channel of real people."""
    return sorted(one.name for one in pkgutil.iter_modules(__path__) if one.name not in OF_A_PLAYGROUND)
