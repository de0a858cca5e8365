"""What a message means (意思): a command and what follows it, an answer to a guided talk, or plain talk."""

from dataclasses import dataclass
from typing import Literal

from handlers.dialogue import command
from handlers.dialogue.command import Command
from handlers.reading.codes import Code, codes
from handlers.reading.normal import fold
from storage.forms import OpenForm

Via = Literal["button", "sign", "bare", "reply", "form", "choice", "edit", "album", "talk", "place"]


@dataclass(frozen=True, slots=True)
class Meaning:
    """What a message means.

    `command` None with via `talk` is a private message that is no command; `rest` is what follows the word, as
    typed; `topic` the record whose message was answered, edited or continued; `form` the guided talk it answers.
    """

    command: Command | None
    rest: str
    via: Via
    codes: tuple[Code, ...] = ()
    topic: str | None = None
    form: OpenForm | None = None


@dataclass(frozen=True, slots=True)
class Danger:
    """Words of danger in ordinary talk: offer to report, store nothing."""

    text: str


def meaning_of(word: str, rest: str, via: Via, topic: str | None = None) -> Meaning:
    return Meaning(command.all_commands()[word], rest, via, tuple(codes(fold(rest))), topic)
