"""Customer groups (客户群): residents' groups of WeCom, into which a member sends what the bot hands over.

The way is lawful and slow: the platform makes a task of a notice, the owner of the group confirms it on the phone,
and only then is it there. `channel.py` makes, reminds of and stops tasks, `tasks.py` reads back what became of them,
`groups.py` knows the groups, `quota.py` how much they may have.
"""

from collections.abc import Iterator

from bot.channels.customer_group.channel import CustomerGroup
from bot.finding import Finding
from bot.settings import Settings
from storage.sealing import MasterKey
from storage.worlds import WorldKind

__all__ = ["CustomerGroup", "examine", "make"]


def make(settings: Settings, keys: MasterKey) -> CustomerGroup | None:
    """The channel the settings ask for; None without a secret."""
    if not settings.customer_group.on:
        return None
    return CustomerGroup(settings.customer_group, settings.wecom, WorldKind.REAL)


def examine(settings: Settings) -> Iterator[Finding]:
    """What `wangge check` finds."""
    from bot.channels.customer_group import doctor

    return doctor.look(settings)
