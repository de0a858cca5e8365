"""Callbacks of an AI bot as the platform writes them, and mangled ones."""

import copy
import random
from typing import Any

JUNK: list[Any] = [None, 7, -1, 10**40, 1.5e308, True, "", "\ud800", "\x00", "x" * 5000, [], {}, [[]], {"a": {}}, "@"]
IN_GROUP: dict[str, Any] = {
    "msgid": "CAIQ16HMjQYY/NGagIOAgAMgq4KM0AI=",
    "aibotid": "aib1",
    "chatid": "wrTeam",
    "chattype": "group",
    "from": {"userid": "zhang"},
    "create_time": 1_795_000_000,
    "msgtype": "text",
    "text": {"content": "@网格助手 帮助"},
}
EVENT: dict[str, Any] = {
    "msgid": "event-1",
    "create_time": 1_795_000_000,
    "aibotid": "aib1",
    "from": {"userid": "zhang", "corpid": "ww1"},
    "msgtype": "event",
    "event": {
        "eventtype": "template_card_event",
        "template_card_event": {
            "card_type": "button_interaction",
            "event_key": "k",
            "task_id": "t1",
            "selected_items": {"selected_item": [{"question_key": "q", "option_ids": {"option_id": ["o"]}}]},
        },
    },
}


def mangled(body: dict[str, Any], dice: random.Random) -> dict[str, Any]:
    """A callback with something changed somewhere."""
    body = copy.deepcopy(body)
    holder: Any = body
    for _ in range(dice.randrange(4)):
        values = holder.values() if isinstance(holder, dict) else holder
        inner = [one for one in values if isinstance(one, dict | list)]
        if not inner:
            break
        holder = dice.choice(inner)
    if isinstance(holder, dict):
        name = dice.choice([*holder, "chatid", "quote", "msgtype"])
        if dice.random() < 0.2:
            holder.pop(name, None)
        else:
            known = [dice.choice(list(holder.values()) or [0]), body.get("event"), IN_GROUP]
            holder[name] = copy.deepcopy(dice.choice([*JUNK, *known]))
    elif holder:
        holder[dice.randrange(len(holder))] = copy.deepcopy(dice.choice(JUNK))
    return mangled(body, dice) if dice.random() < 0.4 else body
