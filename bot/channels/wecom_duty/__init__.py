"""Duty groups (值班群) that a WeCom app made; `wangge wecom group` makes one.

They are an account of their own beside the app, since the app can do less there: what stands in such a group can't be
recalled, and a repeat isn't recognised. So what may go there (faces, R8) and what is repeated after a crash differ
from the app's private talk.
"""

from typing import TYPE_CHECKING

from bot.settings import Settings
from storage.sealing import MasterKey
from storage.worlds import WorldKind

if TYPE_CHECKING:
    from bot.channels.wecom_duty.duty import Duty


def make(settings: Settings, keys: MasterKey) -> "Duty | None":
    """The channel beside the app of the settings; None without one. This file is loaded at every start, so no more."""
    if not settings.wecom_app.on:
        return None
    from bot.channels.wecom_duty.duty import Duty

    return Duty(settings.wecom_app, settings.wecom, WorldKind.REAL)
