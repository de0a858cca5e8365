"""Saying (组稿): an outgoing message becomes parts: media first, then words in markdown, then a card with buttons."""

import re
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from bot.channels.buttons import Buttons
from bot.channels.splitting import cut, length, split
from bot.channels.tencent.texts import markdown
from handlers.dialogue.message import OutButton, Outgoing
from handlers.dialogue.plain import as_numbers
from jobs.channel import Medium

MOST_BYTES: Final = 20480
"""What the platform takes as one message in markdown."""

TEXT: Final = 16000
SENTENCE: Final = re.compile(r".{3,25}[。！？；]")
TITLE, BELOW, MOST_BUTTONS = 26, 112, 6


@dataclass(frozen=True, slots=True)
class Part:
    """One call of a message: a medium, words, or a card; of a card `text` is what it says."""

    text: str = ""
    medium: Medium | None = None
    buttons: tuple[OutButton, ...] = ()


def plan(outgoing: Outgoing, media: Sequence[Medium], private_hint: str) -> list[Part]:
    """How a message is cut into calls; `private_hint` stands in for a button that opens the private talk."""
    shown = [Part(medium=one) for one in media if one.file_id or one.blob]
    if any(button.token for row in outgoing.buttons for button in row):
        outgoing = replace(outgoing, text=f"{outgoing.text}\n{private_hint}".strip())
    spoken = tuple(button for row in outgoing.buttons for button in row if button.does)
    if len(spoken) > MOST_BUTTONS:
        outgoing, spoken = as_numbers(outgoing), ()
    text = outgoing.text.strip()
    if not spoken:
        return [*shown, *map(Part, pieces(text))]
    if fits_card(text):
        return [*shown, Part(text, buttons=spoken)]
    return [*shown, *map(Part, pieces(text)), Part(cut(text.partition("\n")[0], TITLE, sign="…"), buttons=spoken)]


def pieces(text: str) -> list[str]:
    """A long text in parts that fit even with everything escaped."""
    for most in (TEXT, TEXT // 2, TEXT // 4):
        parts = split(text, most, "bytes")
        if all(length(markdown(part), "bytes") <= MOST_BYTES for part in parts):
            return parts
    return split(text, MOST_BYTES // 8, "bytes")


def fits_card(text: str) -> bool:
    """Whether a card shows all of it."""
    title, below = _halves(text)
    return bool(title) and length(below) <= BELOW


def card(part: Part, buttons: Buttons, toast: str = "", task: str = "") -> dict[str, Any]:
    """The card of a part; `toast` is what it says to whoever pressed a button of it. Cards show text as it is."""
    title, below = _halves(part.text)
    below = cut(f"{toast}\n{below}".strip() if toast else below, BELOW, sign="…")
    made: dict[str, Any] = {
        "card_type": "button_interaction",
        "main_title": {"title": title},
        "button_list": [{"text": one.label, "style": 1, "key": buttons.pack(one.does)} for one in part.buttons],
        "task_id": task or uuid.uuid4().hex,
    }
    if below:
        made["sub_title_text"] = below
    return made


def _halves(text: str) -> tuple[str, str]:
    """What stands in a card's title, and what below it."""
    first = text.partition("\n")[0].strip()
    sentence = SENTENCE.match(first) if len(first) > TITLE else None
    parts = [sentence.group()] if sentence else split(first, TITLE)
    if not parts:
        return "", ""
    return parts[0], text.strip()[len(parts[0]) :].strip()
