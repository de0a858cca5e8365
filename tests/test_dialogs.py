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
(a file's name).
`sees = []` is silence; `more = true` lets other messages pass; `times = 20` plays a step so often, comparing the last.
`db = "both"` plays a file on PostgreSQL as well; `floods = true` counts how much is said in a minute.
"""

import tomllib
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from bot.channels.console import Shown
from handlers.dialogue.message import MediaRef, Quoted
from jobs.channel import ChatGone, ChatMuted, Impossible, NotNow, Unsure
from tests.support.pictures import photo_bytes
from tests.support.stage import Stage, make_stage

FOLDER = Path(__file__).parent / "dialogs"
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
FAULTS = {
    "gone": ChatGone("gone"),
    "muted": ChatMuted("muted"),
    "down": NotNow("platform down"),
    "unsure": Unsure("no answer"),
    "refused": Impossible("refused"),
}
SIGHT = {"in", "has", "lacks", "buttons", "what", "photo", "file"}


def _plays() -> Iterator[Any]:
    for path in sorted(FOLDER.rglob("*.toml")):
        talk = tomllib.loads(path.read_text(encoding="utf-8"))
        for kind in ("sqlite", "postgresql") if talk.get("db") == "both" else ("sqlite",):
            yield pytest.param(path, kind, id=f"{path.relative_to(FOLDER).with_suffix('')}-{kind}")


@pytest.mark.parametrize(("path", "kind"), list(_plays()))
def test_dialogue(path: Path, kind: str, tmp_path: Path, request: pytest.FixtureRequest) -> None:
    url = request.getfixturevalue("county_url") if kind == "postgresql" else None
    talk = tomllib.loads(path.read_text(encoding="utf-8"))
    assert talk["step"], "a dialogue has steps"
    for stage in make_stage(tmp_path, url, floods=talk.get("floods", False)):
        history: list[Shown] = []
        for number, step in enumerate(talk["step"], 1):
            assert set(step) <= KEYS, f"step {number}: {set(step) - KEYS}"
            for _ in range(step.get("times", 1)):
                shown = _play(stage, step, history)
                history += shown
            _compare(f"{path.name} step {number} {step.get('why', '')}", step, shown)


def _play(stage: Stage, step: dict[str, Any], history: list[Shown]) -> list[Shown]:
    for chat, fault in step.get("wire", {}).items():
        stage.play.console.faults.pop(chat, None)
        if fault != "ok":
            stage.play.console.faults[chat] = FAULTS[fault]
    if "later" in step:
        return stage.later(**{UNITS[step["later"][-1]]: float(step["later"][:-1])})
    who, chat = step["who"], step.get("in")
    if "presses" in step:
        place = step.get("on", who)
        last = next(
            one
            for one in reversed(history)
            if one.chat == place and any(label == step["presses"] for label, _ in one.buttons)
        )
        return stage.press(who, replace(last), step["presses"])
    media: tuple[MediaRef, ...] = ()
    if step.get("photo"):
        stage.play.console.files["photo"] = photo_bytes()
        media = (MediaRef("photo", "photo", "image/jpeg", 4000),)
    reply = None
    if "replies" in step:
        last = next(one for one in reversed(history) if one.chat == (chat or who) and one.what == "sent")
        reply = Quoted(last.message_id, from_bot=True, text=last.text)
    return stage.say(
        who,
        step.get("says") or step.get("edits") or step.get("replies") or "",
        chat,
        kind="edited" if "edits" in step else "message",
        media=media,
        reply_to=reply,
        message_id=step.get("id", ""),
        mentioned=step.get("mention", False),
    )


def _compare(where: str, step: dict[str, Any], shown: list[Shown]) -> None:
    left = list(shown)
    for sight in step.get("sees", []):
        assert set(sight) <= SIGHT, f"{where}: {set(sight) - SIGHT}"
        found = next((one for one in left if _fits(one, sight)), None)
        assert found is not None, f"{where}: nobody saw {sight}\n" + _all(shown)
        left.remove(found)
    if "sees" in step and not step.get("more"):
        assert not left, f"{where}: also shown:\n" + _all(left)


def _fits(one: Shown, sight: dict[str, Any]) -> bool:
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


def _all(shown: list[Shown]) -> str:
    return "\n".join(f"  {one.what} [{one.chat}] {one.text} {[label for label, _ in one.buttons]}" for one in shown)
