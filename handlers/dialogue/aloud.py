"""What is said aloud (当众说的话): the last gate before a group, whatever made the message (R3)."""

from collections.abc import Iterable
from dataclasses import replace

from handlers.dialogue.message import OutButton, Outgoing
from handlers.reading.identifiers import mask_but_links


def aloud(outgoing: Outgoing, lines: Iterable[str], *, public: bool) -> Outgoing:
    """The message as a group may see it: no number of a person, plate, room or place in its text and labels.

    lines: numbers that may stand (the station's own). public: house numbers go, too; a team sees a building at most.
    A button whose command would carry such a number is left out: what is said can be typed.
    """
    kept = tuple(lines)

    def shown(words: str) -> str:
        return mask_but_links(words, kept, doors=public) if words else words

    rows = [
        tuple(OutButton(shown(one.label), one.does, one.token) for one in row if shown(one.does) == one.does)
        for row in outgoing.buttons
    ]
    return replace(
        outgoing, text=shown(outgoing.text), buttons=tuple(row for row in rows if row), toast=shown(outgoing.toast)
    )
