"""Views of a dispute (看法): a card without a word of the matter, the handler's brief, what its people hear."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime

from sqlalchemy.orm import Session

from handlers.dialogue.say import Button, Say, button, rows, to_each, to_people
from handlers.dialogue.scene import called
from handlers.dialogue.wording import Text, said, text
from handlers.disputes import records
from handlers.disputes.records import SIDES
from handlers.reminders.rules import moment_words
from storage import audit, callbacks, cases, chats, people, supervisions
from storage.disputes import Dispute, DisputeState, Triage
from storage.people import Role

HIDDEN_NOTES = frozenset({"meets"})
MOST_NOTES = 12


def slot_of(dispute: Dispute) -> str:
    """The name of the card in the team's group, which edits itself."""
    return f"dispute:{dispute.id}:team"


def state_of(session: Session, dispute: Dispute, *, with_name: bool = True) -> Text:
    """How it stands; its handler is named only where the team reads."""
    if dispute.state is DisputeState.REPORTED and not with_name:
        return text("disputes.state_told")
    state = text(f"disputes.state.{dispute.state}")
    if dispute.state is DisputeState.MEDIATING:
        if dispute.handler_id is None:
            return text("disputes.state_free", triage=dispute.triage or "")
        if with_name:
            return text("disputes.state_by", triage=dispute.triage or "", name=called(session, dispute.handler_id))
    return state


def card(session: Session, dispute: Dispute) -> Say:
    """The message of the team's group: where, of which sort, how it stands; nobody's name and no word of it."""
    lines = [
        text(
            "disputes.card.head",
            code=dispute.code,
            place=records.place_line(session, dispute),
            sort=dispute.sort,
        ),
        text("disputes.card.state", state=state_of(session, dispute)),
    ]
    if supervisions.active(session, dispute.topic) is not None:
        lines.append(text("disputes.card.supervised"))
    return Say(
        text("incidents.lines", lines=tuple(lines)),
        buttons=rows(*_card_buttons(dispute)),
        slot=slot_of(dispute),
        topic=dispute.topic,
    )


def _card_buttons(dispute: Dispute) -> Iterable[tuple[Button, ...]]:
    if dispute.state is DisputeState.REPORTED:
        yield from triage_buttons(dispute)
    elif dispute.state is DisputeState.MEDIATING and dispute.handler_id is None:
        yield (button("disputes.button.take", f"接手 {dispute.code}"),)


def triage_buttons(dispute: Dispute) -> tuple[tuple[Button, ...], ...]:
    """当场、跟踪、警务室、转办."""
    made = [button(f"disputes.button.{one.name.lower()}", f"{one} {dispute.code}") for one in Triage]
    return (tuple(made[:2]), tuple(made[2:]))


def to_team(session: Session, dispute: Dispute) -> list[Say]:
    """The card for the workers' groups nearest to the place; where there is none, for the people themselves."""
    found = chats.team_of(session, dispute.area_id)
    if found:
        return to_each(card(session, dispute), [chat.id for chat in found])
    if dispute.state is not DisputeState.REPORTED:
        return []
    near = people.nearest_holders(session, (Role.GRID_WORKER, Role.OFFICER, Role.MEDIATOR), dispute.area_id)
    return to_people(replace(card(session, dispute), slot=None, topic=None), near)


def for_handler(session: Session, dispute: Dispute, now: datetime) -> Say:
    """What its handler alone reads, privately: the sides, their numbers, the words, the notes; the view is kept."""
    audit.write(session, "dispute.brief", now, actor_id=dispute.handler_id, topic=dispute.topic)
    private = cases.private_of(session, dispute)
    lines = [
        text(
            "disputes.brief.head",
            code=dispute.code,
            place=records.place_line(session, dispute),
            sort=dispute.sort,
        )
    ]
    lines += [
        text("disputes.brief.side", side=side, who=f"{told.get('name', '')} {told.get('phone', '')}".strip())
        for side, told in zip(SIDES, records.parties(session, dispute), strict=False)
        if told.get("name") or told.get("phone")
    ]
    lines.append(said(str(private.get("words", ""))))
    if private.get("place"):
        lines.append(text("disputes.brief.place", place=private["place"]))
    lines += notes(session, dispute, now)
    lines += [text("disputes.brief.why", words=words) for words in callbacks.why_of(session, dispute.topic)]
    return Say(
        text("incidents.lines", lines=tuple(lines)), buttons=rows(*handler_buttons(dispute)), person=dispute.handler_id
    )


def handler_buttons(dispute: Dispute) -> tuple[tuple[Button, ...], ...]:
    """What its handler does next."""
    code = dispute.code
    return (
        (button("disputes.button.meet", f"约谈 {code}"), button("disputes.button.note", f"调解记 {code}")),
        (button("disputes.button.agree", f"达成 {code}"), button("disputes.button.way", f"调解方式 {code}")),
    )


def notes(session: Session, dispute: Dispute, now: datetime) -> list[Text]:
    """The facts of the case, oldest first, the latest dozen."""
    found = cases.notes_of(session, dispute)
    return [
        text(f"disputes.note.{kind}", at=moment_words(at, now), words=words)
        for at, kind, words in found[-MOST_NOTES:]
        if kind not in HIDDEN_NOTES
    ]


def room_of(session: Session, dispute: Dispute, now: datetime) -> str:
    """Where the appointment is that still lies ahead, empty where none does."""
    if dispute.meets_at is None or dispute.meets_at <= now:
        return ""
    at, _, words = [one for one in cases.notes_of(session, dispute) if one[1] == "met"][-1]
    return words.removeprefix(moment_words(dispute.meets_at, at.astimezone(now.tzinfo))).strip()


def to_teller(session: Session, dispute: Dispute, key: str, *, but: int | None = None, **fields: object) -> list[Say]:
    """Tell who asked for help, privately; nothing to one of the team, who sees the card. but: who did it themselves."""
    origin = cases.origin_of(session, dispute)
    person = origin.get("person")
    if not isinstance(person, int) or origin.get("team") or person == but:
        return []
    return [Say(text(key, code=dispute.code, **fields), person=person)]
