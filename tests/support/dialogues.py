"""Dialogues as data: what is said, and what everybody sees because of it.

Each file of `tests/dialogs` is one talk on a fresh sample county. A step is one of

    says = "…"       who says it, `in` which group (without: privately); `photo = true` sends a picture along
    presses = "…"    who presses this label, `on` the latest message of that chat that has it (without: their own)
    edits = "…"      who changes their message of the step called `id`
    replies = "…"    who answers the latest message the bot showed in the group `in`
    later = "15m"    time goes on (s, m, h, d)
    wire = { … }     what becomes from now on of what is sent into these chats: "gone", "muted" (the bot cannot speak),
                     "down" (surely not arrived), "unsure" (no answer), "refused" (for good), "ok" again

and `sees` lists everything the bot shows because of it, in any order: `in` (chat), `has` / `lacks` (texts, all of
them), `buttons` (labels, all of them), `what` ("sent" unless said: "edited", "deleted", "answer"), `photo`, `file`
(a file's name); `quiet = true`: what is edited here may stay unsaid where no message can be changed.
`sees = []` is silence; `more = true` lets other messages pass; `times = 20` plays a step so often, comparing the last.
What is said may hold `{receipt}`, the last receipt anybody was shown, and `{spelt}`, the same in Chinese numerals;
`{read_out}` is the last code (领取码) shown, to be read out on the spot; `{card}` what is printed on the last card.
`db = "both"` plays a file on PostgreSQL as well; `floods = true` counts how much is said in a minute; `weekly = true`
lets the week's figures be told on Fridays at 16:00.
"""

import re
import tomllib
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from bot.channels.console import Shown

Meets = Callable[[Shown, Mapping[str, Any]], bool]
FOLDER = Path(__file__).parents[1] / "dialogs"
UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}
KEYS = {
    "who",
    "in",
    "says",
    "presses",
    "on",
    "edits",
    "replies",
    "later",
    "sees",
    "more",
    "id",
    "photo",
    "why",
    "mention",
    "times",
    "wire",
}
RECEIPT = re.compile(r"\d{4} \d{4} \d{4} \d{4}")
READ_OUT = re.compile(r"领取码 ([0-9]{4})")
CARD = re.compile(r"名片 ([2-9A-HJ-NP-Z]{8})")
CODE = re.compile(r"\b[2-9A-HJKMNP-Z]{4}-[2-9A-HJKMNP-Z]{4}\b")
SPELT = str.maketrans("0123456789", "零一二三四五六七八九")
SIGHT = {"in", "has", "lacks", "buttons", "what", "photo", "file", "quiet"}


def paths() -> list[Path]:
    """All files, in order."""
    return sorted(FOLDER.rglob("*.toml"))


def name_of(path: Path) -> str:
    """What a file is called in a run's output."""
    return str(path.relative_to(FOLDER).with_suffix(""))


def read(path: Path) -> dict[str, Any]:
    """A file's talk; a word that means nothing is an error."""
    talk = tomllib.loads(path.read_text(encoding="utf-8"))
    assert talk["step"], "a dialogue has steps"
    assert any("sees" in step for step in talk["step"]), f"{path.name} proves nothing: no step says what is seen"
    for number, step in enumerate(talk["step"], 1):
        assert set(step) <= KEYS, f"{path.name} step {number}: {set(step) - KEYS}"
        for sight in step.get("sees", []):
            assert set(sight) <= SIGHT, f"{path.name} step {number}: {set(sight) - SIGHT}"
    return talk


def filled(says: str, history: Sequence[Shown]) -> str:
    """What is said with the last receipt, joining code, code to be read out or card shown in its gaps."""
    if "{" not in says:
        return says
    for gap, kind in (("{read_out}", READ_OUT), ("{card}", CARD), ("{code}", CODE)):
        if gap in says:
            return says.replace(gap, [found for one in history for found in kind.findall(one.text)][-1])
    digits = [found for one in history for found in RECEIPT.findall(one.text)][-1]
    return says.replace("{receipt}", digits).replace("{spelt}", digits.translate(SPELT))


def compare(where: str, step: dict[str, Any], shown: list[Shown], meets: Meets | None = None) -> None:
    """Everything the step says is seen was shown, and nothing else unless it says `more`.

    `meets` decides whether something shown is what was to be seen; by default `fits`. A sight that is `optional` may
    be missing.
    """
    left = list(shown)
    for sight in step.get("sees", []):
        found = next((one for one in left if (meets or fits)(one, sight)), None)
        if found is None and sight.get("optional"):
            continue
        assert found is not None, f"{where}: nobody saw {sight}\n" + listed(shown)
        left.remove(found)
    if "sees" in step and not step.get("more"):
        assert not left, f"{where}: also shown:\n" + listed(left)


def fits(one: Shown, sight: Mapping[str, Any]) -> bool:
    """Whether this is what was to be seen."""
    has, lacks = sight.get("has", []), sight.get("lacks", [])
    return (
        one.what == sight.get("what", "sent")
        and ("in" not in sight or one.chat == sight["in"])
        and all(part in one.text for part in ([has] if isinstance(has, str) else has))
        and not any(part in one.text for part in ([lacks] if isinstance(lacks, str) else lacks))
        and all(label in [name for name, _ in one.buttons] for label in sight.get("buttons", []))
        and ("photo" not in sight or one.photo == sight["photo"])
        and ("file" not in sight or one.file == sight["file"])
    )


def listed(shown: list[Shown]) -> str:
    """What was shown, for a failure's message."""
    return "\n".join(
        f"  {one.what} [{one.chat}] {one.text} {[label for label, _ in one.buttons]}{' 照片' * one.photo}"
        for one in shown
    )
