"""补充、撤销, an edited message, a further picture: what a finder does to a report already made."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy.orm import Session

from handlers.dialogue import address, newest
from handlers.dialogue.access import refuse
from handlers.dialogue.command import Command
from handlers.dialogue.message import Incoming
from handlers.dialogue.say import Say, say
from handlers.dialogue.scene import Scene
from handlers.dialogue.world import Station, World
from handlers.incidents import actions, records, rules
from handlers.incidents.report import spoken
from handlers.incidents.words import after_codes
from handlers.reading import intent, replies
from handlers.reading.codes import Code
from handlers.reading.normal import fold
from handlers.reading.places import Gazetteer
from handlers.searches import actions as finding
from handlers.searches.finding import check_goes_on, knows
from storage import incidents, searches
from storage.incidents import Incident


def add(
    session: Session,
    scene: Scene,
    rest: str,
    codes: Sequence[Code],
    topic: str | None,
    media: list[int],
    message: Incoming,
    via: str,
    now: datetime,
    station: Station,
) -> list[Say]:
    """Add words or pictures to the report named, answered to, or told last; a stranger's answer is ordinary talk."""
    own = records.named(codes)
    if not own and any(code.prefix == searches.LETTER for code in codes):
        return _add_to_search(session, scene, rest, codes, media, now)
    if via == "reply" and not own and not _concerned(session, scene, topic):
        return []
    words, _ = spoken(message, after_codes(rest, own))
    if not codes and topic is None:
        _check_sure(session, scene, "补充", words, now)

    def answer() -> list[Say]:
        incident = records.find_for_anyone(session, scene, own, topic) or _latest(session, scene)
        return actions.supplement(session, scene, incident, words, media, now, station)

    return records.aside(scene, own, answer)


def _add_to_search(
    session: Session, scene: Scene, rest: str, codes: Sequence[Code], media: list[int], now: datetime
) -> list[Say]:
    """The family says more about somebody missing; a picture is not taken, and they hear how it gets there.

    A search a stranger may not know of is refused like one that is not there.
    """
    code = next(code for code in codes if code.prefix == searches.LETTER)
    search = searches.numbered(session, code.number)
    added = rules.clean(after_codes(rest, [code]))
    if search is None or not knows(session, scene.actor, search):
        raise refuse("incidents.unknown_code", code=str(code))
    if not added:
        raise refuse("incidents.add_to_search_photo" if media else "incidents.add_to_search_what", code=search.code)
    answer, *told = finding.supplement(session, scene.actor, search, added, now)
    return [answer, *([say("incidents.add_to_search_photo", code=search.code)] if media else []), *told]


def _concerned(session: Session, scene: Scene, topic: str | None) -> bool:
    incident = records.of_topic(session, topic)
    if incident is None:
        return False
    return records.is_teller(session, scene.actor, incident) or records.is_team(session, scene.actor, incident)


def withdraw(
    session: Session,
    scene: Scene,
    rest: str,
    codes: Sequence[Code],
    topic: str | None,
    now: datetime,
    station: Station,
) -> list[Say]:
    """Take back the report named, answered to, or told last."""
    if not codes and topic is None:
        _check_sure(session, scene, "撤销", rest, now)

    def answer() -> list[Say]:
        incident = records.find_for_anyone(session, scene, codes, topic) or _latest(session, scene)
        return actions.withdraw(session, scene, incident, now, station)

    if codes and not records.named(codes):
        check_goes_on(session, scene.actor, codes, "撤销")
        raise refuse("incidents.withdraw_other", code=str(codes[0]))
    return records.aside(scene, codes, answer)


def _check_sure(session: Session, scene: Scene, word: str, words: str, now: datetime) -> None:
    """Raise a Refusal that asks for the number where it is in doubt what is spoken of privately.

    A report is too old to be taken back by then, as is said of it.
    """
    if scene.is_group:
        return
    code = newest.told(session, scene.actor.id, word, now)
    other = word == "撤销" and not replies.says_no_more(fold(words))
    late = word == "撤销" and code[:1] in newest.REPORTS
    if code and (other or not (late or newest.surely(session, scene.actor.id, word, now))):
        raise refuse("incidents.say_number", word=word, code=code)


def _latest(session: Session, scene: Scene) -> Incident:
    """What this person told last; in a group what they told there. Raises Refusal where there is none."""
    for incident in incidents.told_by(session, scene.actor.id):
        told_in = incidents.origin_of(session, incident).get("chat")
        if not scene.is_group or (scene.chat is not None and told_in == scene.chat.id):
            return incident
    raise refuse("incidents.none_told")


def edited(
    session: Session,
    scene: Scene,
    topic: str,
    message: Incoming,
    world: World,
    now: datetime,
    station: Station,
    gazetteer: Gazetteer,
) -> list[Say]:
    """The message that became a report was edited."""
    incident = records.of_topic(session, topic)
    if incident is None or not records.is_teller(session, scene.actor, incident):
        return []
    raw, _ = address.split(message.text, world.bot_names, message.mentioned)
    found = address.words_of(raw)
    words = found.rest if found is not None else raw
    return actions.change(session, scene, incident, words, now, station, gazetteer)


def album(session: Session, topic: str, media: list[int], now: datetime) -> list[Say]:
    """A further picture of an album whose first one became a report."""
    incident = records.of_topic(session, topic)
    return actions.more_media(session, incident, media, now) if incident is not None else []


EVENTS = {"edit:incident": edited, "album:incident": album}
COMMANDS = (
    Command("补充", add, latin="add", bare=intent.add_note, rank=17),
    Command("撤销", withdraw, latin="withdraw", bare=intent.withdraw_report, rank=18),
)
