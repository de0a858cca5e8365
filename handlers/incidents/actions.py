"""What a teller can do (报事): report, add to it, change it, take it back. The only door."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from handlers.audit.actions import viewed
from handlers.dialogue.access import refuse
from handlers.dialogue.message import Incoming
from handlers.dialogue.say import Button, Say, button, rows, say
from handlers.dialogue.scene import Scene
from handlers.dialogue.wording import Text, text
from handlers.dialogue.world import Station
from handlers.fraud_check.ringing import first_calls
from handlers.incidents import about, records, rules, views
from handlers.incidents.place import area_of, building_of, in_group
from handlers.intelligence import owing
from handlers.reading.civic import petition
from handlers.reading.normal import fold
from handlers.reading.places import Gazetteer
from handlers.receipts import giving
from storage import areas, audit, chats, incidents, sources
from storage.incidents import Incident, IncidentKind, IncidentState
from storage.purposes import Purpose

PURPOSES = {
    IncidentKind.MATTER: Purpose.SERVICE,
    IncidentKind.HAZARD: Purpose.SAFETY,
    IncidentKind.HELP: Purpose.RESCUE,
    IncidentKind.TIP: Purpose.CRIME,
}


@dataclass(frozen=True, slots=True)
class Telling:
    """What somebody tells: words as typed, media (row ids), location (latitude, longitude), and what it is about.

    taken: its teller sees to it themselves.
    """

    kind: IncidentKind
    words: str = ""
    media: tuple[int, ...] = ()
    location: tuple[float, float] | None = None
    on_behalf: bool = False
    voice: bool = False
    search_id: int | None = None
    bulletin_id: int | None = None
    taken: bool = False


def report(
    session: Session,
    scene: Scene,
    telling: Telling,
    message: Incoming,
    now: datetime,
    station: Station,
    gazetteer: Gazetteer,
    seen: int | None = None,
) -> list[Say]:
    """Record what is told (上报), answer its teller, tell the area's team; words of danger are answered first."""
    words = sized(telling.words)
    incident = record(session, scene, telling, words, message, now, station, gazetteer)
    like = _still_like(session, incident, seen)
    if like is not None:
        incidents.add_note(session, incident, views.LIKE, like.code, now)
    return [
        *_calls(incident.kind, words),
        *_answer(session, scene, incident, telling, words, station, now),
        *views.to_team(session, incident),
    ]


def told_about(
    session: Session,
    scene: Scene,
    telling: Telling,
    message: Incoming,
    now: datetime,
    station: Station,
    gazetteer: Gazetteer,
) -> tuple[Incident, list[Say]]:
    """Record what is told and show it to nobody else yet; the incident, and what its teller hears."""
    words = sized(telling.words)
    incident = record(session, scene, telling, words, message, now, station, gazetteer)
    answer = _answer(session, scene, incident, telling, words, station, now)
    return incident, [*_calls(incident.kind, words), *answer]


def sized(words: str) -> str:
    """The words cleaned; raises Refusal where they are too long."""
    cleaned = rules.clean(words)
    if len(cleaned) > rules.MOST:
        raise refuse("incidents.too_long", most=rules.MOST)
    return cleaned


def no_petition(kind: IncidentKind, words: str) -> None:
    """Raise a Refusal for words about somebody's petition: no purpose covers it. Danger and calls for help pass."""
    if kind is not IncidentKind.HELP and petition(fold(words)) and not rules.urgent(words):
        raise refuse("incidents.petition")


def record(
    session: Session,
    scene: Scene,
    telling: Telling,
    words: str,
    message: Incoming,
    now: datetime,
    station: Station,
    gazetteer: Gazetteer,
) -> Incident:
    """Keep an incident, masked and sealed; whatever describes a person becomes a tip, a call for help stays one."""
    kind = telling.kind
    no_petition(kind, words)
    if telling.on_behalf and rules.urgent(words):
        kind = IncidentKind.HELP
    if rules.describes_person(words) and kind is not IncidentKind.HELP:
        kind = IncidentKind.TIP
    area = area_of(session, gazetteer, words, scene)
    split = rules.split_private(words, station.lines)
    told_at_once = telling.search_id is not None or telling.bulletin_id is not None
    secret = kind is IncidentKind.TIP or rules.describes_person(words)
    incident = incidents.add(
        session,
        kind,
        Purpose.MISSING if telling.search_id is not None else PURPOSES[kind],
        area.id,
        split.masked,
        now,
        expires_at=now + (station.tip_lives if kind is IncidentKind.TIP else station.incident_lives),
        place=building_of(gazetteer, words, area.id),
        private={**split.private, "location": list(telling.location) if telling.location else None},
        origin=_origin(scene, message, secret),
        teller_id=scene.actor.id,
        on_behalf=telling.on_behalf,
        search_id=telling.search_id,
        bulletin_id=telling.bulletin_id,
        next_at=None if told_at_once else now + rules.ladder(kind, spans(station))[0],
    )
    incidents.attach(session, incident, telling.media)
    owing.begin(session, incident, now, station)
    audit.write(session, "incident", now, topic=incident.topic, code=incident.code, area=incident.area_id)
    sources.note(session, message.message_name, incident.topic, now)
    if message.album:
        sources.note(session, message.album_name, incident.topic, now)
    return incident


def spans(station: Station) -> tuple[timedelta, timedelta, timedelta, timedelta]:
    """The station's patience with an untaken report: officer, desk; and for 求助 officer, desk."""
    return station.untaken, station.untaken_desk, station.help_untaken, station.help_untaken_desk


def _origin(scene: Scene, message: Incoming, secret: bool) -> dict[str, object]:
    """Where the teller is answered; a tip's only by person."""
    if secret or scene.chat is None:
        return {"person": scene.actor.id}
    return {"person": scene.actor.id, "chat": scene.chat.id, "message": message.message_id}


def _still_like(session: Session, incident: Incident, seen: int | None) -> Incident | None:
    """The likely duplicate found before the lock, where it is still under way."""
    if seen is None:
        return None
    other = incidents.get(session, seen)
    return other if other.state in records.UNDER_WAY and other.id != incident.id else None


def _calls(kind: IncidentKind, words: str) -> list[Say]:
    return first_calls(words, danger=kind is IncidentKind.HELP or rules.urgent(words))


def _answer(
    session: Session, scene: Scene, incident: Incident, telling: Telling, words: str, station: Station, now: datetime
) -> list[Say]:
    """What the teller hears: in the group with its number, of a tip privately and in the group only thanks."""
    hidden = records.hidden(session, incident)
    extra = _hints(session, telling, words, incident, scene.is_group)
    minutes = int(station.withdraw.total_seconds() // 60)
    area = areas.get(session, incident.area_id).name
    if not hidden:
        key = "incidents.noted_yours" if telling.taken else "incidents.noted"
        line = text(key, code=incident.code, area=area, minutes=minutes)
        buttons = _own_buttons(incident, words) if not scene.is_group else rows(*_search_button(words))
        whole = text("incidents.lines", lines=(line, *extra))
        return [Say(whole, buttons=buttons, quote=True, topic=incident.topic, lane=views.lane_of(incident))]
    line = text("incidents.noted_tip", code=incident.code, minutes=minutes)
    detail = Say(
        text("incidents.lines", lines=(line, *extra)),
        buttons=_own_buttons(incident, words),
        person=scene.actor.id if scene.is_group else None,
        quote=not scene.is_group,
    )
    receipt = giving.give(session, incident, now, person=scene.actor.id if scene.is_group else None)
    if not scene.is_group:
        return [detail, *receipt]
    return [Say(text("incidents.thanks"), opens_for=scene.actor.id, quote=True), detail, *receipt]


def _hints(session: Session, telling: Telling, words: str, incident: Incident, in_group: bool) -> tuple[Text, ...]:
    """What is said besides: voice handed on, the place still missing, 寻人 for somebody missing."""
    hints = []
    if telling.voice:
        hints.append(text("incidents.voice_handed_on"))
    if not words and telling.location is None and in_group:
        hints.append(text("incidents.say_where", code=incident.code))
    if telling.search_id is None and rules.tells_of_missing(words):
        hints.append(text("incidents.missing_hint"))
    return tuple(hints)


def _own_buttons(incident: Incident, words: str) -> tuple[tuple[Button, ...], ...]:
    code = incident.code
    own = (
        button("incidents.button.progress", f"进度 {code}"),
        button("incidents.button.withdraw", f"撤销 {code}"),
    )
    return rows(own, *_search_button(words))


def _search_button(words: str) -> list[Button]:
    return [button("incidents.button.search", "寻人")] if rules.tells_of_missing(words) else []


def supplement(
    session: Session,
    scene: Scene,
    incident: Incident,
    words: str,
    media: Sequence[int],
    now: datetime,
    station: Station,
) -> list[Say]:
    """Add to a report (补充), by its finder or the team; the taker hears it, an untaken one's card shows it."""
    added = sized(words)
    if not added and not media:
        raise refuse("incidents.add_what", code=incident.code)
    if incident.state is IncidentState.WITHDRAWN:
        raise refuse("incidents.is_withdrawn", code=incident.code)
    by_team = None if records.is_teller(session, scene.actor, incident) else scene.actor.id
    was_hidden = records.hidden(session, incident)
    keep_added(session, incident, added, media, now, station, by_team)
    says = tell_added(session, incident, added, media, now, by_team)
    hidden = records.hidden(session, incident)
    if hidden and not was_hidden:
        says += views.to_team(session, incident)
    if hidden and scene.is_group:
        thanks = Say(text("incidents.thanks"), opens_for=scene.actor.id, quote=True)
        return [thanks, Say(text("incidents.added", code=incident.code), person=scene.actor.id), *says]
    topic = None if hidden else incident.topic
    return [Say(text("incidents.added", code=incident.code), quote=True, topic=topic), *says]


def keep_added(
    session: Session,
    incident: Incident,
    added: str,
    media: Sequence[int],
    now: datetime,
    station: Station,
    by_team: int | None = None,
) -> None:
    """Keep what was added: masked as a note, door, phone and plate with the others."""
    if media:
        incidents.attach(session, incident, media)
    if not added:
        return
    split = rules.split_private(added, station.lines)
    incidents.add_note(session, incident, views.ADDED, split.masked, now, by_team)
    private = incidents.private_of(session, incident)
    for name in ("phone", "plate", "door"):
        private[name] = [*private.get(name, []), *split.private[name]]
    incidents.rewrite(session, incident, incidents.text_of(session, incident), private=private)
    records.hide_if_person(session, incident, added)


def tell_added(
    session: Session,
    incident: Incident,
    added: str,
    media: Sequence[int],
    now: datetime,
    by_team: int | None = None,
    called: str = "",
) -> list[Say]:
    """Tell those at work on it what was added: the taker privately, else the team's group unless it is a tip.

    What is added to a tip nobody has taken goes to whoever asked its teller last. called: the code to name it by, its
    own unless another was merged into it.
    """
    code = called or incident.code
    shown = rules.split_private(added).masked if added else ""
    words = shown or text("incidents.card.no_words")
    line = text("incidents.was_added", code=code, words=words)
    if incident.taken_by is not None:
        if incident.taken_by == by_team:
            return []
        whole = text("incidents.was_added", code=code, words=added or text("incidents.card.no_words"))
        one = Say(whole, person=incident.taken_by, media=tuple(media), lane=views.lane_of(incident))
        return viewed(session, incident.topic, "added", [one], now)
    if incident.state is not IncidentState.OPEN:
        return []
    if incident.search_id is not None or incident.bulletin_id is not None:
        return about.tell_added(session, incident, added or text("incidents.card.no_words"), media, now)
    if records.hidden(session, incident):
        asker = incidents.asked_last(session, incident, views.ASKED)
        return [Say(line, person=asker, media=tuple(media))] if asker not in (None, by_team) else []
    line = text("incidents.was_added", code=code, words=in_group(shown) or words)
    team = chats.team_of(session, incident.area_id)
    return [Say(line, chat=chat.id, media=tuple(media), topic=incident.topic) for chat in team]


def change(
    session: Session,
    scene: Scene,
    incident: Incident,
    words: str,
    now: datetime,
    station: Station,
    gazetteer: Gazetteer,
) -> list[Say]:
    """The message was edited (编辑): while untaken its words are replaced, later it is 补充."""
    changed = sized(words)
    no_petition(incident.kind, changed)
    if not changed or incident.state in (IncidentState.WITHDRAWN, IncidentState.MERGED):
        return []
    split = rules.split_private(changed, station.lines)
    private = incidents.private_of(session, incident)
    if split.private["words"] == private.get("words"):
        return []
    if incident.state is not IncidentState.OPEN:
        return supplement(session, scene, incident, changed, (), now, station)
    kept = {**split.private, "location": private.get("location"), "person": private.get("person", False)}
    moved = _moved(session, gazetteer, incident, changed)
    place = building_of(gazetteer, changed, incident.area_id)
    incidents.rewrite(session, incident, split.masked, place=place, private=kept)
    says = _calls(IncidentKind.MATTER, changed)
    if scene.is_group and records.hidden(session, incident):
        says.append(Say(text("incidents.changed", code=incident.code), person=scene.actor.id))
    else:
        says.append(Say(text("incidents.changed", code=incident.code), quote=True))
    return [*says, *views.to_team(session, incident), *moved]


def locate(session: Session, incident: Incident, location: Sequence[float], now: datetime) -> list[Say]:
    """The place of a report was shared afterwards; whoever has taken it hears where."""
    private = incidents.private_of(session, incident)
    kept = {**private, "location": list(location)}
    incidents.rewrite(session, incident, incidents.text_of(session, incident), private=kept)
    says = [Say(text("incidents.located", code=incident.code), quote=True), *views.to_team(session, incident)]
    if incident.taken_by is not None:
        shown = {"latitude": f"{location[0]:.5f}", "longitude": f"{location[1]:.5f}"}
        one = Say(text("incidents.brief.location", **shown), person=incident.taken_by, lane=views.lane_of(incident))
        says += viewed(session, incident.topic, "added", [one], now)
    return says


def _moved(session: Session, gazetteer: Gazetteer, incident: Incident, words: str) -> list[Say]:
    """Where the changed words name another area, its team takes over; what the old team's card says then."""
    named = gazetteer.find(words, incident.area_id)
    if named is None or named.area is None or named.area == incident.area_id:
        return []
    old = {chat.id for chat in chats.team_of(session, incident.area_id)}
    incidents.relocate(session, incident, named.area, incident.next_at)
    return views.left(session, incident, old)


def more_media(session: Session, incident: Incident, media: Sequence[int], now: datetime) -> list[Say]:
    """Further pictures of the album a report came with."""
    if not media or incident.state not in records.UNDER_WAY:
        return []
    incidents.attach(session, incident, media)
    return tell_added(session, incident, "", media, now)


def withdraw(session: Session, scene: Scene, incident: Incident, now: datetime, station: Station) -> list[Say]:
    """The finder takes a report back (撤销), within ten minutes and before anybody else has taken it."""
    if not records.is_teller(session, scene.actor, incident):
        raise refuse("incidents.not_yours")
    if incident.state is IncidentState.WITHDRAWN:
        raise refuse("incidents.is_withdrawn", code=incident.code)
    if incident.state is IncidentState.DONE:
        raise refuse("incidents.is_done", code=incident.code)
    minutes = int(station.withdraw.total_seconds() // 60)
    if not rules.withdrawable(incident.created_at, now, station.withdraw):
        raise refuse("incidents.too_late", code=incident.code, minutes=minutes)
    own = incident.taken_by == scene.actor.id
    only = {IncidentState.OPEN, IncidentState.TAKEN} if own else {IncidentState.OPEN}
    if not incidents.move(session, incident, IncidentState.WITHDRAWN, only_from=only, next_at=None, closed_at=now):
        raise refuse("incidents.being_handled", code=incident.code)
    answer = say("incidents.withdrawn", code=incident.code)
    return [Say(answer.text, quote=True, toast=answer.text), *views.to_team(session, incident)]
