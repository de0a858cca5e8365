"""做好了: its helper says that a wish is done, with words or a picture; without them it is asked what was done."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from handlers.dialogue import asking
from handlers.dialogue.access import Refusal
from handlers.dialogue.form import Form, Problem, Question
from handlers.dialogue.say import Say
from handlers.dialogue.scene import Scene
from handlers.dialogue.wording import text as sentence
from handlers.dialogue.world import Station
from handlers.incidents.rules import clean
from handlers.wishes import actions, records, rules
from storage.forms import OpenForm
from storage.wishes import Wish


def tell(
    session: Session, scene: Scene, wish: Wish, words: str, media: Sequence[int], now: datetime, station: Station
) -> list[Say]:
    """It is done as was told; where nothing was, that is asked for privately, and in a group it is done without."""
    if words or media or scene.is_group or scene.chat is None:
        return actions.done(session, scene.actor, wish, words, media, now, station)
    records.claimed(wish)
    records.check_handler(session, scene.actor, wish)
    return asking.begin(session, FORM, scene.actor.id, scene.chat.id, now, topic=wish.topic)


def read_done(text: str, media: list[int]) -> dict[str, Any] | Problem:
    """What was done: words, a picture, or both."""
    words = clean(text)
    if len(words) > rules.MOST:
        return Problem(sentence("incidents.too_long", most=rules.MOST))
    return {"words": words, "media": media} if words or media else Problem(sentence("form.empty"))


def finish(
    session: Session, scene: Scene, answers: Mapping[str, Any], form: OpenForm, now: datetime, station: Station
) -> list[Say]:
    """It is done as was told."""
    wish = records.meant(session, (), form.topic)
    told = answers["done"] or {"words": "", "media": []}
    if wish is None:
        return [Say(sentence("incidents.unknown"))]
    try:
        return actions.done(session, scene.actor, wish, told["words"], told["media"], now, station)
    except Refusal as refusal:
        return [Say(refusal.text)]


FORM = Form("wish_done", (Question("done", read_done, skip="form.skip"),), finish)
FORMS = (FORM,)
