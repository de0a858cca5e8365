"""The dialogue files on the playground; what they look like stands in tests/support/dialogues.py."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import time
from pathlib import Path
from typing import Any

import pytest

from bot.channels.console import Shown
from handlers.dialogue.message import MediaRef, Quoted
from jobs.channel import ChatGone, ChatMuted, Impossible, NotNow, Unsure
from tests.support.dialogues import UNITS, compare, filled, name_of, paths, read
from tests.support.pictures import photo_bytes
from tests.support.stage import Stage, make_stage

FAULTS = {
    "gone": ChatGone("gone"),
    "muted": ChatMuted("muted"),
    "down": NotNow("platform down"),
    "unsure": Unsure("no answer"),
    "refused": Impossible("refused"),
}


def _plays() -> Iterator[Any]:
    for path in paths():
        talk = read(path)
        for kind in ("sqlite", "postgresql") if talk.get("db") == "both" else ("sqlite",):
            yield pytest.param(path, kind, id=f"{name_of(path)}-{kind}")


@pytest.mark.parametrize(("path", "kind"), list(_plays()))
def test_dialogue(path: Path, kind: str, tmp_path: Path, request: pytest.FixtureRequest) -> None:
    url = request.getfixturevalue("county_url") if kind == "postgresql" else None
    talk = read(path)
    for stage in make_stage(tmp_path, url, floods=talk.get("floods", False)):
        if talk.get("weekly"):
            stage.world.station = replace(stage.world.station, weekly_at=time(16))
        history: list[Shown] = []
        for number, step in enumerate(talk["step"], 1):
            for _ in range(step.get("times", 1)):
                shown = _play(stage, step, history)
                history += shown
            compare(f"{path.name} step {number} {step.get('why', '')}", step, shown)


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
        filled(step.get("says") or step.get("edits") or step.get("replies") or "", history),
        chat,
        kind="edited" if "edits" in step else "message",
        media=media,
        reply_to=reply,
        message_id=step.get("id", ""),
        mentioned=step.get("mention", False),
    )
