"""Where a channel has no buttons (没有按钮的渠道): they are written below the text, to be answered by a number."""

from dataclasses import replace

from handlers.dialogue.form import FORM_MOVES, FORM_SIGN
from handlers.dialogue.message import OutButton, Outgoing
from handlers.dialogue.wording import Catalogue, text

MOST = 9


def as_words(outgoing: Outgoing, words: Catalogue) -> Outgoing:
    """The same message for a group in which the bot hears nothing: what can be said to it privately instead."""
    spoken = tuple(button.does for row in outgoing.buttons for button in row if button.does)[:MOST]
    line = words.render(text("common.say_privately", words="、".join(spoken))) if spoken else ""
    return replace(outgoing, text="\n".join(part for part in (outgoing.text, line) if part), buttons=())


def _moves(button: OutButton) -> bool:
    """Whether a button under a question is no answer to it."""
    return button.does.startswith(FORM_SIGN) and button.does.rpartition(" ")[2] in FORM_MOVES


def as_numbers(outgoing: Outgoing) -> Outgoing:
    """The same message with `回复 1 …` lines in place of its buttons.

    Numbers run over the buttons that say something, as `understand` counts them; nine at most. Under a question a
    bare number may be the answer itself, so what only moves on or back is named by its word. A button that opens the
    private talk has no number and is left to the channel.
    """
    spoken = [button for row in outgoing.buttons for button in row if button.does][:MOST]
    links = tuple(tuple(button for button in row if not button.does) for row in outgoing.buttons)
    lines = [f"回复 {number} {one.label}" for number, one in enumerate(spoken, 1) if not _moves(one)]
    if moves := [one.label for one in spoken if _moves(one)]:
        lines.append(f"也可以回复：{'、'.join(moves)}")
    text = "\n".join(part for part in (outgoing.text, *lines) if part)
    return replace(outgoing, text=text, buttons=tuple(row for row in links if row))
