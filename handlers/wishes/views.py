"""Views of a wish (看法): a card without who and where exactly, the helper's brief, what its people hear."""

from dataclasses import replace
from datetime import datetime

from sqlalchemy.orm import Session

from handlers.dialogue.access import WORKERS
from handlers.dialogue.say import Button, Say, button, rows, to_each, to_people
from handlers.dialogue.scene import called
from handlers.dialogue.wording import Text, said, text
from handlers.incidents.place import without_house
from handlers.reminders.rules import moment_words
from handlers.wishes import records, rules
from storage import audit, callbacks, cases, chats, people
from storage.wishes import Wish, WishState

MOST_NOTES = 8


def state_of(session: Session, wish: Wish, *, with_name: bool = True) -> Text:
    """How it stands; its helper is named only where the team reads."""
    if wish.state is WishState.CLAIMED and with_name and wish.handler_id is not None:
        return text("wishes.claimed_by", name=called(session, wish.handler_id))
    if wish.state is WishState.CLOSED and not wish.confirmed:
        return text("wishes.closed_unheard")
    return text(f"wishes.state.{wish.state}")


def head(session: Session, wish: Wish) -> Text:
    """Its code, sort, place to the building, and what kind of help."""
    return text("wishes.head", sort=wish.sort, code=wish.code, place=records.place_line(session, wish), want=wish.want)


def card(session: Session, wish: Wish) -> Say:
    """The message of the team's group: what is wished for, without a word of who and behind which door."""
    lines = [head(session, wish)]
    if line := rules.shown(without_house(str(cases.private_of(session, wish).get("words", "")))):
        lines.append(said(line))
    lines.append(text("wishes.card_state", state=state_of(session, wish)))
    free = wish.state is WishState.OPEN
    return Say(
        text("incidents.lines", lines=tuple(lines)),
        buttons=rows(button("wishes.button.claim", f"认领 {wish.code}")) if free else (),
        slot=f"wish:{wish.id}:team",
        topic=wish.topic,
    )


def to_team(session: Session, wish: Wish) -> list[Say]:
    """The card for the team's groups nearest to the place; where there is none, for the workers themselves."""
    found = chats.team_of(session, wish.area_id)
    if found:
        return to_each(card(session, wish), [chat.id for chat in found])
    if wish.state is not WishState.OPEN:
        return []
    near = people.nearest_holders(session, WORKERS, wish.area_id)
    return to_people(replace(card(session, wish), slot=None, topic=None), near)


def to_groups(session: Session, wish: Wish, key: str) -> list[Say]:
    """A sentence for the team's groups; nobody is named in it."""
    line = Say(text(key, code=wish.code, sort=wish.sort, want=wish.want))
    return to_each(line, [chat.id for chat in chats.team_of(session, wish.area_id)])


def for_helper(session: Session, wish: Wish, now: datetime) -> Say:
    """What its helper alone reads, privately: the words with door and phone, and what was said since; kept."""
    audit.write(session, "wish.brief", now, actor_id=wish.handler_id, topic=wish.topic)
    lines = [head(session, wish), said(str(cases.private_of(session, wish).get("words", "")))]
    lines += notes(session, wish, now)
    lines += [text("disputes.brief.why", words=words) for words in callbacks.why_of(session, wish.topic)]
    return Say(
        text("wishes.brief", lines=tuple(lines), code=wish.code), buttons=helper_buttons(wish), person=wish.handler_id
    )


def helper_buttons(wish: Wish) -> tuple[tuple[Button, ...], ...]:
    """What its helper does next."""
    return rows(
        (
            button("wishes.button.done", f"心愿 {wish.code} 做好了"),
            button("wishes.button.back", f"心愿 {wish.code} 退回"),
        )
    )


def notes(session: Session, wish: Wish, now: datetime) -> list[Text]:
    """What happened and was said, oldest first, the latest few."""
    return [
        text(f"wishes.note.{kind}", at=moment_words(at, now), words=words)
        for at, kind, words in cases.notes_of(session, wish)[-MOST_NOTES:]
    ]


def to_teller(session: Session, wish: Wish, key: str, *, but: int | None = None, **fields: object) -> list[Say]:
    """Tell who told it, privately. but: who did it themselves."""
    person = records.teller_of(session, wish)
    if person is None or person == but:
        return []
    return [Say(text(key, code=wish.code, **fields), person=person)]
