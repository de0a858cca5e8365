"""Views of an incident (看法): the team's card that edits itself, the taker's brief, the finder's word."""

from collections.abc import Collection, Iterable
from dataclasses import replace
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from handlers.cases.views import span_words
from handlers.dialogue.say import Button, Say, button, rows, to_each, to_people
from handlers.dialogue.scene import called
from handlers.dialogue.wording import Text, said, text
from handlers.incidents import records, rules
from handlers.incidents.place import in_group
from handlers.reading.identifiers import mask
from storage import areas, callbacks, chats, hazards, incidents, intelligence
from storage.chats import ChatState
from storage.incidents import Incident, IncidentKind, IncidentState
from storage.lanes import Lane

LIKE, ADDED, ASSIGNED, REOPENED, ASKED = "like", "added", "assigned", "reopened", "asked"
"""Kinds of a note: a likely duplicate's code, 补充, 转派, 重开, 问线索."""
TELLERS = (ADDED, ASKED)
"""Kinds of a note whoever told of it may see."""


def lane_of(incident: Incident) -> Lane:
    """A call for help goes out first."""
    return Lane.LIFE if incident.kind is IncidentKind.HELP else Lane.REPLY


def slot_of(incident: Incident) -> str:
    """The name of the card in the team's group, which edits itself."""
    return f"incident:{incident.id}:team"


def state_of(session: Session, incident: Incident, *, with_name: bool = True) -> Text:
    """How it stands, in words; names the worker only where the team reads."""
    if incident.state is IncidentState.TAKEN and with_name and incident.taken_by is not None:
        return text("incidents.state.taken_by", name=called(session, incident.taken_by))
    if incident.state is IncidentState.MERGED and incident.merged_into_id is not None:
        into = incidents.get(session, incident.merged_into_id)
        if not records.hidden(session, into):
            return text("incidents.state.merged_into", code=into.code)
    if incident.state is IncidentState.OPEN and incident.search_id is not None and not with_name:
        return text("incidents.state.for_search")
    return text(f"incidents.state.{incident.state}")


def place_line(session: Session, incident: Incident) -> str:
    """The area, and the place to the building where one is known."""
    area = areas.get(session, incident.area_id).name
    place = incidents.place_of(session, incident)
    if not place or place == area:
        return area
    return place if place.startswith(area) else f"{area} · {place}"


def card(session: Session, incident: Incident) -> Say:
    """The message of the team's group about this incident, as it stands now."""
    if records.hidden(session, incident):
        return _hidden_card(session, incident)
    words = incidents.text_of(session, incident)
    lines = [
        text(
            "incidents.card.head",
            kind=text(f"incidents.kind.{incident.kind}"),
            code=incident.code,
            place=place_line(session, incident),
        ),
        said(in_group(words)) if words else text("incidents.card.no_words"),
    ]
    if incident.on_behalf:
        lines.append(text("incidents.card.on_behalf"))
    if _has_private(session, incident):
        lines.append(text("incidents.card.more"))
    like = _like(session, incident)
    if like is not None and records.hidden(session, like):
        like = None
    if like is not None and incident.state in records.UNDER_WAY:
        lines.append(text("incidents.card.like", code=like.code))
    outcome = incidents.outcome_of(session, incident)
    lines.append(text("incidents.card.state", state=state_of(session, incident)))
    until = hazards.until(session, incident) if incident.kind is IncidentKind.HAZARD else None
    if until and incident.state in records.UNDER_WAY:
        lines.append(text("hazards.until", until=until))
    if incident.state is IncidentState.DONE and outcome:
        lines.append(text("incidents.card.outcome", outcome=mask(outcome)))
    return Say(
        text("incidents.lines", lines=tuple(lines)),
        buttons=rows(*_card_buttons(incident, like)),
        lane=lane_of(incident),
        slot=slot_of(incident),
        topic=incident.topic,
        media=tuple(incidents.media_of(session, incident)),
    )


def _card_buttons(incident: Incident, like: Incident | None) -> Iterable[tuple[Button, ...]]:
    code = incident.code
    if incident.state is IncidentState.OPEN:
        yield (
            button("incidents.button.take", f"接单 {code}"),
            button("incidents.button.assign", f"转派 {code}"),
            button("incidents.button.close", f"办结 {code}"),
        )
    elif incident.state is IncidentState.TAKEN:
        yield (
            button("incidents.button.assign", f"转派 {code}"),
            button("incidents.button.close", f"办结 {code}"),
        )
    elif incident.state is IncidentState.DONE:
        yield (button("incidents.button.reopen", f"重开 {code}"),)
    elif incident.state is IncidentState.MERGED:
        yield (button("incidents.button.part", f"重开 {code}"),)
    if like is not None and incident.state in records.UNDER_WAY:
        yield (button("incidents.button.merge", f"合并 {code} {like.code}", code=code, into=like.code),)


def _hidden_card(session: Session, incident: Incident) -> Say:
    """A tip's card: neither words nor number; the button finds it by the message it stands under."""
    name = "help" if incident.kind is IncidentKind.HELP else "tip"
    state = text(f"incidents.state.{incident.state}")
    if incident.state is IncidentState.TAKEN:
        state = state_of(session, incident)
    if incident.state is not IncidentState.OPEN:
        name += "_after"
    line = text(f"incidents.card.{name}", area=areas.get(session, incident.area_id).name, state=state)
    buttons = rows(button("incidents.button.take", "接单")) if incident.state is IncidentState.OPEN else ()
    return Say(line, buttons=buttons, lane=lane_of(incident), slot=slot_of(incident), topic=incident.topic)


def to_team(session: Session, incident: Incident) -> list[Say]:
    """The card for the workers' groups nearest to the place; where there is none, for the people themselves."""
    if incident.search_id is not None or incident.bulletin_id is not None:
        return []
    found = chats.team_of(session, incident.area_id)
    if found:
        calls = incident.area_id if incident.state is IncidentState.OPEN else None
        return to_each(replace(card(session, incident), calls=calls), [chat.id for chat in found])
    if incident.state is not IncidentState.OPEN:
        return []
    area = areas.get(session, incident.area_id)
    return to_people(offer(session, incident), records.team_people(session, area))


def left(session: Session, incident: Incident, old_teams: Collection[int]) -> list[Say]:
    """The card of the chats (ids) whose team no longer has it."""
    gone = set(old_teams) - {chat.id for chat in chats.team_of(session, incident.area_id)}
    line = text("incidents.assign.left", area=areas.get(session, incident.area_id).name)
    return to_each(Say(line, slot=slot_of(incident), topic=incident.topic), sorted(gone))


def ago(incident: Incident, now: datetime) -> Text:
    """How long ago it was told: 刚刚, 5 分钟前, 3 小时前, 2 天前."""
    minutes = rules.minutes_since(incident.created_at, now)
    if minutes < 1:
        return text("ago.now")
    if minutes < 60:
        return text("ago.minutes", n=minutes)
    if minutes < 24 * 60:
        return text("ago.hours", n=minutes // 60)
    return text("ago.days", n=minutes // (24 * 60))


def offer(session: Session, incident: Incident, age: timedelta | None = None) -> Say:
    """What officer and desk hear of an incident nobody has taken: all but what the taker alone gets.

    age: for how long nobody has.
    """
    line = text(
        "incidents.offer_late" if age else "incidents.offer",
        age=span_words(age) if age else "",
        kind=text(f"incidents.kind.{incident.kind}"),
        code=incident.code,
        place=place_line(session, incident),
        words=incidents.text_of(session, incident) or text("incidents.card.no_words"),
    )
    buttons = rows(
        (
            button("incidents.button.take", f"接单 {incident.code}"),
            button("incidents.button.assign", f"转派 {incident.code}"),
        )
    )
    return Say(line, buttons=buttons, lane=lane_of(incident))


def brief(session: Session, incident: Incident, given: bool = False) -> Say:
    """What the one who took it, or was given it, gets privately: all words, door, phone, plate, place, what was added.

    given: somebody else put it into their hands.
    """
    head = "incidents.brief.given" if given else "incidents.brief.head"
    private = incidents.private_of(session, incident)
    words = str(private.get("words") or incidents.text_of(session, incident))
    kind = text(f"incidents.kind.{incident.kind}")
    lines = [
        text(head, kind=kind, code=incident.code, place=place_line(session, incident)),
        said(words) if words else text("incidents.card.no_words"),
    ]
    for name in ("door", "phone", "plate"):
        if private.get(name):
            lines.append(text(f"incidents.brief.{name}", value="、".join(private[name])))
    if private.get("location"):
        latitude, longitude = private["location"]
        lines.append(text("incidents.brief.location", latitude=f"{latitude:.5f}", longitude=f"{longitude:.5f}"))
    if incident.on_behalf:
        lines.append(text("incidents.card.on_behalf"))
    like = _like(session, incident)
    if like is not None:
        lines.append(text("incidents.card.like", code=like.code))
    lines += notes(session, incident)
    study = intelligence.of(session, incident) if incident.kind is IncidentKind.TIP else None
    if study is not None and study.assessed_at is not None:
        words = intelligence.assessment_of(session, incident, study)
        lines.append(text("intelligence.assessment", words=words))
    lines += [text("disputes.brief.why", words=why) for why in callbacks.why_of(session, incident.topic)]
    buttons = rows(
        (
            button("incidents.button.close", f"办结 {incident.code}"),
            button("incidents.button.assign", f"转派 {incident.code}"),
        )
    )
    media = tuple(incidents.media_of(session, incident))
    return Say(text("incidents.lines", lines=tuple(lines)), buttons=buttons, media=media, lane=lane_of(incident))


def notes(session: Session, incident: Incident, only: Collection[str] = ()) -> list[Text]:
    """What was added later, one line each; `only` these kinds of note."""
    return [
        text(f"incidents.note.{kind}", words=words)
        for _, kind, words in incidents.notes_of(session, incident)
        if kind != LIKE and (not only or kind in only)
    ]


def to_finder(session: Session, incident: Incident, key: str, *, but: int | None = None, **fields: object) -> list[Say]:
    """Tell the finder, and those whose reports were merged into it: where they told it, a tip privately only.

    `key` names a sentence with the gap `code` and the given fields. but: who (person id) did it themselves and is
    not told privately what they know.
    """
    says = []
    for one in (incident, *incidents.merged_into(session, incident)):
        origin = incidents.origin_of(session, one)
        line = text(key, code=one.code, **fields)
        if origin.get("chat") and not records.hidden(session, one):
            asked = chats.get(session, origin["chat"])
            if but is not None and asked.person_id == but:
                continue
            if asked.state is not ChatState.GONE:
                answers = str(origin.get("message", ""))
                says.append(Say(line, chat=asked.id, answers=answers, lane=lane_of(one), topic=one.topic))
                continue
        if origin.get("person") and origin["person"] != but:
            says.append(Say(line, person=origin["person"], lane=lane_of(one)))
    return says


def _like(session: Session, incident: Incident) -> Incident | None:
    """The likely duplicate noted with it, while it is still under way."""
    found = [words for _, kind, words in incidents.notes_of(session, incident) if kind == LIKE]
    if not found:
        return None
    other = incidents.numbered(session, IncidentKind(found[-1][0]), int(found[-1][1:]))
    return other if other is not None and other.state in records.UNDER_WAY else None


def _has_private(session: Session, incident: Incident) -> bool:
    private = incidents.private_of(session, incident)
    return any(private.get(name) for name in ("door", "phone", "plate", "location"))
