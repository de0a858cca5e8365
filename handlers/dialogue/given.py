"""What a command can ask for: parameters are handed in by name, and only what is named is made."""

import inspect
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any, Final

from sqlalchemy.orm import Session

from handlers.dialogue.command import all_given
from handlers.dialogue.message import Incoming
from handlers.dialogue.scene import Scene
from handlers.dialogue.world import World
from storage import areas, media
from storage.forms import OpenForm
from storage.media import MediumKind

SHOWS_MEDIA: Final = frozenset({"media", "message"})
"""Whoever asks for one of these knows what was sent along."""


class Given:
    """What is known in a turn. The names a command may use as parameters:

    session, world, words, station, now, message (Incoming), scene, actor, chat, rest (what follows the command
    word, as typed), codes (record codes named), topic (the record whose message was answered), via, area
    (Area or None: the one the talk is about), gazetteer, media (ids of what was sent along), location, seen
    (what `look` returned), answers and form (in a guided talk). A capability adds names of its own by `GIVEN`
    in one of its files: name → what makes it, itself called with what it asks for.
    """

    def __init__(
        self,
        world: World,
        session: Session,
        incoming: Incoming,
        scene: Scene,
        meaning: Any,  # noqa: ANN401 - Meaning; importing it here would go in a circle
        now: datetime,
        *,
        seen: Any = None,  # noqa: ANN401
        answers: Mapping[str, Any] | None = None,
        form: OpenForm | None = None,
    ) -> None:
        self.world, self.session, self.incoming, self.scene, self.now = world, session, incoming, scene, now
        self.meaning, self.seen, self.answers, self.form = meaning, seen, answers, form
        self._media: list[int] | None = None
        self._place = incoming.location
        self._is_seen = False

    def get(self, name: str) -> Any:  # noqa: ANN401 - whatever the parameter is
        """The value of one parameter; raises KeyError for a name nobody knows."""
        maker = _MAKERS.get(name)
        self._is_seen |= name in SHOWS_MEDIA
        return maker(self) if maker is not None else call(all_given()[name], self)

    def sent_before(self, media_ids: Sequence[int], place: tuple[float, float] | None) -> None:
        """What came along with words said before, which now count."""
        self._media, self._place = list(media_ids), place

    def left_over(self) -> str:
        """The kind of what was sent along where nobody asked for it, else empty; what is spoken counts as words."""
        if self._is_seen:
            return ""
        before = [media.get(self.session, one).kind for one in self._media or ()]
        kinds = [kind for kind in (*before, *(ref.kind for ref in self.incoming.media)) if kind != MediumKind.VOICE]
        return kinds[0] if kinds else ""

    def leave(self) -> None:
        """What was sent along has no place in what is done after all: nothing of it is kept, its sender is told."""
        for one in self._media or ():
            media.erase(self.session, one)
        self._is_seen = False

    def media_ids(self) -> list[int]:
        """Rows for what was sent along, made once."""
        if self._media is None:
            self._media = [
                media.want(
                    self.session,
                    MediumKind(ref.kind),
                    {
                        "account": self.incoming.account,
                        "ref": ref.ref,
                        "mime": ref.mime,
                        "size": ref.size,
                        "duration": ref.duration,
                        # Of speech that was read nothing is lost with its sound.
                        "person": None if ref.transcript else self.scene.actor.id,
                    },
                    self.now,
                )
                for ref in self.incoming.media
            ]
        return self._media


_MAKERS: Mapping[str, Callable[[Given], Any]] = {
    "session": lambda g: g.session,
    "world": lambda g: g.world,
    "words": lambda g: g.world.words,
    "station": lambda g: g.world.station,
    "now": lambda g: g.now,
    "message": lambda g: g.incoming,
    "scene": lambda g: g.scene,
    "actor": lambda g: g.scene.actor,
    "chat": lambda g: g.scene.chat,
    "rest": lambda g: g.meaning.rest if g.meaning is not None else g.incoming.text,
    "text": lambda g: g.meaning.rest if g.meaning is not None else g.incoming.text,
    "codes": lambda g: g.meaning.codes if g.meaning is not None else (),
    "topic": lambda g: g.meaning.topic if g.meaning is not None else None,
    "via": lambda g: g.meaning.via if g.meaning is not None else "talk",
    "area": lambda g: areas.get(g.session, g.scene.area_id) if g.scene.area_id else None,
    "gazetteer": lambda g: g.world.gazetteer(g.session),
    "media": lambda g: g.media_ids(),
    "leave": lambda g: g.leave,
    "location": lambda g: g._place,
    "seen": lambda g: g.seen,
    "answers": lambda g: dict(g.answers or {}),
    "form": lambda g: g.form,
}


@lru_cache(maxsize=512)
def parameters(function: Callable[..., Any]) -> tuple[str, ...]:
    """The names a function takes."""
    return tuple(inspect.signature(function).parameters)


def call(function: Callable[..., Any], given: Given) -> Any:  # noqa: ANN401 - whatever it returns
    """Call a plain function with what it asks for."""
    return function(**{name: given.get(name) for name in parameters(function)})
