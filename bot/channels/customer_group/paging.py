"""Paging (翻页): lists of the customer contact API, page after page."""

from collections.abc import AsyncIterator, Mapping
from typing import Any, Final

from bot.channels.tencent.client import SafeClient

MOST_PAGES: Final = 200


async def paged(client: SafeClient, path: str, body: Mapping[str, Any], names: str) -> AsyncIterator[dict[str, Any]]:
    """The entries of the list `names` over all its pages; raises a CallFailed.

    A cursor that leads nowhere ends the list, so that a confused server cannot hold the reader for ever.
    """
    cursor = ""
    for _ in range(MOST_PAGES):
        asked = {**body, "cursor": cursor} if cursor else body
        told = await client.call("post", f"externalcontact/{path}", asked, matters=False)
        entries = told.get(names)
        for entry in entries if isinstance(entries, list) else ():
            if isinstance(entry, dict):
                yield entry
        following = told.get("next_cursor")
        if not isinstance(following, str) or following in ("", cursor):
            return
        cursor = following
