"""What is seen of a disclosure (看法): the keeper's question, what the auditors hear, and the identity itself, once."""

from datetime import timedelta

from sqlalchemy.orm import Session

from handlers.dialogue.say import Say, button, rows, to_each, to_people
from handlers.dialogue.scene import called
from handlers.dialogue.wording import Text, text
from handlers.incidents.records import reaches
from storage import chats, incidents, people
from storage.chats import ChatKind
from storage.disclosures import Disclosure
from storage.incidents import Incident
from storage.people import Role


def minutes(span: timedelta) -> int:
    """Whole minutes."""
    return int(span.total_seconds() // 60)


def same(session: Session, one: int, other: int) -> bool:
    """Whether two ids are one person, as far as it can be told: the same row, or the same telephone."""
    if one == other:
        return True
    phones = [people.get(session, person).phone_digest for person in (one, other)]
    return phones[0] is not None and phones[0] == phones[1]


def keepers(session: Session, incident: Incident, asker: int) -> list[int]:
    """Ids of the keepers of secrets (保密员) of the tip's area who can be reached, other than whoever asks."""
    held = people.holders(session, [Role.CUSTODIAN], incident.area_id)
    return [one for one in held if not same(session, one, asker) and reaches(session, one)]


class Watchers:
    """Who watches over a disclosure: every auditor who can be reached, else the admins' groups."""

    def __init__(self, session: Session, *parties: int) -> None:
        held = people.all_holders(session, [Role.AUDITOR])
        apart = [one for one in held if not any(same(session, one, party) for party in parties)]
        self.auditors = [one for one in apart if reaches(session, one)]
        self.groups = [] if self.auditors else [chat.id for chat in chats.groups(session, (ChatKind.ADMINS,))]

    def __bool__(self) -> bool:
        return bool(self.auditors or self.groups)

    def tell(self, line: Text, key: str | None = None) -> list[Say]:
        """The line for the auditors; an admins' group hears only that there is something to look up."""
        hint = Say(text("disclosures.group"), key=key)
        return [*to_people(Say(line, key=key), self.auditors), *to_each(hint, self.groups)]


def question(session: Session, incident: Incident, row: Disclosure, reason: str, lives: timedelta) -> Say:
    """What a keeper of secrets is asked; the buttons name this very request, so that an old one answers no new one."""
    line = text(
        "disclosures.question",
        who=called(session, row.asked_by),
        code=incident.code,
        reason=reason,
        minutes=minutes(lives),
    )
    yes = button("disclosures.button.yes", f"同意查身份 {incident.code} {row.id}")
    no = button("disclosures.button.no", f"不同意查身份 {incident.code} {row.id}")
    return Say(line, buttons=rows((yes, no)))


def slot_of(row: Disclosure) -> str:
    """The name of the message that shows the identity, which is taken back by changing it."""
    return f"disclosure:{row.id}"


def identity(session: Session, incident: Incident, shown: timedelta) -> tuple[Text, bool]:
    """Who told it, as far as it is known, and whether it is known at all; only ever said to the case officer."""
    person = incidents.origin_of(session, incident).get("person")
    known = people.get(session, int(person)) if person is not None else None
    if known is None or known.key_id is None:
        return text("disclosures.gone", code=incident.code), False
    line = text(
        "disclosures.identity",
        code=incident.code,
        name=people.name_of(session, known) or text("disclosures.none"),
        phone=people.phone_of(session, known) or text("disclosures.none"),
        accounts="、".join(dict.fromkeys(people.accounts_of(session, known.id))) or text("disclosures.none"),
        minutes=minutes(shown),
    )
    return line, True
